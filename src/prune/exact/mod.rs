//! The network once more, plain and in double precision: the loss, its gradient, and exact Hessian-vector products.
//!
//! Written from the node list alone, without the engine's rewrites, for any [`Scalar`]. With f64 it is the gradient; with
//! [`Dual`] numbers, the parameters moving along a direction v, the same code yields H v: forward-over-reverse
//! differentiation (Pearlmutter 1994). LeakyReLU has no second derivative; at its kink the negative side counts.
//!
//! It is slow beside the engine and shares no arithmetic with it: the tests hold each against the other.

mod layers;
mod map;
mod scalar;

pub use map::Map;
pub use scalar::{Dual, Scalar};

use crate::network::{Interpolation, Layer, Network, Param};
use crate::picture::Region;
use layers::{BatchNorm, Conv};

/// mean((G(theta, z) - y)^2) over the picture's own pixels, as a function of theta.
#[derive(Clone, Copy, Debug)]
pub struct Objective<'a> {
    pub network: &'a Network,
    /// The padded size.
    pub height: usize,
    pub width: usize,
    /// z, `[input channels, h, w]` of [`Network::input_size`].
    pub input: &'a [f32],
    /// y, `[output channels, height, width]`.
    pub noisy: &'a [f32],
    /// The picture's own pixels.
    pub region: Region,
}

impl Objective<'_> {
    /// The loss and its gradient at `theta` (flat, length N). `progress` is told (layers passed, layers in all), each layer
    /// counting on the way there and on the way back.
    pub fn gradient<T: Scalar>(&self, theta: &[T], mut progress: impl FnMut(usize, usize)) -> (T, Vec<T>) {
        let all = 2 * self.network.nodes.len();
        let (height, width) = self.network.input_size(self.height, self.width);
        let input = Map::constant(self.network.input_channels, height, width, self.input);
        let pass = Pass::forward(self.network, theta, input, |done| progress(done, all));
        let (loss, slope) = self.loss(pass.output());
        (loss, pass.gradient(slope, |done| progress(all / 2 + done, all)))
    }

    /// H v: the Hessian of the loss at `theta` times `direction`, both flat, length N. `progress` as for the gradient.
    pub fn hessian_vector(&self, theta: &[f64], direction: &[f64], progress: impl FnMut(usize, usize)) -> Vec<f64> {
        let moving = theta
            .iter()
            .zip(direction)
            .map(|(&value, &slope)| Dual { value, slope });
        let (_, gradient) = self.gradient(&moving.collect::<Vec<_>>(), progress);
        gradient.iter().map(|dual| dual.slope).collect()
    }

    /// The loss of an output, and its gradient, 0 outside the picture.
    fn loss<T: Scalar>(&self, output: &Map<T>) -> (T, Map<T>) {
        let Region { x, y, width, height } = self.region;
        let inverse = T::constant(1.0 / (output.channels * width * height) as f64);
        let two = T::constant(2.0);
        let mut sum = T::default();
        let mut slope = Map::zeros(output.channels, output.height, output.width);
        for channel in 0..output.channels {
            for row in y..y + height {
                for at in x..x + width {
                    let i = (channel * output.height + row) * output.width + at;
                    let off = output.data[i] - T::constant(f64::from(self.noisy[i]));
                    sum += off * off;
                    slope.data[i] = two * inverse * off;
                }
            }
        }
        (inverse * sum, slope)
    }
}

/// A forward pass, with all that the way back needs.
pub struct Pass<'a, T> {
    network: &'a Network,
    theta: &'a [T],
    /// z, then the output of each node.
    values: Vec<Map<T>>,
}

impl<'a, T: Scalar> Pass<'a, T> {
    /// `progress` is told how many layers have been passed.
    pub fn forward(network: &'a Network, theta: &'a [T], input: Map<T>, mut progress: impl FnMut(usize)) -> Self {
        let mut values = vec![input];
        for (at, node) in network.nodes.iter().enumerate() {
            let inputs: Vec<&Map<T>> = node.inputs.iter().map(|value| &values[*value]).collect();
            let output = match Operation::of(&node.layer, theta) {
                Some(operation) => operation.forward(inputs[0]),
                None => Map::concat(&inputs),
            };
            values.push(output);
            progress(at + 1);
        }
        Self { network, theta, values }
    }

    /// What the last node gives.
    pub fn output(&self) -> &Map<T> {
        &self.values[self.network.nodes.len()]
    }

    /// The flat gradient of what has the gradient `slope` with respect to the output.
    pub fn gradient(self, slope: Map<T>, mut progress: impl FnMut(usize)) -> Vec<T> {
        let mut gradient = vec![T::default(); self.theta.len()];
        // By value; what several nodes read gets a gradient from each.
        let mut slopes: Vec<Option<Map<T>>> = self.values.iter().map(|_| None).collect();
        slopes[self.network.nodes.len()] = Some(slope);
        for (at, node) in self.network.nodes.iter().enumerate().rev() {
            if let Some(slope) = slopes[at + 1].take() {
                let mut add = |value: usize, slope: Map<T>| match &mut slopes[value] {
                    Some(sum) => sum.add(&slope),
                    none => *none = Some(slope),
                };
                if let Some(operation) = Operation::of(&node.layer, self.theta) {
                    let input = &self.values[node.inputs[0]];
                    operation.parameter_gradient(input, &slope, &mut gradient);
                    // Nobody asks for the gradient of z.
                    if node.inputs[0] > 0 {
                        add(node.inputs[0], operation.input_gradient(input, &slope));
                    }
                } else {
                    let mut start = 0;
                    for value in &node.inputs {
                        let channels = self.values[*value].channels;
                        add(*value, slope.channels(start, channels));
                        start += channels;
                    }
                }
            }
            progress(self.network.nodes.len() - at);
        }
        gradient
    }
}

/// A layer of one input, with its parameters.
enum Operation<'a, T> {
    /// And its stride.
    Conv(Conv<'a, T>, usize),
    BatchNorm(BatchNorm<'a, T>),
    AveragePool,
    Upsample(Interpolation),
    LeakyRelu,
    Relu,
    Sigmoid,
}

impl<'a, T: Scalar> Operation<'a, T> {
    /// None for a concatenation, which has several inputs.
    fn of(layer: &Layer, theta: &'a [T]) -> Option<Self> {
        Some(match *layer {
            Layer::Conv {
                weight,
                bias,
                inputs,
                outputs,
                kernel,
                stride,
                pad,
            } => {
                let conv = Conv {
                    theta,
                    weight,
                    bias,
                    inputs,
                    outputs,
                    kernel,
                    border: pad.0,
                };
                Self::Conv(conv, stride)
            }
            Layer::BatchNorm { gamma, beta, .. } => Self::BatchNorm(BatchNorm { theta, gamma, beta }),
            Layer::AveragePool => Self::AveragePool,
            Layer::Upsample(interpolation) => Self::Upsample(interpolation),
            Layer::LeakyRelu => Self::LeakyRelu,
            Layer::Relu => Self::Relu,
            Layer::Sigmoid => Self::Sigmoid,
            Layer::Concat => return None,
        })
    }

    fn forward(&self, x: &Map<T>) -> Map<T> {
        match self {
            Self::Conv(conv, stride) => conv.forward(x).every(*stride),
            Self::BatchNorm(norm) => norm.forward(x),
            Self::AveragePool => x.pool(),
            Self::Upsample(Interpolation::Nearest) => x.upsample(),
            Self::Upsample(Interpolation::Bilinear) => x.stretch(),
            Self::Relu => x.relu_adjoint(x),
            Self::LeakyRelu => x.leaky_relu(),
            Self::Sigmoid => x.sigmoid(),
        }
    }

    /// dL/dx from the input and dL/dy.
    fn input_gradient(&self, x: &Map<T>, dy: &Map<T>) -> Map<T> {
        match self {
            Self::Conv(conv, stride) => conv.input_gradient(&dy.every_adjoint(*stride)),
            Self::BatchNorm(norm) => norm.input_gradient(x, dy),
            Self::AveragePool => dy.pool_adjoint(),
            Self::Upsample(Interpolation::Nearest) => dy.upsample_adjoint(),
            Self::Upsample(Interpolation::Bilinear) => dy.stretch_adjoint(),
            Self::Relu => x.relu_adjoint(dy),
            Self::LeakyRelu => x.leaky_relu_adjoint(dy),
            Self::Sigmoid => x.sigmoid_adjoint(dy),
        }
    }

    /// Writes dL/d(parameters) of this layer into the flat gradient, from the input and dL/dy.
    fn parameter_gradient(&self, x: &Map<T>, dy: &Map<T>, gradient: &mut [T]) {
        let mut write = |to: Param, values: &[T]| gradient[to.range()].copy_from_slice(values);
        match self {
            Self::Conv(conv, stride) => {
                write(conv.weight, &conv.weight_gradient(x, &dy.every_adjoint(*stride)));
                if let Some(bias) = conv.bias {
                    write(bias, &dy.channel_sums());
                }
            }
            Self::BatchNorm(norm) => {
                write(norm.gamma, &norm.gamma_gradient(x, dy));
                write(norm.beta, &dy.channel_sums());
            }
            Self::AveragePool | Self::Upsample(_) | Self::LeakyRelu | Self::Relu | Self::Sigmoid => {}
        }
    }
}

#[cfg(test)]
mod tests;
