//! What can be wrong with a picture file, each as one sentence that says what to do.

use super::{MAX_SIDE, MIN_SIDE};

/// Why bytes are not a picture that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    #[error("the file is empty: choose it again, or copy it again from where it came")]
    Empty,
    #[error("the file holds {what}, not a picture: choose a PNG, JPEG, WebP, GIF, BMP or TIFF file")]
    NotAPicture {
        /// What it looks like, such as "a web page".
        what: &'static str,
    },
    #[error("the file is no picture format known here: save it as PNG or JPEG and try that")]
    Unknown,
    /// A picture that some browsers decode and this program does not.
    #[error("{format} pictures are not decoded here: save it as PNG or JPEG and try that")]
    NeedsBrowser {
        /// Such as "HEIC".
        format: &'static str,
    },
    #[error(
        "this browser hands out other pixels than a picture has, as a protection against tracking: allow this site to read canvas data, then choose the picture again"
    )]
    Disturbed,
    #[error("the {format} file is cut short or damaged ({reason}): copy or download it again, or save it anew as PNG")]
    Damaged { format: &'static str, reason: String },
    #[error("this kind of {format} is not supported ({reason}): save it as an ordinary PNG and try that")]
    Unsupported { format: &'static str, reason: String },
    #[error(
        "the {format} file asks for more memory than a picture of {MAX_SIDE} pixels a side needs: save it anew as PNG"
    )]
    Memory { format: &'static str },
    #[error("the picture is {width}x{height} pixels: each side needs at least {MIN_SIDE}, choose a larger one")]
    TooSmall { width: usize, height: usize },
    #[error(
        "the picture is {width}x{height} pixels: a side can have at most {MAX_SIDE}, make a smaller copy or crop it"
    )]
    TooLarge { width: usize, height: usize },
    #[error(
        "a {wanted_width}x{wanted_height} crop does not fit in the {width}x{height} picture: choose a smaller crop"
    )]
    Crop {
        width: usize,
        height: usize,
        wanted_width: usize,
        wanted_height: usize,
    },
    #[error("{length} values are not a picture of {width}x{height} pixels")]
    Length { width: usize, height: usize, length: usize },
    #[error("the picture could not be written as PNG: {0}")]
    Encode(String),
}
