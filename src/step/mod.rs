//! A training step as plain data: tensors, tables and a list of ops. Executors turn an op into a dispatch
//! ([`crate::gpu`]) or into a call of its CPU twin ([`crate::cpu`]).

mod axis;
mod backward;
mod builder;
mod convolve;
mod disturb;
mod entries;
mod fit;
mod forward;
mod interpolate;
mod learn;
mod link;
mod loss;
mod lowering;
mod memory;
mod normalise;
mod observing;
mod problem;
mod taps;
mod tracking;
mod weight_gradient;

pub use axis::{AxisMap, FoldTable};
pub use builder::StepBuilder;
pub use entries::Entries;
pub use fit::fit_step;
pub use learn::{SUPPLIED_WINDOW, learn_step};
pub use memory::{MemoryPlan, Placement};
pub use observing::{Observing, Windows};
pub use problem::{
    AdamSettings, Costs, Disturbance, Fitting, Handles, LONGEST_WINDOW, Learning, Problem, Statistic, StepError,
    StepSettings, Tracked, Tracking, Tuning, WeightPath,
};

use crate::kernels::Kernel;

/// A tensor of four-byte words in the step's memory; its place is in [`MemoryPlan::placements`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TensorId(pub u32);

/// A read-only list of u32, made once when the step is built: a range of [`Step::tables`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table {
    pub offset: u32,
    pub len: u32,
}

/// What an op binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operand {
    Tensor(TensorId),
    Table(Table),
}

/// A kernel with its parameters, and what it binds, in the order of the kernel's bindings.
#[derive(Clone, Debug, PartialEq)]
pub struct Op {
    pub kernel: Kernel,
    pub operands: Vec<Operand>,
    /// The layer the op belongs to, for profiles: a conv's weight name, or "loss", "optimiser".
    pub layer: String,
}

/// A tensor's size and how long it must last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorInfo {
    pub label: &'static str,
    /// Four-byte words.
    pub len: usize,
    /// Persistent tensors survive from step to step and start as zeros; others hold garbage until an op writes them.
    pub persistent: bool,
}

/// A step, ready to execute.
#[derive(Clone, Debug)]
pub struct Step {
    /// Run once, after the initial values are written: what stays constant from step to step.
    pub prologue: Vec<Op>,
    /// Run for each step: forward, loss, backward, update.
    pub ops: Vec<Op>,
    /// How many of `ops`, from the first, make the forward pass with its loss.
    pub forward_len: usize,
    pub tensors: Vec<TensorInfo>,
    pub tables: Vec<u32>,
    pub memory: MemoryPlan,
}

impl Step {
    /// Multiply-adds of one step.
    pub fn macs(&self) -> u64 {
        self.ops.iter().map(|op| op.kernel.op().macs()).sum()
    }

    /// Bytes that one step moves if every op reads and writes each of its operands once, and nothing stays in a cache from
    /// one op to the next.
    pub fn traffic(&self) -> u64 {
        let words = |operand: &Operand| match operand {
            Operand::Tensor(tensor) => self.tensors[tensor.0 as usize].len as u64,
            Operand::Table(table) => u64::from(table.len),
        };
        4 * self.ops.iter().flat_map(|op| &op.operands).map(words).sum::<u64>()
    }

    /// Bytes of device memory: slabs and tables.
    pub fn bytes(&self) -> u64 {
        4 * (self.memory.slabs.iter().sum::<usize>() + self.tables.len()) as u64
    }
}
