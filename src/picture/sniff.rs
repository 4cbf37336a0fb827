//! What a file is, from its first bytes; its name and declared type are not trusted.

use super::{PictureError, jpeg, png, webp};

/// A format that is decoded: by this program or, in the page, by the browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Png,
    Jpeg,
    WebP,
    Gif,
    Bmp,
    Tiff,
}

impl Format {
    pub fn name(self) -> &'static str {
        match self {
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
            Self::WebP => "WebP",
            Self::Gif => "GIF",
            Self::Bmp => "BMP",
            Self::Tiff => "TIFF",
        }
    }

    /// Whether the file goes on to its end, as far as its frame tells.
    pub fn is_complete(self, bytes: &[u8]) -> bool {
        match self {
            Self::Png => png::is_complete(bytes),
            Self::Jpeg => jpeg::is_complete(bytes),
            Self::WebP => webp::is_complete(bytes),
            Self::Gif | Self::Bmp | Self::Tiff => true,
        }
    }
}

/// How much of a file is looked at.
const HEAD: usize = 512;

/// The format of a picture that the decoder takes.
///
/// # Errors
/// [`PictureError::Empty`], [`PictureError::NeedsBrowser`], [`PictureError::NotAPicture`] or [`PictureError::Unknown`].
pub fn format_of(bytes: &[u8]) -> Result<Format, PictureError> {
    if bytes.is_empty() {
        return Err(PictureError::Empty);
    }
    let head = &bytes[..bytes.len().min(HEAD)];
    if let Some(format) = decodable(head) {
        return Ok(format);
    }
    if let Some(format) = for_the_browser(head) {
        return Err(PictureError::NeedsBrowser { format });
    }
    match something_else(head) {
        Some(what) => Err(PictureError::NotAPicture { what }),
        None => Err(PictureError::Unknown),
    }
}

fn decodable(head: &[u8]) -> Option<Format> {
    let webp = head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP");
    // "BM" alone also begins words; the two reserved words after the length are 0 in every real file.
    let bmp = head.starts_with(b"BM") && head.get(6..10) == Some(&[0; 4]);
    let starts = |magics: &[&[u8]]| magics.iter().any(|magic| head.starts_with(magic));
    let tiff: [&[u8]; 4] = [b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"];
    Some(match () {
        () if starts(&[b"\x89PNG\r\n\x1a\n"]) => Format::Png,
        () if starts(&[b"\xff\xd8\xff"]) => Format::Jpeg,
        () if starts(&[b"GIF87a", b"GIF89a"]) => Format::Gif,
        () if starts(&tiff) => Format::Tiff,
        () if webp => Format::WebP,
        () if bmp => Format::Bmp,
        () => return None,
    })
}

/// Formats that this program never decodes and that some browser does.
fn for_the_browser(head: &[u8]) -> Option<&'static str> {
    const JPEG_XL_BOX: &[u8] = b"\0\0\0\x0cJXL \r\n\x87\n";
    if head.starts_with(b"\xff\x0a") || head.starts_with(JPEG_XL_BOX) {
        return Some("JPEG XL");
    }
    let brands = ftyp_brands(head)?;
    let any = |names: &[&[u8; 4]]| brands.iter().any(|brand| names.contains(&brand));
    // An AVIF file may name the general HEIF brand `mif1` too, so it is asked for first.
    if any(&[b"avif", b"avis"]) {
        return Some("AVIF");
    }
    let heic = [b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"];
    any(&heic).then_some("HEIC")
}

/// The brands of an ISO base media file: its major one, then the compatible ones.
fn ftyp_brands(head: &[u8]) -> Option<Vec<[u8; 4]>> {
    if head.get(4..8) != Some(b"ftyp") {
        return None;
    }
    let length = u32::from_be_bytes(*head.first_chunk()?) as usize;
    let payload = head.get(8..length.min(head.len()))?;
    let (words, _) = payload.as_chunks::<4>();
    // The second word is the minor version, not a brand; no brand looks like one.
    Some(words.to_vec())
}

/// Common things that people drop by mistake, or that a server sends instead of a picture.
fn something_else(head: &[u8]) -> Option<&'static str> {
    if head.starts_with(b"%PDF") {
        return Some("a PDF document");
    }
    if head.starts_with(b"PK\x03\x04") {
        return Some("a ZIP archive or an office document");
    }
    if head.get(4..8) == Some(b"ftyp") || head.starts_with(b"\x1aE\xdf\xa3") {
        return Some("a video");
    }
    let text = as_text(head)?.to_ascii_lowercase();
    let start = text.trim_start_matches('\u{feff}').trim_start();
    Some(if start.contains("<svg") {
        "an SVG drawing"
    } else if start.starts_with("<!doctype html") || start.contains("<html") {
        "a web page"
    } else {
        "text"
    })
}

/// The bytes as text, if they are UTF-8 (up to a cut last character) without control characters.
fn as_text(head: &[u8]) -> Option<String> {
    let valid = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => std::str::from_utf8(&head[..error.valid_up_to()]).ok()?,
        Err(_) => return None,
    };
    let printable = |c: char| !c.is_control() || c.is_whitespace();
    (!valid.is_empty() && valid.chars().all(printable)).then(|| valid.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(bytes: &[u8]) -> PictureError {
        format_of(bytes).expect_err("not decodable here")
    }

    #[test]
    fn heif_brands_are_told_apart() {
        let avif = b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf";
        let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic";
        let film = b"\0\0\0\x18ftypisom\0\0\0\0isommp42";
        assert_eq!(refusal(avif), PictureError::NeedsBrowser { format: "AVIF" });
        assert_eq!(refusal(heic), PictureError::NeedsBrowser { format: "HEIC" });
        assert_eq!(refusal(film), PictureError::NotAPicture { what: "a video" });
        assert_eq!(
            refusal(b"\xff\x0a\xfa\x01"),
            PictureError::NeedsBrowser { format: "JPEG XL" }
        );
    }

    #[test]
    fn a_lying_box_length_is_harmless() {
        for length in [0u32, 7, 8, 9, 12, u32::MAX] {
            let mut bytes = length.to_be_bytes().to_vec();
            bytes.extend(b"ftypheic");
            assert!(format_of(&bytes).is_err());
        }
    }

    #[test]
    fn what_is_no_picture_is_named() {
        let what = |bytes: &[u8]| match refusal(bytes) {
            PictureError::NotAPicture { what } => what,
            other => panic!("{other:?}"),
        };
        assert_eq!(what(b"\xef\xbb\xbf \n<!DOCTYPE html><title>404"), "a web page");
        assert_eq!(what(b"<?xml version='1.0'?><svg xmlns="), "an SVG drawing");
        assert_eq!(what(b"BM is how this note begins"), "text");
        assert_eq!(what("caf\u{e9} cr\u{e8}me".as_bytes()), "text");
        assert_eq!(what(b"%PDF-1.7\n"), "a PDF document");
        assert_eq!(refusal(b""), PictureError::Empty);
        assert_eq!(refusal(b"\0\x01\x02\x03\xfe"), PictureError::Unknown);
    }
}
