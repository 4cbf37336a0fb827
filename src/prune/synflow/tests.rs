//! The collapsed network against a direct evaluation, map by map, and what the paper promises of the masks.

use super::*;
use crate::network::{Connectivity, Hourglass, Param, ParameterKind, Reflect, draw_theta};
use crate::prune::exact::{Map, Pass};
use crate::rng::{Draws, Stream};

const HEIGHT: usize = 12;
const WIDTH: usize = 20;

fn small() -> Network {
    let description = Hourglass {
        input_channels: 3,
        channels: vec![4, 5],
        output_channels: 3,
    };
    description.build().expect("a small network")
}

/// The network up to the sigmoid, with each normalisation as a 1 x 1 convolution: gamma / sqrt(1 + eps) on its diagonal, beta
/// as its bias. The added parameters follow the others.
fn in_inference_form(network: &Network, magnitudes: &[f64]) -> (Network, Vec<f64>) {
    let mut theta = magnitudes.to_vec();
    let mut changed = network.clone();
    changed.nodes.pop();
    for node in &mut changed.nodes {
        let Layer::BatchNorm { gamma, beta, channels } = node.layer else {
            continue;
        };
        let weight = Param {
            index: gamma.index,
            offset: theta.len(),
            len: channels * channels,
        };
        let mut matrix = vec![0.0; weight.len];
        for c in 0..channels {
            matrix[c * channels + c] = magnitudes[gamma.offset + c] / (1.0 + f64::from(BN_EPS)).sqrt();
        }
        theta.extend(matrix);
        node.layer = Layer::Conv {
            weight,
            bias: Some(beta),
            inputs: channels,
            outputs: channels,
            kernel: 1,
            stride: 1,
            pad: Reflect(0),
        };
    }
    (changed, theta)
}

#[test]
fn the_collapsed_scores_are_those_of_whole_maps() {
    let network = small();
    let draws = Draws::new(1, Stream::MaskSample);
    let mut magnitudes: Vec<f64> = draw_theta(&network, 1)
        .into_iter()
        .map(|t| f64::from(t.abs()))
        .collect();
    for parameter in &network.parameters {
        let affine = matches!(parameter.kind, ParameterKind::BnWeight | ParameterKind::BnBias);
        for i in parameter.range() {
            let u = f64::from(draws.uniform(0, i));
            // Some weights are masked, the affine ones are as after a training.
            magnitudes[i] = if affine {
                u
            } else {
                magnitudes[i] * f64::from(u8::from(u > 0.4))
            };
        }
    }
    let (direct, theta) = in_inference_form(&network, &magnitudes);
    let pixels = HEIGHT * WIDTH;
    let ones = Map::constant(3, HEIGHT, WIDTH, &vec![1.0; 3 * pixels]);
    let pass = Pass::forward(&direct, &theta, ones, |_| {});
    let slope = pass.output().with(|_| 1.0);
    let gradient = pass.gradient(slope, |_| {});
    let found = scores(&network, &magnitudes, pixels);
    let mut positive = 0;
    for i in prunable(&network).flatten() {
        let expected = magnitudes[i] * gradient[i];
        positive += usize::from(expected > 0.0);
        assert!(
            (found[i] - expected).abs() <= 1e-12 * expected,
            "[{i}]: {:e}, not {expected:e}",
            found[i]
        );
    }
    assert!(positive > 500, "{positive} scores are positive");
    let others = network.parameters.iter().filter(|p| !p.kind.is_conv_weight());
    assert!(others.flat_map(|p| p.range()).all(|i| found[i] == 0.0));
}

/// The weights that each layer keeps of `per_layer` times as many as there are layers, and whether the mask is alive.
fn counts(network: &Network, theta: &[f32], per_layer: usize) -> (Vec<usize>, bool) {
    let weights = prunable(network).flatten().count();
    let total = per_layer * prunable(network).count();
    let keep = total as f64 / weights as f64;
    let mask = mask(network, theta, Scope::Global, keep, 100, 0, |_, _| {}).expect("numbers");
    let kept = |range: std::ops::Range<usize>| mask[range].iter().filter(|kept| **kept).count();
    let counts: Vec<usize> = prunable(network).map(kept).collect();
    assert_eq!(counts.iter().sum::<usize>(), total);
    (counts, Connectivity::of(network, &mask).is_alive())
}

fn networks() -> [Network; 2] {
    [small(), Hourglass::with_levels(4).build().expect("builds")]
}

/// Without biases every layer's scores add up to R, so no layer runs dry before the others.
#[test]
fn without_biases_no_layer_is_emptied_down_to_a_few_weights() {
    for network in networks() {
        let mut theta = draw_theta(&network, 3);
        for p in &network.parameters {
            if matches!(p.kind, ParameterKind::ConvBias | ParameterKind::BnBias) {
                theta[p.range()].fill(0.0);
            }
        }
        for per_layer in [4, 16, 64] {
            let (counts, alive) = counts(&network, &theta, per_layer);
            assert!(alive && counts.iter().all(|count| *count > 0), "{counts:?}");
        }
    }
}

/// Biases are not pruned, and what they add reaches the output past the layers in front of them: the limit is higher.
#[test]
fn with_biases_no_layer_is_emptied_above_some_dozens_of_weights() {
    for network in networks() {
        let theta = draw_theta(&network, 3);
        for per_layer in [64, 256] {
            let (counts, alive) = counts(&network, &theta, per_layer);
            assert!(alive && counts.iter().all(|count| *count > 0), "{counts:?}");
        }
    }
}

#[test]
fn rounds_matter() {
    // In one round SynFlow is no better than other one-shot scores: it empties whole layers.
    let network = Hourglass::with_levels(4).build().expect("builds");
    let theta = draw_theta(&network, 3);
    let mask = mask(&network, &theta, Scope::Global, 0.001, 1, 0, |_, _| {}).expect("numbers");
    assert!(!Connectivity::of(&network, &mask).is_alive());
}
