//! A picture to 8-bit files and screens. Nothing but pixels is written: no EXIF, no profile, no text.

#[cfg(feature = "codecs")]
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
#[cfg(feature = "codecs")]
use image::{ExtendedColorType, ImageEncoder};

use super::Picture;
#[cfg(feature = "codecs")]
use super::PictureError;

/// The nearest of 256 levels; what is outside 0 to 1 is clamped.
fn level(value: f32) -> u8 {
    (value.clamp(0.0, 1.0) * 255.0 + 0.5) as u8
}

impl Picture {
    /// `height * width` pixels of R, G, B and opaque alpha, as a canvas takes them.
    pub fn to_rgba8(&self) -> Vec<u8> {
        self.interleaved(4)
    }

    /// `samples` bytes a pixel: R, G, B and then opaque alpha.
    fn interleaved(&self, samples: usize) -> Vec<u8> {
        let mut bytes = vec![255; samples * self.pixels()];
        for channel in 0..Self::CHANNELS {
            let plane = self.plane(channel);
            for (pixel, &value) in bytes.chunks_exact_mut(samples).zip(plane) {
                pixel[channel] = level(value);
            }
        }
        bytes
    }
}

/// An 8-bit RGB PNG file; the values are written as they are, which is sRGB.
///
/// # Errors
/// [`PictureError::Encode`].
#[cfg(feature = "codecs")]
pub fn encode_png(picture: &Picture) -> Result<Vec<u8>, PictureError> {
    let side = |n: usize| u32::try_from(n).map_err(|error| PictureError::Encode(error.to_string()));
    let (width, height) = (side(picture.width)?, side(picture.height)?);
    let mut file = Vec::new();
    PngEncoder::new_with_quality(&mut file, CompressionType::Default, FilterType::Adaptive)
        .write_image(&picture.interleaved(3), width, height, ExtendedColorType::Rgb8)
        .map_err(|error| PictureError::Encode(error.to_string()))?;
    Ok(file)
}
