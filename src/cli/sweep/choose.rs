//! The fit of a sweep's job: from its method to a run and its mask.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::train;
use crate::cli::adapter::Devices;
use crate::cli::error::{CliError, Done};
use crate::cli::network::{self, NetworkArgs};
use crate::cli::progress::Counting;
use crate::cli::{imp, input, output};
use crate::mask::{Mask, Recipe, Shuffle, shuffle};
use crate::network::Hourglass;
use crate::picture::{Picture, decode};
use crate::prune::imp::{ImpSpec, Rounds, rounds_to};
use crate::prune::{self, PruneSpec, Scope};
use crate::sweep::{Job, Method, SweepError};
use crate::train::{Job as TrainJob, Learner, Run, RunSpec, StateIn, Task, TrainError};

/// A job's fit, and its mask if it has one.
pub struct Chosen {
    pub spec: RunSpec,
    pub mask: Option<Mask>,
    /// Where the mask lies that was learned for it, in the folder of the results.
    pub file: Option<String>,
}

/// The fit, and its mask if it has one; `None` if choosing that was interrupted.
pub async fn choose(
    job: &Job,
    folder: &Path,
    picture: &Picture,
    devices: &mut Devices<'_>,
) -> Result<Option<Chosen>, CliError> {
    let mut file = None;
    let (network, mask) = match &job.method {
        Method::Unmasked(fit) => {
            return Ok(Some(Chosen {
                spec: fit_spec(fit.spec(job.network.clone(), job.steps), job),
                mask: None,
                file,
            }));
        }
        Method::Mask(source) | Method::Ensemble(source) => given(job, source)?,
        Method::Shuffled(what, source) => {
            let (network, mask) = given(job, source)?;
            let mask = shuffled(&mask, &network, *what, job.seed)?;
            (network, mask)
        }
        Method::Recipe(source) => {
            let (network, mask) = given(job, source)?;
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
        Method::Learned(learner, _) => match learned(job, *learner, folder, picture, devices).await? {
            Some(mask) => (job.network.clone(), mask),
            None => return Ok(None),
        },
        Method::LearnedShuffled(learner, what) => match learned(job, *learner, folder, picture, devices).await? {
            Some(mask) => (job.network.clone(), shuffled(&mask, &job.network, *what, job.seed)?),
            None => return Ok(None),
        },
        Method::LearnedOn(learner, other) => {
            let other = picture_of(other, job.size)?;
            match learned(job, *learner, folder, &other, devices).await? {
                Some(mask) => (job.network.clone(), mask),
                None => return Ok(None),
            }
        }
    };
    if job.method.learner().is_some() {
        file = Some(mask_place(&job.mask_id()));
    }
    Ok(Some(Chosen {
        spec: fit_spec(RunSpec::sparse(network, Arc::new(mask.keep.clone())), job),
        mask: Some(mask),
        file,
    }))
}

/// The mask that a method names, and its network: its own, or the plan's if it names none.
///
/// # Errors
/// [`CliError::Mask`], [`CliError::Read`]; [`CliError::Input`] if it is for no such network.
pub fn given(job: &Job, source: &str) -> Result<(Hourglass, Mask), CliError> {
    let mask = input::mask(source)?;
    let of_plan = mask.metadata.network.is_none().then(|| job.network.clone());
    let network = network::of_mask(&mask, of_plan, &NetworkArgs::default())?;
    Ok((network, mask))
}

fn shuffled(mask: &Mask, network: &Hourglass, what: Shuffle, seed: u64) -> Result<Mask, TrainError> {
    Ok(shuffle(mask, &network.build()?, what, seed)?)
}

/// A picture of the plan, in its size.
///
/// # Errors
/// [`CliError::Read`], [`CliError::Picture`].
pub fn picture_of(path: &Path, size: Option<u64>) -> Result<Picture, CliError> {
    let explain = |error| CliError::Picture {
        path: path.into(),
        error,
    };
    let picture = decode(&input::bytes(path)?).map_err(explain)?.picture;
    match size {
        Some(side) => picture.centre_crop(side as usize, side as usize).map_err(explain),
        None => Ok(picture),
    }
}

/// The fit as the job has it.
pub fn fit_spec(mut spec: RunSpec, job: &Job) -> RunSpec {
    seed(&mut spec, job, job.steps);
    if let TrainJob::Fit(fit) = &mut spec.job {
        fit.tracking.get_or_insert_default();
        fit.drop = job.lr_drop;
    }
    spec
}

/// The learning of the mask that the job's method learns.
pub fn learn_spec(job: &Job, learner: Learner) -> RunSpec {
    let mut spec = RunSpec::learn(job.network.clone(), learner);
    if let TrainJob::Learn(learn) = &mut spec.job {
        learn.keep = job.keep.unwrap_or_default();
        if let Method::Learned(_, scope) = job.method {
            learn.scope = scope;
        }
    }
    let steps = job.learn_steps.unwrap_or(spec.steps);
    seed(&mut spec, job, steps);
    spec
}

/// The pruning at initialisation that the job's method is.
pub fn prune_spec(job: &Job, method: prune::Method, scope: Scope) -> PruneSpec {
    let mut spec = PruneSpec::new(job.network.clone(), method);
    spec.scope = scope;
    spec.keep = job.keep.unwrap_or(spec.keep);
    (spec.init_seed, spec.seed) = (job.seed, job.seed);
    spec
}

/// The rounds that the job's keep needs.
///
/// # Errors
/// [`TrainError::Setting`] for a keep that no number of rounds comes to.
pub fn imp_spec(job: &Job) -> Result<ImpSpec, TrainError> {
    let mut spec = ImpSpec::new(job.network.clone());
    spec.rounds = rounds_to(job.keep.unwrap_or_default())?;
    spec.steps = job.imp_steps.unwrap_or(spec.steps);
    (spec.init_seed, spec.seed) = (job.seed, job.seed);
    Ok(spec)
}

/// The mask that a pruning method gives for the job's own noisy picture and initial weights.
async fn pruned(
    job: &Job,
    method: prune::Method,
    scope: Scope,
    picture: &Picture,
    devices: &mut Devices<'_>,
) -> Result<Mask, CliError> {
    let spec = prune_spec(job, method, scope);
    let task = Task::new(picture, job.sigma, job.seed, &spec.network)?;
    let backend = devices.for_scores(method).await?;
    let mut counting = Counting::new("parts of the scores");
    let progress = |done, total| counting.update(done, total);
    let mask = prune::prune(&spec, task, StateIn::default(), &backend, progress).await?;
    counting.finish();
    Ok(mask)
}

/// The mask learned on this picture with the job's noise: from the folder's masks, or learned now and put there.
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
    let spec = learn_spec(job, learner);
    let task = Task::new(picture, job.sigma, job.seed, &spec.network)?;
    let backend = devices.for_run(&spec).await?;
    let mut run = Run::new(spec, task, &backend, StateIn::default(), |_, _| {}).await?;
    if !train(&mut run).await? {
        return Ok(None);
    }
    let of = job
        .learning()
        .map_or_else(|| job.picture(), |learning| learning.picture());
    let mask = run.mask(job.keep.unwrap_or_default(), &of).await?;
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
    let spec = imp_spec(job)?;
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

/// Of a mask in the folder of the results.
fn mask_place(name: &str) -> String {
    format!("masks/{name}.safetensors")
}

fn mask_path(folder: &Path, name: &str) -> PathBuf {
    folder.join(mask_place(name))
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
fn seed(spec: &mut RunSpec, job: &Job, steps: u64) {
    spec.steps = steps;
    spec.init_seed = job.seed;
    spec.seed = job.seed;
}
