//! How far values are from those of the twin.

/// The most that may lie between them, as a share of the twin's largest value: that of the tests in `tests/kernels`.
/// Sums are formed in another order, and WGSL lets a device round division and exp.
pub const ALLOWED: f64 = 2e-4;

/// The largest difference as a share of the largest expected value. `None` where values are missing or no numbers, and
/// where something else than the expected zeros was found.
pub fn furthest(expected: &[f32], found: &[f32]) -> Option<f64> {
    if expected.len() != found.len() {
        return None;
    }
    let (mut largest, mut off) = (0.0f64, 0.0f64);
    for (expected, found) in expected.iter().zip(found) {
        // Tables of indices are words that may not be numbers, and what neither has written is NaN on both sides.
        if expected.to_bits() == found.to_bits() || (expected.is_nan() && found.is_nan()) {
            if expected.is_finite() {
                largest = largest.max(f64::from(expected.abs()));
            }
            continue;
        }
        let difference = f64::from(expected - found).abs();
        if !difference.is_finite() {
            return None;
        }
        largest = largest.max(f64::from(expected.abs()));
        off = off.max(difference);
    }
    if off == 0.0 {
        Some(0.0)
    } else {
        (largest > 0.0).then(|| off / largest)
    }
}

/// The same for results, which must be numbers, and not all of them zero.
pub fn furthest_result(expected: &[f32], found: &[f32]) -> Option<f64> {
    let proves = expected.iter().all(|value| value.is_finite()) && expected.iter().any(|value| *value != 0.0);
    furthest(expected, found).filter(|_| proves)
}

/// Whether a difference is too large. What says nothing is.
pub fn is_too_far(share: Option<f64>) -> bool {
    share.is_none_or(|share| share > ALLOWED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_shares_of_the_largest_value() {
        let share = furthest(&[1.0, -4.0], &[1.5, -4.0]).expect("numbers");
        assert!((share - 0.125).abs() < 1e-12);
        assert!(is_too_far(Some(share)) && !is_too_far(furthest(&[1.0, 2.0], &[1.0, 2.0 + 1e-6])));
    }

    #[test]
    fn what_says_nothing_is_too_far() {
        for (expected, found) in [
            (vec![1.0], vec![f32::NAN]),
            (vec![f32::NAN], vec![1.0]),
            (vec![f32::INFINITY], vec![1.0]),
            (vec![1.0, 2.0], vec![1.0]),
            (vec![0.0], vec![1e-9]),
        ] {
            assert!(is_too_far(furthest(&expected, &found)), "{expected:?} {found:?}");
        }
        assert_eq!(
            furthest(&[f32::NAN, 1.0], &[f32::NAN, 1.0]),
            Some(0.0),
            "written by neither"
        );
        assert!(is_too_far(furthest_result(&[f32::NAN], &[f32::NAN])), "but no result");
        assert!(is_too_far(furthest_result(&[0.0], &[0.0])), "zeros prove nothing");
    }
}
