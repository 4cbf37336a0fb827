//! What a file holds arrives in full: depth, alpha, grey, animation; and a wrong file gets its sentence.

use image::{DynamicImage, ImageBuffer, ImageFormat, Luma, LumaA, Rgb, RgbImage, Rgba};
use optimal_eye_surgeon::picture::{Decoded, Note, Picture, PictureError, decode, from_rgba8, refused_by_browser};

use crate::make;

fn read(bytes: &[u8]) -> Decoded {
    decode(bytes).expect("a good file")
}

/// Planar `[3, H, W]` of an 8-bit image.
fn planar(image: &RgbImage) -> Vec<f32> {
    let channel = |c: usize| image.pixels().map(move |p| f32::from(p.0[c]) / 255.0);
    channel(0).chain(channel(1)).chain(channel(2)).collect()
}

#[test]
fn lossless_formats_give_the_same_planar_values() {
    let image = make::lopsided(19, 23);
    let dynamic = DynamicImage::ImageRgb8(image.clone());
    let files = [
        make::png(&image, None),
        make::webp(&image, None),
        make::tiff(&image, 1, false),
        make::any(&dynamic, ImageFormat::Bmp),
        make::any(&dynamic, ImageFormat::Tiff),
    ];
    for file in files {
        let decoded = read(&file);
        assert_eq!((decoded.picture.width, decoded.picture.height), (19, 23));
        assert_eq!(decoded.picture.data, planar(&image));
        assert_eq!(decoded.notes, []);
    }
}

#[test]
fn a_jpeg_is_near_what_was_saved() {
    let smooth = RgbImage::from_fn(40, 24, |x, y| Rgb([3 * x as u8, 5 * y as u8, 90]));
    let decoded = read(&make::jpeg(&smooth, None));
    let worst = decoded.picture.data.iter().zip(planar(&smooth));
    let worst = worst.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(worst < 0.05, "off by {worst}");
    assert_eq!(decoded.notes, []);
}

#[test]
fn sixteen_bits_are_kept() {
    let value = |x: u32, y: u32| (x * 3001 + y * 17) as u16;
    let rgb = ImageBuffer::from_fn(16, 18, |x, y| Rgb([value(x, y), value(y, x), 65_535 - value(x, y)]));
    for format in [ImageFormat::Png, ImageFormat::Tiff] {
        let decoded = read(&make::any(&DynamicImage::ImageRgb16(rgb.clone()), format));
        let pixels = decoded.picture.pixels();
        for (x, y, pixel) in rgb.enumerate_pixels() {
            for c in 0..3 {
                let got = decoded.picture.data[c * pixels + (y * 16 + x) as usize];
                assert_eq!(got, f32::from(pixel.0[c]) / 65_535.0);
            }
        }
        assert_eq!(decoded.notes, [Note::SixteenBit]);
    }
}

#[test]
fn grey_becomes_three_equal_channels() {
    let eight = ImageBuffer::from_fn(17, 16, |x, y| Luma([(x * 9 + y) as u8]));
    let sixteen = ImageBuffer::from_fn(17, 16, |x, y| Luma([(x * 900 + y) as u16]));
    let files = [
        (
            make::any(&DynamicImage::ImageLuma8(eight), ImageFormat::Png),
            90.0 / 255.0,
            vec![Note::Grey],
        ),
        (
            make::any(&DynamicImage::ImageLuma16(sixteen), ImageFormat::Png),
            9000.0 / 65_535.0,
            vec![Note::Grey, Note::SixteenBit],
        ),
    ];
    for (file, at_ten, notes) in files {
        let Decoded { picture, notes: n } = read(&file);
        assert_eq!(picture.plane(0)[10], at_ten);
        assert_eq!(picture.plane(0), picture.plane(1));
        assert_eq!(picture.plane(0), picture.plane(2));
        assert_eq!(n, notes);
    }
    let jpeg = DynamicImage::ImageLuma8(ImageBuffer::from_pixel(16, 16, Luma([51])));
    let decoded = read(&make::any(&jpeg, ImageFormat::Jpeg));
    assert_eq!(decoded.picture.data, vec![0.2; 3 * 256]);
    assert_eq!(decoded.notes, [Note::Grey]);
}

#[test]
fn alpha_is_laid_over_white() {
    let rgba = ImageBuffer::from_fn(16, 16, |x, _| Rgba([255, 0, 102, (x * 17) as u8]));
    let file = make::any(&DynamicImage::ImageRgba8(rgba.clone()), ImageFormat::Png);
    let decoded = read(&file);
    for (x, alpha) in [(0, 0.0), (3, 0.2), (15, 1.0)] {
        for (channel, colour) in [1.0, 0.0, 0.4].into_iter().enumerate() {
            let got = decoded.picture.plane(channel)[x];
            let want: f32 = colour * alpha + 1.0 - alpha;
            assert!((got - want).abs() < 1e-6, "{got} for {want}");
        }
    }
    assert_eq!(decoded.notes, [Note::AlphaOverWhite]);
    // What a browser decodes takes the same way.
    assert_eq!(from_rgba8(16, 16, &rgba).expect("the length fits"), decoded);

    let grey = ImageBuffer::from_pixel(16, 16, LumaA([0u16, 13_107]));
    let decoded = read(&make::any(&DynamicImage::ImageLumaA16(grey), ImageFormat::Png));
    assert_eq!(decoded.picture.data, vec![0.8; 3 * 256]);
    assert_eq!(decoded.notes, [Note::Grey, Note::SixteenBit, Note::AlphaOverWhite]);
}

#[test]
fn opaque_alpha_changes_nothing() {
    let image = make::lopsided(16, 20);
    let rgba = DynamicImage::ImageRgb8(image.clone()).into_rgba8();
    for format in [ImageFormat::Png, ImageFormat::WebP, ImageFormat::Bmp, ImageFormat::Tiff] {
        let decoded = read(&make::any(&DynamicImage::ImageRgba8(rgba.clone()), format));
        assert_eq!(decoded.picture.data, planar(&image), "{format:?}");
        assert_eq!(decoded.notes, [], "{format:?}");
    }
}

#[test]
fn float_values_outside_are_clipped() {
    let float = ImageBuffer::from_fn(16, 16, |x, _| Rgb([x as f32 - 1.0, 0.25, f32::NAN]));
    let decoded = read(&make::any(&DynamicImage::ImageRgb32F(float), ImageFormat::Tiff));
    assert_eq!(decoded.picture.plane(0)[..4], [0.0, 0.0, 1.0, 1.0]);
    assert_eq!(decoded.picture.plane(1)[..2], [0.25, 0.25]);
    assert_eq!(decoded.picture.plane(2)[0], 0.0);
    assert_eq!(decoded.notes, [Note::Clipped]);
}

#[test]
fn the_first_of_several_is_used_and_said_so() {
    let black = RgbImage::from_pixel(16, 16, Rgb([0, 0, 0]));
    let white = RgbImage::from_pixel(16, 16, Rgb([255, 255, 255]));
    let decoded = read(&make::gif(&[black.clone(), white]));
    assert_eq!(decoded.picture.data, vec![0.0; 3 * 256]);
    assert_eq!(decoded.notes, [Note::FirstOfSeveral]);
    let still = read(&make::gif(std::slice::from_ref(&black)));
    assert_eq!(still.notes, []);

    let image = make::lopsided(16, 16);
    assert_eq!(read(&make::tiff(&image, 1, true)).notes, [Note::FirstOfSeveral]);
}

#[test]
fn only_a_foreign_colour_profile_is_remarked_on() {
    use image::ImageEncoder;
    let with_profile = |profile: &[u8]| {
        let mut file = Vec::new();
        let mut encoder = image::codecs::png::PngEncoder::new(&mut file);
        encoder.set_icc_profile(profile.to_vec()).expect("PNG has profiles");
        encoder
            .write_image(&[7; 3 * 256], 16, 16, image::ExtendedColorType::Rgb8)
            .expect("encoded");
        read(&file).notes
    };
    assert_eq!(with_profile(b"....Display P3.."), [Note::ProfileIgnored]);
    assert_eq!(with_profile(b"..sRGB IEC61966-2.1.."), []);
    assert_eq!(with_profile(b"\0s\0R\0G\0B\0 \0b"), []);
}

#[test]
fn sides_from_16_to_4096_are_taken() {
    let file = |w, h| make::png(&RgbImage::new(w, h), None);
    assert!(decode(&file(16, 4096)).is_ok());
    assert!(decode(&file(4096, 16)).is_ok());
    let (width, height) = (15, 40);
    assert_eq!(decode(&file(15, 40)), Err(PictureError::TooSmall { width, height }));
    let (width, height) = (4097, 16);
    assert_eq!(decode(&file(4097, 16)), Err(PictureError::TooLarge { width, height }));
    assert!(matches!(
        from_rgba8(15, 16, &[0; 960]),
        Err(PictureError::TooSmall { .. })
    ));
    assert!(matches!(
        from_rgba8(16, 16, &[0; 1023]),
        Err(PictureError::Length { .. })
    ));
    assert!(from_rgba8(usize::MAX, usize::MAX, &[]).is_err());
    assert!(Picture::new(0, 5, Vec::new()).is_err());
}

#[test]
fn every_refusal_is_a_sentence_that_says_what_to_do() {
    let cut = make::jpeg(&make::lopsided(32, 32), None);
    let small = make::png(&RgbImage::new(3, 3), None);
    let large = make::png(&RgbImage::new(5000, 16), None);
    let cases: [(&[u8], &str, &str); 8] = [
        (b"", "empty", "choose"),
        (b"<html><body>Not found", "a web page", "choose a PNG"),
        (b"Dear diary,\r\n", "text", "choose a PNG"),
        (b"\x01\x02\x03\x04", "no picture format", "save it as PNG"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC", "save it as PNG"),
        (&cut[..cut.len() / 2], "cut short", "download it again"),
        (&small, "3x3", "choose a larger one"),
        (&large, "5000x16", "smaller copy or crop"),
    ];
    for (bytes, names, advises) in cases {
        let sentence = decode(bytes).expect_err(names).to_string();
        assert!(sentence.contains(names), "{sentence}");
        assert!(sentence.contains(advises), "{sentence}");
        assert!(!sentence.contains('\n'), "{sentence}");
    }
}

#[test]
fn what_a_browser_refuses_is_damaged_or_of_a_format_it_lacks() {
    let png = make::png(&make::lopsided(32, 32), None);
    let sentence = refused_by_browser(&png).to_string();
    assert!(sentence.contains("PNG") && sentence.contains("damaged"), "{sentence}");
    for (bytes, format) in [(b"II*\0".as_slice(), "TIFF"), (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC")] {
        let refused = refused_by_browser(bytes);
        assert_eq!(refused, PictureError::NeedsBrowser { format });
    }
    assert_eq!(refused_by_browser(b""), PictureError::Empty);
}
