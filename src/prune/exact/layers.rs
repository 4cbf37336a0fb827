//! The layers with parameters: convolution and batch normalisation, forward and backward.

use super::map::sum;
use super::{Map, Scalar};
use crate::kernels::for_each_chunk;
use crate::network::{BN_EPS, Param};

/// Reflection padding by `border`, then a k x k cross-correlation with stride 1.
pub struct Conv<'a, T> {
    /// All parameters, flat.
    pub theta: &'a [T],
    /// `[outputs, inputs, k, k]`.
    pub weight: Param,
    /// `[outputs]`, if it has one.
    pub bias: Option<Param>,
    pub inputs: usize,
    pub outputs: usize,
    pub kernel: usize,
    pub border: usize,
}

impl<T: Scalar> Conv<'_, T> {
    /// The taps from input channel `c` to output channel `o`, row-major.
    fn taps(&self, o: usize, c: usize) -> &[T] {
        let taps = self.kernel * self.kernel;
        &self.theta[self.weight.offset + (o * self.inputs + c) * taps..][..taps]
    }

    pub fn forward(&self, x: &Map<T>) -> Map<T> {
        let (k, padded) = (self.kernel, x.pad(self.border));
        let (height, width) = (padded.height + 1 - k, padded.width + 1 - k);
        let mut y = Map::zeros(self.outputs, height, width);
        for_each_chunk(&mut y.data, height * width, |o, plane| {
            for (i, row) in plane.chunks_mut(width).enumerate() {
                row.fill(self.bias.map_or_else(T::default, |bias| self.theta[bias.offset + o]));
                for c in 0..self.inputs {
                    for (a, taps) in self.taps(o, c).chunks(k).enumerate() {
                        let source = padded.row(c, i + a);
                        for (b, tap) in taps.iter().enumerate() {
                            add_product(row, *tap, &source[b..b + width]);
                        }
                    }
                }
            }
        });
        y
    }

    /// dL/dx from dL/dy.
    pub fn input_gradient(&self, dy: &Map<T>) -> Map<T> {
        let k = self.kernel;
        let (height, width) = (dy.height + k - 1, dy.width + k - 1);
        let mut padded = Map::zeros(self.inputs, height, width);
        for_each_chunk(&mut padded.data, height * width, |c, plane| {
            for (i, row) in plane.chunks_mut(width).enumerate() {
                for o in 0..self.outputs {
                    for (a, taps) in self.taps(o, c).chunks(k).enumerate() {
                        // Row i of the padded input is read by row i - a of the output.
                        if i < a || i - a >= dy.height {
                            continue;
                        }
                        let source = dy.row(o, i - a);
                        for (b, tap) in taps.iter().enumerate() {
                            add_product(&mut row[b..b + dy.width], *tap, source);
                        }
                    }
                }
            }
        });
        padded.pad_adjoint(self.border)
    }

    /// dL/dweight `[outputs, inputs, k, k]` from the input and dL/dy.
    pub fn weight_gradient(&self, x: &Map<T>, dy: &Map<T>) -> Vec<T> {
        let (k, padded) = (self.kernel, x.pad(self.border));
        let mut gradient = vec![T::default(); self.weight.len];
        for_each_chunk(&mut gradient, self.inputs * k * k, |o, weights| {
            for (c, taps) in weights.chunks_mut(k * k).enumerate() {
                for i in 0..dy.height {
                    for (a, taps) in taps.chunks_mut(k).enumerate() {
                        let source = padded.row(c, i + a);
                        for (b, tap) in taps.iter_mut().enumerate() {
                            *tap += dot(dy.row(o, i), &source[b..b + dy.width]);
                        }
                    }
                }
            }
        });
        gradient
    }
}

/// Batch normalisation with the batch's own statistics (biased variance).
pub struct BatchNorm<'a, T> {
    /// All parameters, flat.
    pub theta: &'a [T],
    /// `[channels]`.
    pub gamma: Param,
    pub beta: Param,
}

impl<T: Scalar> BatchNorm<'_, T> {
    pub fn forward(&self, x: &Map<T>) -> Map<T> {
        let mut y = x.clone();
        for_each_chunk(&mut y.data, x.height * x.width, |c, plane| {
            normalise(plane);
            let (gamma, beta) = (self.theta[self.gamma.offset + c], self.theta[self.beta.offset + c]);
            for value in plane {
                *value = gamma * *value + beta;
            }
        });
        y
    }

    /// dL/dx from the input and dL/dy: gamma / sigma * (dy - mean(dy) - n * mean(dy * n)), n the normalised input.
    pub fn input_gradient(&self, x: &Map<T>, dy: &Map<T>) -> Map<T> {
        let mut dx = x.clone();
        let inverse = T::constant(1.0 / (x.height * x.width) as f64);
        for_each_chunk(&mut dx.data, x.height * x.width, |c, plane| {
            let scale = self.theta[self.gamma.offset + c] * normalise(plane);
            let dy = dy.plane(c);
            let mean = inverse * sum(dy);
            let correlation = inverse * dot(dy, plane);
            for (value, dy) in plane.iter_mut().zip(dy) {
                *value = scale * (*dy - mean - *value * correlation);
            }
        });
        dx
    }

    /// dL/dgamma from the input and dL/dy.
    pub fn gamma_gradient(&self, x: &Map<T>, dy: &Map<T>) -> Vec<T> {
        let mut normalised = x.clone();
        let channel = |c: usize| {
            let plane = normalised.plane_mut(c);
            normalise(plane);
            dot(dy.plane(c), plane)
        };
        (0..x.channels).map(channel).collect()
    }
}

/// Brings a channel to mean 0 and variance 1; returns 1 / sigma.
fn normalise<T: Scalar>(plane: &mut [T]) -> T {
    let inverse = T::constant(1.0 / plane.len() as f64);
    let mean = inverse * sum(plane);
    for value in plane.iter_mut() {
        *value = *value - mean;
    }
    let variance = inverse * dot(plane, plane);
    let scale = (variance + T::constant(f64::from(BN_EPS))).recip_sqrt();
    for value in plane.iter_mut() {
        *value = scale * *value;
    }
    scale
}

/// out += factor * x.
fn add_product<T: Scalar>(out: &mut [T], factor: T, x: &[T]) {
    for (out, x) in out.iter_mut().zip(x) {
        *out += factor * *x;
    }
}

/// <a, b> in four sums, so that one addition need not wait for the one before.
fn dot<T: Scalar>(a: &[T], b: &[T]) -> T {
    let mut sums = [T::default(); 4];
    let (blocks_a, blocks_b) = (a.chunks_exact(4), b.chunks_exact(4));
    for (a, b) in blocks_a.remainder().iter().zip(blocks_b.remainder()) {
        sums[0] += *a * *b;
    }
    for (a, b) in blocks_a.zip(blocks_b) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += *a * *b;
        }
    }
    sum(&sums)
}
