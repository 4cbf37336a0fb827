//! Training as the worker needs it: a thin layer over [`crate::train`] that turns its errors into faults.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::preview::Output;
use super::protocol::{Fault, FaultKind, Point, Setup};
use crate::engine::{EngineError, Executor};
use crate::mask::Mask;
use crate::network::Hourglass;
use crate::picture::Picture;
use crate::step::StepError;
use crate::train::{self, Backend, RunSpec, StateIn, Task, TrainError};

/// What a run will do.
pub struct Plan {
    pub spec: RunSpec,
    pub task: Task,
}

/// The network of a run: the mask's own, or else the paper's with so many levels.
pub fn network_of(setup: &Setup, mask: Option<&Mask>) -> Hourglass {
    mask.and_then(|mask| mask.metadata.network.clone())
        .unwrap_or_else(|| Hourglass::with_levels(setup.levels))
}

impl Plan {
    /// Adds the noise to a picture of its final size.
    ///
    /// # Errors
    /// A fault if a setting is out of its range.
    pub fn new(setup: Setup, mask: Option<&Rc<Mask>>, picture: &Picture) -> Result<Self, Fault> {
        let network = network_of(&setup, mask.map(Rc::as_ref));
        let task = Task::new(picture, setup.sigma, setup.noise_seed, &network).map_err(|error| fault(&error))?;
        let spec = match mask {
            Some(mask) => RunSpec::sparse(network, Arc::new(mask.keep.clone())),
            None => RunSpec::dense(network),
        };
        let spec = RunSpec {
            steps: setup.steps,
            init_seed: setup.init_seed,
            ..spec
        };
        Ok(Self { spec, task })
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
pub struct Fit {
    run: train::Run,
}

impl Fit {
    /// Compiles and allocates; `progress` is told (kernels compiled, kernels in all).
    ///
    /// # Errors
    /// A fault, of memory for instance.
    pub async fn build(plan: &Plan, backend: &Backend, progress: impl FnMut(usize, usize)) -> Result<Self, Fault> {
        let (spec, task) = (plan.spec.clone(), plan.task.clone());
        let run = train::Run::new(spec, task, backend, StateIn::default(), progress).await;
        run.map(|run| Self { run }).map_err(|error| fault(&error))
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
        let point = |point: train::Point| Point {
            step: point.step,
            loss: point.loss,
            psnr: point.psnr.filter(|psnr| psnr.is_finite()),
        };
        Ok(progress.points.into_iter().map(point).collect())
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

/// An error of training as the page is told.
fn fault(error: &TrainError) -> Fault {
    let kind = match error {
        TrainError::Engine(EngineError::DeviceLost { .. }) => FaultKind::DeviceLost,
        TrainError::Engine(EngineError::OutOfMemory { .. } | EngineError::Limit { .. })
        | TrainError::Step(StepError::TensorTooLarge { .. }) => FaultKind::Memory,
        TrainError::Mask(_) | TrainError::Step(StepError::DeadMask(_) | StepError::MaskLength { .. }) => {
            FaultKind::Mask
        }
        _ => FaultKind::Run,
    };
    Fault::new(kind, error)
}
