//! The noise added to a clean picture (method section 3).

use super::Picture;
use crate::rng::{Draws, Stream};

/// y = clip(x + sigma * N(0, 1), 0, 1), before padding; sigma 0 leaves the picture as it is.
///
/// The draw of a value has its index in the flat `[3, H, W]` order, so command line and page agree bit for bit.
///
/// # Panics
/// If sigma is negative or not a finite number: whoever reads it from a person checks it.
pub fn add_noise(picture: &Picture, sigma: f32, seed: u64) -> Picture {
    assert!(
        sigma.is_finite() && sigma >= 0.0,
        "sigma {sigma} is no standard deviation"
    );
    let mut noisy = picture.clone();
    if sigma > 0.0 {
        let draws = Draws::new(seed, Stream::PictureNoise);
        for (index, value) in noisy.data.iter_mut().enumerate() {
            *value = (*value + sigma * draws.normal(0, index)).clamp(0.0, 1.0);
        }
    }
    noisy
}
