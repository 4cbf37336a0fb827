//! The picture a run is fitted to.

use sha2::{Digest, Sha256};

use super::TrainError;
use crate::network::PaddedSide;
use crate::numbers::hex;
use crate::picture::{Noise, Observation, Padding, Picture, psnr, psnr_of_mse};
use crate::step::{Observing, Problem};

/// What was observed of a picture, y = A x + noise, the clean picture x where there is one, and how x is padded for the
/// network.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// y, of the size that A gives; the picture's own but for super-resolution.
    pub noisy: Picture,
    pub clean: Option<Picture>,
    pub padding: Padding,
    /// A.
    pub observation: Observation,
}

impl Task {
    /// Denoising: adds noise of standard deviation `sigma` to a clean picture. `sigma` 0: the picture is already noisy, and
    /// there is no clean one to compare with.
    ///
    /// # Errors
    /// [`TrainError::Setting`] if sigma is negative or no number.
    pub fn new(picture: &Picture, sigma: f64, noise_seed: u64, network: &impl PaddedSide) -> Result<Self, TrainError> {
        if sigma == 0.0 {
            return Self::given(picture, Observation::Whole, network);
        }
        Self::observed(
            picture,
            Observation::Whole,
            Noise::Gaussian { sigma },
            noise_seed,
            network,
        )
    }

    /// Observes a clean picture. For super-resolution what is left over of its sides is cut off first.
    ///
    /// # Errors
    /// [`TrainError::Setting`] if the noise is out of its range, the picture too small, or the known pixels another picture's.
    pub fn observed(
        picture: &Picture,
        observation: Observation,
        noise: Noise,
        noise_seed: u64,
        network: &impl PaddedSide,
    ) -> Result<Self, TrainError> {
        match noise {
            Noise::Gaussian { sigma } if !(0.0..=10.0).contains(&sigma) => {
                return Err(TrainError::setting("sigma", "between 0 and 10", sigma));
            }
            Noise::Poisson { peak } if !(peak > 0.0 && peak <= 1e9) => {
                return Err(TrainError::setting("peak", "above 0 and at most 1e9", peak));
            }
            _ => {}
        }
        check_known(picture, &observation)?;
        let factor = observation.factor();
        let (width, height) = (picture.width / factor * factor, picture.height / factor * factor);
        let clean = if (width, height) == (picture.width, picture.height) {
            picture.clone()
        } else {
            let small = |_| TrainError::setting("each side of the picture", "at least 16 pixels", width.min(height));
            picture.centre_crop(width, height).map_err(small)?
        };
        let mut noisy = noise.add(&observation.apply(&clean), noise_seed);
        if let Observation::Known(_) = observation {
            // Noise leaves nothing where nothing was seen.
            noisy = observation.apply(&noisy);
        }
        Ok(Self {
            noisy,
            padding: Padding::for_network(network, width, height),
            clean: Some(clean),
            observation,
        })
    }

    /// The picture is itself what was observed, and there is no clean one: a noisy or damaged picture, or for super-resolution
    /// a small one.
    ///
    /// # Errors
    /// [`TrainError::Setting`] if the known pixels are another picture's.
    pub fn given(picture: &Picture, observation: Observation, network: &impl PaddedSide) -> Result<Self, TrainError> {
        check_known(picture, &observation)?;
        let factor = observation.factor();
        let noisy = match &observation {
            Observation::Known(_) => observation.apply(picture),
            Observation::Whole | Observation::Pooled { .. } => picture.clone(),
        };
        Ok(Self {
            noisy,
            clean: None,
            padding: Padding::for_network(network, factor * picture.width, factor * picture.height),
            observation,
        })
    }

    /// SHA-256 of what a run is fitted to, in hexadecimal, so that nothing is gone on with on another picture.
    pub fn checksum(&self) -> String {
        let mut hash = Sha256::new();
        let sides = [self.noisy.width as u64, self.noisy.height as u64];
        hash.update(sides.map(u64::to_le_bytes).concat());
        hash.update(bytemuck::cast_slice(&self.noisy.data));
        match &self.observation {
            Observation::Whole => {}
            Observation::Known(known) => hash.update(known.iter().map(|known| u8::from(*known)).collect::<Vec<u8>>()),
            Observation::Pooled { factor } => hash.update((*factor as u64).to_le_bytes()),
        }
        hex(&hash.finalize())
    }

    /// The maps' size, where the picture lies in them, and what the loss sees of it.
    pub(crate) fn problem(&self) -> Problem {
        let region = self.padding.region();
        Problem {
            height: self.padding.padded_height,
            width: self.padding.padded_width,
            region: (region.x, region.y, region.width, region.height),
            observing: match &self.observation {
                Observation::Whole => Observing::Whole,
                Observation::Known(known) => Observing::Known {
                    pixels: known.iter().filter(|known| **known).count(),
                },
                Observation::Pooled { factor } => Observing::Pooled { factor: *factor },
            },
        }
    }

    /// What was observed, as [`crate::step::Handles::observed`] has it.
    pub(super) fn laid_out(&self) -> Vec<f32> {
        let values = match &self.observation {
            Observation::Whole | Observation::Pooled { .. } => self.noisy.data.clone(),
            Observation::Known(known) => {
                let pairs = self.noisy.data.iter().zip(known.iter().cycle());
                pairs.map(|(value, known)| if *known { *value } else { -1.0 }).collect()
            }
        };
        self.problem().lay_out(&values)
    }

    /// The PSNR in dB of what was observed; a small picture is enlarged by repeating its pixels. `None` if pixels are missing, or
    /// there is no clean picture.
    pub fn observed_psnr(&self) -> Option<f64> {
        let clean = self.clean.as_ref()?;
        match &self.observation {
            Observation::Whole => Some(psnr(&self.noisy, clean)),
            Observation::Known(_) => None,
            Observation::Pooled { factor } => {
                let mut large = self.observation.adjoint(&self.noisy);
                let pixels = (factor * factor) as f32;
                large.data.iter_mut().for_each(|value| *value *= pixels);
                Some(psnr(&large, clean))
            }
        }
    }

    /// The PSNR in dB of the pixels that were not known; `None` if all were, or there is no clean picture.
    pub fn unknown_psnr(&self, picture: &Picture) -> Option<f64> {
        let (Observation::Known(known), Some(clean)) = (&self.observation, &self.clean) else {
            return None;
        };
        let pairs = picture.data.iter().zip(&clean.data).zip(known.iter().cycle());
        let squares = pairs
            .filter(|(_, known)| !**known)
            .map(|((a, b), _)| (f64::from(*a) - f64::from(*b)).powi(2));
        let (count, sum) = squares.fold((0_u64, 0.0), |(count, sum), square| (count + 1, sum + square));
        (count > 0).then(|| psnr_of_mse(sum / count as f64))
    }
}

fn check_known(picture: &Picture, observation: &Observation) -> Result<(), TrainError> {
    let Observation::Known(known) = observation else {
        return Ok(());
    };
    if known.len() != picture.pixels() {
        return Err(TrainError::setting(
            "the number of pixels in the mask of known ones",
            "the picture's",
            known.len(),
        ));
    }
    if !known.contains(&true) {
        return Err(TrainError::setting("the number of known pixels", "at least 1", 0));
    }
    Ok(())
}
