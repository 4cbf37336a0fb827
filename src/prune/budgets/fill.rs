//! Spreads a number of weights over layers of limited room.

/// What each layer may have.
pub(super) struct Bounds {
    pub(super) least: usize,
    pub(super) most: usize,
}

/// Halvings of an interval, enough for f64.
const HALVINGS: usize = 60;
/// The largest logarithm of a common factor. With it every layer is full, with its opposite empty.
const WIDEST: f64 = 300.0;
/// By how much the logarithm of a count changes at most in a step towards a lower cost.
const STEP: f64 = 0.02;

/// Counts that sum to `total`, each within its bounds, in the proportions of `wanted` (positive) where the bounds leave them. With
/// a `purse` the sum of counts times prices stays within it, to rounding, or comes as near as the bounds allow: from these
/// proportions the logarithms of the counts go down the gradient of the cost, at the same total, until it is low enough. So what
/// spends much gives up most, and a small layer is left alone.
///
/// The bounds must leave room for `total`.
pub(super) fn fill(wanted: &[f64], bounds: &[Bounds], total: usize, price: &[f64], purse: Option<f64>) -> Vec<usize> {
    let cost = |counts: &[f64]| -> f64 { counts.iter().zip(price).map(|(count, price)| count * price).sum() };
    let mut counts = scaled(wanted, bounds, total as f64);
    while purse.is_some_and(|purse| cost(&counts) > purse) {
        let less = scaled(&downhill(&counts, bounds, price), bounds, total as f64);
        if cost(&less) >= cost(&counts) {
            break;
        }
        counts = less;
    }
    whole(&counts, bounds, total)
}

/// One step of the logarithms of `counts` down the gradient of the cost, along which the total does not change at first.
fn downhill(counts: &[f64], bounds: &[Bounds], price: &[f64]) -> Vec<f64> {
    // What is at its bound has no say: it may have nowhere to go.
    let free = |at: &usize| (bounds[*at].least as f64) < counts[*at] && counts[*at] < bounds[*at].most as f64;
    let free: Vec<usize> = (0..counts.len()).filter(free).collect();
    if free.is_empty() {
        return counts.to_vec();
    }
    let squares: f64 = free.iter().map(|at| counts[*at] * counts[*at]).sum();
    let level: f64 = free
        .iter()
        .map(|at| counts[*at] * counts[*at] * price[*at])
        .sum::<f64>()
        / squares;
    let slope = |at: usize| counts[at] * (price[at] - level);
    let steepest = free.iter().map(|at| slope(*at).abs()).fold(f64::MIN_POSITIVE, f64::max);
    let down = |at: usize| libm::exp((-STEP * slope(at) / steepest).clamp(-STEP, STEP));
    counts.iter().enumerate().map(|(at, count)| count * down(at)).collect()
}

/// `wanted` times a common factor, cut to the bounds, with this sum.
fn scaled(wanted: &[f64], bounds: &[Bounds], total: f64) -> Vec<f64> {
    let cut = |factor: f64| -> Vec<f64> {
        let each = wanted.iter().zip(bounds);
        each.map(|(wanted, bounds)| (factor * wanted).clamp(bounds.least as f64, bounds.most as f64))
            .collect()
    };
    // Logarithms of the factor.
    let (mut low, mut high) = (-WIDEST, WIDEST);
    for _ in 0..HALVINGS {
        let middle = (low + high) / 2.0;
        if cut(libm::exp(middle)).iter().sum::<f64>() < total {
            low = middle;
        } else {
            high = middle;
        }
    }
    cut(libm::exp(low))
}

/// Whole numbers near these, with this sum: those with the largest rests are rounded up.
fn whole(counts: &[f64], bounds: &[Bounds], total: usize) -> Vec<usize> {
    let mut whole: Vec<usize> = counts.iter().map(|count| libm::floor(*count) as usize).collect();
    let mut order: Vec<usize> = (0..counts.len()).collect();
    let rest = |at: &usize| counts[*at] - libm::floor(counts[*at]);
    order.sort_by(|a, b| rest(b).total_cmp(&rest(a)));
    let mut left = total.saturating_sub(whole.iter().sum());
    while left > 0 {
        let before = left;
        for at in &order {
            if left > 0 && whole[*at] < bounds[*at].most {
                whole[*at] += 1;
                left -= 1;
            }
        }
        if left == before {
            break;
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bounds(all: &[(usize, usize)]) -> Vec<Bounds> {
        all.iter().map(|&(least, most)| Bounds { least, most }).collect()
    }

    #[test]
    fn proportions_hold_where_there_is_room() {
        let room = bounds(&[(1, 1000), (1, 1000), (1, 1000)]);
        assert_eq!(fill(&[1.0, 2.0, 3.0], &room, 600, &[1.0; 3], None), [100, 200, 300]);
        let tight = bounds(&[(1, 1000), (1, 1000), (1, 210)]);
        assert_eq!(fill(&[1.0, 2.0, 3.0], &tight, 600, &[1.0; 3], None), [130, 260, 210]);
    }

    #[test]
    fn a_purse_takes_from_those_who_spend() {
        let room = bounds(&[(1, 1000), (1, 1000), (1, 1000), (1, 1000)]);
        // The last is as dear as the first, and small.
        let (wanted, price) = ([1.0, 1.0, 1.0, 0.1], [1.0, 0.25, 0.0625, 1.0]);
        let cost = |counts: &[usize]| -> f64 {
            counts
                .iter()
                .zip(price)
                .map(|(count, price)| *count as f64 * price)
                .sum()
        };
        let free = fill(&wanted, &room, 620, &price, None);
        assert_eq!(free, [200, 200, 200, 20]);
        let half = fill(&wanted, &room, 620, &price, Some(0.5 * cost(&free)));
        let most = 0.5 * cost(&free);
        assert!((0.97 * most..most + 2.0).contains(&cost(&half)), "{half:?}");
        assert!(half[0] < 90 && half[2] > 250 && half[3] > 12, "{half:?}");
    }

    #[test]
    fn a_purse_too_small_takes_what_it_can() {
        let room = bounds(&[(10, 1000), (1, 1000), (1, 400)]);
        let counts = fill(&[1.0; 3], &room, 600, &[1.0, 0.25, 0.0625], Some(0.0));
        assert_eq!(counts, [10, 190, 400]);
    }

    proptest! {
        #[test]
        fn the_sum_is_exact_and_bounds_hold(
            layers in prop::collection::vec((0.01_f64..1e4, 1_usize..50, 0_usize..400, 0.001_f64..1.0), 1..20),
            share in 0.0_f64..=1.0,
            purse in prop::option::of(0.0_f64..1e3),
        ) {
            let wanted: Vec<f64> = layers.iter().map(|layer| layer.0).collect();
            let room: Vec<Bounds> = layers.iter().map(|layer| Bounds { least: layer.1, most: layer.1 + layer.2 }).collect();
            let price: Vec<f64> = layers.iter().map(|layer| layer.3).collect();
            let least: usize = room.iter().map(|bounds| bounds.least).sum();
            let most: usize = room.iter().map(|bounds| bounds.most).sum();
            let total = least + (share * (most - least) as f64) as usize;
            let counts = fill(&wanted, &room, total, &price, purse);
            prop_assert_eq!(counts.iter().sum::<usize>(), total);
            for (count, bounds) in counts.iter().zip(&room) {
                prop_assert!((bounds.least..=bounds.most).contains(count));
            }
        }
    }
}
