//! The convolutions over lists of kept weights: both directions and the weight gradient belong together, and each is the
//! dense one with zeros between the kept weights.

use optimal_eye_surgeon::kernels::gather_grad::GatherGrad;
use optimal_eye_surgeon::kernels::sparse_apply::SparseApply;
use optimal_eye_surgeon::kernels::sparse_weight_grad::SparseWeightGrad;

use crate::adjoints::{SIZES, TAPS};
use crate::layers::{Link, Map};
use crate::twin::Bound::{Output, Table, Values};
use crate::twin::{Report, dot, norm, run, uniform};

/// Relative to |A x| |y|, as for the dense kernels.
const NEAR: f64 = 1e-6;

/// One kept weight of a link: coarse and fine channel, tap.
#[derive(Clone, Copy, Debug)]
struct Tap {
    c: usize,
    f: usize,
    a: usize,
    b: usize,
    weight: f32,
}

/// A link that keeps about a quarter of its weights, but none of coarse channel 1.
struct Kept {
    /// The others are 0.
    dense: Link,
    taps: Vec<Tap>,
}

impl Kept {
    fn new(coarse: usize, fine: usize, k: usize, stride: usize) -> Self {
        let mut dense = Link::new(coarse, fine, k, stride, 1);
        let draws = uniform(dense.q.len(), 2);
        let mut taps = Vec::new();
        for (at, weight) in dense.q.iter_mut().enumerate() {
            let (c, f, a, b) = (at / (fine * k * k), at / (k * k) % fine, at / k % k, at % k);
            // The first is always kept: a list of nothing proves nothing.
            if c != 1 && (draws[at] < 0.25 || at == 0) {
                taps.push(Tap {
                    c,
                    f,
                    a,
                    b,
                    weight: *weight,
                });
            } else {
                *weight = 0.0;
            }
        }
        Self { dense, taps }
    }

    /// Runs lists of (weight, offset), one for each channel and phase.
    fn apply(&self, kernel: SparseApply, lists: &[Vec<(f32, usize)>], src: &Map) -> Map {
        let mut starts = vec![0];
        for list in lists {
            starts.push(starts[starts.len() - 1] + list.len() as u32);
        }
        let offsets: Vec<u32> = lists.iter().flatten().map(|(_, offset)| *offset as u32).collect();
        let weights: Vec<f32> = lists.iter().flatten().map(|(weight, _)| *weight).collect();
        let (channels, h, w) = (kernel.channels as usize, kernel.out_h as usize, kernel.out_w as usize);
        let table = [starts, offsets].concat();
        let [values] = run(
            &kernel,
            &[
                Values(&src.values),
                Values(&weights),
                Table(&table),
                Output(channels * h * w),
            ],
        );
        Map { channels, h, w, values }
    }

    fn to_coarse(&self, fine: &Map) -> Map {
        let Link { coarse, k, stride, .. } = self.dense;
        let mut lists = vec![Vec::new(); coarse];
        for tap in &self.taps {
            lists[tap.c].push((tap.weight, (tap.f * fine.h + tap.a) * fine.w + tap.b));
        }
        let kernel = SparseApply {
            out_step: 1,
            in_step: stride as u32,
            rows: 4,
            accumulate: 0,
            channels: coarse as u32,
            out_h: ((fine.h - k) / stride + 1) as u32,
            out_w: ((fine.w - k) / stride + 1) as u32,
            src_w: fine.w as u32,
            entries: self.taps.len() as u32,
        };
        self.apply(kernel, &lists, fine)
    }

    /// `coarse` in its border of `shift / stride`, rounded up.
    fn to_fine(&self, coarse: &Map, (h, w): (usize, usize), shift: usize) -> Map {
        let Link { fine, stride, .. } = self.dense;
        let mut lists = vec![Vec::new(); fine * stride * stride];
        // The fine rows that tap a reaches are those y with y + shift - a = stride * i: the first one and its i.
        let first = |a: usize| {
            let y = (0..stride)
                .find(|y| (y + shift + stride * a - a).is_multiple_of(stride))
                .expect("a phase");
            (y, (y + shift - a) / stride)
        };
        for tap in &self.taps {
            let ((py, i), (px, j)) = (first(tap.a), first(tap.b));
            let offset = (tap.c * coarse.h + i) * coarse.w + j;
            lists[(tap.f * stride + py) * stride + px].push((tap.weight, offset));
        }
        let kernel = SparseApply {
            out_step: stride as u32,
            in_step: 1,
            rows: 4,
            accumulate: 0,
            channels: fine as u32,
            out_h: h as u32,
            out_w: w as u32,
            src_w: coarse.w as u32,
            entries: self.taps.len() as u32,
        };
        self.apply(kernel, &lists, coarse)
    }

    /// The gradient of each kept weight; `coarse` in a border of `halo`.
    fn weight_grad(&self, coarse: &Map, halo: usize, fine: &Map, band: usize) -> Vec<f32> {
        let (h, w, entries) = (coarse.h - 2 * halo, coarse.w - 2 * halo, self.taps.len());
        let splits = h.div_ceil(band);
        let offsets: Vec<u32> = (self.taps.iter())
            .flat_map(|tap| {
                [
                    (tap.c * coarse.h + halo) * coarse.w + halo,
                    (tap.f * fine.h + tap.a) * fine.w + tap.b,
                ]
            })
            .map(|offset| offset as u32)
            .collect();
        let kernel = SparseWeightGrad {
            stride: self.dense.stride as u32,
            group: 1,
            groups: entries as u32,
            h: h as u32,
            w: w as u32,
            coarse_w: coarse.w as u32,
            fine_w: fine.w as u32,
            splits: splits as u32,
            band: band as u32,
        };
        let bound = [
            Values(&coarse.values),
            Values(&fine.values),
            Table(&offsets),
            Output(splits * entries),
        ];
        let [partials] = run(&kernel, &bound);
        let places: Vec<u32> = (0..entries as u32).flat_map(|e| [e, e]).collect();
        let kernel = GatherGrad {
            sources: 1,
            count: entries as u32,
            splits: splits as u32,
            stride: entries as u32,
        };
        let [grad] = run(&kernel, &[Values(&partials), Table(&places), Output(entries)]);
        grad
    }
}

#[test]
fn lists_act_as_dense_weights_with_zeros() {
    let mut report = Report::default();
    for (h, w) in SIZES {
        for (k, stride) in TAPS {
            let what = format!("{h}x{w}, {k}x{k} taps, stride {stride}");
            let kept = Kept::new(5, 3, k, stride);
            let x = Map::normal(3, (h - 1) * stride + k, (w - 1) * stride + k, 3);
            let halo = (k - 1).div_ceil(stride);
            let y = Map::normal(5, h, w, 4);
            let bordered = y.bordered(halo);
            let shift = stride * halo;

            let ax = kept.to_coarse(&x);
            report.all_near(
                &format!("to coarse {what}"),
                &ax.values,
                &kept.dense.to_coarse(&x).values,
                NEAR,
            );
            let aty = kept.to_fine(&bordered, (x.h, x.w), shift);
            let dense = kept.dense.to_fine(&bordered, (x.h, x.w), shift);
            report.all_near(&format!("to fine {what}"), &aty.values, &dense.values, NEAR);

            let (left, right) = (dot(&ax.values, &y.values), dot(&x.values, &aty.values));
            let allowed = NEAR * norm(&ax.values) * norm(&y.values);
            report.near(&format!("adjoint {what}"), right, left, allowed);
            let weights: Vec<f32> = kept.taps.iter().map(|tap| tap.weight).collect();
            for band in [1, 3, h] {
                let grad = kept.weight_grad(&bordered, halo, &x, band);
                report.near(
                    &format!("weights {what}, bands of {band}"),
                    dot(&weights, &grad),
                    left,
                    allowed,
                );
            }
        }
    }
    report.assert();
}

/// The decoder's direction: an odd shift, and a coarse map whose border holds values.
#[test]
fn lists_of_widened_taps_act_as_dense_ones() {
    let mut report = Report::default();
    for (h, w) in SIZES {
        let kept = Kept::new(4, 3, 4, 2);
        let x = Map::normal(4, h + 2, w + 2, 5);
        let y = Map::normal(3, 2 * h, 2 * w, 6);
        let ax = kept.to_fine(&x, (2 * h, 2 * w), 3);
        let what = format!("widened taps {h}x{w}");
        report.all_near(
            &what,
            &ax.values,
            &kept.dense.to_fine(&x, (2 * h, 2 * w), 3).values,
            NEAR,
        );
        let bordered = y.bordered(3);
        let aty = kept.to_coarse(&bordered);
        let (left, right) = (dot(&ax.values, &y.values), dot(&x.values, &aty.values));
        let allowed = NEAR * norm(&ax.values) * norm(&y.values);
        report.near(&format!("adjoint, {what}"), right, left, allowed);
        let grad = kept.weight_grad(&x, 0, &bordered, 2);
        let weights: Vec<f32> = kept.taps.iter().map(|tap| tap.weight).collect();
        report.near(&format!("weights, {what}"), dot(&weights, &grad), left, allowed);
    }
    report.assert();
}
