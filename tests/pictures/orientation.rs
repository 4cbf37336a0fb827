//! The eight EXIF orientations, in every format that carries them.

use optimal_eye_surgeon::picture::{Note, Picture, decode};

use crate::make;

/// Where EXIF says that the stored pixel (row, column) of an `h` x `w` picture is seen, and the seen picture's size.
fn seen(orientation: u16, (r, c): (usize, usize), (h, w): (usize, usize)) -> (usize, usize) {
    match orientation {
        1 => (r, c),
        2 => (r, w - 1 - c),
        3 => (h - 1 - r, w - 1 - c),
        4 => (h - 1 - r, c),
        5 => (c, r),
        6 => (c, h - 1 - r),
        7 => (w - 1 - c, h - 1 - r),
        8 => (w - 1 - c, r),
        other => panic!("no orientation {other}"),
    }
}

fn turned(stored: &Picture, orientation: u16) -> Picture {
    let (h, w) = (stored.height, stored.width);
    let (height, width) = if orientation >= 5 { (w, h) } else { (h, w) };
    let mut data = vec![f32::NAN; stored.data.len()];
    for channel in 0..3 {
        for r in 0..h {
            for c in 0..w {
                let (y, x) = seen(orientation, (r, c), (h, w));
                data[(channel * height + y) * width + x] = stored.plane(channel)[r * w + c];
            }
        }
    }
    Picture { width, height, data }
}

#[test]
fn every_orientation_is_applied() {
    let image = make::lopsided(24, 18);
    for orientation in 1..=8 {
        let block = |little| Some(make::exif(orientation, little));
        let files = [
            ("PNG", make::png(&image, None), make::png(&image, block(true))),
            ("JPEG", make::jpeg(&image, None), make::jpeg(&image, block(true))),
            (
                "JPEG, big-endian",
                make::jpeg(&image, None),
                make::jpeg(&image, block(false)),
            ),
            ("WebP", make::webp(&image, None), make::webp(&image, block(true))),
            (
                "TIFF",
                make::tiff(&image, 1, false),
                make::tiff(&image, orientation, false),
            ),
        ];
        for (format, plain, marked) in files {
            let stored = decode(&plain).expect(format).picture;
            let got = decode(&marked).expect(format);
            assert!(
                got.picture == turned(&stored, orientation),
                "{format}, orientation {orientation}"
            );
            let notes: &[Note] = if orientation == 1 { &[] } else { &[Note::Turned] };
            assert_eq!(got.notes, notes, "{format}, orientation {orientation}");
        }
    }
}

#[test]
fn nonsense_orientations_are_ignored() {
    let image = make::lopsided(24, 18);
    let plain = decode(&make::jpeg(&image, None)).expect("good");
    for orientation in [0, 9, 255, u16::MAX] {
        let marked = make::jpeg(&image, Some(make::exif(orientation, true)));
        assert_eq!(decode(&marked).expect("good"), plain);
    }
    for cut in 0..make::exif(6, true).len() {
        let marked = make::jpeg(&image, Some(make::exif(6, true)[..cut].to_vec()));
        assert!(decode(&marked).is_ok(), "EXIF cut at {cut}");
    }
}
