//! The picture a run is fitted to.

use super::TrainError;
use crate::network::Hourglass;
use crate::picture::{Padding, Picture, add_noise};

/// A noisy picture, the clean one where there is one, and how they are padded for the network.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    pub noisy: Picture,
    pub clean: Option<Picture>,
    pub padding: Padding,
}

impl Task {
    /// Adds noise of standard deviation `sigma` to a clean picture. `sigma` 0: the picture is already noisy, and there is no
    /// clean one to compare with.
    ///
    /// # Errors
    /// [`TrainError::Setting`] if sigma is negative or no number.
    pub fn new(picture: &Picture, sigma: f64, noise_seed: u64, network: &Hourglass) -> Result<Self, TrainError> {
        if !(0.0..=10.0).contains(&sigma) {
            return Err(TrainError::setting("sigma", "between 0 and 10", sigma));
        }
        let padding = Padding::for_network(network, picture.width, picture.height);
        if sigma == 0.0 {
            return Ok(Self {
                noisy: picture.clone(),
                clean: None,
                padding,
            });
        }
        let noisy = add_noise(picture, sigma as f32, noise_seed);
        Ok(Self {
            noisy,
            clean: Some(picture.clone()),
            padding,
        })
    }
}
