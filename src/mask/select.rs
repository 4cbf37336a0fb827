//! From scores to a mask: which convolution weights are kept, over the whole network or in each layer.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{MaskError, keep_count, largest};
use crate::network::Network;

/// Over what the scores are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// All convolution weights together.
    #[default]
    Global,
    /// The weights of each convolution on their own: every layer keeps the same fraction.
    Layer,
}

impl Scope {
    /// The flat ranges that are compared with each other.
    fn groups(self, network: &Network) -> Vec<Vec<Range<usize>>> {
        let layers = prunable(network);
        match self {
            Self::Global => vec![layers.collect()],
            Self::Layer => layers.map(|layer| vec![layer]).collect(),
        }
    }
}

/// What is pruned: the convolution weights (method section 8), as the flat range of each tensor.
pub fn prunable(network: &Network) -> impl Iterator<Item = Range<usize>> + '_ {
    let weights = network.parameters.iter().filter(|p| p.kind.is_conv_weight());
    weights.map(|p| p.range())
}

/// Of the convolution weights that `current` (flat, length N) keeps, those with the largest `scores`: floor(keep * n) of
/// each group of n weights, masked ones counted. All other parameters stay. Ties are drawn by `seed`.
///
/// # Errors
/// [`MaskError::NanScore`] if a score is not a number, [`MaskError::Count`] if `current` keeps fewer.
pub fn select(
    network: &Network,
    scores: &[f64],
    current: &[bool],
    scope: Scope,
    keep: f64,
    seed: u64,
) -> Result<Vec<bool>, MaskError> {
    let mut mask = vec![true; network.n];
    for group in scope.groups(network) {
        let size = group.iter().map(ExactSizeIterator::len).sum();
        let places = || group.iter().cloned().flatten();
        let candidates: Vec<usize> = places().filter(|&i| current[i]).collect();
        if let Some(&index) = candidates.iter().find(|&&i| scores[i].is_nan()) {
            return Err(MaskError::NanScore(index));
        }
        let kept = largest(scores, &candidates, keep_count(size, keep), seed)?;
        places().for_each(|i| mask[i] = false);
        kept.into_iter().for_each(|i| mask[i] = true);
    }
    Ok(mask)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Hourglass, draw_theta};

    fn network() -> Network {
        let description = Hourglass {
            input_channels: 4,
            channels: vec![5, 7],
            output_channels: 3,
        };
        description.build().expect("a small network")
    }

    fn kept(mask: &[bool], range: Range<usize>) -> usize {
        mask[range].iter().filter(|kept| **kept).count()
    }

    #[test]
    fn the_counts_are_exact_and_nothing_else_is_pruned() {
        let network = network();
        let scores: Vec<f64> = draw_theta(&network, 3).into_iter().map(f64::from).collect();
        let all = vec![true; network.n];
        let weights: usize = prunable(&network).map(|range| range.len()).sum();
        // Two levels: four 5x5, two 3x3 and the 1x1.
        assert_eq!(
            weights,
            25 * (5 * 4 + 5 * 5 + 7 * 5 + 7 * 7) + 9 * (7 * 7 + 5 * 7) + 3 * 5
        );
        for keep in [0.0, 0.02, 0.29, 0.5, 1.0] {
            for scope in [Scope::Global, Scope::Layer] {
                let mask = select(&network, &scores, &all, scope, keep, 0).expect("numbers");
                for p in network.parameters.iter().filter(|p| !p.kind.is_conv_weight()) {
                    assert_eq!(kept(&mask, p.range()), p.len(), "{} stays", p.name);
                }
                let layers: Vec<usize> = prunable(&network).map(|range| kept(&mask, range)).collect();
                if scope == Scope::Layer {
                    let wanted: Vec<usize> = prunable(&network).map(|range| keep_count(range.len(), keep)).collect();
                    assert_eq!(layers, wanted);
                } else {
                    assert_eq!(layers.iter().sum::<usize>(), keep_count(weights, keep));
                }
            }
        }
    }

    #[test]
    fn the_largest_stay_in_their_group() {
        let network = network();
        let scores: Vec<f64> = draw_theta(&network, 3).into_iter().map(f64::from).collect();
        let all = vec![true; network.n];
        for scope in [Scope::Global, Scope::Layer] {
            let mask = select(&network, &scores, &all, scope, 0.3, 0).expect("numbers");
            for group in scope.groups(&network) {
                let places: Vec<usize> = group.into_iter().flatten().collect();
                let (kept, pruned): (Vec<usize>, Vec<usize>) = places.iter().partition(|&&i| mask[i]);
                let least = kept.into_iter().map(|i| scores[i]).fold(f64::INFINITY, f64::min);
                let most = pruned.into_iter().map(|i| scores[i]).fold(f64::NEG_INFINITY, f64::max);
                assert!(least > most, "{scope:?}: {least} is kept and {most} is not");
            }
        }
    }

    #[test]
    fn what_is_masked_stays_masked_and_counts() {
        let network = network();
        let scores = vec![0.0; network.n];
        let all = vec![true; network.n];
        let half = select(&network, &scores, &all, Scope::Layer, 0.5, 1).expect("numbers");
        let tenth = select(&network, &scores, &half, Scope::Global, 0.1, 2).expect("numbers");
        assert!(tenth.iter().zip(&half).all(|(tenth, half)| *half || !*tenth));
        let weights: usize = prunable(&network).map(|range| range.len()).sum();
        let left: usize = prunable(&network).map(|range| kept(&tenth, range)).sum();
        assert_eq!(left, keep_count(weights, 0.1));
        let refused = select(&network, &scores, &half, Scope::Global, 0.6, 2);
        assert!(matches!(refused, Err(MaskError::Count { .. })), "{refused:?}");
    }

    #[test]
    fn a_score_that_is_no_number_is_an_error() {
        let network = network();
        let mut scores = vec![0.0; network.n];
        scores[3] = f64::NAN;
        let all = vec![true; network.n];
        let refused = select(&network, &scores, &all, Scope::Global, 0.5, 0);
        assert_eq!(refused, Err(MaskError::NanScore(3)));
    }
}
