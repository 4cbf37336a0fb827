//! What two masks of a network have in common, layer by layer, beside what chance gives.

use serde::{Deserialize, Serialize};

use super::{Mask, MaskError};
use crate::network::{Network, stages};

/// How two masks share the entries of a part of the network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overlap {
    /// Entries in all.
    pub entries: usize,
    /// Kept by the one, by the other, and by both.
    pub first: usize,
    pub second: usize,
    pub both: usize,
}

/// The overlap of the weights of a convolution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerOverlap {
    /// Of the weight, as in PyTorch.
    pub name: String,
    pub overlap: Overlap,
}

impl Overlap {
    fn of(first: &[bool], second: &[bool]) -> Self {
        let mut overlap = Self {
            entries: first.len(),
            ..Self::default()
        };
        for (a, b) in first.iter().zip(second) {
            overlap.first += usize::from(*a);
            overlap.second += usize::from(*b);
            overlap.both += usize::from(*a && *b);
        }
        overlap
    }

    /// Kept by both, of what either keeps (the Jaccard index, 0 to 1); none where neither keeps anything.
    pub fn shared(&self) -> Option<f64> {
        let either = self.first + self.second - self.both;
        (either > 0).then(|| self.both as f64 / either as f64)
    }

    /// The same of two masks that keep as many entries each, drawn at random: of densities p and q both keep p q, and either
    /// keeps p + q - p q.
    pub fn by_chance(&self) -> Option<f64> {
        let share = |kept: usize| kept as f64 / self.entries as f64;
        let (p, q) = (share(self.first), share(self.second));
        (self.first + self.second > 0).then(|| p * q / (p + q - p * q))
    }

    /// What is shared, in times what chance gives; none where the one or the other keeps nothing.
    pub fn times_chance(&self) -> Option<f64> {
        let chance = self.by_chance().filter(|chance| *chance > 0.0)?;
        Some(self.shared()? / chance)
    }
}

/// Compares two masks of `network`: all entries, and the weights of each convolution from the input to the picture.
///
/// # Errors
/// [`MaskError::Length`] if one is for another network.
pub fn overlaps(network: &Network, first: &Mask, second: &Mask) -> Result<(Overlap, Vec<LayerOverlap>), MaskError> {
    first.check(network)?;
    second.check(network)?;
    let layers = stages(network).into_iter().map(|stage| LayerOverlap {
        name: network.parameters[stage.weight.index].name.clone(),
        overlap: Overlap::of(&first.keep[stage.weight.range()], &second.keep[stage.weight.range()]),
    });
    Ok((Overlap::of(&first.keep, &second.keep), layers.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::{MaskMetadata, random};
    use crate::network::Hourglass;

    fn mask(keep: Vec<bool>) -> Mask {
        let metadata = MaskMetadata::default();
        Mask { keep, metadata }
    }

    #[test]
    fn counts_by_hand() {
        let overlap = Overlap::of(&[true, true, true, false, false], &[true, true, false, true, false]);
        assert_eq!((overlap.first, overlap.second, overlap.both), (3, 3, 2));
        assert_eq!(overlap.shared(), Some(0.5));
        // 0.36 of 1.2 - 0.36.
        assert!((overlap.by_chance().expect("both keep some") - 3.0 / 7.0).abs() < 1e-12);
        let none = Overlap::of(&[false; 4], &[false; 4]);
        assert_eq!(
            (none.shared(), none.by_chance(), none.times_chance()),
            (None, None, None)
        );
        assert_eq!(Overlap::of(&[true, false], &[false, false]).times_chance(), None);
        let (one, other) = ([true, true, false, false], [true, false, true, false]);
        assert_eq!(Overlap::of(&one, &other).times_chance(), Some(1.0));
        assert_eq!(Overlap::of(&[true; 4], &[true; 4]).by_chance(), Some(1.0));
    }

    #[test]
    fn random_masks_share_what_chance_gives_and_a_mask_shares_all_with_itself() {
        let network = Hourglass::with_levels(2).build().expect("two levels build");
        let [a, b] = [1, 2].map(|seed| mask(random(&network, 0.2, seed)));
        let (all, layers) = overlaps(&network, &a, &b).expect("masks of this network");
        assert_eq!((all.first, all.second, all.entries), (a.kept(), b.kept(), network.n));
        assert_eq!(layers.len(), 7);
        let largest = layers
            .iter()
            .map(|layer| layer.overlap)
            .max_by_key(|overlap| overlap.entries);
        let largest = largest.expect("there are layers");
        let (shared, chance) = (largest.shared().expect("some"), largest.by_chance().expect("some"));
        assert!((shared / chance - 1.0).abs() < 0.1, "{shared} beside {chance}");
        assert_eq!(layers[0].name, "1.1.1.weight");
        let weights: usize = layers.iter().map(|layer| layer.overlap.entries).sum();
        assert!(weights < network.n, "normalisations and biases are in no layer");
        let (same, _) = overlaps(&network, &a, &a).expect("masks of this network");
        assert_eq!(same.shared(), Some(1.0));
    }

    #[test]
    fn a_mask_for_another_network_is_refused() {
        let network = Hourglass::with_levels(1).build().expect("one level builds");
        let (own, other) = (mask(vec![true; network.n]), mask(vec![true; 7]));
        assert!(matches!(
            overlaps(&network, &own, &other),
            Err(MaskError::Length { mask: 7, .. })
        ));
    }
}
