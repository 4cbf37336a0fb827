//! Collects ops, tensors and tables into a [`Step`].

use super::memory::{ALIGNMENT, MemoryPlan};
use super::{Op, Operand, Step, StepError, Table, TensorId, TensorInfo};
use crate::kernels::Kernel;

/// A step under construction.
#[derive(Debug)]
pub struct StepBuilder {
    prologue: Vec<Op>,
    ops: Vec<Op>,
    forward_len: Option<usize>,
    tensors: Vec<TensorInfo>,
    tables: Vec<u32>,
    /// Bound where a kernel's constants leave a binding unused.
    unused: TensorId,
}

impl Default for StepBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl StepBuilder {
    pub fn new() -> Self {
        let unused = TensorInfo {
            label: "unused",
            len: ALIGNMENT,
            persistent: true,
        };
        Self {
            prologue: Vec::new(),
            ops: Vec::new(),
            forward_len: None,
            tensors: vec![unused],
            tables: Vec::new(),
            unused: TensorId(0),
        }
    }

    /// A tensor that lives from the op that writes it to the last that reads it.
    pub fn tensor(&mut self, label: &'static str, len: usize) -> TensorId {
        self.add(TensorInfo {
            label,
            len,
            persistent: false,
        })
    }

    /// A tensor that survives from step to step; zeros at first.
    pub fn persistent(&mut self, label: &'static str, len: usize) -> TensorId {
        self.add(TensorInfo {
            label,
            len,
            persistent: true,
        })
    }

    fn add(&mut self, info: TensorInfo) -> TensorId {
        self.tensors.push(info);
        TensorId(self.tensors.len() as u32 - 1)
    }

    /// The operand for a binding that the kernel's constants leave unused.
    pub fn unused(&self) -> TensorId {
        self.unused
    }

    /// Stores a read-only table.
    pub fn table(&mut self, words: &[u32]) -> Table {
        let offset = self.tables.len();
        self.tables.extend(words);
        self.tables
            .resize(self.tables.len().max(offset + 1).next_multiple_of(ALIGNMENT), 0);
        Table {
            offset: offset as u32,
            len: words.len().max(1) as u32,
        }
    }

    /// Appends an op to the step.
    pub fn push(&mut self, layer: &str, kernel: impl Into<Kernel>, operands: &[Operand]) {
        self.ops.push(op(layer, kernel.into(), operands));
    }

    /// Appends an op that runs once, before the first step.
    pub fn push_prologue(&mut self, layer: &str, kernel: impl Into<Kernel>, operands: &[Operand]) {
        self.prologue.push(op(layer, kernel.into(), operands));
    }

    /// Marks the end of the forward pass.
    pub fn end_forward(&mut self) {
        self.forward_len = Some(self.ops.len());
    }

    /// Plans the memory within slabs of `limit` bytes.
    ///
    /// # Errors
    /// [`StepError::TensorTooLarge`] if a tensor does not fit into one binding.
    pub fn finish(self, limit: u64) -> Result<Step, StepError> {
        let ops: Vec<&Op> = self.prologue.iter().chain(&self.ops).collect();
        let words = (limit / 4) as usize;
        let memory = MemoryPlan::new(&self.tensors, &ops, words).map_err(|len| StepError::TensorTooLarge {
            bytes: 4 * len as u64,
            limit,
        })?;
        if self.tables.len() > words {
            return Err(StepError::TensorTooLarge {
                bytes: 4 * self.tables.len() as u64,
                limit,
            });
        }
        Ok(Step {
            forward_len: self.forward_len.unwrap_or(self.ops.len()),
            prologue: self.prologue,
            ops: self.ops,
            tensors: self.tensors,
            tables: self.tables,
            memory,
        })
    }
}

fn op(layer: &str, kernel: Kernel, operands: &[Operand]) -> Op {
    assert_eq!(
        operands.len(),
        kernel.op().info().bindings.len(),
        "{} binds another number of operands",
        kernel.op().info().name
    );
    Op {
        kernel,
        operands: operands.to_vec(),
        layer: layer.to_string(),
    }
}

impl From<TensorId> for Operand {
    fn from(tensor: TensorId) -> Self {
        Self::Tensor(tensor)
    }
}

impl From<Table> for Operand {
    fn from(table: Table) -> Self {
        Self::Table(table)
    }
}
