//! A run: a state machine that advances within a time budget and tells what it measured.

use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::checkpoint::Checkpoint;
use super::exchange::{StateIn, StateOut};
use super::schedule::schedule;
use super::spec::{Job, RunSpec};
use super::{Task, TrainError};
use crate::cpu::CpuExecutor;
use crate::engine::{AdapterDescription, EngineError, Executor};
#[cfg(feature = "gpu")]
use crate::gpu::{BuildOptions, GpuContext, GpuExecutor};
use crate::mask::{Mask, MaskMetadata, keep_count, top_k};
use crate::network::{Network, draw_input, draw_theta};
use crate::picture::{Padding, Picture, psnr_of_mse};
use crate::step::{
    Fitting, Handles, Learning, Problem, Step, StepError, StepSettings, Tuning, fit_step, learn_step,
};

/// WebGPU's default for the longest binding, in bytes.
const DEFAULT_BINDING: u64 = 128 << 20;
/// Rows of the ring on the device: so many steps may pass between two readings.
const RING_LEN: usize = 512;

/// Who computes.
#[derive(Clone)]
pub enum Backend {
    /// The CPU twins: an oracle, and the engine where there is no GPU.
    Cpu,
    #[cfg(feature = "gpu")]
    Gpu(GpuContext),
}

impl Backend {
    /// The longest binding the device takes.
    fn binding_limit(&self) -> u64 {
        match self {
            Self::Cpu => u64::from(u32::MAX),
            #[cfg(feature = "gpu")]
            Self::Gpu(context) => context.capabilities.max_binding.min(context.capabilities.max_buffer),
        }
    }

    fn tuning(&self) -> Tuning {
        match self {
            Self::Cpu => Tuning { gradient_threads: 1, ..Tuning::default() },
            #[cfg(feature = "gpu")]
            Self::Gpu(context) if context.capabilities.software => {
                Tuning { gradient_threads: 1024, ..Tuning::default() }
            }
            #[cfg(feature = "gpu")]
            Self::Gpu(_) => Tuning { gradient_threads: 1 << 16, ..Tuning::default() },
        }
    }
}

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

/// What a run will need, known before anything is allocated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Bytes of device memory.
    pub bytes: u64,
    /// Multiply-adds of a step.
    pub macs: u64,
}

/// Plans a run on a picture of this size, for a device with WebGPU's default limits.
///
/// # Errors
/// [`TrainError`] if the settings, the mask or the size are not usable.
pub fn plan(spec: &RunSpec, width: usize, height: usize) -> Result<Plan, TrainError> {
    let network = spec.network.build()?;
    let padding = Padding::for_network(&spec.network, width, height);
    let (step, _) = build_step(spec, &network, &padding, 0, Tuning::default(), u64::from(u32::MAX))?;
    Ok(Plan { bytes: step.bytes(), macs: step.macs() })
}

/// One run on one device.
pub struct Run {
    spec: RunSpec,
    network: Network,
    task: Task,
    executor: Executor,
    handles: Handles,
    forward_len: usize,
    plan: Plan,
    /// theta_in, flat; for a fit already masked.
    theta: Vec<f32>,
    /// Replaced from outside, so that no seed can redraw them.
    supplied: StateIn,
    /// Updates submitted.
    done: u64,
    /// Rows of the ring read.
    read: u64,
    /// The forward pass after the last update has run.
    closed: bool,
    curve: Vec<Point>,
    first_gradient: Option<Vec<f32>>,
    keep_first_gradient: bool,
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
        progress: impl FnMut(usize, usize),
    ) -> Result<Self, TrainError> {
        spec.check()?;
        let network = spec.network.build()?;
        let mut task = task;
        let uniform_steps = supplied.check(&network, &mut task)?;
        let (step, handles) = build_for(backend, &spec, &network, &task.padding, uniform_steps)?;
        let executor = executor(backend, &step, progress).await?;
        let plan = Plan { bytes: step.bytes(), macs: step.macs() };
        let mut theta = draw_theta(&network, spec.init_seed);
        supplied.parameters_into(&network, &mut theta);
        if let Job::Fit(fit) = &spec.job
            && let Some(keep) = &fit.keep
        {
            theta.iter_mut().zip(keep.iter()).for_each(|(t, k)| *t *= f32::from(u8::from(*k)));
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
        };
        run.write_initial_state().await?;
        Ok(run)
    }

    async fn write_initial_state(&mut self) -> Result<(), TrainError> {
        let padding = &self.task.padding;
        let z = self.input();
        let pixels = padding.padded_height * padding.padded_width;
        let channels = &self.handles.live_inputs;
        let input: Vec<f32> =
            channels.iter().flat_map(|c| z[c * pixels..(c + 1) * pixels].iter().copied()).collect();
        let noisy = padding.pad(&self.task.noisy).data;
        let clean = match &self.task.clean {
            Some(clean) => padding.pad(clean).data,
            None => noisy.clone(),
        };
        let q = self.handles.entries.gather(&self.theta);
        let schedule = schedule(&self.spec);
        let mut writes = vec![
            (self.handles.parameters, q),
            (self.handles.input, input),
            (self.handles.noisy, noisy),
            (self.handles.clean, clean),
            (self.handles.schedule, schedule),
        ];
        if let (Job::Learn(learn), Some(logits)) = (&self.spec.job, self.handles.logits) {
            let start = vec![learn.start(); self.network.n];
            writes.push((logits, self.supplied.logits.clone().unwrap_or(start)));
        }
        if let (Some(tensor), Some(uniforms)) = (self.handles.uniforms, &self.supplied.uniforms) {
            writes.push((tensor, uniforms.clone()));
        }
        for (tensor, values) in writes {
            self.executor.write(tensor, &values)?;
        }
        self.executor.run_prologue().await?;
        Ok(())
    }

    /// z, all channels, at padded size.
    fn input(&self) -> Vec<f32> {
        let padding = &self.task.padding;
        let channels = self.spec.network.input_channels;
        self.supplied.input.clone().unwrap_or_else(|| {
            draw_input(channels, padding.padded_height, padding.padded_width, self.spec.init_seed)
        })
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
        let room = RING_LEN as u64 - (self.done - self.read) - 1;
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
            self.executor.run_ops(0..self.forward_len).await?;
            self.closed = true;
            rows += 1;
        }
        let points = self.read_points(rows).await?;
        Ok(Progress { step: self.done, points, finished: self.closed })
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

    /// Reads the ring's rows from the last one read up to `rows`.
    async fn read_points(&mut self, rows: u64) -> Result<Vec<Point>, TrainError> {
        if rows == self.read {
            return Ok(Vec::new());
        }
        let ring = self.executor.read(self.handles.ring).await?;
        let mut points = Vec::new();
        for step in self.read..rows {
            let at = 4 * (step % RING_LEN as u64) as usize;
            let [mse, clean, kl, mean_logit]: [f64; 4] = std::array::from_fn(|i| f64::from(ring[at + i]));
            if !mse.is_finite() {
                return Err(TrainError::Diverged { step });
            }
            let learning = matches!(self.spec.job, Job::Learn(_));
            points.push(Point {
                step,
                loss: if learning { mse + kl } else { mse },
                psnr: self.task.clean.as_ref().map(|_| psnr_of_mse(clean)),
                kl: learning.then_some(kl),
                mean_logit: learning.then_some(mean_logit),
            });
        }
        self.read = rows;
        self.curve.extend(&points);
        Ok(points)
    }

    /// dL/dtheta of a fit, dL/dp of a learner (method section 4), flat, after the first step.
    async fn read_first_gradient(&mut self) -> Result<Vec<f32>, TrainError> {
        let grad = self.executor.read(self.handles.gradient).await?;
        let mut flat = vec![0.0; self.network.n];
        self.handles.entries.scatter(&grad, &mut flat);
        match &self.spec.job {
            Job::Fit(fit) => {
                if let Some(keep) = &fit.keep {
                    flat.iter_mut().zip(keep.iter()).for_each(|(g, k)| *g *= f32::from(u8::from(*k)));
                }
            }
            Job::Learn(learn) => {
                let Some(slope) = self.handles.slope else { return Ok(flat) };
                let slope = self.executor.read(slope).await?;
                let start = self.supplied.logits.clone();
                let target = (learn.keep / (1.0 - learn.keep)).ln();
                for (i, (g, slope)) in flat.iter_mut().zip(&slope).enumerate() {
                    let p = f64::from(start.as_ref().map_or(learn.start(), |logits| logits[i]));
                    let s = 1.0 / (1.0 + (-p).exp());
                    let kl = learn.kl * s * (1.0 - s) * (p - target);
                    *g = (f64::from(*g) * f64::from(*slope) + kl) as f32;
                }
            }
        }
        Ok(flat)
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

    /// The executor and the tensor of the network's last output, padded, for a renderer.
    pub fn output_tensor(&self) -> (&Executor, crate::step::TensorId) {
        (&self.executor, self.handles.output)
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
        let output = self.executor.read(self.handles.output).await?;
        Ok(self.task.padding.crop(&output))
    }

    /// The mask's logits, flat, length N.
    ///
    /// # Errors
    /// [`TrainError::NotLearning`] for a fit; the device's errors.
    pub async fn logits(&mut self) -> Result<Vec<f32>, TrainError> {
        let logits = self.handles.logits.ok_or(TrainError::NotLearning)?;
        Ok(self.executor.read(logits).await?)
    }

    /// The mask as learned so far: the floor(keep N) largest logits.
    ///
    /// # Errors
    /// As [`Run::logits`]; [`TrainError::Mask`] if a logit is not a number.
    pub async fn mask(&mut self, keep: f64, image: &str) -> Result<Mask, TrainError> {
        let logits = self.logits().await?;
        let Job::Learn(learn) = &self.spec.job else { return Err(TrainError::NotLearning) };
        let bits = top_k(&logits, keep_count(self.network.n, keep), self.spec.seed)?;
        let method = serde_json::to_value(learn.learner).ok().and_then(|v| v.as_str().map(String::from));
        let metadata = MaskMetadata {
            network: Some(self.spec.network.clone()),
            keep,
            method: format!("OES, {} learner", method.unwrap_or_default()),
            seed: Some(self.spec.seed),
            steps: Some(self.done),
            image: Some(image.to_string()),
            settings: serde_json::to_string(&self.spec).ok(),
            ..MaskMetadata::default()
        };
        Ok(Mask { keep: bits, metadata })
    }

    /// Parameters (masked entries exactly 0), flat.
    ///
    /// # Errors
    /// The device's errors.
    pub async fn parameters(&mut self) -> Result<Vec<f32>, TrainError> {
        let q = self.executor.read(self.handles.parameters).await?;
        let mut flat = self.theta.clone();
        self.handles.entries.scatter(&q, &mut flat);
        Ok(flat)
    }

    /// Everything the exchange with PyTorch asks for.
    ///
    /// # Errors
    /// The device's errors.
    pub async fn state_out(&mut self) -> Result<StateOut, TrainError> {
        let padding = self.task.padding;
        Ok(StateOut {
            parameters: self.parameters().await?,
            output: self.executor.read(self.handles.output).await?,
            input: self.input(),
            noisy: padding.pad(&self.task.noisy).data,
            height: padding.padded_height,
            width: padding.padded_width,
            gradient: self.first_gradient.clone(),
            logits: match self.handles.logits {
                Some(logits) => Some(self.executor.read(logits).await?),
                None => None,
            },
        })
    }

    /// The state from which a run goes on as if it had never stopped.
    ///
    /// # Errors
    /// The device's errors.
    pub async fn checkpoint(&mut self) -> Result<Checkpoint, TrainError> {
        let trained = self.handles.logits.unwrap_or(self.handles.parameters);
        let [trained, m, v] = self
            .executor
            .read_all(&[trained, self.handles.m, self.handles.v])
            .await?
            .try_into()
            .map_err(|_| TrainError::Checkpoint("the device returned too few tensors".into()))?;
        Ok(Checkpoint {
            spec: self.spec.clone(),
            step: self.done,
            picture: picture_hash(&self.task),
            trained,
            m,
            v,
            curve: self.curve.clone(),
            theta: self.supplied.has_parameters().then(|| self.theta.clone()),
            input: self.supplied.input.clone(),
            first_gradient: self.first_gradient.as_ref().map(|gradient| kept_of(&self.spec, gradient)),
        })
    }

    /// Goes on from a checkpoint of a run with the same settings (its number of steps may differ), the same picture and
    /// the same supplied state.
    ///
    /// # Errors
    /// [`TrainError::Checkpoint`] if it belongs to another run; otherwise as [`Run::new`].
    pub async fn resume(
        checkpoint: Checkpoint,
        steps: u64,
        task: Task,
        supplied: StateIn,
        backend: &Backend,
        progress: impl FnMut(usize, usize),
    ) -> Result<Self, TrainError> {
        let network = checkpoint.spec.network.build()?;
        let mut task = task;
        supplied.check(&network, &mut task)?;
        if picture_hash(&task) != checkpoint.picture {
            return Err(TrainError::Checkpoint("it was made with another picture, noise or crop".into()));
        }
        if steps < checkpoint.step {
            return Err(TrainError::Checkpoint(format!(
                "it has {} steps behind it, more than the {steps} asked for",
                checkpoint.step
            )));
        }
        let spec = RunSpec { steps, ..checkpoint.spec };
        let supplied = supplied.restored(&network, &task.padding, checkpoint.theta, checkpoint.input);
        let mut run = Self::new(spec, task, backend, supplied, progress).await?;
        let trained = run.handles.logits.unwrap_or(run.handles.parameters);
        let writes = [
            (trained, checkpoint.trained),
            (run.handles.m, checkpoint.m),
            (run.handles.v, checkpoint.v),
            (run.handles.counter, vec![checkpoint.step as f32]),
        ];
        for (tensor, values) in writes {
            run.executor.write(tensor, &values).map_err(|error| match error {
                EngineError::Shape { .. } => TrainError::Checkpoint("it does not fit its own settings".into()),
                other => other.into(),
            })?;
        }
        run.done = checkpoint.step;
        run.read = checkpoint.step;
        run.first_gradient = checkpoint.first_gradient.and_then(|kept| spread(&run.spec, run.network.n, kept));
        run.curve = checkpoint.curve;
        run.curve.retain(|point| point.step < checkpoint.step);
        Ok(run)
    }
}

/// The mask of a sparse fit.
fn mask_of(spec: &RunSpec) -> Option<&Arc<Vec<bool>>> {
    match &spec.job {
        Job::Fit(fit) => fit.keep.as_ref(),
        Job::Learn(_) => None,
    }
}

/// The kept entries of flat values; all of them without a mask.
fn kept_of(spec: &RunSpec, flat: &[f32]) -> Vec<f32> {
    match mask_of(spec) {
        Some(keep) => flat.iter().zip(keep.iter()).filter(|(_, keep)| **keep).map(|(value, _)| *value).collect(),
        None => flat.to_vec(),
    }
}

/// The inverse of [`kept_of`], with 0 for the rest; `None` if the count does not fit.
fn spread(spec: &RunSpec, n: usize, kept: Vec<f32>) -> Option<Vec<f32>> {
    let Some(keep) = mask_of(spec) else { return (kept.len() == n).then_some(kept) };
    let mut kept = kept.into_iter();
    let flat: Option<Vec<f32>> = keep.iter().map(|keep| if *keep { kept.next() } else { Some(0.0) }).collect();
    flat.filter(|flat| flat.len() == n && kept.next().is_none())
}

/// SHA-256 of what a run is fitted to, so that a checkpoint is not continued on another picture.
fn picture_hash(task: &Task) -> String {
    let mut hash = Sha256::new();
    hash.update([task.noisy.width as u64, task.noisy.height as u64].map(u64::to_le_bytes).concat());
    hash.update(bytemuck::cast_slice(&task.noisy.data));
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Within WebGPU's default binding where that is enough, else within what the device has.
fn build_for(
    backend: &Backend,
    spec: &RunSpec,
    network: &Network,
    padding: &Padding,
    uniform_steps: usize,
) -> Result<(Step, Handles), TrainError> {
    let limit = backend.binding_limit();
    let tuning = backend.tuning();
    match build_step(spec, network, padding, uniform_steps, tuning, DEFAULT_BINDING.min(limit)) {
        Err(TrainError::Step(StepError::TensorTooLarge { .. })) if limit > DEFAULT_BINDING => {
            build_step(spec, network, padding, uniform_steps, tuning, limit)
        }
        other => other,
    }
}

fn build_step(
    spec: &RunSpec,
    network: &Network,
    padding: &Padding,
    uniform_steps: usize,
    tuning: Tuning,
    binding_limit: u64,
) -> Result<(Step, Handles), TrainError> {
    let settings = StepSettings {
        adam: spec.adam(),
        schedule_len: spec.steps as usize + 1,
        ring_len: RING_LEN,
        rewrites: spec.rewrites,
        tuning,
        binding_limit,
    };
    let region = padding.region();
    let problem = Problem {
        height: padding.padded_height,
        width: padding.padded_width,
        region: (region.x, region.y, region.width, region.height),
    };
    let built = match &spec.job {
        Job::Fit(fit) => {
            let keep: Option<&Arc<Vec<bool>>> = fit.keep.as_ref();
            let fitting = Fitting { keep: keep.map(|keep| keep.as_slice()), path: fit.path };
            fit_step(network, problem, fitting, settings)?
        }
        Job::Learn(learn) => {
            let learning = Learning {
                keep: learn.keep,
                kl: learn.kl,
                pull: learn.pull,
                seed: spec.seed,
                supplied: uniform_steps,
            };
            learn_step(network, problem, learning, settings)?
        }
    };
    Ok(built)
}

#[cfg_attr(not(feature = "gpu"), expect(clippy::unused_async, reason = "only a GPU is waited for"))]
async fn executor(
    backend: &Backend,
    step: &Step,
    mut progress: impl FnMut(usize, usize),
) -> Result<Executor, TrainError> {
    match backend {
        Backend::Cpu => {
            progress(1, 1);
            Ok(CpuExecutor::new(step).into())
        }
        #[cfg(feature = "gpu")]
        Backend::Gpu(context) => {
            let built = GpuExecutor::build(context, step, &BuildOptions::default(), progress).await?;
            Ok(built.into())
        }
    }
}
