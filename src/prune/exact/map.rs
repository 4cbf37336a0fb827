//! Feature maps, and the layers that have no parameters, each with its adjoint.

use super::Scalar;
use crate::network::LEAKY_SLOPE;
use crate::picture::reflect;

/// A feature map `[channels, height, width]`, row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct Map<T> {
    pub channels: usize,
    pub height: usize,
    pub width: usize,
    pub data: Vec<T>,
}

impl<T: Scalar> Map<T> {
    pub fn zeros(channels: usize, height: usize, width: usize) -> Self {
        Self {
            channels,
            height,
            width,
            data: vec![T::default(); channels * height * width],
        }
    }

    /// Values that depend on no parameter.
    pub fn constant(channels: usize, height: usize, width: usize, values: &[f32]) -> Self {
        assert_eq!(values.len(), channels * height * width, "a map of another shape");
        Self {
            channels,
            height,
            width,
            data: values.iter().map(|value| T::constant(f64::from(*value))).collect(),
        }
    }

    pub fn row(&self, channel: usize, y: usize) -> &[T] {
        &self.data[(channel * self.height + y) * self.width..][..self.width]
    }

    fn row_mut(&mut self, channel: usize, y: usize) -> &mut [T] {
        &mut self.data[(channel * self.height + y) * self.width..][..self.width]
    }

    pub fn plane(&self, channel: usize) -> &[T] {
        &self.data[channel * self.height * self.width..][..self.height * self.width]
    }

    pub fn plane_mut(&mut self, channel: usize) -> &mut [T] {
        let pixels = self.height * self.width;
        &mut self.data[channel * pixels..][..pixels]
    }

    /// One sum for each channel.
    pub fn channel_sums(&self) -> Vec<T> {
        (0..self.channels).map(|c| sum(self.plane(c))).collect()
    }

    /// A map of the same shape.
    pub fn with(&self, value: impl Fn(T) -> T) -> Self {
        Self {
            data: self.data.iter().map(|x| value(*x)).collect(),
            ..*self
        }
    }

    /// Entry by entry with another map of the same shape.
    fn zip(&self, other: &Self, value: impl Fn(T, T) -> T) -> Self {
        Self {
            data: self.data.iter().zip(&other.data).map(|(a, b)| value(*a, *b)).collect(),
            ..*self
        }
    }

    /// A border of `border` pixels by reflection.
    pub fn pad(&self, border: usize) -> Self {
        let mut padded = Self::zeros(self.channels, self.height + 2 * border, self.width + 2 * border);
        let from = |at: usize, n: usize| reflect(at as isize - border as isize, n);
        for c in 0..self.channels {
            for y in 0..padded.height {
                let source = self.row(c, from(y, self.height));
                for (x, out) in padded.row_mut(c, y).iter_mut().enumerate() {
                    *out = source[from(x, self.width)];
                }
            }
        }
        padded
    }

    /// The adjoint of [`Map::pad`].
    pub fn pad_adjoint(&self, border: usize) -> Self {
        let mut inner = Self::zeros(self.channels, self.height - 2 * border, self.width - 2 * border);
        let (height, width) = (inner.height, inner.width);
        let to = |at: usize, n: usize| reflect(at as isize - border as isize, n);
        for c in 0..self.channels {
            for y in 0..self.height {
                let target = inner.row_mut(c, to(y, height));
                for (x, dy) in self.row(c, y).iter().enumerate() {
                    target[to(x, width)] += *dy;
                }
            }
        }
        inner
    }

    /// The mean over 2x2 windows, stride 2.
    pub fn pool(&self) -> Self {
        let mut pooled = Self::zeros(self.channels, self.height / 2, self.width / 2);
        let quarter = T::constant(0.25);
        for c in 0..self.channels {
            for y in 0..pooled.height {
                let (upper, lower) = (self.row(c, 2 * y), self.row(c, 2 * y + 1));
                for (x, out) in pooled.row_mut(c, y).iter_mut().enumerate() {
                    *out = quarter * (upper[2 * x] + upper[2 * x + 1] + lower[2 * x] + lower[2 * x + 1]);
                }
            }
        }
        pooled
    }

    /// The adjoint of [`Map::pool`].
    pub fn pool_adjoint(&self) -> Self {
        let quarter = T::constant(0.25);
        self.upsample().with(|dy| quarter * dy)
    }

    /// Nearest-neighbour upsampling by 2.
    pub fn upsample(&self) -> Self {
        let mut upsampled = Self::zeros(self.channels, 2 * self.height, 2 * self.width);
        for c in 0..self.channels {
            for y in 0..upsampled.height {
                let source = self.row(c, y / 2);
                for (x, out) in upsampled.row_mut(c, y).iter_mut().enumerate() {
                    *out = source[x / 2];
                }
            }
        }
        upsampled
    }

    /// The adjoint of [`Map::upsample`].
    pub fn upsample_adjoint(&self) -> Self {
        let four = T::constant(4.0);
        self.pool().with(|dy| four * dy)
    }

    /// Bilinear upsampling by 2: 3/4 of the nearest and 1/4 of the next along each axis, the edge repeated.
    pub fn stretch(&self) -> Self {
        let mut stretched = Self::zeros(self.channels, 2 * self.height, 2 * self.width);
        self.for_each_share(|c, (y, x), (i, j), share| {
            stretched.row_mut(c, i)[j] += share * self.row(c, y)[x];
        });
        stretched
    }

    /// The adjoint of [`Map::stretch`].
    pub fn stretch_adjoint(&self) -> Self {
        let mut source = Self::zeros(self.channels, self.height / 2, self.width / 2);
        let shape = Self::zeros(self.channels, self.height / 2, self.width / 2);
        shape.for_each_share(|c, (y, x), (i, j), share| source.row_mut(c, y)[x] += share * self.row(c, i)[j]);
        source
    }

    /// Tells (channel, pixel, pixel of twice the size, share of the first in the second) of this map's upsampling.
    fn for_each_share(&self, mut tell: impl FnMut(usize, (usize, usize), (usize, usize), T)) {
        // (source, share) of the two sources of a position.
        let axis = |at: usize, n: usize| {
            let near = at / 2;
            let next = if at.is_multiple_of(2) {
                near.saturating_sub(1)
            } else {
                (near + 1).min(n - 1)
            };
            [(near, 0.75), (next, 0.25)]
        };
        for c in 0..self.channels {
            for i in 0..2 * self.height {
                for j in 0..2 * self.width {
                    for (y, down) in axis(i, self.height) {
                        for (x, across) in axis(j, self.width) {
                            tell(c, (y, x), (i, j), T::constant(down * across));
                        }
                    }
                }
            }
        }
    }

    /// Every `stride`-th pixel of every `stride`-th row: a full convolution becomes a strided one.
    pub fn every(&self, stride: usize) -> Self {
        let (height, width) = (self.height.div_ceil(stride), self.width.div_ceil(stride));
        let mut kept = Self::zeros(self.channels, height, width);
        for c in 0..self.channels {
            for y in 0..height {
                let source = self.row(c, stride * y).iter().step_by(stride);
                kept.row_mut(c, y).iter_mut().zip(source).for_each(|(out, x)| *out = *x);
            }
        }
        kept
    }

    /// The adjoint of [`Map::every`] for maps whose sides are multiples of `stride`: zeros between the pixels.
    pub fn every_adjoint(&self, stride: usize) -> Self {
        let mut spread = Self::zeros(self.channels, stride * self.height, stride * self.width);
        for c in 0..self.channels {
            for y in 0..self.height {
                let places = spread.row_mut(c, stride * y).iter_mut().step_by(stride);
                places.zip(self.row(c, y)).for_each(|(out, x)| *out = *x);
            }
        }
        spread
    }

    /// All channels of several maps, one after another.
    pub fn concat(parts: &[&Self]) -> Self {
        let (height, width) = parts.first().map_or((0, 0), |first| (first.height, first.width));
        Self {
            channels: parts.iter().map(|part| part.channels).sum(),
            height,
            width,
            data: parts.iter().flat_map(|part| part.data.iter().copied()).collect(),
        }
    }

    /// Some neighbouring channels: what the adjoint of [`Map::concat`] gives each part.
    pub fn channels(&self, start: usize, channels: usize) -> Self {
        let pixels = self.height * self.width;
        Self {
            channels,
            data: self.data[start * pixels..(start + channels) * pixels].to_vec(),
            ..*self
        }
    }

    /// Adds a map of the same shape.
    pub fn add(&mut self, other: &Self) {
        self.data.iter_mut().zip(&other.data).for_each(|(sum, x)| *sum += *x);
    }

    pub fn leaky_relu(&self) -> Self {
        self.zip(self, leaky)
    }

    /// dL/dx from dL/dy, x being the input.
    pub fn leaky_relu_adjoint(&self, dy: &Self) -> Self {
        self.zip(dy, leaky)
    }

    /// dL/dx from dL/dy, x being the input; of x itself it is ReLU.
    pub fn relu_adjoint(&self, dy: &Self) -> Self {
        self.zip(dy, |x, value| if x.value() > 0.0 { value } else { T::default() })
    }

    pub fn sigmoid(&self) -> Self {
        self.with(T::sigmoid)
    }

    /// dL/dx from dL/dy, x being the input.
    pub fn sigmoid_adjoint(&self, dy: &Self) -> Self {
        self.zip(dy, |x, dy| {
            let s = x.sigmoid();
            dy * s * (T::constant(1.0) - s)
        })
    }
}

/// `value` times LeakyReLU's slope at x; PyTorch's at 0 is the negative side's.
fn leaky<T: Scalar>(x: T, value: T) -> T {
    if x.value() > 0.0 {
        value
    } else {
        T::constant(f64::from(LEAKY_SLOPE)) * value
    }
}

pub(super) fn sum<T: Scalar>(values: &[T]) -> T {
    values.iter().fold(T::default(), |sum, value| sum + *value)
}
