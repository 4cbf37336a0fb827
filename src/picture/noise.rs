//! The noise of an observed picture (method section 3).

use serde::{Deserialize, Serialize};

use super::Picture;
use crate::rng::{Draws, Stream};

/// How the values of a picture are disturbed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Noise {
    /// y = clip(x + sigma N(0, 1), 0, 1); sigma 0 leaves the picture as it is.
    Gaussian { sigma: f64 },
    /// y = clip(Poisson(peak x) / peak, 0, 1): photons counted, `peak` of them for white.
    Poisson { peak: f64 },
}

impl Noise {
    /// A noisy picture. The draw of a value has its index in the flat `[3, H, W]` order, so command line and page agree bit
    /// for bit.
    ///
    /// # Panics
    /// If sigma is negative, peak is not positive, or either is not a finite number: whoever reads it from a person checks it.
    pub fn add(self, picture: &Picture, seed: u64) -> Picture {
        let draws = Draws::new(seed, Stream::PictureNoise);
        let mut noisy = picture.clone();
        let values = noisy.data.iter_mut().enumerate();
        match self {
            Self::Gaussian { sigma } => {
                assert!(
                    sigma.is_finite() && sigma >= 0.0,
                    "sigma {sigma} is no standard deviation"
                );
                if sigma > 0.0 {
                    values.for_each(|(i, value)| *value = (*value + sigma as f32 * draws.normal(0, i)).clamp(0.0, 1.0));
                }
            }
            Self::Poisson { peak } => {
                assert!(peak.is_finite() && peak > 0.0, "peak {peak} is no number of photons");
                for (i, value) in values {
                    let photons = draws.poisson(i, peak * f64::from(*value)) as f64;
                    *value = ((photons / peak) as f32).clamp(0.0, 1.0);
                }
            }
        }
        noisy
    }
}

/// Gaussian noise: y = clip(x + sigma * N(0, 1), 0, 1), before padding.
///
/// # Panics
/// As [`Noise::add`].
pub fn add_noise(picture: &Picture, sigma: f32, seed: u64) -> Picture {
    let sigma = f64::from(sigma);
    Noise::Gaussian { sigma }.add(picture, seed)
}
