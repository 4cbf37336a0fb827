//! What can be taken out of a run at any time: the mask, the parameters, everything, and a checkpoint to go on from.

use super::checkpoint::Checkpoint;
use super::exchange::{StateIn, StateOut};
use super::run::Run;
use super::setup::Backend;
use super::spec::{Job, RunSpec};
use super::{Task, TrainError};
use crate::engine::EngineError;
use crate::mask::{Mask, MaskMetadata, Scope};
use crate::picture::Observation;
use crate::step::TensorId;

impl Run {
    /// The mask's logits, flat, length N.
    ///
    /// # Errors
    /// [`TrainError::NotLearning`] for a fit; the device's errors.
    pub async fn logits(&mut self) -> Result<Vec<f32>, TrainError> {
        let logits = self.handles.logits.ok_or(TrainError::NotLearning)?;
        Ok(self.executor.read(logits).await?)
    }

    /// The mask as learned so far, floor(keep N) entries: see [`LearnSpec::threshold`](super::LearnSpec::threshold).
    ///
    /// # Errors
    /// As [`Run::logits`]; [`TrainError::Mask`] if a logit is not a number.
    pub async fn mask(&mut self, keep: f64, image: &str) -> Result<Mask, TrainError> {
        let logits = self.logits().await?;
        let Job::Learn(learn) = &self.spec.job else {
            return Err(TrainError::NotLearning);
        };
        let bits = learn.threshold(&self.network, &logits, keep, self.spec.seed)?;
        let method = serde_json::to_value(learn.learner)
            .ok()
            .and_then(|v| v.as_str().map(String::from));
        let by_layer = match learn.scope {
            Scope::Global => "",
            Scope::Layer => " per layer",
        };
        let metadata = MaskMetadata {
            network: self.spec.network.hourglass().cloned(),
            keep,
            method: format!("OES{by_layer}, {} learner", method.unwrap_or_default()),
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
            output: self.executor.read_parts(&self.handles.output).await?,
            input: self.input(),
            noisy: match self.task.observation {
                Observation::Pooled { .. } => self.task.noisy.clone(),
                Observation::Whole | Observation::Known(_) => padding.pad(&self.task.noisy),
            },
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
        let followed = self.followed();
        let mut tensors = vec![trained, self.handles.m, self.handles.v];
        tensors.extend(followed.iter().map(|(_, tensor)| *tensor));
        let mut read = self.executor.read_all(&tensors).await?.into_iter();
        let mut next = || {
            read.next()
                .ok_or_else(|| TrainError::Checkpoint("the device returned too few tensors".into()))
        };
        let (trained, m, v) = (next()?, next()?, next()?);
        let names = followed.into_iter().map(|(name, _)| name);
        let tracked = names.zip(read).collect();
        Ok(Checkpoint {
            spec: self.spec.clone(),
            step: self.done,
            picture: self.task.checksum(),
            trained,
            m,
            v,
            tracked,
            curve: self.curve.clone(),
            theta: self.supplied.has_parameters().then(|| self.theta.clone()),
            input: self.supplied.input.clone(),
            first_gradient: self
                .first_gradient
                .as_ref()
                .map(|gradient| kept_of(&self.spec, gradient)),
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
        if task.checksum() != checkpoint.picture {
            return Err(TrainError::Checkpoint(
                "it was made with another picture, noise or crop".into(),
            ));
        }
        if steps < checkpoint.step {
            return Err(TrainError::Checkpoint(format!(
                "it has {} steps behind it, more than the {steps} asked for",
                checkpoint.step
            )));
        }
        let spec = RunSpec {
            steps,
            ..checkpoint.spec
        };
        let supplied = supplied.restored(&network, &task.padding, checkpoint.theta, checkpoint.input);
        let mut run = Self::new(spec, task, backend, supplied, progress).await?;
        let trained = run.handles.logits.unwrap_or(run.handles.parameters);
        let mut writes = vec![
            (trained, checkpoint.trained),
            (run.handles.m, checkpoint.m),
            (run.handles.v, checkpoint.v),
            (run.handles.counter, vec![checkpoint.step as f32]),
        ];
        let mut tracked = checkpoint.tracked;
        for (name, tensor) in run.followed() {
            let values = tracked
                .remove(&name)
                .ok_or_else(|| TrainError::Checkpoint("a tensor is missing".into()))?;
            writes.push((tensor, values));
        }
        for (tensor, values) in writes {
            run.executor.write(tensor, &values).map_err(|error| match error {
                EngineError::Shape { .. } => TrainError::Checkpoint("it does not fit its own settings".into()),
                other => other.into(),
            })?;
        }
        run.done = checkpoint.step;
        run.read = checkpoint.step;
        run.first_gradient = checkpoint
            .first_gradient
            .and_then(|kept| spread(&run.spec, run.network.n, kept));
        run.curve = checkpoint.curve;
        run.curve.retain(|point| point.step < checkpoint.step);
        Ok(run)
    }

    /// Puts what is trained into another order: a fault to test with, at which the loss jumps.
    ///
    /// # Errors
    /// The device's errors.
    pub async fn disturb(&mut self) -> Result<(), TrainError> {
        let trained = self.handles.logits.unwrap_or(self.handles.parameters);
        let mut values = self.executor.read(trained).await?;
        values.reverse();
        self.executor.write(trained, &values)?;
        Ok(())
    }

    /// What follows the outputs, by name.
    fn followed(&self) -> Vec<(String, TensorId)> {
        let tracked = self.handles.tracked.as_ref();
        tracked.map_or_else(Vec::new, |tracked| tracked.state.clone())
    }

    /// dL/dtheta of a fit, dL/dp of a learner (method section 4), flat, after the first step.
    pub(crate) async fn read_first_gradient(&mut self) -> Result<Vec<f32>, TrainError> {
        let grad = self.executor.read(self.handles.gradient).await?;
        let mut flat = vec![0.0; self.network.n];
        self.handles.entries.scatter(&grad, &mut flat);
        match &self.spec.job {
            Job::Fit(fit) => {
                if let Some(keep) = &fit.keep {
                    flat.iter_mut()
                        .zip(keep.iter())
                        .for_each(|(g, k)| *g *= f32::from(u8::from(*k)));
                }
            }
            Job::Learn(learn) => {
                let Some(slope) = self.handles.slope else {
                    return Ok(flat);
                };
                let slope = self.executor.read(slope).await?;
                let supplied = self.supplied.logits.clone();
                let start = supplied.unwrap_or_else(|| learn.start(self.network.n));
                let target = (learn.keep / (1.0 - learn.keep)).ln();
                for ((g, slope), start) in flat.iter_mut().zip(&slope).zip(&start) {
                    let p = f64::from(*start);
                    let s = 1.0 / (1.0 + (-p).exp());
                    let kl = learn.kl * s * (1.0 - s) * (p - target);
                    *g = (f64::from(*g) * f64::from(*slope) + kl) as f32;
                }
            }
        }
        Ok(flat)
    }
}

/// The inverse of [`kept_of`], with 0 for the rest; `None` if the count does not fit.
fn spread(spec: &RunSpec, n: usize, kept: Vec<f32>) -> Option<Vec<f32>> {
    let Some(keep) = spec.keep() else {
        return (kept.len() == n).then_some(kept);
    };
    let mut kept = kept.into_iter();
    let flat: Option<Vec<f32>> = keep
        .iter()
        .map(|keep| if *keep { kept.next() } else { Some(0.0) })
        .collect();
    flat.filter(|flat| flat.len() == n && kept.next().is_none())
}

/// The kept entries of flat values; all of them without a mask.
fn kept_of(spec: &RunSpec, flat: &[f32]) -> Vec<f32> {
    match spec.keep() {
        Some(keep) => flat
            .iter()
            .zip(keep.iter())
            .filter(|(_, keep)| **keep)
            .map(|(value, _)| *value)
            .collect(),
        None => flat.to_vec(),
    }
}
