//! The dense convolutions, their weights' layouts and their weight gradients.

use optimal_eye_surgeon::kernels::correlate::Correlate;
use optimal_eye_surgeon::kernels::correlate_transposed::CorrelateTransposed;
use optimal_eye_surgeon::kernels::pack_weights::PackWeights;
use optimal_eye_surgeon::kernels::reduce_weight_grad::ReduceWeightGrad;
use optimal_eye_surgeon::kernels::weight_grad::WeightGrad;

use crate::case::Bound::{Output, Values};
use crate::case::{Case, normal, sum};

/// Coarse channels, fine channels, coarse height and width.
const SHAPES: [(usize, usize, usize, usize); 4] = [(5, 3, 41, 55), (4, 2, 3, 3), (8, 5, 16, 32), (3, 16, 7, 70)];
/// The network's kernels and strides: encoder, boxed stride-2 encoder, output, widened decoder.
const TAPS: [(usize, usize); 4] = [(5, 1), (5, 2), (1, 1), (4, 2)];

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for shape in SHAPES {
        for (i, (k, stride)) in TAPS.into_iter().enumerate() {
            let tile = [(4, 4), (2, 3), (1, 1), (8, 2)][i];
            for accumulate in [false, true] {
                cases.push(correlate(shape, k, stride, tile, accumulate));
                cases.push(transposed(shape, k, stride, tile, accumulate));
            }
            for tap_rows in [1, k] {
                cases.push(weight_grad(shape, k, stride, tap_rows));
            }
        }
        cases.push(decoder_forward(shape));
        for (widened, k) in [(0, 5), (0, 1), (1, 4)] {
            for others in [0, 3] {
                cases.push(reduce(shape, widened, k, others));
                for flipped in [0, 1] {
                    cases.push(pack(shape, widened, flipped, k, others));
                }
            }
        }
    }
    cases
}

fn label((c, f, h, w): (usize, usize, usize, usize)) -> String {
    format!("{c}:{f} {h}x{w}")
}

fn correlate(
    (c, f, h, w): (usize, usize, usize, usize),
    k: usize,
    stride: usize,
    (strip, rows): (u32, u32),
    accumulate: bool,
) -> Case {
    let (fine_h, fine_w) = ((h - 1) * stride + k, (w - 1) * stride + k);
    let kernel = Correlate {
        k: k as u32,
        stride: stride as u32,
        strip,
        rows,
        accumulate: u32::from(accumulate),
        fine_ch: f as u32,
        fine_h: fine_h as u32,
        fine_w: fine_w as u32,
        coarse_ch: c as u32,
        coarse_h: h as u32,
        coarse_w: w as u32,
    };
    let weights = c.div_ceil(4) * f * k * k * 4;
    let bound = vec![
        Values(normal(f * fine_h * fine_w, 1)),
        Values(normal(weights, 2)),
        sum(c * h * w, accumulate),
    ];
    Case::new(&label((c, f, h, w)), kernel, bound)
}

/// The adjoint of [`correlate`], the coarse map in a border wide enough for every tap.
fn transposed(
    (c, f, h, w): (usize, usize, usize, usize),
    k: usize,
    stride: usize,
    tile: (u32, u32),
    accumulate: bool,
) -> Case {
    let halo = (k - 1).div_ceil(stride);
    let fine = ((h - 1) * stride + k, (w - 1) * stride + k);
    transposed_case(
        (c, f, h, w),
        (k, stride, tile),
        (h + 2 * halo, w + 2 * halo),
        fine,
        stride * halo,
        accumulate,
    )
}

/// A decoder convolution: 4x4 taps of stride 2 on a map with a border of one, onto twice the size.
fn decoder_forward((c, f, h, w): (usize, usize, usize, usize)) -> Case {
    transposed_case((c, f, h, w), (4, 2, (4, 1)), (h + 2, w + 2), (2 * h, 2 * w), 3, false)
}

fn transposed_case(
    shape: (usize, usize, usize, usize),
    (k, stride, (strip, rows)): (usize, usize, (u32, u32)),
    coarse: (usize, usize),
    fine: (usize, usize),
    shift: usize,
    accumulate: bool,
) -> Case {
    let (c, f, ..) = shape;
    let kernel = CorrelateTransposed {
        k: k as u32,
        stride: stride as u32,
        shift: shift as u32,
        strip,
        rows,
        accumulate: u32::from(accumulate),
        coarse_ch: c as u32,
        coarse_h: coarse.0 as u32,
        coarse_w: coarse.1 as u32,
        fine_ch: f as u32,
        fine_h: fine.0 as u32,
        fine_w: fine.1 as u32,
    };
    let weights = f.div_ceil(4) * c * k * k * 4;
    let bound = vec![
        Values(normal(c * coarse.0 * coarse.1, 3)),
        Values(normal(weights, 4)),
        sum(f * fine.0 * fine.1, accumulate),
    ];
    Case::new(&label(shape), kernel, bound)
}

fn weight_grad((c, f, h, w): (usize, usize, usize, usize), k: usize, stride: usize, tap_rows: usize) -> Case {
    let (fine_h, fine_w) = ((h - 1) * stride + k, (w - 1) * stride + k);
    let halo = (k - 1).div_ceil(stride);
    let band = h.div_ceil(3);
    let splits = h.div_ceil(band);
    let kernel = WeightGrad {
        k: k as u32,
        stride: stride as u32,
        tap_rows: tap_rows as u32,
        coarse_ch: c as u32,
        coarse_h: h as u32,
        coarse_w: w as u32,
        halo: halo as u32,
        fine_ch: f as u32,
        fine_h: fine_h as u32,
        fine_w: fine_w as u32,
        splits: splits as u32,
        band: band as u32,
    };
    let bound = vec![
        Values(normal(c * (h + 2 * halo) * (w + 2 * halo), 5)),
        Values(normal(f * fine_h * fine_w, 6)),
        Output(splits * c * f * k * k),
    ];
    Case::new(&label((c, f, h, w)), kernel, bound)
}

fn reduce((c, f, h, w): (usize, usize, usize, usize), widened: u32, k: usize, others: usize) -> Case {
    let (splits, offset) = (h % 5 + 1, 7);
    let (inputs, outputs) = if widened == 1 { (c, f) } else { (f, c) };
    let kernel = ReduceWeightGrad {
        widened,
        k: k as u32,
        coarse_ch: c as u32,
        fine_ch: f as u32,
        splits: splits as u32,
        offset: offset as u32,
        inputs: (inputs + others) as u32,
    };
    let taps = if widened == 1 { 9 } else { k * k };
    // Words around the gradient, and those of other inputs, have to stay as they are.
    let bound = vec![
        Values(normal(splits * c * f * k * k, 7)),
        Output(offset + outputs * (inputs + others) * taps + 5),
    ];
    Case::new(&label((c, f, h, w)), kernel, bound)
}

fn pack((c, f, h, w): (usize, usize, usize, usize), widened: u32, transposed: u32, k: usize, others: usize) -> Case {
    let offset = 3;
    let (inputs, outputs) = if widened == 1 { (c, f) } else { (f, c) };
    let kernel = PackWeights {
        widened,
        transposed,
        k: k as u32,
        coarse_ch: c as u32,
        fine_ch: f as u32,
        offset: offset as u32,
        inputs: (inputs + others) as u32,
    };
    let (outer, inner) = if transposed == 1 { (f, c) } else { (c, f) };
    let taps = if widened == 1 { 9 } else { k * k };
    let bound = vec![
        Values(normal(offset + outputs * (inputs + others) * taps, 8)),
        Output(outer.div_ceil(4) * inner * k * k * 4),
    ];
    Case::new(&label((c, f, h, w)), kernel, bound)
}
