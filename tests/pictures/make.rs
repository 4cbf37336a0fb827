//! Makes the files that the tests read.

use image::codecs::gif::GifEncoder;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::{DynamicImage, ExtendedColorType, Frame, ImageEncoder, ImageFormat, RgbImage};
use optimal_eye_surgeon::picture::Picture;

/// An image without any symmetry: no flip or turn of it is itself.
pub fn lopsided(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        image::Rgb([
            (255 * x / width) as u8,
            (255 * y / height) as u8,
            ((x * 7 + y * 13 + x * y) % 256) as u8,
        ])
    })
}

/// The same kind of picture, planar, with values that no file of 8 bits has.
pub fn picture(width: usize, height: usize) -> Picture {
    let data = (0..3 * width * height)
        .map(|i| ((i * 2_654_435_761) % 1_000_003) as f32 / 1_000_003.0)
        .collect();
    Picture::new(width, height, data).expect("the length fits")
}

/// An EXIF block with an orientation and nothing else, in either byte order.
pub fn exif(orientation: u16, little: bool) -> Vec<u8> {
    let short = |v: u16| {
        if little { v.to_le_bytes() } else { v.to_be_bytes() }
    };
    let long = |v: u32| {
        if little { v.to_le_bytes() } else { v.to_be_bytes() }
    };
    let mut block = if little { b"II*\0".to_vec() } else { b"MM\0*".to_vec() };
    block.extend(long(8));
    block.extend(short(1));
    block.extend(short(0x0112));
    block.extend(short(3));
    block.extend(long(1));
    block.extend(short(orientation));
    block.extend([0; 6]);
    block
}

fn write(encoder: impl ImageEncoder, image: &RgbImage) {
    encoder
        .write_image(image, image.width(), image.height(), ExtendedColorType::Rgb8)
        .expect("a small image is encoded");
}

pub fn png(image: &RgbImage, exif: Option<Vec<u8>>) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = PngEncoder::new(&mut file);
    if let Some(exif) = exif {
        encoder.set_exif_metadata(exif).expect("PNG has EXIF");
    }
    write(encoder, image);
    file
}

pub fn jpeg(image: &RgbImage, exif: Option<Vec<u8>>) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut file, 95);
    if let Some(exif) = exif {
        encoder.set_exif_metadata(exif).expect("JPEG has EXIF");
    }
    write(encoder, image);
    file
}

pub fn webp(image: &RgbImage, exif: Option<Vec<u8>>) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = WebPEncoder::new_lossless(&mut file);
    if let Some(exif) = exif {
        encoder.set_exif_metadata(exif).expect("WebP has EXIF");
    }
    write(encoder, image);
    file
}

/// An uncompressed little-endian TIFF file; `more` makes its directory point to another one.
pub fn tiff(image: &RgbImage, orientation: u16, more: bool) -> Vec<u8> {
    const SHORT: u16 = 3;
    const LONG: u16 = 4;
    const ENTRIES: u32 = 10;
    let bits_at = 8 + 2 + 12 * ENTRIES + 4;
    let pixels_at = bits_at + 6;
    let (width, height) = image.dimensions();
    let entries: [(u16, u16, u32, u32); ENTRIES as usize] = [
        (256, LONG, 1, width),
        (257, LONG, 1, height),
        (258, SHORT, 3, bits_at),
        (259, SHORT, 1, 1),
        (262, SHORT, 1, 2),
        (273, LONG, 1, pixels_at),
        (274, SHORT, 1, u32::from(orientation)),
        (277, SHORT, 1, 3),
        (278, LONG, 1, height),
        (279, LONG, 1, 3 * width * height),
    ];
    let mut file = b"II*\0\x08\0\0\0".to_vec();
    file.extend((ENTRIES as u16).to_le_bytes());
    for (tag, kind, count, value) in entries {
        file.extend(tag.to_le_bytes());
        file.extend(kind.to_le_bytes());
        file.extend(count.to_le_bytes());
        file.extend(value.to_le_bytes());
    }
    let end = pixels_at + 3 * width * height;
    file.extend(if more { end } else { 0 }.to_le_bytes());
    for _ in 0..3 {
        file.extend(8u16.to_le_bytes());
    }
    file.extend(image.as_raw());
    if more {
        // Without entries: only whether there is a second directory matters.
        file.extend([0; 6]);
    }
    file
}

pub fn gif(frames: &[RgbImage]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = GifEncoder::new(&mut file);
    for image in frames {
        let rgba = DynamicImage::ImageRgb8(image.clone()).into_rgba8();
        encoder.encode_frame(Frame::new(rgba)).expect("a GIF frame");
    }
    drop(encoder);
    file
}

/// Whatever the image crate writes for this format.
pub fn any(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut file = std::io::Cursor::new(Vec::new());
    image.write_to(&mut file, format).expect("the format takes this image");
    file.into_inner()
}

/// One small file of each format that is decoded here; with EXIF and several frames, or plain.
pub fn one_of_each(marked: bool) -> Vec<(&'static str, Vec<u8>)> {
    let image = lopsided(21, 17);
    let dynamic = DynamicImage::ImageRgb8(image.clone());
    let exif = marked.then(|| exif(6, true));
    let frames = if marked { 2 } else { 1 };
    vec![
        ("PNG", png(&image, exif.clone())),
        ("JPEG", jpeg(&image, exif.clone())),
        ("WebP", webp(&image, exif)),
        ("GIF", gif(&[image.clone(), lopsided(17, 21)][..frames])),
        ("BMP", any(&dynamic, ImageFormat::Bmp)),
        ("TIFF", tiff(&image, if marked { 6 } else { 1 }, marked)),
    ]
}
