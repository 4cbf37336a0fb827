//! A step's memory on the device.

use super::GpuContext;
use super::context::from_wgpu;
use crate::engine::EngineError;
use crate::step::Step;

/// Bytes from one op's uniforms to the next: WebGPU's default alignment.
pub(super) const UNIFORM_STRIDE: u64 = 256;

/// All buffers of a step, freed at once when dropped: a browser would wait for its garbage collector.
pub(super) struct Memory {
    pub slabs: Vec<wgpu::Buffer>,
    pub tables: wgpu::Buffer,
    pub uniforms: wgpu::Buffer,
}

impl Drop for Memory {
    fn drop(&mut self) {
        for buffer in self.slabs.iter().chain([&self.tables, &self.uniforms]) {
            buffer.destroy();
        }
    }
}

/// Whether the device allows the step's buffers and bindings.
pub(super) fn check_limits(context: &GpuContext, step: &Step) -> Result<(), EngineError> {
    let check = |what: &str, words: usize, allowed: u64| {
        let needed = 4 * words as u64;
        if needed > allowed {
            Err(EngineError::Limit {
                what: what.into(),
                needed,
                allowed,
            })
        } else {
            Ok(())
        }
    };
    let limits = &context.capabilities;
    for words in &step.memory.slabs {
        check("bytes of a buffer", *words, limits.max_buffer)?;
    }
    check("bytes of the index tables", step.tables.len(), limits.max_buffer)?;
    for tensor in &step.tensors {
        check(&format!("bytes of {}", tensor.label), tensor.len, limits.max_binding)?;
    }
    Ok(())
}

/// Allocates all of a step's memory under an out-of-memory scope.
pub(super) async fn allocate(context: &GpuContext, step: &Step, ops: usize) -> Result<Memory, EngineError> {
    use wgpu::BufferUsages as Usage;
    let memory = context.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
    let validation = context.device.push_error_scope(wgpu::ErrorFilter::Validation);
    let buffer = |label, bytes: u64, usage| {
        let size = bytes.next_multiple_of(UNIFORM_STRIDE).max(UNIFORM_STRIDE);
        context.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some(label),
            size,
            usage,
            mapped_at_creation: false,
        })
    };
    let slab_usage = Usage::STORAGE | Usage::COPY_SRC | Usage::COPY_DST;
    let slabs: Vec<_> = step
        .memory
        .slabs
        .iter()
        .map(|words| buffer("slab", 4 * *words as u64, slab_usage))
        .collect();
    // One stride more, so that an empty list at the end has something behind it.
    let table_bytes = 4 * step.tables.len() as u64 + UNIFORM_STRIDE;
    let tables = buffer("tables", table_bytes, Usage::STORAGE | Usage::COPY_DST);
    let uniforms = buffer(
        "uniforms",
        ops as u64 * UNIFORM_STRIDE,
        Usage::UNIFORM | Usage::COPY_DST,
    );
    let (validation, memory) = (validation.pop(), memory.pop());
    let (validation, memory) = (validation.await, memory.await);
    let failed = memory.or(validation);
    let memory = Memory {
        slabs,
        tables,
        uniforms,
    };
    context.check()?;
    match failed {
        Some(error) => Err(from_wgpu(&error, step.bytes())),
        None => Ok(memory),
    }
}
