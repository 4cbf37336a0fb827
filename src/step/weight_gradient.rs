//! The weight gradient of a link: bands of partial sums, then their sums for each weight.

use super::link::{Link, Plane, Storage};
use super::{StepBuilder, TensorId, Tuning};
use crate::kernels::gather_grad::GatherGrad;
use crate::kernels::reduce_weight_grad::ReduceWeightGrad;
use crate::kernels::sparse_weight_grad::SparseWeightGrad;
use crate::kernels::weight_grad::WeightGrad;

/// Groups of entries that share a coarse channel, as [`SparseWeightGrad`] reads them.
struct Groups {
    table: Vec<u32>,
    /// For each nonzero of V its place among the sums.
    places: Vec<usize>,
    len: usize,
}

impl Link {
    /// Appends the weight gradient. `halo` is the border of the coarse plane.
    pub fn weight_grad(
        &self,
        b: &mut StepBuilder,
        grad: TensorId,
        tuning: Tuning,
        coarse: Plane,
        halo: usize,
        fine: Plane,
    ) {
        if self.is_empty() {
            return;
        }
        let (h, w) = (coarse.h - 2 * halo, coarse.w - coarse.slack - 2 * halo);
        let group = tuning.group as usize;
        let groups = self.groups(group, coarse, halo, fine);
        let (splits, band) = tuning.bands(groups.len, h);
        let sparse = SparseWeightGrad {
            stride: self.stride as u32,
            group: tuning.group,
            groups: groups.len as u32,
            h: h as u32,
            w: w as u32,
            coarse_w: coarse.w as u32,
            fine_w: fine.w as u32,
            splits: splits as u32,
            band: band as u32,
        };
        let dense = self.dense_gradient(tuning, coarse, halo, fine, (h, w));
        if self.takes_lists(tuning.costs, &sparse, &dense, tuning.costs.gradient) {
            let partials = b.tensor("sparse gradient bands", splits * groups.len * group);
            let table = b.table(&groups.table);
            let operands = [coarse.id.into(), fine.id.into(), table.into(), partials.into()];
            b.push(&self.layer, sparse, &operands);
            self.push_gather(b, grad, partials, splits, groups.len * group, |tap| {
                groups.places[tap] as u32
            });
            return;
        }
        let (coarse_ch, fine_ch) = (self.coarse.len(), self.fine.len());
        let size = coarse_ch * fine_ch * self.k * self.k;
        let splits = dense.splits as usize;
        let partials = b.tensor("gradient bands", splits * size);
        b.push(&self.layer, dense, &[coarse.id.into(), fine.id.into(), partials.into()]);
        if self.storage == Storage::Full {
            let (offset, inputs) = self.window();
            let kernel = ReduceWeightGrad {
                widened: u32::from(self.widened),
                k: self.k as u32,
                coarse_ch: coarse_ch as u32,
                fine_ch: fine_ch as u32,
                splits: splits as u32,
                offset: offset as u32,
                inputs: inputs as u32,
            };
            b.push(&self.layer, kernel, &[partials.into(), grad.into()]);
            return;
        }
        let taps = &self.taps.list;
        self.push_gather(b, grad, partials, splits, size, |tap| {
            let tap = &taps[tap];
            (((tap.c * fine_ch + tap.f) * self.k + tap.a) * self.k + tap.b) as u32
        });
    }

    fn groups(&self, group: usize, coarse: Plane, halo: usize, fine: Plane) -> Groups {
        let (mut table, mut places) = (Vec::new(), Vec::with_capacity(self.taps.list.len()));
        for taps in self.taps.list.chunk_by(|a, b| a.c == b.c) {
            for members in taps.chunks(group) {
                let first = table.len() / (1 + group) * group;
                places.extend((first..).take(members.len()));
                table.push(((members[0].c * coarse.h + halo) * coarse.w + halo) as u32);
                // A group that is not full repeats its last entry; nobody reads those sums.
                let last = members.len() - 1;
                table.extend((0..group).map(|e| {
                    let tap = &members[e.min(last)];
                    ((tap.f * fine.h + tap.a) * fine.w + tap.b) as u32
                }));
            }
        }
        let len = table.len() / (1 + group);
        Groups { table, places, len }
    }

    fn dense_gradient(
        &self,
        tuning: Tuning,
        coarse: Plane,
        halo: usize,
        fine: Plane,
        (h, w): (usize, usize),
    ) -> WeightGrad {
        let (coarse_ch, fine_ch) = (self.coarse.len(), self.fine.len());
        let tap_rows = if tuning.all_taps { self.k } else { 1 };
        let (splits, band) = tuning.bands(fine_ch * self.k / tap_rows * coarse_ch.div_ceil(4), h);
        WeightGrad {
            k: self.k as u32,
            stride: self.stride as u32,
            tap_rows: tap_rows as u32,
            coarse_ch: coarse_ch as u32,
            coarse_h: h as u32,
            coarse_w: w as u32,
            coarse_pitch: coarse.w as u32,
            halo: halo as u32,
            fine_ch: fine_ch as u32,
            fine_h: fine.h as u32,
            fine_w: fine.w as u32,
            splits: splits as u32,
            band: band as u32,
        }
    }

    /// Sums bands and taps into the gradient of each kept weight; `place` tells where a nonzero of V lies in a band.
    fn push_gather(
        &self,
        b: &mut StepBuilder,
        grad: TensorId,
        partials: TensorId,
        splits: usize,
        stride: usize,
        place: impl Fn(usize) -> u32,
    ) {
        let kept = &self.taps.kept;
        let table: Vec<u32> = kept
            .iter()
            .flat_map(|weight| std::iter::once(weight.place).chain(weight.taps.iter().map(|tap| place(*tap as usize))))
            .collect();
        let table = b.table(&table);
        let kernel = GatherGrad {
            sources: self.sources() as u32,
            count: kept.len() as u32,
            splits: splits as u32,
            stride: stride as u32,
        };
        b.push(&self.layer, kernel, &[partials.into(), table.into(), grad.into()]);
    }
}
