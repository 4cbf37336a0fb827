//! Where each tensor lies: slabs within the device's limits, shared by tensors whose lives do not overlap.

use super::{Op, Operand, TensorInfo};
use crate::kernels::Access;

/// A tensor's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placement {
    pub slab: usize,
    /// In four-byte words; a multiple of [`ALIGNMENT`].
    pub offset: usize,
}

/// The slabs' sizes and every tensor's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryPlan {
    /// In four-byte words.
    pub slabs: Vec<usize>,
    /// By tensor.
    pub placements: Vec<Placement>,
}

/// WebGPU binds ranges that start at multiples of 256 bytes: 64 words.
pub const ALIGNMENT: usize = 64;

/// The first and last op that uses a tensor.
type Life = (usize, usize);

impl MemoryPlan {
    /// Places every tensor so that an op never writes into a slab that it also binds otherwise, lives that overlap never
    /// share a place, and no slab is longer than `limit` words. Large tensors are placed first, each where the slabs
    /// grow least.
    ///
    /// # Errors
    /// The length of the tensor that does not fit into a slab.
    pub(super) fn new(tensors: &[TensorInfo], ops: &[&Op], limit: usize) -> Result<Self, usize> {
        let lives = lives(tensors, ops);
        let apart = kept_apart(tensors.len(), ops);
        // The longest first.
        let of_tensors = tensors.iter().enumerate();
        let mut order: Vec<(usize, usize)> = of_tensors.map(|(t, info)| (usize::MAX - info.len, t)).collect();
        order.sort_unstable();
        let mut slabs: Vec<usize> = Vec::new();
        let mut inside: Vec<Vec<usize>> = Vec::new();
        let mut placed: Vec<Option<Placement>> = vec![None; tensors.len()];
        for (_, t) in order {
            let len = tensors[t].len.max(1).next_multiple_of(ALIGNMENT);
            if len > limit {
                return Err(tensors[t].len);
            }
            let mut best: Option<(usize, Placement)> = None;
            for slab in 0..slabs.len() {
                if inside[slab].iter().any(|other| apart[t].contains(other)) {
                    continue;
                }
                let mut taken: Vec<(usize, usize)> = inside[slab]
                    .iter()
                    .filter(|other| overlap(lives[t], lives[**other]))
                    .filter_map(|other| {
                        let start = placed[*other]?.offset;
                        Some((start, start + tensors[*other].len.max(1).next_multiple_of(ALIGNMENT)))
                    })
                    .collect();
                taken.sort_unstable();
                let mut offset = 0;
                for (start, end) in taken {
                    if start >= offset + len {
                        break;
                    }
                    offset = offset.max(end);
                }
                let growth = (offset + len).saturating_sub(slabs[slab]);
                if offset + len <= limit && best.is_none_or(|(least, _)| growth < least) {
                    best = Some((growth, Placement { slab, offset }));
                }
            }
            let place = match best {
                Some((growth, place)) if growth < len || slabs.len() >= SLABS_BEFORE_GROWTH => place,
                _ => {
                    slabs.push(0);
                    inside.push(Vec::new());
                    Placement {
                        slab: slabs.len() - 1,
                        offset: 0,
                    }
                }
            };
            slabs[place.slab] = slabs[place.slab].max(place.offset + len);
            inside[place.slab].push(t);
            placed[t] = Some(place);
        }
        let placements = placed
            .into_iter()
            .map(|p| p.unwrap_or(Placement { slab: 0, offset: 0 }))
            .collect();
        Ok(Self { slabs, placements })
    }
}

/// Up to here a tensor that shares no memory with another opens a slab of its own rather than growing one: the
/// more slabs, the fewer tensors have to be kept apart.
const SLABS_BEFORE_GROWTH: usize = 8;

fn overlap(a: Life, b: Life) -> bool {
    a.0 <= b.1 && b.0 <= a.1
}

fn operands(op: &Op) -> impl Iterator<Item = (usize, Access)> + '_ {
    let bindings = op.kernel.op().info().bindings;
    op.operands
        .iter()
        .zip(bindings)
        .filter_map(|(operand, binding)| match operand {
            Operand::Tensor(t) => Some((t.0 as usize, binding.access)),
            Operand::Table(_) => None,
        })
}

fn lives(tensors: &[TensorInfo], ops: &[&Op]) -> Vec<Life> {
    let mut lives: Vec<Life> = tensors
        .iter()
        .map(|t| if t.persistent { (0, usize::MAX) } else { (usize::MAX, 0) })
        .collect();
    for (at, op) in ops.iter().enumerate() {
        for (t, access) in operands(op) {
            let life = &mut lives[t];
            // What is read before any op wrote it was written from outside, before the first op.
            let from = if access == Access::Read && life.0 == usize::MAX {
                0
            } else {
                at
            };
            life.0 = life.0.min(from);
            life.1 = life.1.max(at);
        }
    }
    lives
}

/// For each tensor those that must lie in another slab: one of the two is written by an op that binds both.
fn kept_apart(count: usize, ops: &[&Op]) -> Vec<std::collections::HashSet<usize>> {
    let mut apart = vec![std::collections::HashSet::new(); count];
    for op in ops {
        let bound: Vec<(usize, Access)> = operands(op).collect();
        for (i, (a, access)) in bound.iter().enumerate() {
            for (j, (b, _)) in bound.iter().enumerate() {
                if i != j && *access == Access::Write && a != b {
                    apart[*a].insert(*b);
                    apart[*b].insert(*a);
                }
            }
        }
    }
    apart
}
