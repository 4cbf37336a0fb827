//! Reflection against a definition that shares nothing with it: a walker that turns round at the edges.

use optimal_eye_surgeon::network::Hourglass;
use optimal_eye_surgeon::picture::{Padding, Picture, Region, reflect};
use proptest::prelude::*;

use crate::make;

/// Walks `steps` pixels from the edge, first inwards, and turns round at every edge.
fn walk(start: usize, steps: usize, n: usize) -> usize {
    let mut at = start;
    let mut forward = start == 0;
    for _ in 0..steps {
        if n == 1 {
            return 0;
        }
        if forward && at == n - 1 || !forward && at == 0 {
            forward = !forward;
        }
        at = if forward { at + 1 } else { at - 1 };
    }
    at
}

/// The line 0..n with `before` and `after` pixels around it.
fn padded_line(n: usize, before: usize, after: usize) -> Vec<usize> {
    let left = (1..=before).rev().map(|steps| walk(0, steps, n));
    let right = (1..=after).map(|steps| walk(n - 1, steps, n));
    left.chain(0..n).chain(right).collect()
}

#[test]
fn reflection_is_numpys() {
    // numpy.pad(numpy.arange(n), (before, after), "reflect"), numpy 2.4.
    let line = |n, before: isize, after: isize| -> Vec<usize> {
        (-before..n as isize + after).map(|i| reflect(i, n)).collect()
    };
    assert_eq!(line(4, 2, 3), [2, 1, 0, 1, 2, 3, 2, 1, 0]);
    assert_eq!(line(3, 7, 8), [1, 2, 1, 0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2]);
    assert_eq!(
        line(4, 9, 10),
        [3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1]
    );
    assert_eq!(line(2, 4, 5), [0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0]);
    assert_eq!(line(1, 3, 2), [0; 6]);
}

#[test]
fn reflection_is_a_walk_that_turns_at_the_edges() {
    for n in 1..=12 {
        for before in 0..40 {
            for after in [before, before + 1] {
                let got: Vec<usize> = (0..before + n + after)
                    .map(|i| reflect(i as isize - before as isize, n))
                    .collect();
                assert_eq!(got, padded_line(n, before, after));
            }
        }
    }
}

#[test]
fn a_picture_sits_in_the_middle_with_the_odd_pixel_right_and_below() {
    let padding = Padding::for_size(5, 4, 8, 5);
    let region = Region {
        x: 1,
        y: 0,
        width: 5,
        height: 4,
    };
    assert_eq!(padding.region(), region);
    let data = (0..60).map(|i| i as f32).collect();
    let padded = padding.pad(&Picture::new(5, 4, data).expect("fits"));
    assert_eq!((padded.width, padded.height), (8, 5));
    assert_eq!(padded.plane(0)[..8], [1., 0., 1., 2., 3., 4., 3., 2.]);
    assert_eq!(padded.plane(0)[32..], [11., 10., 11., 12., 13., 14., 13., 12.]);
    assert_eq!(padded.plane(2)[..3], [41., 40., 41.]);
}

#[test]
fn the_network_decides_the_size() {
    let network = Hourglass::default();
    let size = |w, h| {
        let padding = Padding::for_network(&network, w, h);
        (padding.padded_width, padding.padded_height)
    };
    assert_eq!(size(16, 16), (192, 192));
    assert_eq!(size(451, 300), (512, 320));
    assert_eq!(size(512, 512), (512, 512));
    assert_eq!(size(4096, 4095), (4096, 4096));
    for (w, h) in [(16, 4096), (100, 65), (511, 513)] {
        let (w, h) = size(w, h);
        assert!(network.build().expect("builds").size.check(w, h).is_ok());
    }
    let whole = make::picture(64, 24);
    assert_eq!(Padding::for_size(64, 24, 64, 24).pad(&whole), whole);
}

#[test]
#[should_panic(expected = "another picture")]
fn a_padding_takes_only_its_own_size() {
    Padding::for_size(20, 16, 32, 32).pad(&make::picture(16, 20));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_size_padded_to_any_size(
        w in 1usize..=64, h in 1usize..=64, more_w in 0usize..200, more_h in 0usize..200,
    ) {
        let picture = make::picture(w, h);
        let padding = Padding::for_size(w, h, w + more_w, h + more_h);
        let padded = padding.pad(&picture);
        prop_assert_eq!((padded.width, padded.height), (w + more_w, h + more_h));
        let columns = padded_line(w, more_w / 2, more_w - more_w / 2);
        let rows = padded_line(h, more_h / 2, more_h - more_h / 2);
        for channel in 0..3 {
            for (y, &row) in rows.iter().enumerate() {
                for (x, &column) in columns.iter().enumerate() {
                    let got = padded.plane(channel)[y * padded.width + x];
                    prop_assert_eq!(got, picture.plane(channel)[row * w + column]);
                }
            }
        }
        prop_assert_eq!(padding.crop(&padded.data), picture);
    }
}
