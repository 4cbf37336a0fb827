//! From logits to a mask of which every entry matters.
//!
//! The plain top-k spends part of its budget on weights whose channel is dead: they are kept, but nothing that they do reaches
//! the picture. Counting only what a fit trains is known as effective sparsity (Vysogorets and Kempe, "Connectivity Matters",
//! 2021).

use super::MaskError;
use super::top_k::{largest, top_k};
use crate::network::{Connectivity, LiveChannels, Network, trained_entries};

/// How much of the budget a threshold may leave for filling up, as a share.
const SLACK: usize = 1024;

/// A threshold's mask.
struct Cut {
    /// Flat indices of what a fit would train.
    trained: Vec<u32>,
    live: LiveChannels,
}

/// Keeps `count` entries of `logits` (flat order, length N) that a fit trains: lowers one threshold for all of them until about
/// `count` of the entries above it lie on live channels and have a gradient, drops the others, and fills up with the
/// largest logits between the channels that live. Ties are drawn by `seed`. Where no threshold leaves a living network of at
/// most `count` such entries, it is the plain [`top_k`].
///
/// # Errors
/// As [`top_k`].
pub fn effective_top_k(network: &Network, logits: &[f32], count: usize, seed: u64) -> Result<Vec<bool>, MaskError> {
    let plain = top_k(logits, count, seed)?;
    let mut sorted = logits.to_vec();
    sorted.sort_unstable_by(f32::total_cmp);
    let n = sorted.len();
    // Among the `fits` largest at most `count` are trained, among the `over` largest more; none of none are.
    let (mut fits, mut over) = (0, n + 1);
    let mut best: Option<Cut> = None;
    while over - fits > 1
        && best
            .as_ref()
            .is_none_or(|cut| count - cut.trained.len() > count / SLACK)
    {
        // Between `count` and N at first: fewer than `count` cannot leave as many.
        let middle = if fits == 0 {
            count.max(1).min(over - 1)
        } else {
            fits.midpoint(over)
        };
        let cut = cut(network, logits, sorted[n - middle]);
        if cut.trained.len() > count {
            if fits == 0 {
                break;
            }
            over = middle;
        } else {
            fits = middle;
            best = Some(cut);
        }
    }
    let Some(cut) = best.filter(|cut| !cut.trained.is_empty()) else {
        return Ok(plain);
    };
    let mut keep = vec![false; n];
    for i in &cut.trained {
        keep[*i as usize] = true;
    }
    let between_live = trained_entries(network, &vec![true; n], &cut.live);
    let missing = count - cut.trained.len();
    let open: Vec<usize> = between_live.iter().map(|i| *i as usize).filter(|i| !keep[*i]).collect();
    for i in largest(logits, &open, missing.min(open.len()), seed)? {
        keep[i] = true;
    }
    // A budget beyond all that the live channels can hold goes to the largest of the rest.
    let rest: Vec<usize> = (0..n).filter(|i| !keep[*i]).collect();
    for i in largest(logits, &rest, missing.saturating_sub(open.len()), seed)? {
        keep[i] = true;
    }
    Ok(keep)
}

/// What is at or above `threshold`.
fn cut(network: &Network, logits: &[f32], threshold: f32) -> Cut {
    let keep: Vec<bool> = logits.iter().map(|logit| logit.total_cmp(&threshold).is_ge()).collect();
    let found = Connectivity::of(network, &keep);
    let trained = if found.is_alive() {
        trained_entries(network, &keep, &found.live)
    } else {
        Vec::new()
    };
    Cut {
        trained,
        live: found.live,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::keep_count;
    use crate::network::{Hourglass, ParameterKind};
    use crate::rng::{Draws, Stream};

    fn network() -> Network {
        let description = Hourglass {
            input_channels: 4,
            channels: vec![6, 8],
            output_channels: 3,
        };
        description.build().expect("a small network builds")
    }

    fn random_logits(network: &Network, seed: u64) -> Vec<f32> {
        let draws = Draws::new(seed, Stream::Theta);
        (0..network.n).map(|i| draws.uniform(0, i) - 0.5).collect()
    }

    #[test]
    fn every_kept_entry_is_trained_and_the_count_is_exact() {
        let network = network();
        for seed in 0..20 {
            let logits = random_logits(&network, seed);
            for keep in [0.1, 0.2, 0.4] {
                let count = keep_count(network.n, keep);
                let mask = effective_top_k(&network, &logits, count, seed).expect("numbers");
                assert_eq!(mask.iter().filter(|kept| **kept).count(), count);
                let found = Connectivity::of(&network, &mask);
                let plain = top_k(&logits, count, seed).expect("numbers");
                let plainly = Connectivity::of(&network, &plain);
                if found.is_alive() {
                    assert_eq!(found.reachable_weights, found.kept_weights);
                    assert_eq!(trained_entries(&network, &mask, &found.live).len(), count);
                }
                assert!(
                    found.is_alive() || !plainly.is_alive(),
                    "it lives where the plain top-k does"
                );
                assert!(found.reachable_weights >= plainly.reachable_weights);
            }
        }
    }

    #[test]
    fn nothing_above_the_threshold_between_live_channels_is_left_out() {
        let network = network();
        let logits = random_logits(&network, 5);
        let count = keep_count(network.n, 0.3);
        let mask = effective_top_k(&network, &logits, count, 0).expect("numbers");
        let live = Connectivity::of(&network, &mask).live;
        let between = trained_entries(&network, &vec![true; network.n], &live);
        let kept = between.iter().filter(|i| mask[**i as usize]);
        let lowest = kept.map(|i| logits[*i as usize]).fold(f32::INFINITY, f32::min);
        let above = between.iter().filter(|i| logits[**i as usize] > lowest).count();
        assert!(above <= count, "{above} lie above the least that is kept");
    }

    #[test]
    fn without_a_living_threshold_it_is_the_plain_top_k() {
        let network = network();
        let equal = vec![1.0; network.n];
        assert_eq!(effective_top_k(&network, &equal, 50, 3), top_k(&equal, 50, 3));
        let mut dead = random_logits(&network, 1);
        for parameter in &network.parameters {
            if parameter.kind == ParameterKind::BnWeight {
                dead[parameter.range()].fill(-9.0);
            }
        }
        assert_eq!(effective_top_k(&network, &dead, 50, 3), top_k(&dead, 50, 3));
    }

    #[test]
    fn all_and_none_can_be_kept() {
        let network = network();
        let logits = random_logits(&network, 2);
        let all = effective_top_k(&network, &logits, network.n, 0).expect("numbers");
        assert!(all.iter().all(|kept| *kept));
        let none = effective_top_k(&network, &logits, 0, 0).expect("numbers");
        assert!(none.iter().all(|kept| !kept));
        let error = effective_top_k(&network, &logits, network.n + 1, 0);
        assert!(matches!(error, Err(MaskError::Count { .. })));
    }
}
