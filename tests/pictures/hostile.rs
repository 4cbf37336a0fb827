//! Bytes from anywhere: no panic, no wrong picture, no memory spent on a lie.

use optimal_eye_surgeon::picture::{PictureError, decode};
use proptest::prelude::*;

use crate::make;

#[test]
fn a_cut_file_is_refused_or_complete() {
    for (format, file) in make::one_of_each(false) {
        let whole = decode(&file).expect(format).picture;
        for end in 0..file.len() {
            if let Ok(decoded) = decode(&file[..end]) {
                // Only what follows the pixels may be missing.
                assert!(
                    decoded.picture == whole,
                    "{format} cut at {end} of {} is another picture",
                    file.len()
                );
            }
        }
        assert!(decode(&file[..file.len() / 2]).is_err(), "{format}");
    }
}

#[test]
fn sizes_beyond_the_limit_are_refused_from_the_header() {
    // Each declares far more pixels than it has bytes; decoding any would take gigabytes.
    let mut gif = make::gif(&[make::lopsided(16, 16)]);
    gif[6..10].fill(0xff);
    let mut bmp = b"BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0".to_vec();
    bmp.extend(60_000i32.to_le_bytes());
    bmp.extend(60_000i32.to_le_bytes());
    bmp.extend(b"\x01\0\x18\0");
    bmp.extend([0; 24]);
    let mut tiff = make::tiff(&make::lopsided(16, 16), 1, false);
    // Width, height and rows per strip.
    for entry in [0, 1, 8] {
        tiff[10 + 12 * entry + 8..][..4].copy_from_slice(&60_000u32.to_le_bytes());
    }
    for (format, file) in [("GIF", gif), ("BMP", bmp), ("TIFF", tiff)] {
        let error = decode(&file).expect_err(format);
        assert!(matches!(error, PictureError::TooLarge { .. }), "{format}: {error}");
    }
}

#[test]
fn a_directory_that_never_ends_is_harmless() {
    let mut tiff = make::tiff(&make::lopsided(16, 16), 1, true);
    // The strip claims 4 GiB.
    let length_at = 10 + 12 * 9 + 8;
    tiff[length_at..][..4].copy_from_slice(&u32::MAX.to_le_bytes());
    // Any answer but a crash will do; the pixels of a strip are bounded by the picture's size.
    let _ = decode(&tiff);
    for at in [u32::MAX, u32::MAX - 1, 0x8000_0000, 7] {
        let mut tiff = make::tiff(&make::lopsided(16, 16), 1, true);
        tiff[4..8].copy_from_slice(&at.to_le_bytes());
        assert!(decode(&tiff).is_err(), "directory at {at}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(decode(&bytes).is_err());
    }

    #[test]
    fn random_bytes_behind_a_good_start_never_panic(
        which in 0usize..6,
        keep in 2usize..64,
        tail in proptest::collection::vec(any::<u8>(), 0..400),
    ) {
        let (_, file) = make::one_of_each(true).swap_remove(which);
        let mut bytes = file[..keep.min(file.len())].to_vec();
        bytes.extend(tail);
        let _ = decode(&bytes);
    }

    #[test]
    fn changed_bytes_never_panic(
        which in 0usize..6,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
    ) {
        let (_, mut file) = make::one_of_each(true).swap_remove(which);
        for (at, byte) in changes {
            let at = at.index(file.len());
            file[at] = byte;
        }
        if let Ok(decoded) = decode(&file) {
            let picture = decoded.picture;
            prop_assert_eq!(picture.data.len(), 3 * picture.width * picture.height);
            prop_assert!(picture.data.iter().all(|v| (0.0..=1.0).contains(v)));
        }
    }
}
