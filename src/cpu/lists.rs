//! The sparse convolution kernels in a form that a compiler vectorises, for each width of vectors that a CPU may have, and
//! that runs on all cores. Same sums as the twins of [`SparseApply`] and [`SparseWeightGrad`], in another order; those stay
//! the oracle.

use std::array;
use std::borrow::Cow;
use std::ops::Range;

use multiversion::multiversion;

use crate::kernels::sparse_apply::SparseApply;
use crate::kernels::sparse_weight_grad::SparseWeightGrad;
use crate::kernels::{Kernel, Slices, for_each_chunk};

/// Runs the kernel if it is one of the two; otherwise leaves the slices alone and says so.
pub(super) fn run(kernel: &Kernel, slices: &mut Slices<'_>) -> bool {
    match kernel {
        Kernel::SparseApply(op) => apply(op, slices),
        Kernel::SparseWeightGrad(op) => weight_grad(op, slices),
        _ => return false,
    }
    true
}

/// A map of which only every `step`-th pixel of a row is read, in as many planes: an entry then reads neighbours.
struct Phases<'a> {
    step: usize,
    planes: Vec<Cow<'a, [f32]>>,
}

impl<'a> Phases<'a> {
    fn new(map: &'a [f32], step: usize) -> Self {
        let planes = match step {
            1 => vec![Cow::Borrowed(map)],
            _ => (0..step)
                .map(|phase| map[phase..].iter().copied().step_by(step).collect())
                .collect(),
        };
        Self { step, planes }
    }

    /// The pixels at `offset`, `offset + step`, ...
    fn at(&self, offset: usize) -> &[f32] {
        &self.planes[offset % self.step][offset / self.step..]
    }
}

/// An entry of a list: its weight and the pixels it reads, from the first on.
type Entry<'a> = (f32, &'a [f32]);

fn apply(op: &SparseApply, slices: &mut Slices<'_>) {
    let src = Phases::new(slices.read(0), op.in_step as usize);
    let weights = slices.read(1);
    let table = slices.table(2);
    let dst = slices.write(3);
    let step = op.out_step as usize;
    let size = op.out_h as usize * op.out_w as usize;
    let (starts, offsets) = table.split_at(op.channels as usize * step * step + 1);
    for_each_chunk(&mut dst[..op.channels as usize * size], size, |o, plane| {
        for phase in 0..step * step {
            let list = o * step * step + phase;
            let range = starts[list] as usize..starts[list + 1] as usize;
            let entries: Vec<Entry<'_>> = range.map(|e| (weights[e], src.at(offsets[e] as usize))).collect();
            apply_list(op, &entries, phase, plane);
        }
    });
}

/// One list's outputs: those of a phase of a plane.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2+fma"))]
fn apply_list<'a>(op: &SparseApply, entries: &[Entry<'a>], phase: usize, plane: &mut [f32]) {
    let step = op.out_step as usize;
    let (h, w) = (op.out_h as usize, op.out_w as usize);
    let (py, px) = (phase / step, phase % step);
    let columns = w.saturating_sub(px).div_ceil(step);
    for (i, y) in (py..h).step_by(step).enumerate() {
        let row = &mut plane[y * w..(y + 1) * w];
        let at = i * op.src_w as usize;
        let mut j = 0;
        while j < columns {
            let out = row[px + step * j..].iter_mut().step_by(step);
            j += match columns - j {
                32.. => strip::<32>(op, entries, at + j, out),
                16..32 => strip::<16>(op, entries, at + j, out),
                4..16 => strip::<4>(op, entries, at + j, out),
                _ => strip::<1>(op, entries, at + j, out),
            };
        }
    }
}

/// WIDTH outputs side by side, in registers over the whole list; returns WIDTH.
#[inline(always)]
fn strip<'a, const WIDTH: usize>(
    op: &SparseApply,
    entries: &[Entry<'_>],
    at: usize,
    outputs: impl Iterator<Item = &'a mut f32>,
) -> usize {
    let mut sums = [0.0; WIDTH];
    for (weight, pixels) in entries {
        for (sum, pixel) in sums.iter_mut().zip(&pixels[at..at + WIDTH]) {
            *sum += weight * pixel;
        }
    }
    for (out, sum) in outputs.zip(sums) {
        *out = if op.accumulate == 1 { *out + sum } else { sum };
    }
    WIDTH
}

fn weight_grad(op: &SparseWeightGrad, slices: &mut Slices<'_>) {
    let coarse = slices.read(0);
    let fine = Phases::new(slices.read(1), op.stride as usize);
    let table = slices.table(2);
    let partials = slices.write(3);
    let (groups, group) = (op.groups as usize, op.group as usize);
    let (h, band) = (op.h as usize, op.band as usize);
    for_each_chunk(
        &mut partials[..op.splits as usize * groups * group],
        group,
        |at, sums| {
            let (split, offsets) = (at / groups, &table[at % groups * (1 + group)..][..1 + group]);
            let rows = split * band..((split + 1) * band).min(h);
            let left = &coarse[offsets[0] as usize..];
            let (sums, offsets) = (sums.chunks_mut(SIDE_BY_SIDE), offsets[1..].chunks(SIDE_BY_SIDE));
            for (sums, offsets) in sums.zip(offsets) {
                // Those that are missing in the last are the first again.
                let rights = array::from_fn(|e| fine.at(*offsets.get(e).unwrap_or(&offsets[0]) as usize));
                sums.copy_from_slice(&dots(op, left, rights, rows.clone())[..sums.len()]);
            }
        },
    );
}

/// Entries whose gradients are summed side by side, since they read the same coarse pixels.
const SIDE_BY_SIDE: usize = 4;
/// Partial sums of an entry: they fill vector registers, and rounding grows with the longest sum.
const LANES: usize = 16;

/// The dot products of a map with others, over some rows.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2+fma"))]
fn dots(
    op: &SparseWeightGrad,
    left: &[f32],
    rights: [&[f32]; SIDE_BY_SIDE],
    rows: Range<usize>,
) -> [f32; SIDE_BY_SIDE] {
    let mut sums = [[0.0; LANES]; SIDE_BY_SIDE];
    let w = op.w as usize;
    for i in rows {
        let left = &left[i * op.coarse_w as usize..][..w];
        let rights = rights.map(|right| &right[i * op.fine_w as usize..][..w]);
        let mut j = 0;
        while j < w {
            j += match w - j {
                LANES.. => multiply_add::<LANES>(&mut sums, left, rights, j),
                4..LANES => multiply_add::<4>(&mut sums, left, rights, j),
                _ => multiply_add::<1>(&mut sums, left, rights, j),
            };
        }
    }
    sums.map(|lanes| lanes.iter().sum())
}

/// Adds the products of WIDTH pixels from `at` on to the first partial sums; returns WIDTH.
#[inline(always)]
fn multiply_add<const WIDTH: usize>(
    sums: &mut [[f32; LANES]; SIDE_BY_SIDE],
    left: &[f32],
    rights: [&[f32]; SIDE_BY_SIDE],
    at: usize,
) -> usize {
    let left = &left[at..at + WIDTH];
    for (sums, right) in sums.iter_mut().zip(rights) {
        for (sum, (x, y)) in sums.iter_mut().zip(left.iter().zip(&right[at..at + WIDTH])) {
            *sum += x * y;
        }
    }
    WIDTH
}
