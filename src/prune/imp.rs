//! IMP, iterative magnitude pruning (Frankle & Carbin, ICLR 2019, the "lottery ticket"): pruning after training.
//!
//! Train, remove the fifth of the kept parameters whose trained values are smallest, rewind the others to theta_in, and
//! again (method section 8). Everything but the betas takes part, in one ranking: betas are 0 at the start, and stay out. The
//! paper's network goes from 3,006,771 parameters to 165,297 in 13 rounds; the fit that follows is the 14th training.
//! Biases in front of a normalisation have no gradient, so they are ranked by their initial values.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::mask::{Mask, MaskError, MaskMetadata, keep_count, largest};
use crate::network::{Connectivity, Hourglass, Network, ParameterKind};
use crate::train::{RunSpec, TrainError};

/// What a round keeps of what is left.
const ROUND_KEEP: f64 = 0.8;

/// Everything that defines it but its picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImpSpec {
    pub network: Hourglass,
    /// Trainings, each with a pruning after it.
    pub rounds: u32,
    /// Updates in each training.
    pub steps: u64,
    pub lr: f64,
    /// Draws theta_in and z.
    pub init_seed: u64,
    /// Draws ties.
    pub seed: u64,
}

impl ImpSpec {
    /// As the authors have it: 13 prunings, 40,000 steps at 1e-2 before each.
    pub fn new(network: Hourglass) -> Self {
        Self {
            network,
            rounds: 13,
            steps: 40_000,
            lr: 1e-2,
            init_seed: 0,
            seed: 0,
        }
    }

    /// # Errors
    /// [`TrainError::Setting`] naming the first setting that is out of its range.
    pub fn check(&self) -> Result<(), TrainError> {
        if self.rounds == 0 {
            return Err(TrainError::setting("the number of rounds", "at least 1", 0));
        }
        self.training(Arc::default()).check()
    }

    /// The training of what `keep` (flat, length N) leaves, from theta_in.
    pub fn training(&self, keep: Arc<Vec<bool>>) -> RunSpec {
        RunSpec {
            steps: self.steps,
            lr: self.lr,
            init_seed: self.init_seed,
            seed: self.seed,
            ..RunSpec::sparse(self.network.clone(), keep)
        }
    }
}

/// Trainings and prunings in turn. Whoever has it does the trainings:
/// `while let Some(training) = rounds.training() { ...; rounds.prune(&trained)? }`.
#[derive(Clone, Debug)]
pub struct Rounds {
    spec: ImpSpec,
    network: Network,
    keep: Arc<Vec<bool>>,
    done: u32,
    is_alive: bool,
}

impl Rounds {
    /// Before the first training.
    ///
    /// # Errors
    /// [`TrainError`] if a setting is out of its range or the description is no network.
    pub fn new(spec: ImpSpec) -> Result<Self, TrainError> {
        spec.check()?;
        let network = spec.network.build()?;
        Ok(Self {
            keep: Arc::new(begin(&network)),
            spec,
            network,
            done: 0,
            is_alive: true,
        })
    }

    /// As after `done` rounds that have left the mask `left`.
    ///
    /// # Errors
    /// As [`Rounds::new`]; [`TrainError::Mask`] if the mask is not for this network; [`TrainError::Checkpoint`] if more rounds are done
    /// than there are.
    pub fn resume(spec: ImpSpec, done: u32, left: &Mask) -> Result<Self, TrainError> {
        let begun = Self::new(spec)?;
        let all = begun.spec.rounds;
        if done > all {
            let problem = format!("it has {done} rounds behind it, more than the {all} asked for");
            return Err(TrainError::Checkpoint(problem));
        }
        left.check(&begun.network)?;
        Ok(Self {
            is_alive: Connectivity::of(&begun.network, &left.keep).is_alive(),
            keep: Arc::new(left.keep.clone()),
            done,
            ..begun
        })
    }

    pub fn spec(&self) -> &ImpSpec {
        &self.spec
    }

    /// Rounds that are complete.
    pub fn done(&self) -> u32 {
        self.done
    }

    /// The next training; none after the last round, nor after one that has left no way to the picture: nothing could be
    /// trained.
    pub fn training(&self) -> Option<RunSpec> {
        let goes_on = self.done < self.spec.rounds && self.is_alive;
        goes_on.then(|| self.spec.training(Arc::clone(&self.keep)))
    }

    /// Ends a round with the parameters that its training has led to (flat, length N).
    ///
    /// # Errors
    /// [`MaskError::NanScore`] if one that is kept is not a number.
    pub fn prune(&mut self, trained: &[f32]) -> Result<(), MaskError> {
        self.keep = Arc::new(prune_round(&self.keep, trained, self.spec.seed)?);
        self.done += 1;
        self.is_alive = Connectivity::of(&self.network, &self.keep).is_alive();
        Ok(())
    }

    /// The mask after the complete rounds, with what this says about it; the caller adds the picture.
    pub fn mask(&self) -> Mask {
        let mut mask = Mask {
            keep: self.keep.as_ref().clone(),
            metadata: MaskMetadata::default(),
        };
        mask.metadata = MaskMetadata {
            network: Some(self.spec.network.clone()),
            keep: mask.fraction_kept(),
            method: format!("IMP, {} {}", self.done, if self.done == 1 { "round" } else { "rounds" }),
            seed: Some(self.spec.seed),
            steps: Some(u64::from(self.done) * self.spec.steps),
            ..MaskMetadata::default()
        };
        mask
    }
}

/// The rounds that come closest to leaving the fraction `keep`, at least one.
///
/// # Errors
/// [`TrainError::Setting`] if `keep` is not above 0 and below 1.
pub fn rounds_to(keep: f64) -> Result<u32, TrainError> {
    if !(keep > 0.0 && keep < 1.0) {
        return Err(TrainError::setting("keep", "above 0 and below 1", keep));
    }
    Ok((keep.ln() / ROUND_KEEP.ln()).round().max(1.0) as u32)
}

/// What the first training trains: everything but the betas. Flat, length N.
fn begin(network: &Network) -> Vec<bool> {
    let mut keep = vec![true; network.n];
    for p in network.parameters.iter().filter(|p| p.kind == ParameterKind::BnBias) {
        keep[p.range()].fill(false);
    }
    keep
}

/// The kept parameters without the ceil(20%) whose `trained` values (flat, length N) are smallest. Ties are drawn by `seed`.
///
/// # Errors
/// [`MaskError::NanScore`] if a trained value is not a number.
fn prune_round(keep: &[bool], trained: &[f32], seed: u64) -> Result<Vec<bool>, MaskError> {
    let candidates: Vec<usize> = (0..keep.len()).filter(|&i| keep[i]).collect();
    if let Some(&index) = candidates.iter().find(|&&i| trained[i].is_nan()) {
        return Err(MaskError::NanScore(index));
    }
    let sizes: Vec<f32> = trained.iter().map(|value| value.abs()).collect();
    let mut left = vec![false; keep.len()];
    for i in largest(&sizes, &candidates, keep_count(candidates.len(), ROUND_KEEP), seed)? {
        left[i] = true;
    }
    Ok(left)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::draw_theta;

    #[test]
    fn the_papers_network_loses_a_fifth_in_each_round() {
        let network = Hourglass::default().build().expect("the default builds");
        let trained = draw_theta(&network, 1);
        let mut keep = begin(&network);
        let mut counts = vec![keep.iter().filter(|kept| **kept).count()];
        let rounds = ImpSpec::new(Hourglass::default()).rounds;
        assert_eq!(rounds_to(0.05).expect("a fraction"), rounds);
        for _ in 0..rounds {
            let before = keep.clone();
            keep = prune_round(&keep, &trained, 0).expect("numbers");
            assert!(keep.iter().zip(&before).all(|(now, before)| *before || !now));
            counts.push(keep.iter().filter(|kept| **kept).count());
        }
        assert_eq!((counts[0], counts[13]), (3_006_771, 165_297));
        for pair in counts.windows(2) {
            assert_eq!(pair[0] - pair[1], pair[0].div_ceil(5));
        }
    }

    #[test]
    fn rounds_end_with_the_last_and_with_a_dead_mask() {
        let mut spec = ImpSpec::new(Hourglass::with_levels(1));
        spec.rounds = 2;
        let mut rounds = Rounds::new(spec).expect("usable");
        let n = rounds.mask().keep.len();
        let trained: Vec<f32> = (0..n).map(|i| (i as f32).sin()).collect();
        for done in 0..2 {
            assert_eq!(rounds.done(), done);
            assert!(rounds.training().is_some());
            rounds.prune(&trained).expect("numbers");
        }
        assert!(rounds.training().is_none(), "both are done");
        assert_eq!(rounds.mask().metadata.method, "IMP, 2 rounds");

        let mut spec = ImpSpec::new(Hourglass::with_levels(1));
        spec.rounds = 40;
        let mut rounds = Rounds::resume(spec, 2, &rounds.mask()).expect("usable");
        assert_eq!(rounds.done(), 2);
        while rounds.training().is_some() {
            rounds.prune(&trained).expect("numbers");
        }
        assert!((3..40).contains(&rounds.done()), "{}", rounds.done());
        for keep in [0.0, 1.0, f64::NAN] {
            assert!(rounds_to(keep).is_err(), "{keep}");
        }
    }

    #[test]
    fn the_smallest_trained_values_go() {
        let keep = [true, true, false, true, true, true];
        let trained = [0.5, -0.1, 9.0, -3.0, 0.2, 0.3];
        let left = prune_round(&keep, &trained, 0).expect("numbers");
        assert_eq!(left, [true, false, false, true, true, true]);
        let refused = prune_round(&keep, &[f32::NAN; 6], 0);
        assert_eq!(refused, Err(MaskError::NanScore(0)));
    }
}
