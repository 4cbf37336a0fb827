//! IMP, iterative magnitude pruning (Frankle & Carbin, ICLR 2019, the "lottery ticket"): pruning after training.
//!
//! Train, remove the fifth of the kept parameters whose trained values are smallest, rewind the others to theta_in, and
//! again (method section 8). Everything but the betas takes part, in one ranking: betas are 0 at the start, and stay out. The
//! paper's network goes from 3,006,771 parameters to 165,297 in 13 rounds; the fit that follows is the 14th training.
//! Biases in front of a normalisation have no gradient, so they are ranked by their initial values.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::mask::{Mask, MaskError, MaskMetadata, keep_count, largest};
use crate::network::{Hourglass, Network, ParameterKind};
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

    /// The mask after `rounds` rounds, with what this says about it; the caller adds the picture.
    pub fn mask(&self, keep: Vec<bool>, rounds: u32) -> Mask {
        let mut mask = Mask {
            keep,
            metadata: MaskMetadata::default(),
        };
        mask.metadata = MaskMetadata {
            network: Some(self.network.clone()),
            keep: mask.fraction_kept(),
            method: format!("IMP, {rounds} rounds"),
            seed: Some(self.seed),
            steps: Some(u64::from(rounds) * self.steps),
            ..MaskMetadata::default()
        };
        mask
    }
}

/// What the first training trains: everything but the betas. Flat, length N.
pub fn begin(network: &Network) -> Vec<bool> {
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
pub fn prune_round(keep: &[bool], trained: &[f32], seed: u64) -> Result<Vec<bool>, MaskError> {
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
        for _ in 0..ImpSpec::new(Hourglass::default()).rounds {
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
    fn the_smallest_trained_values_go() {
        let keep = [true, true, false, true, true, true];
        let trained = [0.5, -0.1, 9.0, -3.0, 0.2, 0.3];
        let left = prune_round(&keep, &trained, 0).expect("numbers");
        assert_eq!(left, [true, false, false, true, true, true]);
        let refused = prune_round(&keep, &[f32::NAN; 6], 0);
        assert_eq!(refused, Err(MaskError::NanScore(0)));
    }
}
