//! Convolutions over kept weights only.

use optimal_eye_surgeon::kernels::gather_grad::GatherGrad;
use optimal_eye_surgeon::kernels::pack_list::PackList;
use optimal_eye_surgeon::kernels::sparse_apply::SparseApply;
use optimal_eye_surgeon::kernels::sparse_weight_grad::SparseWeightGrad;

use crate::case::Bound::{Output, Table, Values};
use crate::case::{Case, below, normal, shuffled, sum};

/// Output channels, height and width.
const SHAPES: [(usize, usize, usize); 4] = [(3, 41, 55), (2, 3, 3), (4, 16, 32), (1, 5, 131)];
/// Taps along an axis, and channels on the other side.
const K: usize = 4;
const INPUTS: usize = 3;

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for shape in SHAPES {
        for (out_step, in_step, rows) in [(1, 1, 8), (1, 2, 1), (2, 1, 4), (2, 1, 3)] {
            for accumulate in [false, true] {
                cases.push(apply(shape, out_step, in_step, rows, accumulate));
            }
        }
        for stride in [1, 2] {
            for group in [1, 8] {
                cases.push(weight_grad(shape, stride, group));
            }
        }
    }
    for sources in [1, 4] {
        for scattered in [0, 1] {
            cases.push(pack(77, sources, scattered));
        }
        cases.push(gather(91, sources, 5));
        cases.push(gather(1, sources, 1));
    }
    cases
}

fn apply((c, h, w): (usize, usize, usize), out_step: usize, in_step: usize, rows: u32, accumulate: bool) -> Case {
    let size = |n: usize| (n.div_ceil(out_step) - 1) * in_step + K;
    let (src_h, src_w) = (size(h), size(w));
    let lists = c * out_step * out_step;
    // Lists of 0 to 6 entries; the second, where there is one, is empty.
    let lengths = below(lists, 7, 1);
    let (mut starts, mut offsets) = (vec![0], Vec::new());
    for (list, length) in lengths.into_iter().enumerate() {
        let length = if list == 1 { 0 } else { length.max(1) as usize };
        for tap in below(length, INPUTS * K * K, 2 + list as u64) {
            let (f, a, b) = (tap as usize / (K * K), tap as usize / K % K, tap as usize % K);
            offsets.push(((f * src_h + a) * src_w + b) as u32);
        }
        starts.push(offsets.len() as u32);
    }
    let kernel = SparseApply {
        out_step: out_step as u32,
        in_step: in_step as u32,
        rows,
        accumulate: u32::from(accumulate),
        channels: c as u32,
        out_h: h as u32,
        out_w: w as u32,
        src_w: src_w as u32,
        entries: offsets.len() as u32,
    };
    let bound = vec![
        Values(normal(INPUTS * src_h * src_w, 3)),
        Values(normal(offsets.len(), 4)),
        Table([starts, offsets].concat()),
        sum(c * h * w, accumulate),
    ];
    Case::new(&format!("{c}x{h}x{w}"), kernel, bound)
}

fn weight_grad((c, h, w): (usize, usize, usize), stride: usize, group: usize) -> Case {
    let groups = 19;
    let (coarse_h, coarse_w) = (h + 2, w + 2);
    let (fine_h, fine_w) = ((h - 1) * stride + K, (w - 1) * stride + K);
    let taps = below(groups * group, INPUTS * K * K, 6);
    let table = below(groups, c, 5)
        .into_iter()
        .zip(taps.chunks(group))
        .flat_map(|(channel, taps)| {
            let coarse = (channel as usize * coarse_h + 1) * coarse_w + 1;
            let fine = taps.iter().map(|tap| {
                let (f, a, b) = (*tap as usize / (K * K), *tap as usize / K % K, *tap as usize % K);
                ((f * fine_h + a) * fine_w + b) as u32
            });
            std::iter::once(coarse as u32).chain(fine).collect::<Vec<u32>>()
        });
    let band = h.div_ceil(4);
    let splits = h.div_ceil(band);
    let kernel = SparseWeightGrad {
        stride: stride as u32,
        group: group as u32,
        groups: groups as u32,
        h: h as u32,
        w: w as u32,
        coarse_w: coarse_w as u32,
        fine_w: fine_w as u32,
        splits: splits as u32,
        band: band as u32,
    };
    let bound = vec![
        Values(normal(c * coarse_h * coarse_w, 7)),
        Values(normal(INPUTS * fine_h * fine_w, 8)),
        Table(table.collect()),
        Output(splits * groups * group),
    ];
    Case::new(&format!("{c}x{h}x{w}"), kernel, bound)
}

fn pack(count: usize, sources: u32, scattered: u32) -> Case {
    let q = 50;
    let places = shuffled(2 * count, 9);
    let from = below(count * sources as usize, q, 10);
    let table = from.chunks(sources as usize).enumerate().flat_map(|(e, from)| {
        let place = (scattered == 1).then_some(places[e]);
        place.into_iter().chain(from.iter().copied()).collect::<Vec<u32>>()
    });
    let kernel = PackList {
        sources,
        scattered,
        count: count as u32,
    };
    let bound = vec![Values(normal(q, 11)), Table(table.collect()), Output(2 * count)];
    Case::new(&count.to_string(), kernel, bound)
}

fn gather(count: usize, sources: u32, splits: u32) -> Case {
    let stride = 40;
    let places = shuffled(count + 9, 12);
    let from = below(count * sources as usize, stride, 13);
    let table = from.chunks(sources as usize).enumerate().flat_map(|(e, from)| {
        std::iter::once(places[e])
            .chain(from.iter().copied())
            .collect::<Vec<u32>>()
    });
    let kernel = GatherGrad {
        sources,
        count: count as u32,
        splits,
        stride: stride as u32,
    };
    let bound = vec![
        Values(normal(stride * splits as usize, 14)),
        Table(table.collect()),
        Output(count + 9),
    ];
    Case::new(&count.to_string(), kernel, bound)
}
