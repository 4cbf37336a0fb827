//! The CPU executor: runs a step by calling each op's twin on plain slices, the oracle in tests. With vectorised lists it is
//! the engine of a visitor without WebGPU.

mod lists;

use std::ops::Range;

use crate::engine::EngineError;
use crate::engine::layout::{check_op, scratch_ranges};
use crate::kernels::{Access, Element, Slice, Slices};
use crate::step::{Op, Operand, Step, TensorId};

/// A step with its memory.
pub struct CpuExecutor {
    step: Step,
    slabs: Vec<Vec<f32>>,
    /// Sparse convolutions run in the form of [`lists`] in place of their twins.
    vectorised: bool,
}

impl CpuExecutor {
    /// An executor whose sparse convolutions are vectorised; all else is as in [`CpuExecutor::new`].
    ///
    /// # Panics
    /// As [`CpuExecutor::new`].
    pub fn vectorised(step: &Step) -> Self {
        Self {
            vectorised: true,
            ..Self::new(step)
        }
    }

    /// Allocates the step's slabs, all zeros.
    ///
    /// # Panics
    /// If an op breaks the memory plan's rule that what it writes lies in a slab of its own: a bug of the planner.
    pub fn new(step: &Step) -> Self {
        for op in step.prologue.iter().chain(&step.ops) {
            if let Err(fault) = check_op(step, op) {
                panic!("kernel {} of {}: {fault}", op.kernel.op().info().name, op.layer);
            }
        }
        let slabs = step.memory.slabs.iter().map(|words| vec![0.0; *words]).collect();
        Self {
            step: step.clone(),
            slabs,
            vectorised: false,
        }
    }

    fn range(&self, tensor: TensorId) -> (usize, Range<usize>) {
        let place = &self.step.memory.placements[tensor.0 as usize];
        (
            place.slab,
            place.offset..place.offset + self.step.tensors[tensor.0 as usize].len,
        )
    }

    /// A tensor's length in words.
    pub(crate) fn len(&self, tensor: TensorId) -> usize {
        self.step.tensors[tensor.0 as usize].len
    }

    /// Sets a tensor's values.
    ///
    /// # Errors
    /// [`EngineError::Shape`] if `values` has another length than the tensor.
    pub fn write(&mut self, tensor: TensorId, values: &[f32]) -> Result<(), EngineError> {
        let info = &self.step.tensors[tensor.0 as usize];
        if info.len != values.len() {
            return Err(EngineError::Shape {
                label: info.label,
                expected: info.len,
                found: values.len(),
            });
        }
        let (slab, range) = self.range(tensor);
        self.slabs[slab][range].copy_from_slice(values);
        Ok(())
    }

    /// A tensor's values.
    pub fn read(&self, tensor: TensorId) -> Vec<f32> {
        let (slab, range) = self.range(tensor);
        self.slabs[slab][range].to_vec()
    }

    /// Runs the ops that prepare what stays constant.
    pub fn run_prologue(&mut self) {
        for op in &self.step.prologue {
            run_op(&self.step, &mut self.slabs, op, self.vectorised);
        }
    }

    /// Runs one step.
    pub fn run_step(&mut self) {
        self.run_ops(0..self.step.ops.len());
    }

    /// Runs some of a step's ops.
    pub fn run_ops(&mut self, range: Range<usize>) {
        for op in &self.step.ops[range] {
            run_op(&self.step, &mut self.slabs, op, self.vectorised);
        }
    }

    /// Fills everything but the persistent tensors with NaN, so that a kernel that reads what nobody wrote shows.
    pub fn poison(&mut self) {
        for (slab, ranges) in self.slabs.iter_mut().zip(scratch_ranges(&self.step)) {
            for range in ranges {
                slab[range].fill(f32::NAN);
            }
        }
    }
}

/// Binds an op's operands and calls its twin, or what stands for it. Slabs that are written are borrowed first, each by one operand; all other
/// operands then share the rest.
fn run_op(step: &Step, slabs: &mut [Vec<f32>], op: &Op, vectorised: bool) {
    let bindings = op.kernel.op().info().bindings;
    let mut free: Vec<Option<&mut [f32]>> = slabs.iter_mut().map(|slab| Some(slab.as_mut_slice())).collect();
    let mut bound: Vec<Option<Slice<'_>>> = bindings.iter().map(|_| None).collect();
    let range = |id: TensorId| {
        let place = &step.memory.placements[id.0 as usize];
        (place.slab, place.offset..place.offset + step.tensors[id.0 as usize].len)
    };
    for (i, operand) in op.operands.iter().enumerate() {
        if let (Access::Write, Operand::Tensor(id)) = (bindings[i].access, operand) {
            let (slab, words) = range(*id);
            let Some(memory) = free[slab].take() else {
                panic!("two operands of an op that writes {} lie in one slab", bindings[i].name);
            };
            bound[i] = Some(Slice::Write(&mut memory[words]));
        }
    }
    let shared: Vec<Option<&[f32]>> = free.into_iter().map(|slab| slab.map(|memory| &*memory)).collect();
    for (i, operand) in op.operands.iter().enumerate() {
        if bound[i].is_some() {
            continue;
        }
        let table = bindings[i].element == Element::U32;
        bound[i] = Some(match operand {
            Operand::Tensor(id) => {
                let (slab, words) = range(*id);
                let Some(memory) = shared[slab] else {
                    panic!("{} reads a slab that the same op writes", bindings[i].name);
                };
                let memory = &memory[words];
                if table {
                    Slice::Table(bytemuck::cast_slice(memory))
                } else {
                    Slice::Read(memory)
                }
            }
            Operand::Table(place) => {
                let words = &step.tables[place.offset as usize..(place.offset + place.len) as usize];
                if table {
                    Slice::Table(words)
                } else {
                    Slice::Read(bytemuck::cast_slice(words))
                }
            }
        });
    }
    let mut slices = Slices {
        bound: bound.into_iter().flatten().collect(),
    };
    if !(vectorised && lists::run(&op.kernel, &mut slices)) {
        op.kernel.op().run(&mut slices);
    }
}
