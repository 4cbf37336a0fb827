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
use super::{Costs, StepBuilder, TensorId, Tuning};
use crate::kernels::KernelOp;
use crate::kernels::correlate::Correlate;
use crate::kernels::correlate_transposed::CorrelateTransposed;
use crate::kernels::pack_list::PackList;
use crate::kernels::pack_weights::PackWeights;
use crate::kernels::sparse_apply::SparseApply;

/// A stored map, or a part of one: channels of height x width, its border included.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plane {
    pub id: TensorId,
    pub h: usize,
    /// A multiple of 4 where a convolution reads the map: rows are loaded in aligned fours.
    pub w: usize,
    /// Columns at the right beyond the map and its border.
    pub slack: usize,
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
    /// For each pass the faster of the two.
    Faster,
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
    pub fn is_empty(&self) -> bool {
        self.storage != Storage::Full && self.taps.kept.is_empty()
    }

    /// Whether a pass runs over lists; a dense one spends `weight` on each of V's entries besides its multiply-adds.
    pub fn takes_lists(&self, costs: Costs, lists: &dyn KernelOp, dense: &dyn KernelOp, weight: f64) -> bool {
        match self.storage {
            Storage::Full | Storage::Compact => false,
            Storage::Sparse => true,
            Storage::Faster => {
                let entries = self.coarse.len() * self.fine.len() * self.k * self.k;
                costs.list * (lists.tile_macs() as f64) < dense.tile_macs() as f64 + weight * entries as f64
            }
        }
    }

    /// Where the weights of all taps of the first pair of channels start in the flat order, and the input channels of
    /// the whole tensor: what a link of adjoining channels reads and writes.
    pub fn window(&self) -> (usize, usize) {
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
        let dense = Correlate {
            k: self.k as u32,
            stride: self.stride as u32,
            strip: tuning.strip,
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
        let taps = &self.taps.list;
        let sparse = SparseApply {
            out_step: 1,
            in_step: self.stride as u32,
            rows: even(tuning.rows, coarse.h),
            accumulate: u32::from(accumulate),
            channels: self.coarse.len() as u32,
            out_h: coarse.h as u32,
            out_w: coarse.w as u32,
            src_w: fine.w as u32,
            entries: taps.len() as u32,
        };
        if self.takes_lists(tuning.costs, &sparse, &dense, tuning.costs.weight) {
            let mut lists = vec![Vec::new(); self.coarse.len()];
            for tap in taps {
                lists[tap.c].push(((tap.f * fine.h + tap.a) * fine.w + tap.b) as u32);
            }
            let order: Vec<&Tap> = taps.iter().collect();
            self.push_sparse(b, q, sparse, &lists, &order, fine, coarse);
        } else {
            let weights = self.packed(b, q, false);
            b.push(&self.layer, dense, &[fine.id.into(), weights.into(), coarse.id.into()]);
        }
    }

    /// Appends the map from the coarse plane, its border included, to the fine one.
    pub fn to_fine(&self, b: &mut StepBuilder, pass: Pass, coarse: Plane, fine: Plane) {
        let Pass { q, tuning, accumulate } = pass;
        if accumulate && self.is_empty() {
            return;
        }
        let s = self.stride;
        let dense = CorrelateTransposed {
            k: self.k as u32,
            stride: s as u32,
            shift: self.shift as u32,
            strip: tuning.strip,
            // The outputs of all phases are in the tile.
            rows: fitting(tuning.strip_rows / s as u32, fine.h.div_ceil(s)),
            accumulate: u32::from(accumulate),
            coarse_ch: self.coarse.len() as u32,
            coarse_h: coarse.h as u32,
            coarse_w: coarse.w as u32,
            fine_ch: self.fine.len() as u32,
            fine_h: fine.h as u32,
            fine_w: fine.w as u32,
        };
        let taps = &self.taps.list;
        let sparse = SparseApply {
            out_step: s as u32,
            in_step: 1,
            rows: even(tuning.rows, fine.h.div_ceil(s)),
            accumulate: u32::from(accumulate),
            channels: self.fine.len() as u32,
            out_h: fine.h as u32,
            out_w: fine.w as u32,
            src_w: coarse.w as u32,
            entries: taps.len() as u32,
        };
        if self.takes_lists(tuning.costs, &sparse, &dense, tuning.costs.weight) {
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
            self.push_sparse(b, q, sparse, &lists, &order, coarse, fine);
        } else {
            let weights = self.packed(b, q, true);
            b.push(&self.layer, dense, &[coarse.id.into(), weights.into(), fine.id.into()]);
        }
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
}

/// A side of a tile, no longer than the map needs.
fn fitting(wanted: u32, len: usize) -> u32 {
    wanted.min(len.next_power_of_two() as u32).max(1)
}

/// The same for an invocation that has no tile: strips of the map as long as each other.
fn even(wanted: u32, len: usize) -> u32 {
    let len = len.max(1) as u32;
    len.div_ceil(len.div_ceil(wanted))
}
