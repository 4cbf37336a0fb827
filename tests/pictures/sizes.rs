//! Crops, smaller copies and PNG files.

use image::imageops::FilterType;
use image::{ImageBuffer, Rgb};
use optimal_eye_surgeon::picture::{Picture, PictureError, decode, encode_png, fitted_size, psnr};
use proptest::prelude::*;

use crate::make;

/// A picture with soft shapes, as photographs have.
fn smooth(width: usize, height: usize) -> Picture {
    let value = |c: usize, x: usize, y: usize| {
        let (x, y) = (x as f32 / width as f32, y as f32 / height as f32);
        0.5 + 0.5 * (9.0 * x * x + 7.0 * y + 2.0 * c as f32).sin()
    };
    let data = (0..3 * width * height)
        .map(|i| value(i / (width * height), i % width, i / width % height))
        .collect();
    Picture::new(width, height, data).expect("fits")
}

#[test]
fn the_centre_crop_is_the_centre() {
    let picture = make::picture(41, 30);
    let crop = picture.centre_crop(18, 17).expect("fits");
    assert_eq!((crop.width, crop.height), (18, 17));
    for channel in 0..3 {
        for y in 0..17 {
            for x in 0..18 {
                // (41 - 18) / 2 = 11 columns and (30 - 17) / 2 = 6 rows are cut off first.
                assert_eq!(
                    crop.plane(channel)[y * 18 + x],
                    picture.plane(channel)[(y + 6) * 41 + x + 11]
                );
            }
        }
    }
    assert_eq!(picture.centre_crop(41, 30).expect("all of it"), picture);
    assert!(matches!(picture.centre_crop(31, 31), Err(PictureError::Crop { .. })));
    assert!(matches!(
        picture.centre_crop(15, 30),
        Err(PictureError::TooSmall { .. })
    ));
}

#[test]
fn a_smaller_copy_agrees_with_the_image_crate() {
    for (w, h, max_side) in [(90, 60, 45), (97, 61, 40), (40, 120, 100), (300, 200, 31)] {
        let picture = smooth(w, h);
        let copy = picture.fit_within(max_side).expect("large enough");
        assert_eq!((copy.width, copy.height), fitted_size(w, h, max_side));
        assert_eq!(copy.width.max(copy.height), max_side);
        let pixel = |x: u32, y: u32| {
            let at = y as usize * w + x as usize;
            Rgb([0, 1, 2].map(|c| picture.plane(c)[at]))
        };
        let theirs = image::imageops::resize(
            &ImageBuffer::from_fn(w as u32, h as u32, pixel),
            copy.width as u32,
            copy.height as u32,
            FilterType::Lanczos3,
        );
        for (x, y, pixel) in theirs.enumerate_pixels() {
            for c in 0..3 {
                let ours = copy.plane(c)[y as usize * copy.width + x as usize];
                let theirs = pixel.0[c].clamp(0.0, 1.0);
                assert!(
                    (ours - theirs).abs() < 1e-4,
                    "{ours} for {theirs} at {x},{y} of {w}x{h}"
                );
            }
        }
    }
}

#[test]
fn a_copy_is_never_larger_and_never_a_sliver() {
    let picture = make::picture(60, 20);
    assert_eq!(picture.fit_within(60).expect("same"), picture);
    assert_eq!(picture.fit_within(4096).expect("same"), picture);
    assert!(matches!(
        picture.fit_within(40),
        Err(PictureError::TooSmall { width: 40, height: 13 })
    ));
    assert_eq!(fitted_size(4000, 3000, 512), (512, 384));
    assert_eq!(fitted_size(3000, 4001, 512), (384, 512));
    let flat = Picture::new(50, 50, vec![0.3; 7500]).expect("fits");
    let copy = flat.fit_within(17).expect("large enough");
    assert!(copy.data.iter().all(|v| (v - 0.3).abs() < 1e-6));
}

#[test]
fn png_keeps_every_8_bit_value() {
    let data: Vec<f32> = (0..768).map(|i| (i % 256) as f32 / 255.0).collect();
    let picture = Picture::new(16, 16, data).expect("fits");
    let decoded = decode(&encode_png(&picture).expect("written")).expect("read");
    assert_eq!(decoded.picture, picture);
    assert_eq!(decoded.notes, []);
}

#[test]
fn png_rounds_to_nearest_and_clamps() {
    let mut picture = Picture::new(16, 16, vec![0.0; 768]).expect("fits");
    let cases = [
        (-3.0, 0),
        (0.49 / 255.0, 0),
        (0.51 / 255.0, 1),
        (254.49 / 255.0, 254),
        (254.51 / 255.0, 255),
        (1.0, 255),
        (7.0, 255),
        (f32::INFINITY, 255),
        (f32::NAN, 0),
    ];
    for (i, (value, _)) in cases.iter().enumerate() {
        picture.data[i] = *value;
    }
    let decoded = decode(&encode_png(&picture).expect("written")).expect("read");
    let rgba = picture.to_rgba8();
    for (i, (_, level)) in cases.iter().enumerate() {
        assert_eq!(decoded.picture.data[i], *level as f32 / 255.0);
        assert_eq!(rgba[4 * i..][..4], [*level as u8, 0, 0, 255]);
    }
}

#[test]
fn png_carries_nothing_but_pixels() {
    let turned = make::jpeg(&make::lopsided(30, 20), Some(make::exif(6, true)));
    let picture = decode(&turned).expect("read").picture;
    let file = encode_png(&picture).expect("written");
    let mut at = 8;
    while at < file.len() {
        let length = u32::from_be_bytes(file[at..at + 4].try_into().expect("four bytes"));
        let kind = std::str::from_utf8(&file[at + 4..at + 8]).expect("ASCII");
        assert!(["IHDR", "IDAT", "IEND"].contains(&kind), "chunk {kind}");
        at += 12 + length as usize;
    }
    let again = decode(&file).expect("read");
    assert_eq!((again.picture.width, again.picture.height), (20, 30));
    assert_eq!(again.picture, picture);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_png_is_within_half_a_level(w in 16usize..70, h in 16usize..70) {
        let picture = make::picture(w, h);
        let decoded = decode(&encode_png(&picture).expect("written")).expect("read").picture;
        for (a, b) in picture.data.iter().zip(&decoded.data) {
            prop_assert!((a - b).abs() <= 0.5 / 255.0 + 1e-6);
        }
        prop_assert!(psnr(&picture, &decoded) > 55.0);
    }

    #[test]
    fn any_copy_stays_in_range(w in 16usize..90, h in 16usize..90, max_side in 16usize..90) {
        if let Ok(copy) = make::picture(w, h).fit_within(max_side) {
            prop_assert!(copy.data.iter().all(|v| (0.0..=1.0).contains(v)));
            prop_assert_eq!(copy.data.len(), 3 * copy.width * copy.height);
        }
    }
}
