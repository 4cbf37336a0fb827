//! The exact rewrites of method section 7, borders included: what the network's definition says against what the step does.

use optimal_eye_surgeon::step::AxisMap;

use crate::adjoints::SIZES;
use crate::layers::{Link, Map, prepare};
use crate::twin::Report;

/// Float noise of sums over at most 75 taps, relative to the largest value.
const NOISE: f64 = 2e-6;

/// Gathers by the same kind of map on both axes.
fn both(src: &Map, axis: impl Fn(usize) -> AxisMap) -> Map {
    prepare(src, &axis(src.h), &axis(src.w), false)
}

/// The definition of 2x2 mean pooling, without the kernel: it is the one that takes the means on the other side as well.
fn pooled(src: &Map) -> Map {
    let (h, w) = (src.h / 2, src.w / 2);
    let at = |c: usize, y: usize, x: usize| f64::from(src.values[(c * src.h + y) * src.w + x]);
    let mean = |c: usize, i: usize, j: usize| {
        let (y, x) = (2 * i, 2 * j);
        ((at(c, y, x) + at(c, y, x + 1) + at(c, y + 1, x) + at(c, y + 1, x + 1)) / 4.0) as f32
    };
    let values = (0..src.channels * h * w)
        .map(|at| mean(at / (h * w), at / w % h, at % w))
        .collect();
    Map {
        channels: src.channels,
        h,
        w,
        values,
    }
}

/// Section 7.1. Odd sides too, where the pooling leaves out the last row or column.
#[test]
fn pooling_after_a_convolution_is_a_boxed_convolution_of_stride_two() {
    let mut report = Report::default();
    for (h, w) in SIZES {
        let x = Map::normal(3, h, w, 1);
        let full = Link::new(5, 3, 5, 1, 2);
        let convolved = full.to_coarse(&both(&x, |n| AxisMap::reflect(n, 2)));
        let expected = pooled(&convolved);
        let boxed = Link { stride: 2, ..full };
        let found = boxed.to_coarse(&both(&x, AxisMap::boxed_reflect));
        report.check((found.h, found.w) == (h / 2, w / 2), || {
            format!("{h}x{w}: {}x{}", found.h, found.w)
        });
        report.all_near(&format!("boxed {h}x{w}"), &found.values, &expected.values, NOISE);
    }
    report.assert();
}

/// Section 7.3. The weights are shared: [Cout, Cin, 3, 3] in both.
#[test]
fn a_convolution_after_an_upsampling_is_a_widened_one_of_the_small_map() {
    let mut report = Report::default();
    for (h, w) in SIZES {
        let (inputs, outputs) = (3, 5);
        let x = Map::normal(inputs, h, w, 3);
        let plain = Link::new(outputs, inputs, 3, 1, 4);
        let upsampled = both(&x, AxisMap::upsample);
        let expected = plain.to_coarse(&both(&upsampled, |n| AxisMap::reflect(n, 1)));
        let mut widened = Link::widened(inputs, outputs, 0);
        widened.q = plain.q;
        let found = widened.to_fine(&both(&x, AxisMap::clamp), (2 * h, 2 * w), 3);
        report.all_near(&format!("widened {h}x{w}"), &found.values, &expected.values, NOISE);
    }
    report.assert();
}
