//! The formats that a program decodes by itself. The page leaves all of them to the browser, whose decoders are there
//! anyway: these would be a tenth of its code.

use std::io::Cursor;

use image::codecs::bmp::BmpDecoder;
use image::codecs::gif::GifDecoder;
use image::codecs::jpeg::JpegDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::tiff::TiffDecoder;
use image::codecs::webp::WebPDecoder;
use image::metadata::Orientation;
use image::{AnimationDecoder, ColorType, DynamicImage, ImageDecoder, ImageError, ImageResult, Limits};

use super::decode::{Decoded, finish};
use super::planar::planar;
use super::sniff::Format;
use super::{MAX_SIDE, Note, PictureError, check_sides};

/// What one decoder may allocate: twice the largest picture in RGBA with 16 bits a channel.
const MAX_BYTES: u64 = 2 * 8 * (MAX_SIDE * MAX_SIDE) as u64;

/// A decoder, and whether its file holds more than one picture.
type Opened<'a> = (Box<dyn ImageDecoder + 'a>, bool);

/// Decodes a file of this format.
///
/// # Errors
/// [`PictureError::Damaged`], [`PictureError::Unsupported`], [`PictureError::Memory`], [`PictureError::TooSmall`] or
/// [`PictureError::TooLarge`].
pub(super) fn decode(format: Format, bytes: &[u8]) -> Result<Decoded, PictureError> {
    let name = format.name();
    let explain = |error| explained(name, error);

    let (mut decoder, several) = open(format, bytes).map_err(explain)?;
    let (width, height) = decoder.dimensions();
    check_sides(width as usize, height as usize)?;
    decoder.set_limits(limits()).map_err(explain)?;

    let mut notes = Vec::new();
    if several {
        notes.push(Note::FirstOfSeveral);
    }
    // Broken metadata is no reason to refuse a sound picture.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let profile = decoder.icc_profile().ok().flatten();
    if profile.is_some_and(|profile| !is_srgb(&profile)) {
        notes.push(Note::ProfileIgnored);
    }
    let colour = decoder.color_type();
    if !colour.has_color() {
        notes.push(Note::Grey);
    }
    if is_sixteen_bit(colour) {
        notes.push(Note::SixteenBit);
    }

    let mut image = DynamicImage::from_decoder(decoder).map_err(explain)?;
    if orientation != Orientation::NoTransforms {
        image.apply_orientation(orientation);
        notes.push(Note::Turned);
    }
    let (width, height) = (image.width() as usize, image.height() as usize);
    let planar = planar(&image).ok_or_else(|| PictureError::Unsupported {
        format: name,
        reason: format!("pixel type {:?}", image.color()),
    })?;
    finish(width, height, planar, notes)
}

/// A decoder that has read the header of a file in one of these formats.
fn open(format: Format, bytes: &[u8]) -> ImageResult<Opened<'_>> {
    let file = Cursor::new(bytes);
    Ok(match format {
        Format::WebP => {
            let decoder = WebPDecoder::new(file)?;
            let several = decoder.has_animation();
            (Box::new(decoder), several)
        }
        Format::Gif => (Box::new(GifDecoder::new(file)?), gif_moves(bytes)),
        Format::Tiff => (Box::new(TiffDecoder::new(file)?), tiff_goes_on(bytes)),
        Format::Bmp => (Box::new(BmpDecoder::new(file)?), false),
        Format::Png => {
            let decoder = PngDecoder::with_limits(file, limits())?;
            let several = decoder.is_apng()?;
            (Box::new(decoder), several)
        }
        Format::Jpeg => (Box::new(JpegDecoder::new(file)?), false),
    })
}

fn limits() -> Limits {
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MAX_BYTES);
    limits
}

fn is_sixteen_bit(colour: ColorType) -> bool {
    matches!(
        colour,
        ColorType::L16 | ColorType::La16 | ColorType::Rgb16 | ColorType::Rgba16
    )
}

/// Whether an ICC profile calls itself sRGB, in one byte a character or in UTF-16.
fn is_srgb(profile: &[u8]) -> bool {
    let has = |name: &[u8]| profile.windows(name.len()).any(|part| part == name);
    has(b"sRGB") || has(b"s\0R\0G\0B")
}

fn explained(format: &'static str, error: ImageError) -> PictureError {
    match error {
        ImageError::Limits(_) => PictureError::Memory { format },
        ImageError::Unsupported(error) => PictureError::Unsupported {
            format,
            reason: error.to_string(),
        },
        error => PictureError::Damaged {
            format,
            reason: error.to_string(),
        },
    }
}

/// Whether a GIF has a second frame that can be read.
fn gif_moves(bytes: &[u8]) -> bool {
    let Ok(mut decoder) = GifDecoder::new(Cursor::new(bytes)) else {
        return false;
    };
    // Both also guard the frames' memory: a frame is at most the screen.
    let (width, height) = decoder.dimensions();
    if check_sides(width as usize, height as usize).is_err() || decoder.set_limits(limits()).is_err() {
        return false;
    }
    matches!(decoder.into_frames().nth(1), Some(Ok(_)))
}

/// Whether the first directory of a (classic) TIFF file points to a second one.
fn tiff_goes_on(bytes: &[u8]) -> bool {
    let little = bytes.starts_with(b"II");
    let word = |at: usize, length: usize| -> Option<usize> {
        let field = bytes.get(at..at.checked_add(length)?)?;
        let join = |sum: usize, byte: &u8| sum << 8 | usize::from(*byte);
        Some(if little {
            field.iter().rev().fold(0, join)
        } else {
            field.iter().fold(0, join)
        })
    };
    let next = || {
        let classic = word(2, 2)? == 42;
        let directory = word(4, 4)?;
        let entries = word(directory, 2)?;
        let next = word(directory.checked_add(2 + 12 * entries)?, 4)?;
        Some(classic && next != 0)
    };
    next().unwrap_or(false)
}
