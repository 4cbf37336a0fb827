//! A file's bytes to a [`Picture`], with every limit checked before memory is spent.

#[cfg(feature = "codecs")]
use super::codecs;
use super::planar::{Planar, spread};
use super::sniff::{Format, format_of};
use super::{Note, Picture, PictureError, check_length, check_sides, png};

/// A picture and what its owner should know about how it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    pub picture: Picture,
    pub notes: Vec<Note>,
}

/// With the feature `codecs` reads PNG, JPEG, WebP, GIF, BMP and TIFF: upright by its EXIF orientation, grey as three equal
/// channels, 16 bits in full, alpha over white, the first of several pictures. Colour profiles are not applied.
///
/// # Errors
/// [`PictureError`]; [`PictureError::NeedsBrowser`] marks what `createImageBitmap` may know.
pub fn decode(bytes: &[u8]) -> Result<Decoded, PictureError> {
    let format = format_of(bytes)?;
    if !format.is_complete(bytes) {
        return Err(PictureError::Damaged {
            format: format.name(),
            reason: "its end is missing".to_owned(),
        });
    }
    #[cfg(feature = "codecs")]
    return codecs::decode(format, bytes);
    #[cfg(not(feature = "codecs"))]
    Err(PictureError::NeedsBrowser { format: format.name() })
}

/// Pixels of R, G, B and straight (not premultiplied) alpha, `height * width` of them.
///
/// # Errors
/// [`PictureError::Length`], [`PictureError::TooSmall`] or [`PictureError::TooLarge`].
pub fn from_rgba8(width: usize, height: usize, rgba: &[u8]) -> Result<Decoded, PictureError> {
    check_length(width, height, 4, rgba.len())?;
    check_sides(width, height)?;
    let planar = spread(rgba, 4, width * height, |v| f32::from(v) / 255.0);
    finish(width, height, planar, Vec::new())
}

/// Why a browser could not make a picture of a file: that is damaged, if every browser knows its format.
pub fn refused_by_browser(bytes: &[u8]) -> PictureError {
    match format_of(bytes) {
        Ok(format) if format != Format::Tiff => PictureError::Damaged {
            format: format.name(),
            reason: "the browser cannot read it".to_owned(),
        },
        Ok(format) => PictureError::NeedsBrowser { format: format.name() },
        Err(error) => error,
    }
}

/// What a file's own bytes tell of a picture that a browser has made of it.
pub fn note_of_browser(bytes: &[u8]) -> Option<Note> {
    let deep = format_of(bytes) == Ok(Format::Png) && png::is_deep(bytes);
    deep.then_some(Note::EightOfSixteen)
}

pub(super) fn finish(
    width: usize,
    height: usize,
    planar: Planar,
    mut notes: Vec<Note>,
) -> Result<Decoded, PictureError> {
    if planar.had_alpha {
        notes.push(Note::AlphaOverWhite);
    }
    if planar.clipped {
        notes.push(Note::Clipped);
    }
    let picture = Picture::new(width, height, planar.data)?;
    Ok(Decoded { picture, notes })
}
