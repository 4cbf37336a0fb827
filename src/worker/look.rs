//! A learner's logits as a person looks at them: how the keep probabilities lie, and what a threshold leaves of each layer.

use super::protocol::{Channels, Layer, Look};
use crate::mask::{MaskError, Scope};
use crate::network::{Connectivity, Network, stages};
use crate::train::LearnSpec;

/// Bins of the histogram.
const BINS: usize = 40;

/// Thresholds `logits` (flat, length N) as the learner does so that floor(keep N) stay, and gives that mask beside what is told about it.
///
/// # Errors
/// [`MaskError`] if a logit is not a number.
pub fn look(
    learn: &LearnSpec,
    network: &Network,
    logits: &[f32],
    step: u64,
    keep: f64,
    seed: u64,
) -> Result<(Vec<bool>, Look), MaskError> {
    let mask = learn.threshold(network, logits, keep, seed)?;
    let found = Connectivity::of(network, &mask);
    let threshold = (learn.scope == Scope::Global).then(|| {
        let kept = logits.iter().zip(&mask).filter(|(_, kept)| **kept);
        f64::from(sigmoid(kept.map(|(logit, _)| *logit).fold(f32::INFINITY, f32::min)))
    });
    let (input, layers) = layers(network, &mask, &found);
    let look = Look {
        step,
        keep,
        kept: mask.iter().filter(|kept| **kept).count(),
        n: network.n,
        histogram: histogram(logits),
        threshold,
        input,
        layers,
        alive: found.is_alive(),
        sentence: found.sentence(),
    };
    Ok((mask, look))
}

/// The input's channels and the convolutions under a mask (flat, length N) whose connectivity is `found`.
pub fn layers(network: &Network, mask: &[bool], found: &Connectivity) -> (Channels, Vec<Layer>) {
    let channels = |set: usize| Channels {
        all: found.live.sets[set].len(),
        live: found.live.count(set),
    };
    let layers = stages(network).into_iter().enumerate().map(|(j, stage)| Layer {
        name: network.parameters[stage.weight.index].name.clone(),
        weights: stage.weight.len,
        kept: mask[stage.weight.range()].iter().filter(|kept| **kept).count(),
        channels: channels(j + 1),
    });
    (channels(0), layers.collect())
}

/// How many of sigmoid(logits) lie in each of [`BINS`] equal parts of 0 to 1.
fn histogram(logits: &[f32]) -> Vec<u32> {
    let mut bins = vec![0; BINS];
    for logit in logits {
        let bin = (sigmoid(*logit) * BINS as f32) as usize;
        bins[bin.min(BINS - 1)] += 1;
    }
    bins
}

fn sigmoid(logit: f32) -> f32 {
    1.0 / (1.0 + (-logit).exp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Hourglass;
    use crate::train::Learner;

    fn network() -> Network {
        let description = Hourglass {
            input_channels: 2,
            channels: vec![4],
            output_channels: 3,
        };
        description.build().expect("a tiny network builds")
    }

    #[test]
    fn the_start_is_one_bar() {
        let bars = histogram(&[2.0; 100]);
        assert_eq!(bars.iter().sum::<u32>(), 100);
        assert_eq!(bars[35], 100, "sigmoid(2) = 0.881 lies in 0.875 to 0.9");
        assert_eq!(histogram(&[f32::INFINITY, f32::NEG_INFINITY])[BINS - 1], 1);
    }

    #[test]
    fn a_layer_without_weights_is_dead_and_counted_as_such() {
        let paper = LearnSpec::new(Learner::Paper);
        let network = network();
        let mut logits = vec![1.0_f32; network.n];
        let second = &network.parameters[4];
        assert_eq!(second.name, "1.4.1.weight");
        logits[second.range()].fill(-1.0);
        let keep = 1.0 - second.len() as f64 / network.n as f64;
        let (mask, look) = look(&paper, &network, &logits, 7, keep, 0).expect("numbers");
        assert_eq!(look.kept, network.n - second.len());
        assert_eq!(mask.iter().filter(|kept| **kept).count(), look.kept);
        assert!(!look.alive);
        assert_eq!(look.layers.len(), 4);
        assert_eq!((look.layers[1].kept, look.layers[1].weights), (0, second.len()));
        assert_eq!(look.layers[1].channels, Channels { all: 4, live: 0 });
        let threshold = look.threshold.expect("one for all");
        assert!((threshold - 0.731).abs() < 1e-3, "sigmoid(1)");
        let all = super::look(&paper, &network, &logits, 7, 1.0, 0).expect("numbers").1;
        assert!(all.alive && all.input.live == 2);
        let threshold = all.threshold.expect("one for all");
        assert!((threshold - 0.269).abs() < 1e-3, "sigmoid(-1)");
    }

    #[test]
    fn per_layer_every_convolution_keeps_its_share_and_there_is_no_one_threshold() {
        let mut learn = LearnSpec::new(Learner::Fast);
        learn.scope = Scope::Layer;
        let network = network();
        // All of the first layer is likelier than any of the second.
        let logits: Vec<f32> = (0..network.n).map(|i| 1.0 - i as f32 / network.n as f32).collect();
        let (_, look) = look(&learn, &network, &logits, 7, 0.25, 0).expect("numbers");
        assert_eq!(look.threshold, None);
        for layer in &look.layers {
            assert_eq!(layer.kept, layer.weights / 4, "{}", layer.name);
        }
    }
}
