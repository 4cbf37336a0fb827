//! Training as the worker needs it: a thin layer over [`crate::train`] that turns its errors into faults.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::preview::Output;
use super::protocol::{Fault, FaultKind, Point, Setup};
use crate::engine::{EngineError, Executor};
use crate::mask::Mask;
use crate::network::{Hourglass, Network};
use crate::picture::Picture;
use crate::step::StepError;
use crate::train::{self, Backend, Checkpoint, Learner, RunSpec, StateIn, Task, TrainError};

/// What a run trains.
pub enum Trained {
    /// The weights that a mask keeps, or all of them.
    Weights(Option<Rc<Mask>>),
    /// A mask.
    Mask { learner: Learner, keep: f64 },
}

impl Trained {
    /// The mask's own network, or else the paper's with so many levels.
    pub fn network(&self, levels: usize) -> Hourglass {
        let of_mask = match self {
            Self::Weights(mask) => mask.as_ref().and_then(|mask| mask.metadata.network.clone()),
            Self::Mask { .. } => None,
        };
        of_mask.unwrap_or_else(|| Hourglass::with_levels(levels))
    }
}

/// What a run will do.
#[derive(Clone)]
pub struct Plan {
    pub spec: RunSpec,
    pub task: Task,
    pub setup: Setup,
    /// The picture's name.
    pub image: String,
}

impl Plan {
    /// Adds the noise to a picture of its final size.
    ///
    /// # Errors
    /// A fault if a setting is out of its range.
    pub fn new(setup: Setup, trained: &Trained, steps: u64, image: &str, picture: &Picture) -> Result<Self, Fault> {
        let network = trained.network(setup.levels);
        let task = Task::new(picture, setup.sigma, setup.noise_seed, &network).map_err(|error| fault(&error))?;
        let mut spec = match trained {
            Trained::Weights(Some(mask)) => RunSpec::sparse(network, Arc::new(mask.keep.clone())),
            Trained::Weights(None) => RunSpec::dense(network),
            Trained::Mask { learner, .. } => RunSpec::learn(network, *learner),
        };
        if let (train::Job::Learn(learn), Trained::Mask { keep, .. }) = (&mut spec.job, trained) {
            learn.keep = *keep;
        }
        spec.steps = steps;
        spec.init_seed = setup.init_seed;
        spec.check().map_err(|error| fault(&error))?;
        Ok(Self {
            spec,
            task,
            setup,
            image: image.to_owned(),
        })
    }

    /// The same network and picture, with a mask and without training: what masking alone draws.
    pub fn mask_only(&self, keep: Vec<bool>) -> Self {
        let spec = RunSpec {
            steps: 0,
            init_seed: self.spec.init_seed,
            ..RunSpec::sparse(self.spec.network.clone(), Arc::new(keep))
        };
        Self { spec, ..self.clone() }
    }

    /// Bytes of memory that the run will need.
    ///
    /// # Errors
    /// A fault if the settings, the mask or the size are not usable.
    pub fn bytes(&self) -> Result<u64, Fault> {
        let plan = train::plan(&self.spec, self.task.noisy.width, self.task.noisy.height);
        plan.map(|plan| plan.bytes).map_err(|error| fault(&error))
    }
}

/// A run on an engine.
pub struct Training {
    run: train::Run,
}

impl Training {
    /// Compiles and allocates; `progress` is told (kernels compiled, kernels in all).
    ///
    /// # Errors
    /// A fault, of memory for instance.
    pub async fn build(plan: &Plan, backend: &Backend, progress: impl FnMut(usize, usize)) -> Result<Self, Fault> {
        let (spec, task) = (plan.spec.clone(), plan.task.clone());
        let run = train::Run::new(spec, task, backend, StateIn::default(), progress).await;
        run.map(|run| Self { run }).map_err(|error| fault(&error))
    }

    /// As [`Training::build`], from where a checkpoint was taken.
    ///
    /// # Errors
    /// A fault, such as a checkpoint of other settings.
    pub async fn resume(
        plan: &Plan,
        checkpoint: Checkpoint,
        backend: &Backend,
        progress: impl FnMut(usize, usize),
    ) -> Result<Self, Fault> {
        let (steps, task) = (plan.spec.steps, plan.task.clone());
        let run = train::Run::resume(checkpoint, steps, task, StateIn::default(), backend, progress).await;
        run.map(|run| Self { run }).map_err(|error| fault(&error))
    }

    /// The state to go on from, as a file's bytes.
    ///
    /// # Errors
    /// A fault, such as a lost device.
    pub async fn checkpoint(&mut self) -> Result<Vec<u8>, Fault> {
        let checkpoint = self.run.checkpoint().await.map_err(|error| fault(&error))?;
        checkpoint.to_bytes().map_err(|error| fault(&error))
    }

    /// Trains for about `budget`, at most up to step `until`, and gives what was measured.
    ///
    /// # Errors
    /// A fault, such as a lost device.
    pub async fn advance(&mut self, until: u64, budget: Duration) -> Result<Vec<Point>, Fault> {
        let left = until.saturating_sub(self.run.step());
        let progress = self
            .run
            .advance_steps(left, budget)
            .await
            .map_err(|error| fault(&error))?;
        Ok(progress.points.iter().map(told).collect())
    }

    /// Updates made.
    pub fn step(&self) -> u64 {
        self.run.step()
    }

    pub fn is_finished(&self) -> bool {
        self.run.is_finished()
    }

    /// The picture that the network drew last.
    ///
    /// # Errors
    /// A fault, such as a lost device.
    pub async fn picture(&mut self) -> Result<Picture, Fault> {
        self.run.output().await.map_err(|error| fault(&error))
    }

    /// A learner's logits.
    ///
    /// # Errors
    /// A fault, such as a lost device.
    pub async fn logits(&mut self) -> Result<Vec<f32>, Fault> {
        self.run.logits().await.map_err(|error| fault(&error))
    }

    /// A learner's mask so far, with all that it takes to learn it again.
    ///
    /// # Errors
    /// A fault, such as a lost device.
    pub async fn mask(&mut self, keep: f64, plan: &Plan) -> Result<Mask, Fault> {
        let mut mask = self.run.mask(keep, &plan.image).await.map_err(|error| fault(&error))?;
        let settings = serde_json::json!({
            "run": self.run.spec(),
            "width": plan.task.padding.width,
            "height": plan.task.padding.height,
            "framing": plan.setup.framing,
            "sigma": plan.setup.sigma,
            "noise_seed": plan.setup.noise_seed,
            "adapter": self.run.adapter().name,
            "version": env!("CARGO_PKG_VERSION"),
        });
        mask.metadata.settings = Some(settings.to_string());
        Ok(mask)
    }

    pub fn network(&self) -> &Network {
        self.run.network()
    }

    /// The same where it lies on the device; none on the CPU.
    pub fn output(&self) -> Option<Output<'_>> {
        let (Executor::Gpu(gpu), tensors) = self.run.output_tensors() else {
            return None;
        };
        Some(Output {
            parts: tensors.iter().map(|tensor| gpu.buffer_slice(*tensor)).collect(),
            padding: self.run.task().padding,
        })
    }
}

/// A reading as the page is told.
fn told(point: &train::Point) -> Point {
    Point {
        step: point.step,
        loss: point.loss,
        psnr: point.psnr.filter(|psnr| psnr.is_finite()),
        kl: point.kl,
        mean_logit: point.mean_logit,
    }
}

/// A checkpoint's bytes, checked against what the run would be: only the number of steps may differ.
///
/// # Errors
/// A fault that says so.
pub fn read_checkpoint(bytes: &[u8], plan: &Plan) -> Result<(Checkpoint, Vec<Point>), Fault> {
    let checkpoint = Checkpoint::from_bytes(bytes).map_err(|error| fault(&error))?;
    let steps = plan.spec.steps;
    let same = RunSpec {
        steps,
        ..checkpoint.spec.clone()
    };
    if same != plan.spec || checkpoint.step > steps {
        let message = "what was kept of the run does not belong to these settings: start over";
        return Err(Fault::new(FaultKind::Run, message));
    }
    let points = checkpoint.curve.iter().map(told).collect();
    Ok((checkpoint, points))
}

/// An error of training as the page is told.
pub fn fault(error: &TrainError) -> Fault {
    let kind = match error {
        TrainError::Engine(EngineError::DeviceLost { .. }) => FaultKind::DeviceLost,
        TrainError::Engine(EngineError::OutOfMemory { .. } | EngineError::Limit { .. })
        | TrainError::Step(StepError::TensorTooLarge { .. }) => FaultKind::Memory,
        TrainError::Diverged { .. } => FaultKind::Diverged,
        TrainError::Mask(_) | TrainError::Step(StepError::DeadMask(_) | StepError::MaskLength { .. }) => {
            FaultKind::Mask
        }
        _ => FaultKind::Run,
    };
    Fault::new(kind, error)
}
