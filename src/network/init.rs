//! Initial values: PyTorch's default initialisation and the fixed input, from one seed (method section 2 and 3).

use super::{Network, ParameterKind};
use crate::rng::{Draws, Stream};

/// theta_in: conv weights and biases ~ U(-1/sqrt(fan_in), 1/sqrt(fan_in)), gamma 1, beta 0. Flat, length N.
pub fn draw_theta(network: &Network, seed: u64) -> Vec<f32> {
    let draws = Draws::new(seed, Stream::Theta);
    let mut theta = vec![0.0; network.n];
    for p in &network.parameters {
        match p.kind {
            ParameterKind::ConvWeight | ParameterKind::ConvBias => {
                let bound = 1.0 / (p.fan_in as f64).sqrt();
                for i in p.range() {
                    theta[i] = ((2.0 * f64::from(draws.uniform(0, i)) - 1.0) * bound) as f32;
                }
            }
            ParameterKind::BnWeight => theta[p.range()].fill(1.0),
            ParameterKind::BnBias => {}
        }
    }
    theta
}

/// z for maps of this size, shape `[channels, h, w]`: 0.1 U(0, 1) for the hourglass, as the network has it for others.
pub fn draw_input(network: &Network, height: usize, width: usize, seed: u64) -> Vec<f32> {
    let draws = Draws::new(seed, Stream::Input);
    let (height, width) = network.input_size(height, width);
    (0..network.input_channels * height * width)
        .map(|i| network.input_amplitude * draws.uniform(0, i))
        .collect()
}
