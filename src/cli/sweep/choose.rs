//! The fit of a sweep's job: from its method to a run and its mask.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::train;
use crate::cli::adapter::Devices;
use crate::cli::error::{CliError, Done};
use crate::cli::progress::Counting;
use crate::cli::{imp, input, output};
use crate::mask::{Mask, Recipe, shuffle};
use crate::network::Hourglass;
use crate::picture::Picture;
use crate::prune::imp::{ImpSpec, Rounds, rounds_to};
use crate::prune::{self, PruneSpec, Scope};
use crate::sweep::{Job, Method, SweepError};
use crate::train::{Job as TrainJob, Learner, Run, RunSpec, StateIn, Task, TrainError};

/// A job's fit, and its mask if it has one.
type Chosen = (RunSpec, Option<Mask>);

/// The fit, and its mask if it has one; `None` if choosing that was interrupted.
pub async fn choose(
    job: &Job,
    folder: &Path,
    picture: &Picture,
    devices: &mut Devices<'_>,
) -> Result<Option<Chosen>, CliError> {
    let given = |source: &str| -> Result<(Hourglass, Mask), CliError> {
        let mask = input::mask(source)?;
        let network = mask.metadata.network.clone().unwrap_or_else(|| job.network.clone());
        Ok((network, mask))
    };
    let (network, mask) = match &job.method {
        Method::Unmasked(fit) => return Ok(Some((fit.spec(job.network.clone(), job.steps), None))),
        Method::Mask(source) | Method::Ensemble(source) => given(source)?,
        Method::Shuffled(what, source) => {
            let (network, mask) = given(source)?;
            let built = network.build().map_err(TrainError::from)?;
            let mask = shuffle(&mask, &built, *what, job.seed).map_err(TrainError::from)?;
            (network, mask)
        }
        Method::Recipe(source) => {
            let (network, mask) = given(source)?;
            let recipe = Recipe::of(&mask, &network, 0).map_err(TrainError::from)?;
            (network, recipe.draw(job.seed).map_err(TrainError::from)?)
        }
        Method::Pruned(method, scope) => (
            job.network.clone(),
            pruned(job, *method, *scope, picture, devices).await?,
        ),
        Method::Iterated => match iterated(job, folder, picture, devices).await? {
            Some(mask) => (job.network.clone(), mask),
            None => return Ok(None),
        },
        Method::Learned(learner) => match learned(job, *learner, folder, picture, devices).await? {
            Some(mask) => (job.network.clone(), mask),
            None => return Ok(None),
        },
    };
    Ok(Some((
        RunSpec::sparse(network, Arc::new(mask.keep.clone())),
        Some(mask),
    )))
}

/// The mask that a pruning method gives for the job's own noisy picture and initial weights.
async fn pruned(
    job: &Job,
    method: prune::Method,
    scope: Scope,
    picture: &Picture,
    devices: &mut Devices<'_>,
) -> Result<Mask, CliError> {
    let mut spec = PruneSpec::new(job.network.clone(), method);
    spec.scope = scope;
    spec.keep = job.keep.unwrap_or(spec.keep);
    (spec.init_seed, spec.seed) = (job.seed, job.seed);
    let task = Task::new(picture, job.sigma, job.seed, &spec.network)?;
    let backend = devices.for_scores(method).await?;
    let mut counting = Counting::new("parts of the scores");
    let progress = |done, total| counting.update(done, total);
    let mask = prune::prune(&spec, task, StateIn::default(), &backend, progress).await?;
    counting.finish();
    Ok(mask)
}

/// The mask learned on the job's own noisy picture: from the folder's masks, or learned now and put there.
async fn learned(
    job: &Job,
    learner: Learner,
    folder: &Path,
    picture: &Picture,
    devices: &mut Devices<'_>,
) -> Result<Option<Mask>, CliError> {
    let path = mask_path(folder, &job.mask_id());
    if let Some(mask) = stored(&path) {
        return Ok(Some(mask));
    }
    let mut spec = RunSpec::learn(job.network.clone(), learner);
    let keep = job.keep.unwrap_or_default();
    if let TrainJob::Learn(learn) = &mut spec.job {
        learn.keep = keep;
    }
    let steps = job.learn_steps.unwrap_or(spec.steps);
    seed(&mut spec, job, steps);
    let task = Task::new(picture, job.sigma, job.seed, &spec.network)?;
    let backend = devices.for_run(&spec).await?;
    let mut run = Run::new(spec, task, &backend, StateIn::default(), |_, _| {}).await?;
    if !train(&mut run).await? {
        return Ok(None);
    }
    let mask = run.mask(keep, &job.picture()).await?;
    store(&path, &mask)?;
    Ok(Some(mask))
}

/// The mask that IMP comes to on the job's own noisy picture. Each round's is put into the folder, so that jobs which keep less go on
/// from those which keep more; `None` if that was interrupted.
async fn iterated(
    job: &Job,
    folder: &Path,
    picture: &Picture,
    devices: &mut Devices<'_>,
) -> Result<Option<Mask>, CliError> {
    let mut spec = ImpSpec::new(job.network.clone());
    spec.rounds = rounds_to(job.keep.unwrap_or_default())?;
    spec.steps = job.imp_steps.unwrap_or(spec.steps);
    (spec.init_seed, spec.seed) = (job.seed, job.seed);
    let path = |round: u32| mask_path(folder, &format!("{}-{round}", job.mask_id()));
    let found = (1..=spec.rounds)
        .rev()
        .find_map(|round| Some((round, stored(&path(round))?)));
    let rounds = match found {
        Some((round, mask)) => Rounds::resume(spec, round, &mask)?,
        None => Rounds::new(spec)?,
    };
    let task = Task::new(picture, job.sigma, job.seed, &job.network)?;
    let backend = devices.for_run(&rounds.spec().training(Arc::default())).await?;
    let save = |mask: Mask, round| store(&path(round), &mask);
    let (mask, done) = imp::run(rounds, &task, &StateIn::default(), &backend, save).await?;
    Ok((done == Done::Complete).then_some(mask))
}

fn mask_path(folder: &Path, name: &str) -> PathBuf {
    folder.join("masks").join(format!("{name}.safetensors"))
}

/// A mask put there before. A damaged file is made again: only a whole one is ever put there.
fn stored(path: &Path) -> Option<Mask> {
    Mask::from_bytes(&fs::read(path).ok()?).ok()
}

fn store(path: &Path, mask: &Mask) -> Result<(), CliError> {
    let bytes = mask.to_bytes().map_err(|error| CliError::Encode(error.to_string()))?;
    if let Some(masks) = path.parent() {
        fs::create_dir_all(masks).map_err(|error| SweepError::file(masks, error))?;
    }
    output::write(path, &bytes)
}

/// The run's length, and its seeds, which are the job's.
pub fn seed(spec: &mut RunSpec, job: &Job, steps: u64) {
    spec.steps = steps;
    spec.init_seed = job.seed;
    spec.seed = job.seed;
}
