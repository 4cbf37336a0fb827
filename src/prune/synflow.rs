//! SynFlow (Tanaka et al., NeurIPS 2020): looks at no picture. Every parameter counts by its absolute value, batch
//! normalisation takes its inference form with mean 0 and variance 1, the input is all ones, and R is the sum of the output
//! before the sigmoid. A weight's score is theta * dR/dtheta, and pruning goes in rounds that score anew what is left.
//!
//! For that input the network collapses to one number a channel. Reflection padding, pooling and upsampling map a constant map
//! to the same constant, a convolution adds up its taps, and all values are at least 0. With x_c the constant of input channel c,
//!
//!   convolution          y_o = |b_o| + sum over c of x_c * sum over taps of |w_oc,tap|
//!   normalisation        y_c = |gamma_c| * x_c / sqrt(1 + eps) + |beta_c|
//!
//! Backward, let D_c be dR/dx summed over the pixels of channel c. Padding, pooling and upsampling keep that sum (each
//! passes on all that it receives), strides and concatenations change nothing in this, so D runs back by the transposed equations, from D = pixels at the output. Since x_c is the
//! same at every pixel, dR/dw_oc,tap = x_c * D_o for every tap. A round costs O(N).
//!
//! Without biases the scores of every layer add up to R, which is why no layer is emptied before the others. Biases count here,
//! as the definition has it, and are not pruned: what they add bypasses the layers in front, so these can run dry once only
//! some dozens of weights a layer are left (the tests show both).
//!
//! Numbers grow with every layer, R to 3.7e27 for the paper's network at 192 x 192 (init seed 0): all in f64.

use super::{Scope, prunable};
use crate::mask::MaskError;
use crate::mask::select;
use crate::network::{BN_EPS, LEAKY_SLOPE, Layer, Network};

/// |theta * dR/dtheta| for the convolution weights, flat, length N, 0 elsewhere. `magnitudes` are the absolute parameters,
/// masked ones 0; `pixels` is the size of the network's output.
pub fn scores(network: &Network, magnitudes: &[f64], pixels: usize) -> Vec<f64> {
    // z and the output of each node, one number a channel.
    let mut values = vec![vec![1.0; network.input_channels]];
    for node in &network.nodes {
        let inputs: Vec<f64> = node.inputs.iter().flat_map(|value| values[*value].clone()).collect();
        values.push(forward(&node.layer, magnitudes, &inputs));
    }
    let mut scores = vec![0.0; magnitudes.len()];
    let mut slopes: Vec<Vec<f64>> = values.iter().map(|value| vec![0.0; value.len()]).collect();
    slopes[network.nodes.len()].fill(pixels as f64);
    for (at, node) in network.nodes.iter().enumerate().rev() {
        let slope = std::mem::take(&mut slopes[at + 1]);
        let x = &values[node.inputs[0]];
        if let Layer::Conv {
            weight, inputs, kernel, ..
        } = node.layer
        {
            for (pair, taps) in weight.range().step_by(kernel * kernel).enumerate() {
                let slope = x[pair % inputs] * slope[pair / inputs];
                for i in taps..taps + kernel * kernel {
                    scores[i] = magnitudes[i] * slope;
                }
            }
        }
        // A concatenation hands each part its own; what several nodes read adds up.
        let mut passed = backward(&node.layer, magnitudes, x, &slope).into_iter();
        for value in &node.inputs {
            slopes[*value]
                .iter_mut()
                .zip(&mut passed)
                .for_each(|(sum, d)| *sum += d);
        }
    }
    scores
}

/// A node's output for constant maps.
fn forward(layer: &Layer, magnitudes: &[f64], x: &[f64]) -> Vec<f64> {
    match *layer {
        Layer::Conv {
            weight,
            bias,
            inputs,
            kernel,
            ..
        } => {
            let rows = magnitudes[weight.range()].chunks(inputs * kernel * kernel);
            let sums = rows.map(|row| {
                let pairs = row.chunks(kernel * kernel).zip(x);
                pairs.map(|(taps, x)| x * taps.iter().sum::<f64>()).sum::<f64>()
            });
            let biases = bias.map_or(&[][..], |bias| &magnitudes[bias.range()]);
            let biases = biases.iter().copied().chain(std::iter::repeat(0.0));
            sums.zip(biases).map(|(sum, bias)| sum + bias).collect()
        }
        Layer::BatchNorm { gamma, beta, .. } => {
            let affine = magnitudes[gamma.range()].iter().zip(&magnitudes[beta.range()]);
            x.iter()
                .zip(affine)
                .map(|(x, (gamma, beta))| gamma * inverse_deviation() * x + beta)
                .collect()
        }
        // At least 0, so LeakyReLU and ReLU pass it; R is the sum before the sigmoid.
        Layer::AveragePool | Layer::Upsample(_) | Layer::LeakyRelu | Layer::Relu | Layer::Concat | Layer::Sigmoid => {
            x.to_vec()
        }
    }
}

/// D of a node's input from its input x and D of its output.
fn backward(layer: &Layer, magnitudes: &[f64], x: &[f64], slopes: &[f64]) -> Vec<f64> {
    match *layer {
        Layer::Conv {
            weight, inputs, kernel, ..
        } => {
            let mut sums = vec![0.0; inputs];
            for (row, slope) in magnitudes[weight.range()].chunks(inputs * kernel * kernel).zip(slopes) {
                for (taps, sum) in row.chunks(kernel * kernel).zip(&mut sums) {
                    *sum += slope * taps.iter().sum::<f64>();
                }
            }
            sums
        }
        Layer::BatchNorm { gamma, .. } => {
            let gammas = &magnitudes[gamma.range()];
            slopes
                .iter()
                .zip(gammas)
                .map(|(slope, gamma)| gamma * inverse_deviation() * slope)
                .collect()
        }
        // As in PyTorch, the slope at 0 is the negative side's.
        Layer::LeakyRelu => {
            let slope_at = |x: f64| if x > 0.0 { 1.0 } else { f64::from(LEAKY_SLOPE) };
            x.iter().zip(slopes).map(|(x, slope)| slope_at(*x) * slope).collect()
        }
        Layer::Relu => {
            let pairs = x.iter().zip(slopes);
            pairs.map(|(x, slope)| if *x > 0.0 { *slope } else { 0.0 }).collect()
        }
        Layer::AveragePool | Layer::Upsample(_) | Layer::Concat | Layer::Sigmoid => slopes.to_vec(),
    }
}

/// What the inference form divides by, for a variance of 1.
fn inverse_deviation() -> f64 {
    1.0 / (1.0 + f64::from(BN_EPS)).sqrt()
}

/// The mask after `rounds` rounds; round k keeps the fraction keep^(k / rounds) of what `scope` compares.
///
/// # Errors
/// [`MaskError::NanScore`] if the parameters are not numbers.
pub fn mask(
    network: &Network,
    theta: &[f32],
    scope: Scope,
    keep: f64,
    rounds: u32,
    seed: u64,
    mut progress: impl FnMut(usize, usize),
) -> Result<Vec<bool>, MaskError> {
    let mut magnitudes: Vec<f64> = theta.iter().map(|value| f64::from(value.abs())).collect();
    let mut mask = vec![true; network.n];
    for round in 1..=rounds {
        // The number of pixels scales all scores alike.
        let scores = scores(network, &magnitudes, 1);
        let fraction = libm::pow(keep, f64::from(round) / f64::from(rounds));
        mask = select(network, &scores, &mask, scope, fraction, seed)?;
        for i in prunable(network).flatten() {
            if !mask[i] {
                magnitudes[i] = 0.0;
            }
        }
        progress(round as usize, rounds as usize);
    }
    Ok(mask)
}

#[cfg(test)]
mod tests;
