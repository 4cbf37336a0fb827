//! Pictures: any file in, planar RGB inside, PNG out (method section 3).
//!
//! A [`Picture`] is `[3, H, W]` in `f32`, 0 to 1. [`decode`] makes one from a file's bytes; [`add_noise`] is applied
//! next, then [`Padding`] brings it to a size that the network takes, and crops what the network draws.

#[cfg(feature = "codecs")]
mod codecs;
mod crop;
mod decode;
mod encode;
mod error;
mod jpeg;
mod noise;
mod note;
mod observation;
mod pad;
mod painting;
mod planar;
mod png;
mod psnr;
mod resize;
mod sniff;
mod ssim;
mod webp;

pub use decode::{Decoded, decode, from_rgba8, note_of_browser, refused_by_browser};
#[cfg(feature = "codecs")]
pub use encode::encode_png;
pub use error::PictureError;
pub use noise::{Noise, add_noise};
pub use note::Note;
pub use observation::Observation;
pub use pad::{Padding, Region, reflect};
pub use painting::{Frame, Mark, UNITS};
pub use psnr::{mse, psnr, psnr_of_mse};
pub use resize::fitted_size;
pub use ssim::ssim;

/// The shortest side of a picture, in pixels.
pub const MIN_SIDE: usize = 16;
/// The longest side of a picture, in pixels.
pub const MAX_SIDE: usize = 4096;

/// An RGB picture. Grey ones have three equal channels.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// Columns W.
    pub width: usize,
    /// Rows H.
    pub height: usize,
    /// Shape `[3, H, W]`, row-major; sRGB values as the file has them, 0 to 1.
    pub data: Vec<f32>,
}

impl Picture {
    /// Red, green, blue.
    pub const CHANNELS: usize = 3;

    /// A picture from planar data of shape `[3, height, width]`, of any size.
    ///
    /// # Errors
    /// [`PictureError::Length`] if the data is not `3 * height * width` numbers, or a side is 0.
    pub fn new(width: usize, height: usize, data: Vec<f32>) -> Result<Self, PictureError> {
        check_length(width, height, Self::CHANNELS, data.len())?;
        Ok(Self { width, height, data })
    }

    /// Pixels of one channel.
    pub fn pixels(&self) -> usize {
        self.width * self.height
    }

    /// One channel (0 red, 1 green, 2 blue) of shape `[H, W]`.
    pub fn plane(&self, channel: usize) -> &[f32] {
        &self.data[channel * self.pixels()..][..self.pixels()]
    }
}

/// Whether `length` values are `channels` for each pixel, without overflow on sizes from outside.
fn check_length(width: usize, height: usize, channels: usize, length: usize) -> Result<(), PictureError> {
    let expected = width
        .checked_mul(height)
        .and_then(|pixels| pixels.checked_mul(channels));
    if expected == Some(length) && length > 0 {
        return Ok(());
    }
    Err(PictureError::Length { width, height, length })
}

/// Whether both sides are within [`MIN_SIDE`] and [`MAX_SIDE`].
///
/// # Errors
/// [`PictureError::TooSmall`] or [`PictureError::TooLarge`].
pub fn check_sides(width: usize, height: usize) -> Result<(), PictureError> {
    if width.min(height) < MIN_SIDE {
        return Err(PictureError::TooSmall { width, height });
    }
    if width.max(height) > MAX_SIDE {
        return Err(PictureError::TooLarge { width, height });
    }
    Ok(())
}
