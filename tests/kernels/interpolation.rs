//! Bilinear upsampling and ReLU.

use optimal_eye_surgeon::kernels::interpolate::Interpolate;
use optimal_eye_surgeon::kernels::interpolate_adjoint::InterpolateAdjoint;

use crate::case::Bound::{Output, Unused, Values};
use crate::case::{Case, normal, sum};

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (c, h, w) in [(6, 1, 1), (3, 5, 7), (2, 6, 1), (5, 9, 33), (4, 16, 32)] {
        for (first, doubled, rectified) in [(0, 1, 1), (0, 0, 1), (1, 1, 0), (1, 1, 1)] {
            cases.push(forward((c, h, w), first, doubled, rectified));
            for (halo, accumulate) in [(0, false), (2, false), (0, true)] {
                cases.push(adjoint((c, h, w), (first, doubled, rectified), halo, accumulate));
            }
        }
    }
    cases
}

fn forward((c, h, w): (usize, usize, usize), first: u32, doubled: u32, rectified: u32) -> Case {
    let kernel = Interpolate {
        first,
        doubled,
        rectified,
        channels: c as u32,
        h: h as u32,
        w: w as u32,
    };
    let norm = if first == 1 { Values(normal(4 * c, 2)) } else { Unused };
    let factor = 1 + doubled as usize;
    let bound = vec![Values(normal(c * h * w, 1)), norm, Output(c * factor * h * factor * w)];
    Case::new(&format!("{c}x{h}x{w}"), kernel, bound)
}

fn adjoint(
    (c, h, w): (usize, usize, usize),
    (first, doubled, rectified): (u32, u32, u32),
    halo: usize,
    accumulate: bool,
) -> Case {
    let dst_w = (w + 2 * halo).next_multiple_of(4);
    let kernel = InterpolateAdjoint {
        first,
        doubled,
        rectified,
        accumulate: u32::from(accumulate),
        channels: c as u32,
        h: h as u32,
        w: w as u32,
        halo: halo as u32,
        dst_w: dst_w as u32,
    };
    let large = c * h * w * (1 + doubled as usize).pow(2);
    let given = |bound: u32, values: Vec<f32>| if bound == 1 { Values(values) } else { Unused };
    let bound = vec![
        Values(normal(large, 3)),
        given(rectified, normal(large, 4)),
        given(first, normal(c * h * w, 5)),
        given(first, normal(4 * c, 6)),
        sum(c * (h + 2 * halo) * dst_w, accumulate),
    ];
    Case::new(&format!("{c}x{h}x{w}"), kernel, bound)
}
