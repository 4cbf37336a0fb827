//! Figures that one disturbed window does not move.

/// The middle value, or the mean of the middle two; `None` of nothing.
pub(super) fn median(values: &[f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let mut sorted = values.to_vec();
    let middle = values.len() / 2;
    let (below, upper, _) = sorted.select_nth_unstable_by(middle, f64::total_cmp);
    let lower = below.iter().copied().max_by(f64::total_cmp);
    Some(match lower.filter(|_| values.len().is_multiple_of(2)) {
        Some(lower) => (lower + *upper) / 2.0,
        None => *upper,
    })
}

/// How many times longer `slow` takes than `fast`: the median over windows that were measured next to each other.
pub(super) fn paired_ratio(slow: &[f64], fast: &[f64]) -> Option<f64> {
    let ratios: Vec<f64> = slow.iter().zip(fast).map(|(slow, fast)| slow / fast).collect();
    median(&ratios)
}

/// Where a speed-up falls to 1, between neighbouring (density, speed-up) points, ascending by density: a straight line
/// through their logarithms.
pub(super) fn break_even(points: &[(f64, f64)]) -> Option<f64> {
    points.windows(2).find_map(|pair| {
        let [(d0, s0), (d1, s1)] = [pair[0], pair[1]];
        if s0 <= 1.0 || s1 > 1.0 {
            return None;
        }
        let share = s0.ln() / (s0.ln() - s1.ln());
        Some((d0.ln() + share * (d1.ln() - d0.ln())).exp())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_of_odd_even_and_no_counts() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn a_load_that_comes_and_goes_leaves_the_ratio() {
        let fast = [1.0, 5.0, 1.0];
        let slow = [4.0, 20.0, 4.0];
        assert_eq!(paired_ratio(&slow, &fast), Some(4.0));
    }

    #[test]
    fn break_even_lies_between_its_neighbours() {
        let found = break_even(&[(0.01, 8.0), (0.1, 2.0), (0.4, 0.5)]).expect("it is crossed");
        assert!((found - 0.2).abs() < 1e-12, "{found}");
        assert_eq!(break_even(&[(0.01, 8.0), (1.0, 1.5)]), None);
        assert_eq!(break_even(&[(0.01, 0.8), (1.0, 0.5)]), None);
    }
}
