//! The properties that each shuffle promises.

use super::*;
use crate::mask::{MaskMetadata, keep_count, top_k};
use crate::network::{Hourglass, Parameter, ParameterKind};

fn network() -> Network {
    let description = Hourglass {
        input_channels: 6,
        channels: vec![8, 12, 16],
        output_channels: 3,
    };
    description.build().expect("a small network builds")
}

/// A mask like a learned one: random logits, betas out, gammas favoured, the early layers sparse.
fn mask(network: &Network, keep: f64, seed: u64) -> Mask {
    let draws = Draws::new(seed, Stream::MaskSample);
    let mut logits: Vec<f32> = (0..network.n).map(|i| draws.uniform(0, i)).collect();
    for (at, parameter) in network.parameters.iter().enumerate() {
        let shift = match parameter.kind {
            ParameterKind::ConvWeight => 0.003 * at as f32,
            ParameterKind::BnWeight => 0.6,
            ParameterKind::ConvBias | ParameterKind::BnBias => -2.0,
        };
        for logit in &mut logits[parameter.range()] {
            *logit += shift;
        }
    }
    let keep = top_k(&logits, keep_count(network.n, keep), seed).expect("numbers");
    let metadata = MaskMetadata {
        method: "random".to_owned(),
        ..MaskMetadata::default()
    };
    Mask { keep, metadata }
}

fn live_of(network: &Network, mask: &Mask) -> LiveChannels {
    let found = Connectivity::of(network, &mask.keep);
    assert!(found.is_alive(), "{}", found.sentence());
    found.live
}

/// Masks from sparse to nearly full, all alive.
fn cases(network: &Network) -> Vec<Mask> {
    let densities = [0.07, 0.1, 0.3, 0.97];
    let masks: Vec<Mask> = densities
        .into_iter()
        .flat_map(|keep| [1, 2, 3].map(|seed| mask(network, keep, seed)))
        .filter(|mask| Connectivity::of(network, &mask.keep).is_alive())
        .collect();
    assert!(masks.len() >= 9, "only {} of 12 masks are alive", masks.len());
    masks
}

fn counts(network: &Network, mask: &Mask) -> Vec<usize> {
    let kept = |parameter: &Parameter| mask.keep[parameter.range()].iter().filter(|kept| **kept).count();
    network.parameters.iter().map(kept).collect()
}

#[test]
fn weights_move_only_between_the_same_live_channels() {
    let network = network();
    for (seed, mask) in cases(&network).iter().enumerate() {
        let other = shuffle(mask, &network, Shuffle::Weights, seed as u64).expect("alive");
        assert_ne!(other.keep, mask.keep);
        assert_eq!(counts(&network, &other), counts(&network, mask));
        let live = live_of(&network, mask);
        assert_eq!(live_of(&network, &other), live);
        for (j, stage) in stages(&network).iter().enumerate() {
            for place in stage.weight.range() {
                let pair = (place - stage.weight.offset) / stage.taps;
                let (o, i) = (pair / stage.inputs, pair % stage.inputs);
                let moves = live.sets[j][i] && live.sets[j + 1][o];
                assert!(moves || other.keep[place] == mask.keep[place]);
            }
        }
    }
}

#[test]
fn channels_move_and_normalisations_around_an_upsample_agree() {
    let network = network();
    for (seed, mask) in cases(&network).iter().enumerate() {
        let other = shuffle(mask, &network, Shuffle::Channels, seed as u64).expect("alive");
        assert_eq!(counts(&network, &other), counts(&network, mask));
        let (before, after) = (live_of(&network, mask), live_of(&network, &other));
        let sizes = |live: &LiveChannels| -> Vec<usize> { (0..live.sets.len()).map(|set| live.count(set)).collect() };
        assert_eq!(sizes(&before), sizes(&after));
        let partial = sizes(&before).iter().zip(&before.sets).any(|(n, set)| *n < set.len());
        assert!(!partial || before != after, "the live sets were redrawn");
        for stage in stages(&network).iter().filter(|stage| stage.norms.len() == 2) {
            let live_pairs = |mask: &Mask| {
                let pairs = mask.keep[stage.norms[0].0.range()]
                    .iter()
                    .zip(&mask.keep[stage.norms[1].0.range()]);
                pairs.filter(|(a, b)| **a && **b).count()
            };
            assert_eq!(live_pairs(mask), live_pairs(&other));
        }
    }
}

#[test]
fn flat_budgets_keep_the_total_and_have_one_density() {
    let network = network();
    for (seed, mask) in cases(&network).iter().enumerate() {
        let other = shuffle(mask, &network, Shuffle::Budgets, seed as u64).expect("alive");
        assert_eq!(other.kept(), mask.kept());
        let live = live_of(&network, mask);
        assert_eq!(live_of(&network, &other), live);
        let layers: Vec<Layer> = stages(&network)
            .iter()
            .enumerate()
            .map(|(j, stage)| Layer::new(stage, j, &other.keep, &live))
            .collect();
        let free = layers.iter().filter(|layer| layer.kept > layer.least());
        let density = |layer: &Layer| layer.kept as f64 / layer.area() as f64;
        let (least, most) = free.fold((f64::MAX, 0.0_f64), |(least, most), layer| {
            let rounding = 1.0 / layer.area() as f64;
            (
                least.min(density(layer) + rounding),
                most.max(density(layer) - rounding),
            )
        });
        assert!(most <= least, "densities from {least} to {most}");
    }
}

#[test]
fn a_seed_repeats_and_seeds_differ() {
    let network = network();
    let mask = mask(&network, 0.1, 1);
    for what in [Shuffle::Weights, Shuffle::Channels, Shuffle::Budgets] {
        let with = |seed| shuffle(&mask, &network, what, seed).expect("alive");
        assert_eq!(with(5), with(5));
        assert_ne!(with(5).keep, with(6).keep);
        assert_eq!(with(5).metadata.extra["shuffled_from"], "random");
    }
}

#[test]
fn every_place_is_drawn_equally_often() {
    let network = Hourglass {
        input_channels: 2,
        channels: vec![2],
        output_channels: 1,
    };
    let network = network.build().expect("a tiny network builds");
    let mut keep = vec![true; network.n];
    // Of the 2x2x25 weights of the first convolution only the first tap of each pair is kept: a budget of four.
    let first = network.parameters[0].range();
    for (at, entry) in keep[first.clone()].iter_mut().enumerate() {
        *entry = at % 25 == 0;
    }
    let mask = Mask {
        keep,
        metadata: MaskMetadata::default(),
    };
    let mut drawn = [0_usize; 100];
    for seed in 0..5000 {
        let other = shuffle(&mask, &network, Shuffle::Weights, seed).expect("alive");
        for (count, kept) in drawn.iter_mut().zip(&other.keep[first.clone()]) {
            *count += usize::from(*kept);
        }
    }
    assert_eq!(drawn.iter().sum::<usize>(), 20_000);
    // 200 expected each, standard deviation 14.
    assert!(drawn.iter().all(|count| (130..=270).contains(count)), "{drawn:?}");
}

#[test]
fn a_dead_mask_is_refused() {
    let network = network();
    let mask = Mask {
        keep: vec![false; network.n],
        metadata: MaskMetadata::default(),
    };
    let error = shuffle(&mask, &network, Shuffle::Weights, 0).expect_err("dead");
    assert!(matches!(error, MaskError::Dead(_)));
}

#[test]
fn draws_below_a_bound_that_divides_badly_have_no_bias() {
    let mut sequence = Sequence::new(Draws::new(1, Stream::Shuffle), 0);
    let bound = 3 << 30;
    let draws: Vec<usize> = (0..3000).map(|_| sequence.below(bound)).collect();
    assert!(draws.iter().all(|draw| *draw < bound));
    // Plain scaling would give a multiple of 3 every other time.
    let multiples = draws.iter().filter(|draw| **draw % 3 == 0).count();
    assert!((900..1100).contains(&multiples), "{multiples} of 3000");
}
