//! What of a picture is seen: the linear operator A of y = A x + noise. A fit compares A(G) with y.

use std::sync::Arc;

use super::Picture;
use crate::rng::{Draws, Stream};

/// A, for pictures of one size.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Observation {
    /// All of it: denoising.
    #[default]
    Whole,
    /// Some of its pixels, `[H, W]` in row-major order: inpainting. What is not known is 0 in y, and counts nowhere.
    Known(Arc<Vec<bool>>),
    /// The mean over each `factor` x `factor` window, whose size divides the picture's: super-resolution.
    Pooled { factor: usize },
}

impl Observation {
    /// Knows each pixel with probability `fraction`.
    pub fn random(width: usize, height: usize, fraction: f64, seed: u64) -> Self {
        let draws = Draws::new(seed, Stream::KnownPixels);
        let known = (0..width * height).map(|i| f64::from(draws.uniform(0, i)) < fraction);
        Self::Known(Arc::new(known.collect()))
    }

    /// How many times smaller y is along a side.
    pub fn factor(&self) -> usize {
        match self {
            Self::Whole | Self::Known(_) => 1,
            Self::Pooled { factor } => *factor,
        }
    }

    /// A x.
    ///
    /// # Panics
    /// If the operator is for pictures of another size.
    pub fn apply(&self, picture: &Picture) -> Picture {
        match self {
            Self::Whole => picture.clone(),
            Self::Known(known) => masked(picture, known),
            Self::Pooled { factor } => {
                let (width, height) = (picture.width / factor, picture.height / factor);
                assert_eq!((width * factor, height * factor), (picture.width, picture.height));
                let mut small = zeros(width, height);
                let share = 1.0 / (factor * factor) as f32;
                for (at, from) in pairs(width, height, *factor) {
                    small.data[at] += share * picture.data[from];
                }
                small
            }
        }
    }

    /// A' y: the adjoint, on the picture's size.
    ///
    /// # Panics
    /// If the operator is for pictures of another size.
    pub fn adjoint(&self, observed: &Picture) -> Picture {
        match self {
            Self::Whole => observed.clone(),
            Self::Known(known) => masked(observed, known),
            Self::Pooled { factor } => {
                let mut large = zeros(observed.width * factor, observed.height * factor);
                let share = 1.0 / (factor * factor) as f32;
                for (from, at) in pairs(observed.width, observed.height, *factor) {
                    large.data[at] = share * observed.data[from];
                }
                large
            }
        }
    }
}

fn zeros(width: usize, height: usize) -> Picture {
    Picture {
        width,
        height,
        data: vec![0.0; Picture::CHANNELS * width * height],
    }
}

fn masked(picture: &Picture, known: &[bool]) -> Picture {
    assert_eq!(known.len(), picture.pixels(), "known pixels of another picture");
    let pixels = picture.data.iter().zip(known.iter().cycle());
    Picture {
        data: pixels.map(|(value, known)| if *known { *value } else { 0.0 }).collect(),
        ..*picture
    }
}

/// (place in a picture of this size, place in one `factor` times as large) of each value of the latter.
fn pairs(width: usize, height: usize, factor: usize) -> impl Iterator<Item = (usize, usize)> {
    let rows = (0..Picture::CHANNELS * height * factor).flat_map(move |row| {
        let columns = 0..width * factor;
        columns.map(move |column| (row, column))
    });
    // A channel's height is a multiple of the factor, so rows of all channels divide alike.
    rows.map(move |(row, column)| {
        let small = row / factor * width + column / factor;
        (small, row * width * factor + column)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random(width: usize, height: usize, seed: u64) -> Picture {
        let draws = Draws::new(seed, Stream::PictureNoise);
        let mut picture = zeros(width, height);
        for (i, value) in picture.data.iter_mut().enumerate() {
            *value = draws.normal(0, i);
        }
        picture
    }

    fn product(a: &Picture, b: &Picture) -> f64 {
        assert_eq!((a.width, a.height), (b.width, b.height));
        a.data
            .iter()
            .zip(&b.data)
            .map(|(a, b)| f64::from(*a) * f64::from(*b))
            .sum()
    }

    #[test]
    fn each_operator_has_its_adjoint() {
        let (width, height) = (20, 28);
        let operators = [
            Observation::Whole,
            Observation::random(width, height, 0.3, 1),
            Observation::Pooled { factor: 2 },
            Observation::Pooled { factor: 4 },
        ];
        for operator in operators {
            let x = random(width, height, 2);
            let seen = operator.apply(&x);
            let y = random(seen.width, seen.height, 3);
            let (left, right) = (product(&seen, &y), product(&x, &operator.adjoint(&y)));
            assert!((left - right).abs() < 1e-4 * left.abs().max(1.0), "{left} and {right}");
        }
    }

    #[test]
    fn pooling_takes_means_and_knowing_keeps_values() {
        let mut picture = zeros(4, 2);
        picture.data[..8].copy_from_slice(&[1.0, 2.0, 0.0, 0.0, 3.0, 6.0, 0.0, 4.0]);
        let small = Observation::Pooled { factor: 2 }.apply(&picture);
        assert_eq!((small.width, small.height, &small.data[..2]), (2, 1, &[3.0, 1.0][..]));
        let known = Observation::random(100, 100, 0.25, 7);
        let Observation::Known(pixels) = &known else {
            unreachable!()
        };
        let count = pixels.iter().filter(|known| **known).count();
        // Four standard deviations around the mean.
        assert!((2327..=2673).contains(&count), "{count} of 10,000");
    }
}
