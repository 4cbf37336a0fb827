//! Everything that defines a run but its picture, with the defaults of the method.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::TrainError;
use super::setup::DEFAULT_BINDING;
use crate::mask::{MaskError, Scope, effective_top_k, keep_count, select, top_k};
use crate::network::{Generator, Network};
use crate::step::{AdamSettings, LONGEST_WINDOW, Statistic, WeightPath};

/// Standard deviation of the usual noise on z (Ulyanov et al. 2018).
pub const JITTER: f64 = 1.0 / 30.0;

/// Updates of a run at most: the schedule, with a row of 16 bytes for each and for the picture after the last, is one binding. Further
/// than that an f32 can count.
const MAX_STEPS: u64 = DEFAULT_BINDING / 16 - 1;

/// A run: the network, what is trained on it, for how long, from which seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunSpec {
    pub network: Generator,
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
    /// Averages the outputs and watches for the moment to stop.
    #[serde(default)]
    pub tracking: Option<TrackSpec>,
    /// A lower learning rate for the end of the run.
    #[serde(default)]
    pub drop: Option<LrDrop>,
    /// Standard deviation of the noise that z gets anew in each step.
    #[serde(default)]
    pub jitter: f64,
    /// SGLD (method section 8): after each update noise on every convolution weight, of half the learning rate.
    #[serde(default)]
    pub langevin: bool,
}

/// Averaging and early stopping (method section 9).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrackSpec {
    /// The average keeps this share of itself in a step: 0.99 averages about the last 100 outputs, at first fewer.
    pub decay: f64,
    pub statistic: Statistic,
    /// The first steps, in which no moment to stop is looked for.
    pub ignore: u64,
    /// Steps after that of the least statistic at which a run should stop.
    pub patience: u64,
    /// The average is the plain mean of the outputs from this step on, a posterior mean, in place of an exponential one.
    #[serde(default)]
    pub burn_in: Option<u64>,
}

impl Default for TrackSpec {
    /// ES-EMV, and the average of about 100 outputs.
    fn default() -> Self {
        Self {
            decay: 0.99,
            statistic: Statistic::Emv {
                alpha: Statistic::EMV_ALPHA,
            },
            ignore: 100,
            patience: 500,
            burn_in: None,
        }
    }
}

/// From step `from` on the learning rate is multiplied by `factor`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LrDrop {
    pub from: u64,
    pub factor: f64,
}

impl LrDrop {
    /// The factor where nobody says otherwise.
    pub const FACTOR: f64 = 0.3;
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
    /// `None` is the same start for all logits.
    #[serde(default)]
    pub from: Option<StartMask>,
    /// Over what the logits are compared in the end: all of them, or, as scores at initialisation, the weights of each convolution.
    #[serde(default)]
    pub scope: Scope,
}

/// A mask that learning starts from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StartMask {
    /// Where it came from, for a person.
    pub name: String,
    /// Flat, length N. It travels as a fit's mask does.
    #[serde(skip)]
    pub keep: Arc<Vec<bool>>,
}

impl LearnSpec {
    /// How far above and below the common start the logits begin that a mask keeps and drops.
    const MARGIN: f32 = 1.0;

    pub fn new(learner: Learner) -> Self {
        let (kl, pull) = match learner {
            Learner::Paper => (1e-9, 0.0),
            Learner::Fast => (0.0, 0.002),
        };
        Self {
            learner,
            keep: 0.05,
            tau: 0.2,
            kl,
            pull,
            from: None,
            scope: Scope::Global,
        }
    }

    /// The mask that `logits` (flat, length N) leave when floor(keep N) stay: the largest, as published, or, by the fast
    /// learner, the largest of those that reach the picture. Per layer the same fraction of each convolution's weights stays, and all
    /// that is no such weight, as it does with every pruning at initialisation. Ties are drawn by `seed`.
    ///
    /// # Errors
    /// [`MaskError::NanLogit`].
    pub fn threshold(&self, network: &Network, logits: &[f32], keep: f64, seed: u64) -> Result<Vec<bool>, MaskError> {
        let count = keep_count(network.n, keep);
        match (self.scope, self.learner) {
            (Scope::Global, Learner::Paper) => top_k(logits, count, seed),
            (Scope::Global, Learner::Fast) => effective_top_k(network, logits, count, seed),
            (Scope::Layer, _) => by_layer(network, logits, keep, seed),
        }
    }

    /// Where the `n` logits start.
    pub(super) fn start(&self, n: usize) -> Vec<f32> {
        let start = match self.learner {
            Learner::Paper => 0.0,
            Learner::Fast => 2.0,
        };
        let Some(from) = &self.from else { return vec![start; n] };
        let beside = |kept: &bool| start + if *kept { Self::MARGIN } else { -Self::MARGIN };
        from.keep.iter().map(beside).collect()
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
    pub fn sparse(network: impl Into<Generator>, keep: Arc<Vec<bool>>) -> Self {
        Self::new(
            network.into(),
            Job::Fit(FitSpec {
                keep: Some(keep),
                ..FitSpec::default()
            }),
            2_000,
            1e-2,
        )
    }

    /// The dense deep image prior: 2,000 steps, lr 1e-3 for the hourglass and 1e-2 for other networks, with the jitter that the
    /// network is published with.
    pub fn dense(network: impl Into<Generator>) -> Self {
        let network = network.into();
        let lr = network.learning_rate();
        let fit = FitSpec {
            jitter: match network {
                Generator::Skip(_) => JITTER,
                Generator::Hourglass(_) | Generator::DeepDecoder(_) => 0.0,
            },
            ..FitSpec::default()
        };
        Self::new(network, Job::Fit(fit), 2_000, lr)
    }

    /// Stochastic gradient Langevin dynamics on all weights (Cheng et al. 2019; method section 8): lr 1e-2, jitter 1/30, and the
    /// posterior mean of the outputs after a burn-in of 35% of the steps, as its authors' 7,000 of 20,000.
    pub fn langevin(network: impl Into<Generator>, steps: u64) -> Self {
        let fit = FitSpec {
            tracking: Some(TrackSpec {
                burn_in: Some(steps * 7 / 20),
                ..TrackSpec::default()
            }),
            jitter: JITTER,
            langevin: true,
            ..FitSpec::default()
        };
        Self::new(network.into(), Job::Fit(fit), steps, 1e-2)
    }

    /// Mask learning: the paper's lr 1e-2 and 60,000 steps, or the fast learner's 0.2 and 1,000.
    pub fn learn(network: impl Into<Generator>, learner: Learner) -> Self {
        let (steps, lr) = match learner {
            Learner::Paper => (60_000, 1e-2),
            Learner::Fast => (1_000, 0.2),
        };
        Self::new(network.into(), Job::Learn(LearnSpec::new(learner)), steps, lr)
    }

    fn new(network: Generator, job: Job, steps: u64, lr: f64) -> Self {
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

    /// The mask of a sparse fit, or the one that learning starts from: what has an entry for each parameter.
    pub(super) fn bits(&self) -> Option<&Arc<Vec<bool>>> {
        match &self.job {
            Job::Fit(fit) => fit.keep.as_ref(),
            Job::Learn(learn) => learn.from.as_ref().map(|from| &from.keep),
        }
    }

    /// The averaging and stopping of a fit.
    pub fn tracking(&self) -> Option<TrackSpec> {
        match &self.job {
            Job::Fit(fit) => fit.tracking,
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
        if self.steps > MAX_STEPS {
            return Err(TrainError::setting(
                "the number of steps",
                "at most 8,388,607",
                self.steps,
            ));
        }
        if !(self.lr.is_finite() && self.lr > 0.0) {
            return Err(TrainError::setting("the learning rate", "a positive number", self.lr));
        }
        let masked = matches!(self.job, Job::Learn(_)) || self.keep().is_some();
        if masked && self.network.hourglass().is_none() {
            return Err(TrainError::setting("the network of a mask", "an hourglass", "another"));
        }
        match &self.job {
            Job::Fit(fit) => fit.check(),
            Job::Learn(learn) => learn.check(),
        }
    }
}

impl FitSpec {
    fn check(&self) -> Result<(), TrainError> {
        if let Some(drop) = self.drop
            && !(drop.factor.is_finite() && drop.factor > 0.0)
        {
            return Err(TrainError::setting(
                "the factor of the learning rate",
                "a positive number",
                drop.factor,
            ));
        }
        if !(0.0..=10.0).contains(&self.jitter) {
            return Err(TrainError::setting("jitter", "between 0 and 10", self.jitter));
        }
        if self.langevin && self.keep.is_some() {
            return Err(TrainError::setting("the weights of SGLD", "all of them", "a mask's"));
        }
        let Some(tracking) = self.tracking else { return Ok(()) };
        if !(0.0..1.0).contains(&tracking.decay) {
            return Err(TrainError::setting(
                "the average's decay",
                "at least 0 and below 1",
                tracking.decay,
            ));
        }
        if tracking.ignore == 0 {
            return Err(TrainError::setting("the number of ignored steps", "at least 1", 0));
        }
        match tracking.statistic {
            Statistic::Emv { alpha } if !(alpha > 0.0 && alpha < 1.0) => Err(TrainError::setting(
                "the rate of the moving variance",
                "between 0 and 1",
                alpha,
            )),
            Statistic::Wmv { window } if !(2..=LONGEST_WINDOW).contains(&window) => {
                Err(TrainError::setting("the window", "2 to 257 steps", window))
            }
            _ => Ok(()),
        }
    }
}

fn by_layer(network: &Network, logits: &[f32], keep: f64, seed: u64) -> Result<Vec<bool>, MaskError> {
    if let Some(index) = logits.iter().position(|logit| logit.is_nan()) {
        return Err(MaskError::NanLogit(index));
    }
    let scores: Vec<f64> = logits.iter().map(|logit| f64::from(*logit)).collect();
    select(network, &scores, &vec![true; network.n], Scope::Layer, keep, seed)
}

impl LearnSpec {
    fn check(&self) -> Result<(), TrainError> {
        if !(self.keep > 0.0 && self.keep < 1.0) {
            return Err(TrainError::setting("keep", "between 0 and 1", self.keep));
        }
        if !(self.tau.is_finite() && self.tau > 0.0) {
            return Err(TrainError::setting("tau", "a positive number", self.tau));
        }
        if !(self.kl.is_finite() && self.kl >= 0.0) {
            return Err(TrainError::setting("kl", "0 or a positive number", self.kl));
        }
        if !(0.0..1.0).contains(&self.pull) {
            return Err(TrainError::setting("pull", "at least 0 and below 1", self.pull));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Hourglass;
    use crate::numbers::thousands;
    use crate::train::plan;

    #[test]
    fn a_layers_largest_logits_stay_in_it() {
        let network = Hourglass::with_levels(1).build().expect("a network");
        let logits: Vec<f32> = (0..network.n).map(|i| ((i * 7919) % 1009) as f32).collect();
        let learn = LearnSpec {
            scope: Scope::Layer,
            ..LearnSpec::new(Learner::Fast)
        };
        let mask = learn.threshold(&network, &logits, 0.2, 0).expect("numbers");
        for parameter in network.parameters.iter().filter(|p| p.kind.is_conv_weight()) {
            let (kept, dropped): (Vec<usize>, Vec<usize>) = parameter.range().partition(|i| mask[*i]);
            assert_eq!(kept.len(), parameter.len() / 5, "{}", parameter.name);
            let least = kept.iter().map(|i| logits[*i]).fold(f32::INFINITY, f32::min);
            assert!(dropped.iter().all(|i| logits[*i] <= least), "{}", parameter.name);
        }
        let refused = learn.threshold(&network, &vec![f32::NAN; network.n], 0.2, 0);
        assert_eq!(refused, Err(MaskError::NanLogit(0)));
    }

    #[test]
    fn the_longest_run_fits_and_a_longer_one_is_refused() {
        let mut spec = RunSpec::dense(Hourglass::with_levels(1));
        spec.steps = MAX_STEPS;
        assert!(plan(&spec, 32, 32).is_ok());
        spec.steps += 1;
        let refused = spec.check().expect_err("too many steps").to_string();
        assert!(
            refused.contains(&format!("at most {}", thousands(MAX_STEPS))),
            "{refused}"
        );
    }
}
