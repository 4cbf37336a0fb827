//! `oes sweep`: runs a plan's jobs one after the other; `oes report`: tables and plots of what sweeps found.

mod choose;
mod preflight;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;

use super::adapter::Devices;
use super::error::{CliError, Done};
use super::options::DeviceArgs;
use super::progress::{Meter, duration};
use super::report::peak;
use super::train::train as advance;
use super::{input, interrupt, output};
use crate::mask::{Mask, MaskError};
use crate::network::{Connectivity, Network, ParameterKind};
use crate::picture::{Picture, psnr, ssim};
use crate::sweep::{Job, Method, Outcome, Plan, Record, Shard, Store, report, thinned};
use crate::train::{Backend, Returned, Run, RunSpec, StateIn, Task, TrainError, ensemble};
use choose::{Chosen, choose, picture_of};

const SWEEP_EXAMPLES: &str = "\
A plan is a TOML file of lists, every entry crossed with every other:
  images = ['photos', 'lena.png']       # folders and pictures [default: the repository's samples]
  methods = ['dense', 'oes', 'oes-shuffle-weights', 'oes-on:lena.png', 'snip', 'synflow-layer', 'imp', 'mask:chelsea',
             'shuffle-channels:chelsea', 'recipe:chelsea', 'ensemble:chelsea']
  keep = [0.03, 0.05]                   # for methods that make a mask [default: 0.05]
  sigma = [0.1]                         # [default: 0.1]
  seeds = [0, 1, 2]                     # noise, initial weights and masks [default: 0]
  size = 192                            # side of the centre crop [default: the whole picture]
  steps = 2000                          # [default: 2000]; learn_steps, imp_steps, lr_drop_at, lr_drop, channels: optional

Examples:
  oes sweep plans/pruning-small.toml --out results
  Killed? The same command goes on; only the fit in flight is done again.
  On eight machines, or as a job array, into one shared folder or into eight that are merged later:
    oes sweep plan.toml --out results --shard 3/8
  oes report results --out report";

#[derive(Args)]
#[command(after_help = SWEEP_EXAMPLES)]
pub struct SweepArgs {
    /// What to run
    #[arg(value_name = "PLAN.toml")]
    plan: PathBuf,
    /// Where results and learned masks go; what is there already is not run again
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Runs every N-th job from the I-th on
    #[arg(long, value_name = "I/N")]
    shard: Option<String>,
    #[command(flatten, next_help_heading = "Device")]
    device: DeviceArgs,
}

#[derive(Args)]
#[command(after_help = "Example:\n  oes report results-a results-b --out report")]
pub struct ReportArgs {
    /// Folders with results of `oes sweep`
    #[arg(value_name = "DIR", required = true)]
    folders: Vec<PathBuf>,
    /// Where the tables (Markdown, CSV) and plots (SVG) go
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// # Errors
/// [`CliError::Sweep`] for the plan and the results, otherwise as a fit.
pub async fn execute(args: &SweepArgs) -> Result<Done, CliError> {
    let text = input::bytes(&args.plan)?;
    let plan = Plan::parse(&String::from_utf8_lossy(&text), &args.plan)?;
    let shard = args.shard.as_deref().map_or(Ok(Shard::ALL), str::parse)?;
    let jobs = plan.jobs(|mask| Ok::<_, CliError>(input::mask(mask)?.sha256()))?;
    let mut store = Store::open(&args.out, shard)?;
    let (done, open): (Vec<Job>, Vec<Job>) = shard.of(jobs).into_iter().partition(|job| store.has(&job.id()));
    eprintln!(
        "oes: {} jobs, {} of them done before",
        done.len() + open.len(),
        done.len()
    );
    preflight::check(&open)?;
    interrupt::listen();
    let mut devices = Devices::new(&args.device);
    // Told now if it is missing, and not hours later by the first job that needs it.
    if open.iter().any(|job| job.method.trains_all_weights()) {
        devices.adapter().await?;
    }
    let mut clock = Clock::of(store.records(), &plan);
    for (at, job) in open.iter().enumerate() {
        eprintln!(
            "oes: {} of {}: {}{}",
            at + 1,
            open.len(),
            job.words(),
            clock.left(&open[at..])
        );
        let begun = Instant::now();
        let Some(record) = run(job, &args.out, &mut devices).await? else {
            return Ok(Done::Interrupted);
        };
        clock.add(record.method.clone(), begun.elapsed().as_secs_f64());
        output::say(format_args!("{}: {}", job.words(), words(&record)));
        store.add(record)?;
    }
    Ok(Done::Complete)
}

/// # Errors
/// [`CliError::Sweep`].
pub fn execute_report(args: &ReportArgs) -> Result<Done, CliError> {
    for path in report::write(&args.folders, &args.out)? {
        output::say(format_args!("{}", path.display()));
    }
    Ok(Done::Complete)
}

/// The result in a few words.
fn words(record: &Record) -> String {
    match record.outcome {
        Outcome::Collapsed => "collapsed: the mask has no way from the input to the picture".into(),
        Outcome::Diverged => "diverged: the loss became no number".into(),
        Outcome::Fitted => {
            let decibels = |psnr: Option<f64>| psnr.map_or_else(|| "-".into(), |psnr| format!("{psnr:.2} dB"));
            format!(
                "peak {}, last {}, returned {}, {:.0} s",
                decibels(record.peak_psnr),
                decibels(record.last_psnr),
                decibels(record.returned_psnr),
                record.seconds
            )
        }
    }
}

/// How long jobs of each method took.
#[derive(Default)]
struct Clock(BTreeMap<String, (f64, u32)>);

impl Clock {
    /// What jobs as large as the plan's took before.
    fn of<'a>(records: impl Iterator<Item = &'a Record>, plan: &Plan) -> Self {
        let mut clock = Self::default();
        for record in records.filter(|record| (record.size, record.steps) == (plan.size, plan.steps)) {
            clock.add(record.method.clone(), record.seconds);
        }
        clock
    }

    fn add(&mut self, method: String, seconds: f64) {
        let entry = self.0.entry(method).or_default();
        *entry = (entry.0 + seconds, entry.1 + 1);
    }

    /// The time that these jobs will take, as the end of a sentence; nothing before the first is done.
    fn left(&self, jobs: &[Job]) -> String {
        let (sum, count) = self
            .0
            .values()
            .fold((0.0, 0), |all, one| (all.0 + one.0, all.1 + one.1));
        if count == 0 {
            return String::new();
        }
        let seconds = jobs.iter().map(|job| match self.0.get(&job.method.to_string()) {
            Some((sum, count)) => sum / f64::from(*count),
            None => sum / f64::from(count),
        });
        format!("; about {} left", duration(seconds.sum()))
    }
}

/// Does one job; `None` if it was interrupted.
async fn run(job: &Job, folder: &Path, devices: &mut Devices<'_>) -> Result<Option<Record>, CliError> {
    let begun = Instant::now();
    let picture = picture_of(&job.image, job.size)?;
    let chosen = choose(job, folder, &picture, devices).await;
    let Chosen { spec, mask, file } = match chosen {
        Ok(Some(chosen)) => chosen,
        Ok(None) => return Ok(None),
        Err(error) => {
            // A result, too: it would end every other call in the same way.
            let outcome = unfitted(&error).ok_or(error)?;
            let spec = preflight::fit(job)?;
            let mut record = Record::of(job, devices.for_run(&spec).await?.adapter(), spec.lr);
            record.outcome = outcome;
            record.seconds = begun.elapsed().as_secs_f64();
            return Ok(Some(record));
        }
    };
    let network = spec.network.build().map_err(TrainError::from)?;
    let backend = devices.for_run(&spec).await?;
    let mut record = Record::of(job, backend.adapter(), spec.lr);
    record.network = spec.network.clone();
    record.tracking = spec.tracking();
    record.mask_file = file;
    if let Some(mask) = &mask {
        record.mask_sha256 = Some(mask.sha256());
        record.mask_settings.clone_from(&mask.metadata.settings);
        describe(&mut record, &network, &mask.keep);
        if !Connectivity::of(&network, &mask.keep).is_alive() {
            record.outcome = Outcome::Collapsed;
            record.seconds = begun.elapsed().as_secs_f64();
            return Ok(Some(record));
        }
    }
    let task = Task::new(&picture, job.sigma, job.seed, &spec.network)?;
    let ended = match job.method {
        Method::Ensemble(_) => fit_ensemble(&mut record, &spec, mask.as_ref(), &task, &picture, &backend).await,
        _ => fit(&mut record, spec, task, &picture, &backend).await,
    };
    match ended {
        Ok(true) => {}
        Ok(false) => return Ok(None),
        Err(TrainError::Diverged { .. }) => record.outcome = Outcome::Diverged,
        Err(error) => return Err(error.into()),
    }
    record.seconds = begun.elapsed().as_secs_f64();
    Ok(Some(record))
}

/// How a job ended whose mask could not be made, if that is a matter of the method and not of the machine or the plan.
fn unfitted(error: &CliError) -> Option<Outcome> {
    match error {
        CliError::Train(TrainError::Diverged { .. })
        | CliError::Train(TrainError::Mask(MaskError::NanLogit(_) | MaskError::NanScore(_))) => Some(Outcome::Diverged),
        CliError::Train(TrainError::Mask(MaskError::Dead(_))) | CliError::DeadMask(_) => Some(Outcome::Collapsed),
        _ => None,
    }
}

/// One fit; false if it was interrupted.
async fn fit(
    record: &mut Record,
    spec: RunSpec,
    task: Task,
    clean: &Picture,
    backend: &Backend,
) -> Result<bool, TrainError> {
    let mut run = Run::new(spec, task, backend, StateIn::default(), |_, _| {}).await?;
    record.macs = run.plan().macs;
    let ended = train(&mut run).await;
    record.curve = thinned(run.curve());
    if matches!(ended, Ok(true)) {
        measure(record, &mut run, clean).await?;
    }
    ended
}

/// An ensemble's fits, one after the other; false if they were interrupted.
async fn fit_ensemble(
    record: &mut Record,
    spec: &RunSpec,
    mask: Option<&Mask>,
    task: &Task,
    clean: &Picture,
    backend: &Backend,
) -> Result<bool, TrainError> {
    let mut pictures = Vec::new();
    let mut means = Vec::new();
    for index in 0..ensemble::MEMBERS {
        let spec = ensemble::member(spec, mask, index)?;
        let mut run = Run::new(spec, task.clone(), backend, StateIn::default(), |_, _| {}).await?;
        record.macs += run.plan().macs;
        if !train(&mut run).await? {
            return Ok(false);
        }
        pictures.push(run.returned(run.default_returned()).await?);
        means.extend(ensemble::mean(&pictures));
    }
    record.members_psnr = means.iter().map(|mean| psnr(mean, clean)).collect();
    record.returned_psnr = record.members_psnr.last().copied();
    record.returned_ssim = means.last().and_then(|mean| ssim(mean, clean));
    Ok(true)
}

/// Trains to the end; false if it was interrupted.
async fn train(run: &mut Run) -> Result<bool, TrainError> {
    let mut meter = Meter::new(0, run.spec().steps);
    let finished = advance(run, &mut meter, 0).await;
    meter.finish();
    finished
}

/// What the record says about the mask.
fn describe(record: &mut Record, network: &Network, keep: &[bool]) {
    let kept = |range: std::ops::Range<usize>| keep[range].iter().filter(|kept| **kept).count();
    record.kept = Some(kept(0..keep.len()));
    let convolutions = network.parameters.iter();
    let convolutions = convolutions.filter(|parameter| parameter.kind == ParameterKind::ConvWeight);
    record.densities = convolutions
        .map(|parameter| {
            let density = kept(parameter.range()) as f64 / parameter.len() as f64;
            (parameter.name.clone(), density)
        })
        .collect();
    let live = Connectivity::of(network, keep).live;
    record.live_channels = (0..live.sets.len()).map(|set| live.count(set)).collect();
}

async fn measure(record: &mut Record, run: &mut Run, clean: &Picture) -> Result<(), TrainError> {
    let last = run.returned(Returned::Last).await?;
    let which = run.default_returned();
    let returned = run.returned(which).await?;
    (record.last_ssim, record.returned_ssim) = (ssim(&last, clean), ssim(&returned, clean));
    let of = |returned| run.returned_point(returned).and_then(|(_, psnr)| psnr);
    record.last_psnr = of(Returned::Last);
    record.average_psnr = of(Returned::Average);
    record.stopped_step = run.stopping_step();
    record.stopped_psnr = of(Returned::Stopped);
    record.returned_psnr = of(which);
    let best = peak(run.curve());
    record.peak_step = best.map(|point| point.step);
    record.peak_psnr = best.and_then(|point| point.psnr);
    record.masked_psnr = run.curve().first().and_then(|point| point.psnr);
    Ok(())
}
