//! Training as the worker needs it: a thin layer over [`crate::train`] that turns its errors into faults.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::preview::Output;
use super::protocol::{Fault, FaultKind, Pace, Point, Setup, View};
use crate::engine::{EngineError, Executor};
use crate::mask::{Mask, Scope};
use crate::network::{Hourglass, Network};
use crate::numbers::thousands;
use crate::picture::{Noise, Padding, Picture};
use crate::step::StepError;
use crate::train::{
    self, Backend, Checkpoint, Learner, Returned, RunSpec, SpikeWatch, StartMask, StateIn, Task, TrackSpec, TrainError,
    Unmasked,
};

/// What a run trains.
pub enum Trained {
    /// The weights that a mask keeps.
    Weights(Rc<Mask>),
    /// All weights.
    Unmasked(Unmasked),
    /// A mask, from another with its name or from nothing.
    Mask {
        learner: Learner,
        keep: f64,
        scope: Scope,
        pace: Pace,
        from: Option<(String, Rc<Mask>)>,
    },
}

impl Trained {
    /// The hourglass of the mask that is used or begun with, or else the paper's with so many levels.
    pub fn hourglass(&self, levels: usize) -> Hourglass {
        let of_mask = match self {
            Self::Weights(mask) => mask.metadata.network.clone(),
            Self::Mask { from, .. } => from.as_ref().and_then(|(_, mask)| mask.metadata.network.clone()),
            Self::Unmasked(_) => None,
        };
        of_mask.unwrap_or_else(|| Hourglass::with_levels(levels))
    }
}

/// What a run will do.
#[derive(Clone)]
pub struct Plan {
    pub spec: RunSpec,
    pub task: Task,
    /// Whose weights are fitted, where there is one.
    pub mask: Option<Rc<Mask>>,
    pub setup: Setup,
    /// The picture's name.
    pub image: String,
    /// Whether a spike of the loss is a fault.
    pub watched: bool,
}

impl Plan {
    /// Observes a picture that is framed already; `whole` is its width and height before.
    ///
    /// # Errors
    /// A fault if a setting is out of its range.
    pub fn new(
        setup: Setup,
        trained: &Trained,
        steps: u64,
        image: &str,
        framed: &Picture,
        whole: (usize, usize),
    ) -> Result<Self, Fault> {
        let network = trained.hourglass(setup.levels);
        let mut spec = match trained {
            Trained::Weights(mask) => RunSpec::sparse(network, Arc::new(mask.keep.clone())),
            Trained::Unmasked(fit) => fit.spec(network, steps),
            Trained::Mask { learner, .. } => RunSpec::learn(network, *learner),
        };
        let task = setup.task(framed, whole, &spec.network);
        let task = task.map_err(|error| fault(&error))?;
        match (&mut spec.job, trained) {
            (
                train::Job::Learn(learn),
                Trained::Mask {
                    keep,
                    scope,
                    pace,
                    from,
                    ..
                },
            ) => {
                learn.keep = *keep;
                learn.scope = *scope;
                learn.from = from.as_ref().map(|(name, mask)| StartMask {
                    name: name.clone(),
                    keep: Arc::new(mask.keep.clone()),
                });
                learn.pull *= pace.pull;
                spec.lr *= pace.rate;
            }
            (train::Job::Fit(fit), _) => {
                // SGLD has its own, with a burn-in.
                fit.tracking.get_or_insert_default();
            }
            (train::Job::Learn(_), _) => {}
        }
        spec.steps = steps;
        spec.init_seed = setup.init_seed;
        spec.check().map_err(|error| fault(&error))?;
        let mask = match trained {
            Trained::Weights(mask) => Some(mask.clone()),
            Trained::Unmasked(_) | Trained::Mask { .. } => None,
        };
        Ok(Self {
            spec,
            task,
            mask,
            setup,
            image: image.to_owned(),
            watched: false,
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

    /// What a learned mask's file is called: the picture's name without its ending, then what was done.
    pub fn mask_name(&self, keep: f64, step: u64) -> String {
        let stem = self
            .image
            .rsplit_once('.')
            .map_or(self.image.as_str(), |(stem, _)| stem);
        let percent = (1e4 * keep).round() / 100.0;
        format!("{stem} mask, keep {percent} %, step {step}.safetensors")
    }

    /// The memory and the arithmetic that the run will need on an engine.
    ///
    /// # Errors
    /// A fault if the settings, the mask or the size are not usable.
    pub fn needs(&self, backend: &Backend) -> Result<train::Plan, Fault> {
        let (width, height) = (self.task.padding.width, self.task.padding.height);
        train::plan_on(&self.spec, width, height, backend).map_err(|error| fault(&error))
    }
}

/// A run on an engine.
pub struct Training {
    run: train::Run,
    /// Of the losses, where a spike is a fault.
    watch: Option<SpikeWatch>,
}

impl Training {
    /// Compiles and allocates; `progress` is told (kernels compiled, kernels in all).
    ///
    /// # Errors
    /// A fault, of memory for instance.
    pub async fn build(plan: &Plan, backend: &Backend, progress: impl FnMut(usize, usize)) -> Result<Self, Fault> {
        let (spec, task) = (plan.spec.clone(), plan.task.clone());
        let run = train::Run::new(spec, task, backend, StateIn::default(), progress).await;
        Self::watching(plan, run)
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
        Self::watching(plan, run)
    }

    fn watching(plan: &Plan, run: Result<train::Run, TrainError>) -> Result<Self, Fault> {
        let run = run.map_err(|error| fault(&error))?;
        let mut watch = plan.watched.then(SpikeWatch::default);
        if let Some(watch) = &mut watch {
            for point in run.curve() {
                // What was before a checkpoint was judged then.
                let _ = watch.is_spike(point.loss);
            }
        }
        Ok(Self { run, watch })
    }

    /// Makes the loss jump.
    ///
    /// # Errors
    /// A fault, such as a lost device.
    pub async fn disturb(&mut self) -> Result<(), Fault> {
        self.run.disturb().await.map_err(|error| fault(&error))
    }

    /// Whether the state of now is one to go back to: no spike may have begun.
    pub fn is_steady(&self) -> bool {
        !self.watch.as_ref().is_some_and(SpikeWatch::is_suspicious)
    }

    /// What the network of a plan without steps draws, such as that of [`Plan::mask_only`].
    ///
    /// # Errors
    /// As [`Training::build`].
    pub async fn draw(plan: &Plan, backend: &Backend) -> Result<Picture, Fault> {
        let mut masked = Self::build(plan, backend, |_, _| {}).await?;
        masked.advance(0, Duration::ZERO).await?;
        masked.picture().await
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
    /// A fault, such as a lost device, or a spike of the loss.
    pub async fn advance(&mut self, until: u64, budget: Duration) -> Result<Vec<Point>, Fault> {
        let left = until.saturating_sub(self.run.step());
        let progress = self
            .run
            .advance_steps(left, budget)
            .await
            .map_err(|error| fault(&error))?;
        if let Some(watch) = &mut self.watch
            && let Some(point) = progress.points.iter().find(|point| watch.is_spike(point.loss))
        {
            let step = thousands(point.step);
            let message = format!("the loss has jumped and stays high, up to step {step}");
            return Err(Fault::new(FaultKind::Spiked, message));
        }
        Ok(progress.points.iter().map(told).collect())
    }

    /// The last reading.
    pub fn last(&self) -> Option<Point> {
        self.run.curve().last().map(told)
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

    /// What a fit returns, see [`train::Run::default_returned`]; a learner's picture.
    ///
    /// # Errors
    /// A fault, such as a lost device.
    pub async fn returned(&mut self) -> Result<Picture, Fault> {
        let which = self.run.default_returned();
        self.run.returned(which).await.map_err(|error| fault(&error))
    }

    /// The step of that picture.
    pub fn returned_step(&self) -> u64 {
        let which = self.run.default_returned();
        self.run.returned_point(which).map_or(0, |(step, _)| step)
    }

    /// Whether the outputs have begun to take up noise, long enough to tell.
    pub fn should_stop(&self) -> bool {
        self.run.should_stop()
    }

    /// The step at which that is to be asked again; none where nothing says so.
    pub fn stops_at(&self) -> Option<u64> {
        self.run.steps_until_stop().map(|left| self.step().saturating_add(left))
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
        let mut settings = json!({ "run": self.run.spec() });
        add_circumstances(&mut settings, &plan.setup, &plan.task.padding, &self.run.adapter().name);
        mask.metadata.settings = Some(settings.to_string());
        Ok(mask)
    }

    pub fn network(&self) -> &Network {
        self.run.network()
    }

    /// The picture of [`View::Result`] or [`View::Average`] where it lies on the device; none on the CPU.
    pub fn output(&self, view: View) -> Option<Output<'_>> {
        let returned = match view {
            View::Average => self.run.default_returned(),
            _ => Returned::Last,
        };
        let tensors = self.run.tensors_of(returned)?;
        let Executor::Gpu(gpu) = self.run.executor() else {
            return None;
        };
        Some(Output {
            parts: tensors.iter().map(|tensor| gpu.buffer_slice(*tensor)).collect(),
            padding: self.run.task().padding,
        })
    }
}

/// Adds to the settings of what made a mask the picture's size, its noise, and who computed.
pub fn add_circumstances(settings: &mut Value, setup: &Setup, padding: &Padding, adapter: &str) {
    settings["width"] = json!(padding.width);
    settings["height"] = json!(padding.height);
    settings["framing"] = json!(setup.framing);
    settings["sigma"] = match setup.noise {
        None => json!(0.0),
        Some(Noise::Gaussian { sigma }) => json!(sigma),
        Some(Noise::Poisson { .. }) => Value::Null,
    };
    settings["noise"] = json!(setup.noise);
    settings["noise_seed"] = json!(setup.noise_seed);
    settings["adapter"] = json!(adapter);
    settings["version"] = json!(env!("CARGO_PKG_VERSION"));
}

/// A reading as the page is told.
fn told(point: &train::Point) -> Point {
    Point {
        step: point.step,
        loss: point.loss,
        psnr: point.psnr.filter(|psnr| psnr.is_finite()),
        average_psnr: point.average_psnr.filter(|psnr| psnr.is_finite()),
        statistic: point.statistic.filter(|_| point.step >= TrackSpec::default().ignore),
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
