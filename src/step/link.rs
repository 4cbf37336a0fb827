//! A convolution as a link between a coarse and a fine map: `V[c,f,a,b]` joins coarse pixel (i, j) and fine pixel
//! (s i + a, s j + b).
//!
//! Every convolution of the network, and each of its gradients, is one of three kernels on a link: from fine to coarse
//! ([`crate::kernels::correlate`]), from coarse to fine (its adjoint), or the weight gradient. An encoder convolution runs
//! forward from fine (its padded or boxed input) to coarse; a decoder convolution with the upsampling in it runs forward
//! from coarse to fine, with 4x4 taps made of its 3x3 (method section 7.3). A map that lies in several parts has a link for
//! each pair of an input and an output part; those into one output add up, the first of them writing it.

use std::rc::Rc;

use super::axis::starts_and_lists;
use super::taps::{Tap, Taps};
use super::{StepBuilder, TensorId, Tuning};
use crate::kernels::correlate::Correlate;
use crate::kernels::correlate_transposed::CorrelateTransposed;
use crate::kernels::gather_grad::GatherGrad;
use crate::kernels::pack_list::PackList;
use crate::kernels::pack_weights::PackWeights;
use crate::kernels::reduce_weight_grad::ReduceWeightGrad;
use crate::kernels::sparse_apply::SparseApply;
use crate::kernels::sparse_weight_grad::SparseWeightGrad;
use crate::kernels::weight_grad::WeightGrad;

/// A stored map, or a part of one: channels of height x width, its border included.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plane {
    pub id: TensorId,
    pub h: usize,
    pub w: usize,
}

/// How a link's weights are stored and multiplied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Storage {
    /// All weights, packed from the flat vector.
    Full,
    /// Live channels only, zeros between the kept weights.
    Compact,
    /// Lists of the kept weights.
    Sparse,
}

/// The shape of a link, and its weights' place in the flat order.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub layer: String,
    /// Flat offset of the weight tensor.
    pub offset: usize,
    /// The channels that it joins, by their numbers in the weight tensor.
    pub coarse: Vec<usize>,
    pub fine: Vec<usize>,
    /// Channels of the weight tensor.
    pub coarse_total: usize,
    pub fine_total: usize,
    pub k: usize,
    pub stride: usize,
    pub widened: bool,
    /// Added to a fine index before the division by the stride: see [`CorrelateTransposed`].
    pub shift: usize,
    pub storage: Storage,
    /// The nonzeros; none where all weights are stored.
    pub taps: Rc<Taps>,
}

/// What a convolution in one direction of a link needs besides its maps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pass {
    /// The parameters in use.
    pub q: TensorId,
    pub tuning: Tuning,
    /// Add to what the output holds: all but the first link into it.
    pub accumulate: bool,
}

impl Link {
    /// Number of kept weights that a nonzero of V may sum.
    pub fn sources(&self) -> usize {
        if self.widened { 4 } else { 1 }
    }

    /// Whether a mask leaves no weight between the two parts.
    fn is_empty(&self) -> bool {
        self.storage != Storage::Full && self.taps.kept.is_empty()
    }

    /// The fraction of V's entries on live channels that are nonzero.
    pub fn density(&self) -> f64 {
        let full = self.coarse.len() * self.fine.len() * self.k * self.k;
        self.taps.list.len() as f64 / full.max(1) as f64
    }

    /// Where the weights of all taps of the first pair of channels start in the flat order, and the input channels of
    /// the whole tensor: what a link of adjoining channels reads and writes.
    fn window(&self) -> (usize, usize) {
        let (inputs, input, output, taps) = if self.widened {
            (self.coarse_total, &self.coarse, &self.fine, 9)
        } else {
            (self.fine_total, &self.fine, &self.coarse, self.k * self.k)
        };
        let first = |channels: &[usize]| channels.first().copied().unwrap_or(0);
        (self.offset + (first(output) * inputs + first(input)) * taps, inputs)
    }

    /// Appends the map from the fine plane to the coarse one.
    pub fn to_coarse(&self, b: &mut StepBuilder, pass: Pass, fine: Plane, coarse: Plane) {
        let Pass { q, tuning, accumulate } = pass;
        if accumulate && self.is_empty() {
            return;
        }
        if self.storage == Storage::Sparse {
            let taps = &self.taps.list;
            let mut lists = vec![Vec::new(); self.coarse.len()];
            for tap in taps {
                lists[tap.c].push(((tap.f * fine.h + tap.a) * fine.w + tap.b) as u32);
            }
            let order: Vec<&Tap> = taps.iter().collect();
            let kernel = SparseApply {
                out_step: 1,
                in_step: self.stride as u32,
                rows: fitting(tuning.rows, coarse.h),
                accumulate: u32::from(accumulate),
                channels: self.coarse.len() as u32,
                out_h: coarse.h as u32,
                out_w: coarse.w as u32,
                src_w: fine.w as u32,
                entries: taps.len() as u32,
            };
            self.push_sparse(b, q, kernel, &lists, &order, fine, coarse);
            return;
        }
        let weights = self.packed(b, q, false);
        let kernel = Correlate {
            k: self.k as u32,
            stride: self.stride as u32,
            strip: fitting(tuning.strip, coarse.w),
            // A window grows with the stride.
            rows: fitting(tuning.strip_rows / self.stride as u32, coarse.h),
            accumulate: u32::from(accumulate),
            fine_ch: self.fine.len() as u32,
            fine_h: fine.h as u32,
            fine_w: fine.w as u32,
            coarse_ch: self.coarse.len() as u32,
            coarse_h: coarse.h as u32,
            coarse_w: coarse.w as u32,
        };
        b.push(&self.layer, kernel, &[fine.id.into(), weights.into(), coarse.id.into()]);
    }

    /// Appends the map from the coarse plane, its border included, to the fine one.
    pub fn to_fine(&self, b: &mut StepBuilder, pass: Pass, coarse: Plane, fine: Plane) {
        let Pass { q, tuning, accumulate } = pass;
        if accumulate && self.is_empty() {
            return;
        }
        let s = self.stride;
        if self.storage == Storage::Sparse {
            let taps = &self.taps.list;
            let mut lists = vec![Vec::new(); self.fine.len() * s * s];
            let mut order = vec![Vec::new(); lists.len()];
            for tap in taps {
                // The first fine row and column this tap reaches, and the coarse pixel they read.
                let first = |t: usize| (t + s * self.k - self.shift % s) % s;
                let (py, px) = (first(tap.a), first(tap.b));
                let (i, j) = ((py + self.shift - tap.a) / s, (px + self.shift - tap.b) / s);
                let list = (tap.f * s + py) * s + px;
                lists[list].push(((tap.c * coarse.h + i) * coarse.w + j) as u32);
                order[list].push(tap);
            }
            let order: Vec<&Tap> = order.into_iter().flatten().collect();
            let kernel = SparseApply {
                out_step: s as u32,
                in_step: 1,
                rows: fitting(tuning.rows, fine.h.div_ceil(s)),
                accumulate: u32::from(accumulate),
                channels: self.fine.len() as u32,
                out_h: fine.h as u32,
                out_w: fine.w as u32,
                src_w: coarse.w as u32,
                entries: taps.len() as u32,
            };
            self.push_sparse(b, q, kernel, &lists, &order, coarse, fine);
            return;
        }
        let weights = self.packed(b, q, true);
        let kernel = CorrelateTransposed {
            k: self.k as u32,
            stride: s as u32,
            shift: self.shift as u32,
            strip: fitting(tuning.strip, fine.w.div_ceil(s)),
            // The outputs of all phases are in the tile.
            rows: fitting(tuning.strip_rows / (s * s) as u32, fine.h.div_ceil(s)),
            accumulate: u32::from(accumulate),
            coarse_ch: self.coarse.len() as u32,
            coarse_h: coarse.h as u32,
            coarse_w: coarse.w as u32,
            fine_ch: self.fine.len() as u32,
            fine_h: fine.h as u32,
            fine_w: fine.w as u32,
        };
        b.push(&self.layer, kernel, &[coarse.id.into(), weights.into(), fine.id.into()]);
    }

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
        let (h, w) = (coarse.h - 2 * halo, coarse.w - 2 * halo);
        if self.storage == Storage::Sparse {
            let group = tuning.group as usize;
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
            let groups = table.len() / (1 + group);
            let (splits, band) = bands(tuning, groups, h);
            let partials = b.tensor("sparse gradient bands", splits * groups * group);
            let table = b.table(&table);
            let kernel = SparseWeightGrad {
                stride: self.stride as u32,
                group: tuning.group,
                groups: groups as u32,
                h: h as u32,
                w: w as u32,
                coarse_w: coarse.w as u32,
                fine_w: fine.w as u32,
                splits: splits as u32,
                band: band as u32,
            };
            let operands = [coarse.id.into(), fine.id.into(), table.into(), partials.into()];
            b.push(&self.layer, kernel, &operands);
            self.push_gather(b, grad, partials, splits, groups * group, |tap| places[tap] as u32);
            return;
        }
        let (coarse_ch, fine_ch) = (self.coarse.len(), self.fine.len());
        let size = coarse_ch * fine_ch * self.k * self.k;
        let tap_rows = if tuning.all_taps { self.k } else { 1 };
        let (splits, band) = bands(tuning, fine_ch * self.k / tap_rows * coarse_ch.div_ceil(4), h);
        let partials = b.tensor("gradient bands", splits * size);
        let kernel = WeightGrad {
            k: self.k as u32,
            stride: self.stride as u32,
            tap_rows: tap_rows as u32,
            coarse_ch: coarse_ch as u32,
            coarse_h: h as u32,
            coarse_w: w as u32,
            halo: halo as u32,
            fine_ch: fine_ch as u32,
            fine_h: fine.h as u32,
            fine_w: fine.w as u32,
            splits: splits as u32,
            band: band as u32,
        };
        b.push(
            &self.layer,
            kernel,
            &[coarse.id.into(), fine.id.into(), partials.into()],
        );
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

    /// The packed weights of a dense direction: blocks of four coarse channels, or of fine ones if `transposed`.
    fn packed(&self, b: &mut StepBuilder, q: TensorId, transposed: bool) -> TensorId {
        let (coarse, fine) = (self.coarse.len(), self.fine.len());
        let (outer, inner) = if transposed { (fine, coarse) } else { (coarse, fine) };
        let taps = self.k * self.k;
        let len = outer.div_ceil(4) * inner * taps * 4;
        if self.storage == Storage::Full {
            let packed = b.tensor("packed weights", len);
            let (offset, inputs) = self.window();
            let kernel = PackWeights {
                widened: u32::from(self.widened),
                transposed: u32::from(transposed),
                k: self.k as u32,
                coarse_ch: coarse as u32,
                fine_ch: fine as u32,
                offset: offset as u32,
                inputs: inputs as u32,
            };
            b.push(&self.layer, kernel, &[q.into(), packed.into()]);
            return packed;
        }
        // Only the kept places are ever written; the zeros between them are those the memory starts with.
        let packed = b.persistent("packed kept weights", len);
        let list = &self.taps.list;
        let mut table = Vec::new();
        for tap in list {
            let (o, i) = if transposed { (tap.f, tap.c) } else { (tap.c, tap.f) };
            let place = 4 * ((o / 4 * inner + i) * taps + tap.a * self.k + tap.b) + o % 4;
            table.push(place as u32);
            table.extend(&tap.sources);
        }
        self.push_pack(b, q, packed, &table, list.len(), true);
        packed
    }

    #[expect(clippy::too_many_arguments, reason = "a kernel, its lists and its two maps")]
    fn push_sparse(
        &self,
        b: &mut StepBuilder,
        q: TensorId,
        kernel: SparseApply,
        lists: &[Vec<u32>],
        order: &[&Tap],
        src: Plane,
        dst: Plane,
    ) {
        let weights = b.tensor("list weights", order.len());
        let sources: Vec<u32> = order.iter().flat_map(|tap| tap.sources.iter().copied()).collect();
        self.push_pack(b, q, weights, &sources, order.len(), false);
        let table = b.table(&starts_and_lists(lists));
        b.push(
            &self.layer,
            kernel,
            &[src.id.into(), weights.into(), table.into(), dst.id.into()],
        );
    }

    fn push_pack(&self, b: &mut StepBuilder, q: TensorId, dst: TensorId, table: &[u32], count: usize, scattered: bool) {
        let table = b.table(table);
        let kernel = PackList {
            sources: self.sources() as u32,
            scattered: u32::from(scattered),
            count: count as u32,
        };
        b.push(&self.layer, kernel, &[q.into(), table.into(), dst.into()]);
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

/// A side of a tile, no longer than the map needs.
fn fitting(wanted: u32, len: usize) -> u32 {
    wanted.min(len.next_power_of_two() as u32).max(1)
}

/// (number of bands, rows in each) so that about `gradient_threads` invocations run.
fn bands(tuning: Tuning, threads_each: usize, rows: usize) -> (usize, usize) {
    let wanted = tuning.gradient_threads.div_ceil(threads_each.max(1)).clamp(1, rows);
    let band = rows.div_ceil(wanted);
    (rows.div_ceil(band), band)
}
