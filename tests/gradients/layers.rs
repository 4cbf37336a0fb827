//! The steps of a convolution as plain functions on maps, each one call of a twin or two.

use optimal_eye_surgeon::kernels::correlate::Correlate;
use optimal_eye_surgeon::kernels::correlate_transposed::CorrelateTransposed;
use optimal_eye_surgeon::kernels::fold::Fold;
use optimal_eye_surgeon::kernels::interpolate::Interpolate;
use optimal_eye_surgeon::kernels::interpolate_adjoint::InterpolateAdjoint;
use optimal_eye_surgeon::kernels::pack_weights::PackWeights;
use optimal_eye_surgeon::kernels::prepare::Prepare;
use optimal_eye_surgeon::kernels::reduce_weight_grad::ReduceWeightGrad;
use optimal_eye_surgeon::kernels::weight_grad::WeightGrad;
use optimal_eye_surgeon::step::{AxisMap, FoldTable};

use crate::twin::Bound::{Output, Table, Unused, Values};
use crate::twin::{normal, run};

/// Channels of height x width.
#[derive(Clone, Debug)]
pub struct Map {
    pub channels: usize,
    pub h: usize,
    pub w: usize,
    pub values: Vec<f32>,
}

impl Map {
    pub fn normal(channels: usize, h: usize, w: usize, seed: u64) -> Self {
        let values = normal(channels * h * w, seed);
        Self { channels, h, w, values }
    }

    /// Inside a border of zeros.
    pub fn bordered(&self, halo: usize) -> Self {
        let (h, w) = (self.h + 2 * halo, self.w + 2 * halo);
        let mut values = vec![0.0; self.channels * h * w];
        for (row, from) in self.values.chunks(self.w).enumerate() {
            let (c, i) = (row / self.h, row % self.h);
            values[(c * h + i + halo) * w + halo..][..self.w].copy_from_slice(from);
        }
        Self {
            channels: self.channels,
            h,
            w,
            values,
        }
    }
}

/// The identity as a first normalisation: LeakyReLU alone.
fn identity_norm(channels: usize) -> Vec<f32> {
    [1.0, 0.0, 0.0, 0.0].repeat(channels)
}

/// Gathers by (`rows`, `columns`), after LeakyReLU if `leaky`.
pub fn prepare(src: &Map, rows: &AxisMap, columns: &AxisMap, leaky: bool) -> Map {
    let kernel = Prepare {
        first: u32::from(leaky),
        second: 0,
        paired: u32::from(rows.paired),
        channels: src.channels as u32,
        src_h: src.h as u32,
        src_w: src.w as u32,
        dst_h: rows.len() as u32,
        dst_w: columns.len() as u32,
    };
    let first = identity_norm(src.channels);
    let sources = [rows.table(), columns.table()].concat();
    let len = src.channels * rows.len() * columns.len();
    let bound = [
        Values(&src.values),
        Values(&first),
        Unused,
        Table(&sources),
        Output(len),
    ];
    let [values] = run(&kernel, &bound);
    Map {
        channels: src.channels,
        h: rows.len(),
        w: columns.len(),
        values,
    }
}

/// The adjoint of [`prepare`] at `src`.
pub fn fold(grad: &Map, table: &FoldTable, src: &Map, leaky: bool) -> Map {
    let kernel = Fold {
        first: u32::from(leaky),
        accumulate: 0,
        most: table.most,
        channels: src.channels as u32,
        h: src.h as u32,
        w: src.w as u32,
        grad_h: grad.h as u32,
        grad_w: grad.w as u32,
        columns: table.columns,
        scale: table.scale,
    };
    let first = identity_norm(src.channels);
    let len = src.values.len();
    let bound = [
        Values(&grad.values),
        Values(&src.values),
        Values(&first),
        Table(&table.table),
        Output(len),
    ];
    let [values] = run(&kernel, &bound);
    Map { values, ..*src }
}

/// Upsamples bilinearly, or copies.
pub fn interpolate(src: &Map, doubled: bool) -> Map {
    let kernel = Interpolate {
        first: 0,
        doubled: u32::from(doubled),
        rectified: 0,
        channels: src.channels as u32,
        h: src.h as u32,
        w: src.w as u32,
    };
    let factor = if doubled { 2 } else { 1 };
    let (h, w) = (factor * src.h, factor * src.w);
    let [values] = run(&kernel, &[Values(&src.values), Unused, Output(src.channels * h * w)]);
    Map {
        channels: src.channels,
        h,
        w,
        values,
    }
}

/// The adjoint of [`interpolate`], in a border.
pub fn interpolate_adjoint(grad: &Map, doubled: bool, halo: usize) -> Map {
    let factor = if doubled { 2 } else { 1 };
    let (h, w) = (grad.h / factor, grad.w / factor);
    let (full_h, full_w) = (h + 2 * halo, w + 2 * halo);
    let kernel = InterpolateAdjoint {
        first: 0,
        doubled: u32::from(doubled),
        rectified: 0,
        accumulate: 0,
        channels: grad.channels as u32,
        h: h as u32,
        w: w as u32,
        halo: halo as u32,
        dst_w: full_w as u32,
    };
    let len = grad.channels * full_h * full_w;
    let [values] = run(&kernel, &[Values(&grad.values), Unused, Unused, Unused, Output(len)]);
    Map {
        channels: grad.channels,
        h: full_h,
        w: full_w,
        values,
    }
}

/// A convolution between a coarse and a fine map, with its stored weights.
#[derive(Clone, Debug)]
pub struct Link {
    pub coarse: usize,
    pub fine: usize,
    /// Taps along an axis of V; a widened link stores 3x3 weights and has 4x4 taps.
    pub k: usize,
    pub stride: usize,
    pub widened: bool,
    pub q: Vec<f32>,
}

impl Link {
    pub fn new(coarse: usize, fine: usize, k: usize, stride: usize, seed: u64) -> Self {
        let q = normal(coarse * fine * k * k, seed);
        Self {
            coarse,
            fine,
            k,
            stride,
            widened: false,
            q,
        }
    }

    /// A 3x3 decoder convolution with the upsampling in it.
    pub fn widened(coarse: usize, fine: usize, seed: u64) -> Self {
        let q = normal(coarse * fine * 9, seed);
        Self {
            coarse,
            fine,
            k: 4,
            stride: 2,
            widened: true,
            q,
        }
    }

    /// Input channels of the convolution.
    fn inputs(&self) -> usize {
        if self.widened { self.coarse } else { self.fine }
    }

    fn packed(&self, transposed: bool) -> Vec<f32> {
        let kernel = PackWeights {
            widened: u32::from(self.widened),
            transposed: u32::from(transposed),
            k: self.k as u32,
            coarse_ch: self.coarse as u32,
            fine_ch: self.fine as u32,
            offset: 0,
            inputs: self.inputs() as u32,
        };
        let (outer, inner) = if transposed {
            (self.fine, self.coarse)
        } else {
            (self.coarse, self.fine)
        };
        let len = outer.div_ceil(4) * inner * self.k * self.k * 4;
        let [packed] = run(&kernel, &[Values(&self.q), Output(len)]);
        packed
    }

    /// Every position where all taps lie on `fine`.
    pub fn to_coarse(&self, fine: &Map) -> Map {
        let size = |n: usize| (n - self.k) / self.stride + 1;
        let (h, w) = (size(fine.h), size(fine.w));
        let kernel = Correlate {
            k: self.k as u32,
            stride: self.stride as u32,
            strip: 4,
            rows: 1,
            accumulate: 0,
            fine_ch: self.fine as u32,
            fine_h: fine.h as u32,
            fine_w: fine.w as u32,
            coarse_ch: self.coarse as u32,
            coarse_h: h as u32,
            coarse_w: w as u32,
        };
        let weights = self.packed(false);
        let bound = [Values(&fine.values), Values(&weights), Output(self.coarse * h * w)];
        let [values] = run(&kernel, &bound);
        Map {
            channels: self.coarse,
            h,
            w,
            values,
        }
    }

    /// `coarse` holds the border that `shift` reaches into.
    pub fn to_fine(&self, coarse: &Map, (h, w): (usize, usize), shift: usize) -> Map {
        let kernel = CorrelateTransposed {
            k: self.k as u32,
            stride: self.stride as u32,
            shift: shift as u32,
            strip: 4,
            rows: 1,
            accumulate: 0,
            coarse_ch: self.coarse as u32,
            coarse_h: coarse.h as u32,
            coarse_w: coarse.w as u32,
            fine_ch: self.fine as u32,
            fine_h: h as u32,
            fine_w: w as u32,
        };
        let weights = self.packed(true);
        let bound = [Values(&coarse.values), Values(&weights), Output(self.fine * h * w)];
        let [values] = run(&kernel, &bound);
        Map {
            channels: self.fine,
            h,
            w,
            values,
        }
    }

    /// The gradient of the stored weights; `halo` is the border of `coarse`. In bands of `band` coarse rows.
    pub fn weight_grad(&self, coarse: &Map, halo: usize, fine: &Map, band: usize) -> Vec<f32> {
        let (h, w) = (coarse.h - 2 * halo, coarse.w - 2 * halo);
        let splits = h.div_ceil(band);
        let kernel = WeightGrad {
            k: self.k as u32,
            stride: self.stride as u32,
            tap_rows: 1,
            coarse_ch: self.coarse as u32,
            coarse_h: h as u32,
            coarse_w: w as u32,
            coarse_pitch: coarse.w as u32,
            halo: halo as u32,
            fine_ch: self.fine as u32,
            fine_h: fine.h as u32,
            fine_w: fine.w as u32,
            splits: splits as u32,
            band: band as u32,
        };
        let len = splits * self.coarse * self.fine * self.k * self.k;
        let [partials] = run(&kernel, &[Values(&coarse.values), Values(&fine.values), Output(len)]);
        let kernel = ReduceWeightGrad {
            widened: u32::from(self.widened),
            k: self.k as u32,
            coarse_ch: self.coarse as u32,
            fine_ch: self.fine as u32,
            splits: splits as u32,
            offset: 0,
            inputs: self.inputs() as u32,
        };
        let [grad] = run(&kernel, &[Values(&partials), Output(self.q.len())]);
        grad
    }
}
