//! A run: a state machine that advances within a time budget and tells what it measured.

use std::time::Duration;

use super::exchange::StateIn;
use super::schedule::schedule;
use super::setup::{Backend, Plan, build_step, executor};
use super::spec::{Job, RunSpec};
use super::{Task, TrainError};
use crate::engine::{AdapterDescription, Executor};
use crate::network::{Network, draw_theta};
use crate::picture::{Picture, psnr_of_mse};
use crate::step::{Handles, SUPPLIED_WINDOW};

/// Rows of the ring on the device: so many steps may pass between two readings.
pub(super) const RING_LEN: usize = 512;

/// What was measured at one step: after `step` updates, 0 = before any.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Point {
    pub step: u64,
    /// MSE to the noisy picture, and in the paper's learner the KL term.
    pub loss: f64,
    /// In dB against the clean picture; `None` without one.
    pub psnr: Option<f64>,
    /// Learner only: the KL term and the mean logit.
    pub kl: Option<f64>,
    pub mean_logit: Option<f64>,
    /// Where outputs are tracked: the PSNR of their average in dB, `None` without a clean picture, and the statistic that
    /// says when to stop.
    #[serde(default)]
    pub average_psnr: Option<f64>,
    #[serde(default)]
    pub statistic: Option<f64>,
}

/// What [`Run::advance`] did.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// Updates done so far.
    pub step: u64,
    /// New points, oldest first.
    pub points: Vec<Point>,
    /// All updates are done and the picture after the last is drawn.
    pub finished: bool,
}

/// One run on one device.
pub struct Run {
    pub(super) spec: RunSpec,
    pub(super) network: Network,
    pub(super) task: Task,
    pub(super) executor: Executor,
    pub(super) handles: Handles,
    pub(super) forward_len: usize,
    pub(super) plan: Plan,
    /// theta_in, flat; for a fit already masked.
    pub(super) theta: Vec<f32>,
    /// Replaced from outside, so that no seed can redraw them.
    pub(super) supplied: StateIn,
    /// Updates submitted.
    pub(super) done: u64,
    /// Rows of the ring read.
    pub(super) read: u64,
    /// The forward pass after the last update has run.
    pub(super) closed: bool,
    pub(super) curve: Vec<Point>,
    pub(super) first_gradient: Option<Vec<f32>>,
    pub(super) keep_first_gradient: bool,
    /// The first step whose supplied uniform numbers the device holds.
    pub(super) uniforms_from: Option<usize>,
}

impl Run {
    /// Builds a run and writes its initial state; `progress` is told (kernels compiled, kernels in all).
    ///
    /// # Errors
    /// [`TrainError`] if the settings, the mask, the supplied state or the size are not usable, or the device fails.
    pub async fn new(
        spec: RunSpec,
        task: Task,
        backend: &Backend,
        supplied: StateIn,
        mut progress: impl FnMut(usize, usize),
    ) -> Result<Self, TrainError> {
        Self::build(spec, task, backend, supplied, &mut progress).await
    }

    /// Compiled once for all callers' closures, since the page has to be small.
    async fn build(
        spec: RunSpec,
        task: Task,
        backend: &Backend,
        supplied: StateIn,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Self, TrainError> {
        spec.check()?;
        let network = spec.network.build()?;
        let mut task = task;
        let uniform_steps = supplied.check(&network, &mut task)?;
        let (step, handles) = build_step(&spec, &network, task.problem(), uniform_steps, backend.tuning())?;
        let executor = executor(backend, &step, progress).await?;
        let plan = Plan::of(&step);
        let mut theta = draw_theta(&network, spec.init_seed);
        supplied.parameters_into(&network, &mut theta);
        if let Job::Fit(fit) = &spec.job
            && let Some(keep) = &fit.keep
        {
            theta
                .iter_mut()
                .zip(keep.iter())
                .for_each(|(t, k)| *t *= f32::from(u8::from(*k)));
        }
        let mut run = Self {
            forward_len: step.forward_len,
            spec,
            network,
            task,
            executor,
            handles,
            plan,
            theta,
            supplied,
            done: 0,
            read: 0,
            closed: false,
            curve: Vec::new(),
            first_gradient: None,
            keep_first_gradient: false,
            uniforms_from: None,
        };
        run.write_initial_state().await?;
        Ok(run)
    }

    async fn write_initial_state(&mut self) -> Result<(), TrainError> {
        let padding = &self.task.padding;
        let z = self.input();
        let pixels = padding.padded_height * padding.padded_width;
        let (input_h, input_w) = self.network.input_size(padding.padded_height, padding.padded_width);
        let input_pixels = input_h * input_w;
        let channels = &self.handles.live_inputs;
        let input: Vec<f32> = channels
            .iter()
            .flat_map(|c| z[c * input_pixels..(c + 1) * input_pixels].iter().copied())
            .collect();
        let observed = self.task.laid_out();
        let clean = match &self.task.clean {
            Some(clean) => padding.pad(clean).data,
            None => vec![0.0; Picture::CHANNELS * pixels],
        };
        let q = self.handles.entries.gather(&self.theta);
        let schedule = schedule(&self.spec);
        for (parts, values) in [
            (&self.handles.input, input),
            (&self.handles.observed, observed),
            (&self.handles.clean, clean),
        ] {
            self.executor.write_parts(parts, &values)?;
        }
        let mut writes = vec![(self.handles.parameters, q), (self.handles.schedule, schedule)];
        if let (Job::Learn(learn), Some(logits)) = (&self.spec.job, self.handles.logits) {
            let supplied = self.supplied.logits.clone();
            writes.push((logits, supplied.unwrap_or_else(|| learn.start(self.network.n))));
        }
        for (tensor, values) in writes {
            self.executor.write(tensor, &values)?;
        }
        self.executor.run_prologue().await?;
        Ok(())
    }

    /// z, all channels, at padded size.
    pub(super) fn input(&self) -> Vec<f32> {
        self.supplied
            .input_or_drawn(&self.network, &self.task.padding, self.spec.init_seed)
    }

    /// Keeps the gradients of the first step for [`Run::state_out`]; before the first step.
    pub fn keep_first_gradient(&mut self) {
        self.keep_first_gradient = true;
    }

    /// Trains for about `budget`, at least one step and never past the last, then reads what was measured. After the
    /// last update it draws the picture once more, so that the last point is the trained network's.
    ///
    /// # Errors
    /// The device's errors; [`TrainError::Diverged`] if the loss is no longer a number.
    pub async fn advance(&mut self, budget: Duration) -> Result<Progress, TrainError> {
        let left = self.spec.steps - self.done;
        self.advance_steps(left, budget).await
    }

    /// As [`Run::advance`], at most `steps` steps.
    ///
    /// # Errors
    /// As [`Run::advance`].
    pub async fn advance_steps(&mut self, steps: u64, budget: Duration) -> Result<Progress, TrainError> {
        self.load_uniforms()?;
        let room = (RING_LEN as u64 - (self.done - self.read) - 1).min(self.uniforms_left());
        let first = self.keep_first_gradient && self.done == 0;
        let most = steps.min(self.spec.steps - self.done).min(if first { 1 } else { room });
        if most > 0 {
            self.done += self.executor.run(most, budget).await?;
        }
        if first && self.done == 1 {
            self.first_gradient = Some(self.read_first_gradient().await?);
        }
        let mut rows = self.done;
        if self.done == self.spec.steps && !self.closed {
            self.load_uniforms()?;
            self.executor.run_ops(0..self.forward_len).await?;
            self.closed = true;
            rows += 1;
        }
        let points = self.read_points(rows).await?;
        Ok(Progress {
            step: self.done,
            points,
            finished: self.closed,
        })
    }

    /// Ends the run early: no further update, and the picture is drawn once more, as after the last step. A
    /// checkpoint to go on from has to be taken before.
    ///
    /// # Errors
    /// As [`Run::advance`].
    pub async fn stop(&mut self) -> Result<Progress, TrainError> {
        self.spec.steps = self.done;
        self.advance_steps(0, Duration::ZERO).await
    }

    /// Writes the supplied uniform numbers of the steps to come, where the device holds none for the next one.
    fn load_uniforms(&mut self) -> Result<(), TrainError> {
        let (Some(tensor), Some(uniforms)) = (self.handles.uniforms, &self.supplied.uniforms) else {
            return Ok(());
        };
        let n = self.network.n;
        let supplied = uniforms.len() / n;
        let from = self.done as usize / SUPPLIED_WINDOW * SUPPLIED_WINDOW;
        if from >= supplied || self.uniforms_from == Some(from) {
            return Ok(());
        }
        let to = (from + SUPPLIED_WINDOW).min(supplied);
        let mut rows = uniforms[from * n..to * n].to_vec();
        // The tensor is written whole; what is beyond the last supplied step is never read.
        rows.resize(supplied.min(SUPPLIED_WINDOW) * n, 0.5);
        self.executor.write(tensor, &rows)?;
        self.uniforms_from = Some(from);
        Ok(())
    }

    /// Steps until other uniform numbers have to be written.
    fn uniforms_left(&self) -> u64 {
        let supplied = self
            .supplied
            .uniforms
            .as_ref()
            .map_or(0, |uniforms| uniforms.len() / self.network.n);
        match self.uniforms_from {
            Some(from) if (self.done as usize) < supplied => (from + SUPPLIED_WINDOW) as u64 - self.done,
            _ => u64::MAX,
        }
    }

    /// Reads the ring's rows from the last one read up to `rows`.
    async fn read_points(&mut self, rows: u64) -> Result<Vec<Point>, TrainError> {
        if rows == self.read {
            return Ok(Vec::new());
        }
        let ring = self.executor.read(self.handles.ring).await?;
        let mut points = Vec::new();
        for step in self.read..rows {
            let at = 4 * (step % RING_LEN as u64) as usize;
            let [mse, clean, third, fourth]: [f64; 4] = std::array::from_fn(|i| f64::from(ring[at + i]));
            if !mse.is_finite() {
                return Err(TrainError::Diverged { step });
            }
            let learning = matches!(self.spec.job, Job::Learn(_));
            let tracking = self.handles.tracked.is_some();
            // A posterior mean is the better the longer it is: it has no moment to stop.
            let stops = self.spec.tracking().is_some_and(|tracking| tracking.burn_in.is_none());
            let has_clean = self.task.clean.is_some();
            points.push(Point {
                step,
                loss: if learning { mse + third } else { mse },
                psnr: has_clean.then(|| psnr_of_mse(clean)),
                kl: learning.then_some(third),
                mean_logit: learning.then_some(fourth),
                average_psnr: (tracking && has_clean).then(|| psnr_of_mse(fourth)),
                statistic: stops.then_some(third),
            });
        }
        self.read = rows;
        self.curve.extend(&points);
        Ok(points)
    }

    pub fn spec(&self) -> &RunSpec {
        &self.spec
    }

    pub fn network(&self) -> &Network {
        &self.network
    }

    pub fn task(&self) -> &Task {
        &self.task
    }

    /// Updates done.
    pub fn step(&self) -> u64 {
        self.done
    }

    pub fn is_finished(&self) -> bool {
        self.closed
    }

    /// All points so far.
    pub fn curve(&self) -> &[Point] {
        &self.curve
    }

    pub fn plan(&self) -> Plan {
        self.plan
    }

    pub fn adapter(&self) -> AdapterDescription {
        self.executor.adapter()
    }

    /// For a renderer.
    pub fn executor(&self) -> &Executor {
        &self.executor
    }

    /// The executor and the step's handles, for benchmarks.
    pub fn engine(&mut self) -> (&mut Executor, &Handles) {
        (&mut self.executor, &self.handles)
    }

    /// The picture the network drew last: before the last update, or after it if the run is finished.
    ///
    /// # Errors
    /// The device's errors.
    pub async fn output(&mut self) -> Result<Picture, TrainError> {
        let output = self.executor.read_parts(&self.handles.output).await?;
        Ok(self.task.padding.crop(&output))
    }
}
