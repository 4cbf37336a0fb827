//! Everything that defines a run but its picture, with the defaults of the method.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::TrainError;
use crate::network::Hourglass;
use crate::step::{AdamSettings, WeightPath};

/// A run: the network, what is trained on it, for how long, from which seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunSpec {
    pub network: Hourglass,
    pub job: Job,
    /// Updates in all.
    pub steps: u64,
    pub lr: f64,
    /// Draws theta_in and z.
    pub init_seed: u64,
    /// Draws the mask's samples and breaks ties at the top-k threshold.
    pub seed: u64,
    /// Whether the exact rewrites of method section 7 are applied; off only to measure what they bring.
    pub rewrites: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Job {
    Fit(FitSpec),
    Learn(LearnSpec),
}

/// Fitting the kept weights to a picture (method section 5).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FitSpec {
    /// The mask, flat, length N; `None` is the dense baseline. Megabytes: it travels as bits, beside the JSON.
    #[serde(skip)]
    pub keep: Option<Arc<Vec<bool>>>,
    /// Which arithmetic a masked fit does.
    #[serde(default)]
    pub path: WeightPath,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Learner {
    /// As published: logits from 0, KL term in the loss, Adam with eps 1e-8.
    Paper,
    /// 30 to 50 times faster: logits from 2, eps 1e-12, and a pull decoupled from Adam in place of the KL term.
    Fast,
}

/// Learning a mask (method section 4).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LearnSpec {
    pub learner: Learner,
    /// The fraction to keep, p0.
    pub keep: f64,
    /// Temperature of the Gumbel-softmax.
    pub tau: f64,
    /// Weight of the KL term in the loss.
    pub kl: f64,
    /// Share of the way to logit(p0) that every step takes.
    pub pull: f64,
}

impl LearnSpec {
    pub fn new(learner: Learner) -> Self {
        let (kl, pull) = match learner {
            Learner::Paper => (1e-9, 0.0),
            Learner::Fast => (0.0, 0.001),
        };
        Self {
            learner,
            keep: 0.05,
            tau: 0.2,
            kl,
            pull,
        }
    }

    /// Where every logit starts.
    pub fn start(&self) -> f32 {
        match self.learner {
            Learner::Paper => 0.0,
            Learner::Fast => 2.0,
        }
    }

    fn adam(&self) -> AdamSettings {
        match self.learner {
            Learner::Paper => AdamSettings::default(),
            Learner::Fast => AdamSettings {
                beta1: 0.9,
                beta2: 0.99,
                eps: 1e-12,
            },
        }
    }
}

impl RunSpec {
    /// A sparse fit: lr 1e-2, 2,000 steps.
    pub fn sparse(network: Hourglass, keep: Arc<Vec<bool>>) -> Self {
        Self::new(
            network,
            Job::Fit(FitSpec {
                keep: Some(keep),
                path: WeightPath::Auto,
            }),
            2_000,
            1e-2,
        )
    }

    /// The dense deep image prior: lr 1e-3, 2,000 steps.
    pub fn dense(network: Hourglass) -> Self {
        Self::new(network, Job::Fit(FitSpec::default()), 2_000, 1e-3)
    }

    /// Mask learning: the paper's lr 1e-2 and 60,000 steps, or the fast learner's 0.1 and 3,000.
    pub fn learn(network: Hourglass, learner: Learner) -> Self {
        let (steps, lr) = match learner {
            Learner::Paper => (60_000, 1e-2),
            Learner::Fast => (3_000, 0.1),
        };
        Self::new(network, Job::Learn(LearnSpec::new(learner)), steps, lr)
    }

    fn new(network: Hourglass, job: Job, steps: u64, lr: f64) -> Self {
        Self {
            network,
            job,
            steps,
            lr,
            init_seed: 0,
            seed: 0,
            rewrites: true,
        }
    }

    /// The mask of a sparse fit.
    pub fn keep(&self) -> Option<&Arc<Vec<bool>>> {
        match &self.job {
            Job::Fit(fit) => fit.keep.as_ref(),
            Job::Learn(_) => None,
        }
    }

    pub fn adam(&self) -> AdamSettings {
        match &self.job {
            Job::Fit(_) => AdamSettings::default(),
            Job::Learn(learn) => learn.adam(),
        }
    }

    /// # Errors
    /// [`TrainError::Setting`] naming the first setting that is out of its range.
    pub fn check(&self) -> Result<(), TrainError> {
        // The step counter is an f32, and the schedule has a row for each step.
        if self.steps > 10_000_000 {
            return Err(TrainError::setting(
                "the number of steps",
                "at most 10,000,000",
                self.steps,
            ));
        }
        if !(self.lr.is_finite() && self.lr > 0.0) {
            return Err(TrainError::setting("the learning rate", "a positive number", self.lr));
        }
        if let Job::Learn(learn) = &self.job {
            if !(learn.keep > 0.0 && learn.keep < 1.0) {
                return Err(TrainError::setting("keep", "between 0 and 1", learn.keep));
            }
            if !(learn.tau.is_finite() && learn.tau > 0.0) {
                return Err(TrainError::setting("tau", "a positive number", learn.tau));
            }
            if !(learn.kl.is_finite() && learn.kl >= 0.0) {
                return Err(TrainError::setting("kl", "0 or a positive number", learn.kl));
            }
            if !(0.0..1.0).contains(&learn.pull) {
                return Err(TrainError::setting("pull", "at least 0 and below 1", learn.pull));
            }
        }
        Ok(())
    }
}
