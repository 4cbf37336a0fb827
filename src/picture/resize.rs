//! Smaller copies by Lanczos-3 resampling, widened by the scale so that nothing aliases.
//!
//! Written here, not taken from the image crate, because that one calls the platform's sine: with `libm`'s, a smaller
//! copy is the same on every machine, in the browser too.

use std::f64::consts::PI;

use super::{Picture, PictureError, check_sides};

/// Lobes of the kernel on each side.
const LOBES: f64 = 3.0;

/// The size of a picture made smaller, its shape kept, so that its longer side is `max_side`; never made larger.
pub fn fitted_size(width: usize, height: usize, max_side: usize) -> (usize, usize) {
    let longest = width.max(height);
    if longest <= max_side {
        return (width, height);
    }
    let scaled = |side: usize| (2 * side * max_side + longest) / (2 * longest);
    (scaled(width), scaled(height))
}

impl Picture {
    /// A copy whose longer side is at most `max_side`, its shape kept; see [`fitted_size`].
    ///
    /// # Errors
    /// [`PictureError::TooSmall`] if the shorter side would have fewer than 16 pixels.
    pub fn fit_within(&self, max_side: usize) -> Result<Self, PictureError> {
        let (width, height) = fitted_size(self.width, self.height, max_side);
        check_sides(width, height)?;
        if (width, height) == (self.width, self.height) {
            return Ok(self.clone());
        }
        let columns = taps(self.width, width);
        let rows = taps(self.height, height);
        let mut data = Vec::with_capacity(Self::CHANNELS * width * height);
        for channel in 0..Self::CHANNELS {
            let narrow: Vec<f32> = self
                .plane(channel)
                .chunks_exact(self.width)
                .flat_map(|line| columns.iter().map(|tap| tap.of(|x| line[x])))
                .collect();
            for tap in &rows {
                // The kernel's negative lobes overshoot at edges.
                data.extend((0..width).map(|x| tap.of(|y| narrow[y * width + x]).clamp(0.0, 1.0)));
            }
        }
        Self::new(width, height, data)
    }
}

/// What one output pixel reads: consecutive pixels from `first` with weights of sum 1.
struct Tap {
    first: usize,
    weights: Vec<f32>,
}

impl Tap {
    fn of(&self, at: impl Fn(usize) -> f32) -> f32 {
        self.weights
            .iter()
            .enumerate()
            .map(|(i, w)| w * at(self.first + i))
            .sum()
    }
}

/// The taps from a line of `from` pixels to one of `to`; pixel centres lie at half-integers.
fn taps(from: usize, to: usize) -> Vec<Tap> {
    let scale = from as f64 / to as f64;
    let reach = LOBES * scale;
    (0..to)
        .map(|i| {
            let centre = (i as f64 + 0.5) * scale;
            let first = libm::floor(centre - reach).max(0.0) as usize;
            let last = (libm::ceil(centre + reach) as usize).min(from);
            let raw: Vec<f64> = (first..last)
                .map(|j| lanczos((j as f64 + 0.5 - centre) / scale))
                .collect();
            let sum: f64 = raw.iter().sum();
            let weights = raw.iter().map(|w| (w / sum) as f32).collect();
            Tap { first, weights }
        })
        .collect()
}

/// sinc(x) sinc(x / 3) inside three lobes.
fn lanczos(x: f64) -> f64 {
    if x.abs() >= LOBES {
        return 0.0;
    }
    sinc(x) * sinc(x / LOBES)
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 {
        return 1.0;
    }
    libm::sin(PI * x) / (PI * x)
}
