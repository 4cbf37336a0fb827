//! From logits or scores to a mask: the largest ones (method sections 4 and 8).

use super::MaskError;
use crate::rng::{Draws, Stream};

/// floor(keep * n): the number of entries to keep of `n`; `keep` outside 0 to 1 is clamped.
///
/// A decimal such as 0.29 is not exact in binary, and 0.29 * 100 comes out below 29; a product within rounding of a
/// whole number therefore counts as that number.
pub fn keep_count(n: usize, keep: f64) -> usize {
    let product = keep.clamp(0.0, 1.0) * n as f64;
    let whole = product.round();
    // The decimal and the product are each off by at most half a unit in the last place.
    if (product - whole).abs() <= 2.0 * f64::EPSILON * whole {
        return whole as usize;
    }
    product as usize
}

/// Keeps the `count` largest of `logits` (flat order, length N). Entries equal to the threshold are drawn by `seed`.
/// Takes time proportional to N.
///
/// # Errors
/// [`MaskError::NanLogit`] if a logit is not a number, [`MaskError::Count`] if `count` exceeds N.
pub fn top_k(logits: &[f32], count: usize, seed: u64) -> Result<Vec<bool>, MaskError> {
    if let Some(index) = logits.iter().position(|logit| logit.is_nan()) {
        return Err(MaskError::NanLogit(index));
    }
    let all: Vec<usize> = (0..logits.len()).collect();
    let mut keep = vec![false; logits.len()];
    for i in largest(logits, &all, count, seed)? {
        keep[i] = true;
    }
    Ok(keep)
}

/// The `count` of the `candidates`, indices into `values`, whose values are largest, in no order. Values equal to the
/// threshold, -0 and 0 among them, are drawn by `seed`. No value may be NaN.
///
/// # Errors
/// [`MaskError::Count`] if there are fewer candidates.
pub(crate) fn largest<T: Copy + Into<f64>>(
    values: &[T],
    candidates: &[usize],
    count: usize,
    seed: u64,
) -> Result<Vec<usize>, MaskError> {
    let n = candidates.len();
    if count > n {
        return Err(MaskError::Count { count, n });
    }
    if count == 0 {
        return Ok(Vec::new());
    }
    let value = |i: usize| -> f64 { values[i].into() };
    let mut sorted: Vec<f64> = candidates.iter().map(|&i| value(i)).collect();
    let (_, threshold, _) = sorted.select_nth_unstable_by(n - count, f64::total_cmp);
    let threshold = *threshold;
    let mut kept: Vec<usize> = candidates.iter().copied().filter(|&i| value(i) > threshold).collect();

    // The ties with the smallest random words stay; equal words go by index.
    let draws = Draws::new(seed, Stream::Ties);
    let tied = candidates.iter().copied().filter(|&i| value(i) == threshold);
    let mut tied: Vec<(u32, usize)> = tied.map(|i| (draws.word(0, i), i)).collect();
    // The threshold is one of the `count` largest, so at least one tie stays.
    let missing = count - kept.len();
    tied.select_nth_unstable(missing - 1);
    kept.extend(tied[..missing].iter().map(|(_, i)| i));
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_papers_count_and_counts_that_rounding_would_miss() {
        assert_eq!(keep_count(3_008_867, 0.05), 150_443);
        assert_eq!(keep_count(100, 0.29), 29);
        assert_eq!(keep_count(1000, 0.009), 9);
        assert_eq!(keep_count(10, 0.999), 9);
        assert_eq!(keep_count(3_008_867, 1.0), 3_008_867);
        assert_eq!(keep_count(7, 0.0), 0);
        assert_eq!(keep_count(7, f64::NAN), 0);
        for permille in 0..=1000_usize {
            for n in [1, 9, 1000, 3_008_867, 99_999_999] {
                let exact = n * permille / 1000;
                assert_eq!(keep_count(n, permille as f64 / 1000.0), exact);
            }
        }
    }

    #[test]
    fn the_largest_stay_and_ties_follow_the_seed() {
        let logits = [0.5, -1.0, 0.0, -0.0, 0.0, f32::NEG_INFINITY, 3.0];
        let keep = |seed| top_k(&logits, 4, seed).expect("these logits are numbers");
        let mut patterns = std::collections::HashSet::new();
        for seed in 0..40 {
            let mask = keep(seed);
            assert_eq!(mask, keep(seed), "a seed repeats");
            assert!(mask[0] && mask[6] && !mask[1] && !mask[5]);
            assert_eq!(mask.iter().filter(|kept| **kept).count(), 4);
            patterns.insert(mask);
        }
        assert_eq!(patterns.len(), 3, "two of three ties stay: every choice occurs");
    }

    #[test]
    fn agrees_with_sorting() {
        let draws = Draws::new(3, Stream::Theta);
        let logits: Vec<f32> = (0..1000).map(|i| draws.uniform(0, i) - 0.5).collect();
        let mut order: Vec<usize> = (0..logits.len()).collect();
        order.sort_by(|&a, &b| logits[b].total_cmp(&logits[a]));
        for count in [0, 1, 2, 499, 999, 1000] {
            let mut expected = vec![false; logits.len()];
            for &i in &order[..count] {
                expected[i] = true;
            }
            assert_eq!(top_k(&logits, count, 0), Ok(expected));
        }
    }

    #[test]
    fn what_cannot_be_ranked_is_an_error() {
        assert_eq!(top_k(&[0.0, f32::NAN], 1, 0), Err(MaskError::NanLogit(1)));
        let error = MaskError::Count { count: 2, n: 1 };
        assert_eq!(top_k(&[0.0], 2, 0), Err(error));
    }
}
