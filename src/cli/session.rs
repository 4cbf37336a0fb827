//! One run from its options to its result files.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::adapter::Devices;
use super::error::{CliError, Done};
use super::options::RunArgs;
use super::progress::{Counting, Meter, pace};
use super::report::{Course, Report, peak};
use super::returned;
use super::{checkpoint, input, interrupt, output};
use crate::picture::{Padding, encode_png};
use crate::train::{Checkpoint, Job, Returned, Run, RunSpec, Task, plan};

/// Between two looks at the clock, at Ctrl-C and at what was measured.
const WINDOW: Duration = Duration::from_millis(300);
/// What a run may take without a word.
const MEMORY_BUDGET: u64 = 2_000_000_000;

/// A run and what the options say about it.
pub struct Session<'a> {
    pub run: Run,
    command: &'static str,
    args: &'a RunArgs,
    settings: Map<String, Value>,
    course: Course,
    /// Steps that were done when the last checkpoint was written.
    saved: Option<u64>,
}

/// Checks the output paths and begins to listen for Ctrl-C, before any work. `more` are outputs of one command only.
///
/// # Errors
/// [`CliError::Output`], [`CliError::Arguments`].
pub fn prepare(args: &RunArgs, more: &[Option<&Path>], inputs: &[Option<&Path>]) -> Result<(), CliError> {
    let files = &args.files;
    let own = [&files.out, &files.report, &files.checkpoint, &files.state_out].map(Option::as_deref);
    let outputs: Vec<&Path> = own.iter().chain(more).copied().flatten().collect();
    let mut sources: Vec<&Path> = inputs.iter().copied().flatten().collect();
    sources.push(&args.image);
    sources.extend(files.state_in.as_deref());
    output::check(&outputs, &sources)?;
    if outputs.is_empty() {
        eprintln!("oes: nothing will be saved, see `oes --help` for --out, --report and --checkpoint");
    }
    interrupt::listen();
    Ok(())
}

impl<'a> Session<'a> {
    /// Opens the device for it and builds the run, or goes on with one.
    ///
    /// # Errors
    /// [`CliError`] if the settings, the state or the size are not usable, or there is no device.
    pub async fn open(
        command: &'static str,
        args: &'a RunArgs,
        devices: &mut Devices<'_>,
        spec: RunSpec,
        task: Task,
        resumed: Option<Checkpoint>,
    ) -> Result<Self, CliError> {
        spec.check()?;
        let state = input::state(args.files.state_in.as_deref())?;
        warn_of_memory(&spec, &task.padding)?;
        let settings = settings(args, &spec, &task, resumed.as_ref());
        let backend = devices.for_run(&spec).await?;
        let mut compiling = Counting::new("kernels compiled");
        let progress = |done, total| compiling.update(done, total);
        let mut run = match resumed {
            Some(checkpoint) => Run::resume(checkpoint, spec.steps, task, state, &backend, progress).await?,
            None => Run::new(spec, task, &backend, state, progress).await?,
        };
        compiling.finish();
        // A checkpoint may be gone on with by a call that writes the state out.
        if args.files.state_out.is_some() || args.files.checkpoint.is_some() {
            run.keep_first_gradient();
        }
        let course = Course {
            interrupted: false,
            seconds_per_step: None,
        };
        Ok(Self {
            run,
            command,
            args,
            settings,
            course,
            saved: None,
        })
    }

    /// Adds to what the report says of the settings.
    pub fn say(&mut self, key: &str, value: Value) {
        self.settings.insert(key.into(), value);
    }

    /// Trains to the last step, to Ctrl-C or, with `ends_early`, until the outputs' statistic says that it is enough; with
    /// checkpoints on the way and at the end.
    ///
    /// # Errors
    /// The device's errors, a diverged loss, a checkpoint that cannot be written.
    pub async fn train(&mut self, ends_early: bool) -> Result<(), CliError> {
        let steps = self.run.spec().steps;
        let mut meter = Meter::new(self.run.step(), steps);
        let mut clock = Clock::default();
        let mut enough = false;
        while !self.run.is_finished() && !interrupt::asked() {
            let until_stop = self.run.steps_until_stop().filter(|_| ends_early);
            // Asked before the advance: a run that was gone on with may have been here before.
            enough = until_stop == Some(0);
            if enough {
                break;
            }
            let before = self.run.step();
            let most = self.until_checkpoint().min(until_stop.unwrap_or(u64::MAX));
            let begun = Instant::now();
            let progress = self.run.advance_steps(most, WINDOW).await?;
            clock.add(progress.step - before, begun.elapsed());
            meter.update(progress.step, self.run.curve().last());
            if !progress.finished && self.until_checkpoint() == 0 {
                self.save().await?;
            }
        }
        self.course.seconds_per_step = clock.seconds_per_step();
        self.save().await?;
        if !self.run.is_finished() {
            self.course.interrupted = !enough;
            self.run.stop().await?;
        }
        meter.finish();
        Ok(())
    }

    /// Steps left to the next checkpoint.
    fn until_checkpoint(&self) -> u64 {
        let files = &self.args.files;
        if files.checkpoint.is_none() {
            return u64::MAX;
        }
        let done = self.run.step();
        match self.saved {
            Some(saved) if saved == done => files.checkpoint_every,
            _ if done > 0 && done.is_multiple_of(files.checkpoint_every) => 0,
            _ => files.checkpoint_every - done % files.checkpoint_every,
        }
    }

    async fn save(&mut self) -> Result<(), CliError> {
        let Some(path) = &self.args.files.checkpoint else {
            return Ok(());
        };
        if self.saved == Some(self.run.step()) {
            return Ok(());
        }
        checkpoint::save(path, &self.run.checkpoint().await?)?;
        self.saved = Some(self.run.step());
        Ok(())
    }

    /// Everything that defines the run, as the report has it.
    pub fn settings(&self) -> &Map<String, Value> {
        &self.settings
    }

    /// Mean over the steps of this call; none if it ran none.
    pub fn seconds_per_step(&self) -> Option<f64> {
        self.course.seconds_per_step
    }

    /// Writes the picture, the state and the report, and a line to stdout. `mask` goes into the report, and `which` says
    /// which picture of a fit is its result.
    ///
    /// # Errors
    /// The device's errors, [`CliError::Write`].
    pub async fn finish(mut self, mask: Option<&Value>, which: Option<Returned>) -> Result<Done, CliError> {
        let files = &self.args.files;
        let (picture, returned) = match which {
            Some(which) => {
                let (picture, facts) = returned::of_run(&mut self.run, which).await?;
                (picture, Some(facts))
            }
            None => (self.run.output().await?, None),
        };
        if let Some(path) = &files.out {
            output::write(
                path,
                &encode_png(&picture).map_err(|error| CliError::Encode(error.to_string()))?,
            )?;
        }
        if let Some(path) = &files.state_out {
            let state = self.run.state_out().await?;
            output::write(path, &state.to_bytes(self.run.network())?)?;
        }
        if let Some(path) = &files.report {
            let settings = std::mem::take(&mut self.settings);
            let report = Report::new(self.command, &self.run, settings, &self.course, mask, returned.as_ref());
            output::write(path, &report.to_json()?)?;
        }
        output::say(format_args!("{}", self.summary(returned.as_ref())));
        Ok(if self.course.interrupted {
            Done::Interrupted
        } else {
            Done::Complete
        })
    }

    /// The run in one line.
    fn summary(&self, returned: Option<&Value>) -> String {
        let mut text = format!("{} steps on {}", self.run.step(), self.run.adapter().name);
        if let Some(seconds) = self.course.seconds_per_step {
            text += &format!(", {}", pace(seconds));
        }
        if let Some(last) = self.run.curve().last() {
            text += &format!(", loss {:.6}", last.loss);
            if let Some(psnr) = last.psnr {
                text += &format!(", PSNR {psnr:.2} dB");
            }
        }
        if let Some(best) = peak(self.run.curve()) {
            text += &format!(
                " (highest {:.2} dB after {} steps)",
                best.psnr.unwrap_or_default(),
                best.step
            );
        }
        if let Some(returned) = returned
            && returned["which"] != "last"
        {
            text += &format!("; returned: {}", returned["which"].as_str().unwrap_or_default());
            if let Some(step) = returned["step"].as_u64() {
                text += &format!(" of step {step}");
            }
            if let Some(psnr) = returned["psnr"].as_f64() {
                text += &format!(", {psnr:.2} dB");
            }
        }
        text
    }
}

/// Says so where a run needs much memory, and which crop needs less.
fn warn_of_memory(spec: &RunSpec, picture: &Padding) -> Result<(), CliError> {
    let bytes = plan(spec, picture.width, picture.height)?.bytes;
    if bytes <= MEMORY_BUDGET {
        return Ok(());
    }
    let multiple = spec.network.multiple();
    let (mut fits, mut too_large) = (0, picture.width.max(picture.height).div_ceil(multiple));
    while too_large - fits > 1 {
        let middle = fits.midpoint(too_large);
        let side = middle * multiple;
        if plan(spec, side, side)?.bytes <= MEMORY_BUDGET {
            fits = middle
        } else {
            too_large = middle
        }
    }
    let (needed, side) = (bytes as f64 / 1e9, fits * multiple);
    eprintln!("oes: this needs {needed:.1} GB of device memory; --crop {side} needs less than 2 GB");
    Ok(())
}

/// The time that steps took.
#[derive(Default)]
struct Clock {
    /// The first window holds what happens once; it counts only if it is all there is.
    first: Option<(u64, Duration)>,
    steps: u64,
    time: Duration,
}

impl Clock {
    fn add(&mut self, steps: u64, time: Duration) {
        if self.first.is_none() {
            self.first = Some((steps, time));
        } else {
            self.steps += steps;
            self.time += time;
        }
    }

    fn seconds_per_step(&self) -> Option<f64> {
        let mean = |steps: u64, time: Duration| (steps > 0).then(|| time.as_secs_f64() / steps as f64);
        mean(self.steps, self.time).or_else(|| self.first.and_then(|(steps, time)| mean(steps, time)))
    }
}

/// Everything that defines the run, as the report has it.
fn settings(args: &RunArgs, spec: &RunSpec, task: &Task, resumed: Option<&Checkpoint>) -> Map<String, Value> {
    let picture = args.picture.settings(&args.image, task.padding);
    let pairs = [
        ("init_seed", json!(spec.init_seed)),
        ("seed", json!(spec.seed)),
        ("steps", json!(spec.steps)),
        ("lr", json!(spec.lr)),
        ("rewrites", json!(spec.rewrites)),
        ("state_in", json!(args.files.state_in.as_deref().map(input::file_name))),
        ("resumed_at", json!(resumed.map(|checkpoint| checkpoint.step))),
    ];
    let job = match &spec.job {
        Job::Fit(fit) => {
            json!({ "dense": fit.keep.is_none(), "path": fit.path, "tracking": fit.tracking, "lr_drop": fit.drop,
                "jitter": fit.jitter, "langevin": fit.langevin })
        }
        Job::Learn(learn) => json!(learn),
    };
    let common = picture
        .into_iter()
        .chain(pairs)
        .map(|(key, value)| (key.to_string(), value));
    common.chain(job.as_object().cloned().unwrap_or_default()).collect()
}
