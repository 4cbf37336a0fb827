//! What both executors ask of a step's memory plan.

use std::ops::Range;

use crate::kernels::Access;
use crate::step::{Op, Operand, Step};

/// For each slab, the ranges of words that no persistent tensor occupies: what may hold garbage between steps.
pub(crate) fn scratch_ranges(step: &Step) -> Vec<Vec<Range<usize>>> {
    let mut kept: Vec<Vec<(usize, usize)>> = vec![Vec::new(); step.memory.slabs.len()];
    for (info, place) in step.tensors.iter().zip(&step.memory.placements) {
        if info.persistent {
            kept[place.slab].push((place.offset, place.offset + info.len));
        }
    }
    let gaps = |(mut ranges, words): (Vec<(usize, usize)>, usize)| {
        ranges.sort_unstable();
        let mut gaps = Vec::new();
        let mut at = 0;
        for (start, end) in ranges {
            if at < start {
                gaps.push(at..start);
            }
            at = at.max(end);
        }
        if at < words {
            gaps.push(at..words);
        }
        gaps
    };
    kept.into_iter()
        .zip(step.memory.slabs.iter().copied())
        .map(gaps)
        .collect()
}

/// Whether an op obeys the rule that WebGPU and the CPU executor's borrows need: as many operands as bindings, no
/// table written, and each slab that is written bound once.
///
/// # Errors
/// A sentence: a fault of the planner.
pub(crate) fn check_op(step: &Step, op: &Op) -> Result<(), String> {
    let bindings = op.kernel.op().info().bindings;
    if bindings.len() != op.operands.len() {
        return Err(format!(
            "{} bindings, but {} operands",
            bindings.len(),
            op.operands.len()
        ));
    }
    let slab = |operand: &Operand| match operand {
        Operand::Tensor(id) => Some(step.memory.placements[id.0 as usize].slab),
        Operand::Table(_) => None,
    };
    for (i, (binding, operand)) in bindings.iter().zip(&op.operands).enumerate() {
        if binding.access == Access::Read {
            continue;
        }
        let Some(written) = slab(operand) else {
            return Err(format!("{} writes a table", binding.name));
        };
        let twice = op
            .operands
            .iter()
            .enumerate()
            .find(|(j, other)| *j != i && slab(other) == Some(written));
        if let Some((j, _)) = twice {
            return Err(format!(
                "{} writes the slab that {} lies in",
                binding.name, bindings[j].name
            ));
        }
    }
    Ok(())
}
