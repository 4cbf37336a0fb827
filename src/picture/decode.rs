//! A file's bytes to a [`Picture`], with every limit checked before memory is spent.

use std::io::Cursor;

use image::codecs::bmp::BmpDecoder;
use image::codecs::gif::GifDecoder;
use image::codecs::jpeg::JpegDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::tiff::TiffDecoder;
use image::codecs::webp::WebPDecoder;
use image::metadata::Orientation;
use image::{AnimationDecoder, ColorType, DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageResult, Limits};

use super::planar::{Planar, planar, spread};
use super::sniff::format_of;
use super::{MAX_SIDE, Note, Picture, PictureError, check_length, check_sides, jpeg, webp};

/// What one decoder may allocate: twice the largest picture in RGBA with 16 bits a channel.
const MAX_BYTES: u64 = 2 * 8 * (MAX_SIDE * MAX_SIDE) as u64;

/// A picture and what its owner should know about how it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    pub picture: Picture,
    pub notes: Vec<Note>,
}

/// Reads PNG, JPEG, WebP, GIF, BMP or TIFF: upright by its EXIF orientation, grey as three equal channels, 16 bits in
/// full, alpha over white, the first of several pictures. Colour profiles are not applied.
///
/// # Errors
/// [`PictureError`]; [`PictureError::NeedsBrowser`] marks what `createImageBitmap` may know.
pub fn decode(bytes: &[u8]) -> Result<Decoded, PictureError> {
    let format = format_of(bytes)?;
    let name = name_of(format);
    let complete = match format {
        ImageFormat::Jpeg => jpeg::is_complete(bytes),
        ImageFormat::WebP => webp::is_complete(bytes),
        _ => true,
    };
    if !complete {
        let reason = "its end is missing".to_owned();
        return Err(PictureError::Damaged { format: name, reason });
    }
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

/// A picture that a browser decoded: `height * width` pixels of R, G, B and straight (not premultiplied) alpha.
///
/// # Errors
/// [`PictureError::Length`], [`PictureError::TooSmall`] or [`PictureError::TooLarge`].
pub fn from_rgba8(width: usize, height: usize, rgba: &[u8]) -> Result<Decoded, PictureError> {
    check_length(width, height, 4, rgba.len())?;
    check_sides(width, height)?;
    let planar = spread(rgba, 4, width * height, |v| f32::from(v) / 255.0);
    finish(width, height, planar, Vec::new())
}

fn finish(width: usize, height: usize, planar: Planar, mut notes: Vec<Note>) -> Result<Decoded, PictureError> {
    if planar.had_alpha {
        notes.push(Note::AlphaOverWhite);
    }
    if planar.clipped {
        notes.push(Note::Clipped);
    }
    let picture = Picture::new(width, height, planar.data)?;
    Ok(Decoded { picture, notes })
}

/// A decoder that has read the header, and whether the file holds more than one picture.
fn open(format: ImageFormat, bytes: &[u8]) -> ImageResult<(Box<dyn ImageDecoder + '_>, bool)> {
    let file = Cursor::new(bytes);
    Ok(match format {
        ImageFormat::Png => {
            let decoder = PngDecoder::with_limits(file, limits())?;
            let several = decoder.is_apng()?;
            (Box::new(decoder), several)
        }
        ImageFormat::WebP => {
            let decoder = WebPDecoder::new(file)?;
            let several = decoder.has_animation();
            (Box::new(decoder), several)
        }
        ImageFormat::Gif => (Box::new(GifDecoder::new(file)?), gif_moves(bytes)),
        ImageFormat::Tiff => (Box::new(TiffDecoder::new(file)?), tiff_goes_on(bytes)),
        ImageFormat::Bmp => (Box::new(BmpDecoder::new(file)?), false),
        // The only one left of what `format_of` gives.
        _ => (Box::new(JpegDecoder::new(file)?), false),
    })
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

fn name_of(format: ImageFormat) -> &'static str {
    match format {
        ImageFormat::Png => "PNG",
        ImageFormat::WebP => "WebP",
        ImageFormat::Gif => "GIF",
        ImageFormat::Tiff => "TIFF",
        ImageFormat::Bmp => "BMP",
        _ => "JPEG",
    }
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
