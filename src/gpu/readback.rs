//! Reading back without blocking: copies into staging buffers that are used again.

use std::cell::RefCell;
use std::rc::Rc;

use bytemuck::Pod;

use super::GpuContext;
use super::signal::Signal;
use crate::engine::EngineError;

/// Staging buffers kept for the next reads.
const MAX_IDLE: usize = 4;
/// Bytes of the largest staging buffer worth keeping.
const MAX_IDLE_BYTES: u64 = 32 << 20;
/// Staging sizes are multiples of this, so that similar reads share buffers.
const GRAIN: u64 = 64 << 10;

/// The staging buffers that no read uses now.
#[derive(Clone, Default)]
pub(super) struct ReadBelt {
    idle: Rc<RefCell<Vec<wgpu::Buffer>>>,
}

impl ReadBelt {
    fn staging(&self, context: &GpuContext, bytes: u64) -> wgpu::Buffer {
        let mut idle = self.idle.borrow_mut();
        if let Some(at) = idle.iter().position(|buffer| buffer.size() >= bytes) {
            return idle.swap_remove(at);
        }
        context.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("read back"),
            size: bytes.next_multiple_of(GRAIN),
            usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        })
    }

    fn give_back(&self, buffer: wgpu::Buffer) {
        let mut idle = self.idle.borrow_mut();
        if idle.len() < MAX_IDLE && buffer.size() <= MAX_IDLE_BYTES {
            idle.push(buffer);
        } else {
            buffer.destroy();
        }
    }

    /// Copies `bytes` of `source` from `offset`, after all work submitted so far.
    pub fn start(&self, context: &GpuContext, source: &wgpu::Buffer, offset: u64, bytes: u64) -> Readback {
        let mut read = Readback {
            context: context.clone(),
            belt: self.clone(),
            bytes,
            pending: None,
        };
        if bytes == 0 {
            return read;
        }
        let staging = self.staging(context, bytes);
        let mut encoder = context
            .device
            .create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        encoder.copy_buffer_to_buffer(source, offset, &staging, 0, bytes);
        let submission = context.queue.submit([encoder.finish()]);
        let mapped = Signal::new();
        let on_mapped = mapped.clone();
        staging.map_async(wgpu::MapMode::Read, 0..bytes, move |result| on_mapped.set(result));
        read.pending = Some(Pending {
            staging,
            submission,
            mapped,
        });
        read
    }

    /// Frees the idle staging buffers.
    pub fn destroy(&self) {
        for buffer in self.idle.borrow_mut().drain(..) {
            buffer.destroy();
        }
    }
}

/// Values on their way from the device.
pub struct Readback {
    context: GpuContext,
    belt: ReadBelt,
    bytes: u64,
    pending: Option<Pending>,
}

struct Pending {
    staging: wgpu::Buffer,
    submission: wgpu::SubmissionIndex,
    mapped: Signal<Result<(), wgpu::BufferAsyncError>>,
}

impl Readback {
    /// Whether [`Self::finish`] would return at once.
    pub fn is_ready(&self) -> bool {
        self.context.poll_now();
        self.context.is_lost() || self.pending.as_ref().is_none_or(|pending| pending.mapped.is_set())
    }

    /// Waits for the values. `T` is what the buffer holds: f32, or u64 for timestamps.
    ///
    /// # Errors
    /// The device's errors.
    pub async fn finish<T: Pod>(mut self) -> Result<Vec<T>, EngineError> {
        let Some(pending) = &self.pending else {
            return Ok(Vec::new());
        };
        let mapped = pending.mapped.wait(&self.context, &pending.submission).await?;
        if mapped.is_err() {
            // A loss or an error that came before explains it better.
            self.context.check()?;
            return Err(EngineError::Device {
                message: "a buffer could not be read back".into(),
            });
        }
        let view = pending
            .staging
            .get_mapped_range(0..self.bytes)
            .map_err(|error| EngineError::Device {
                message: error.to_string(),
            })?;
        let values = bytemuck::pod_collect_to_vec(&view[..]);
        drop(view);
        if let Some(pending) = self.pending.take() {
            pending.staging.unmap();
            self.belt.give_back(pending.staging);
        }
        Ok(values)
    }
}

impl Drop for Readback {
    fn drop(&mut self) {
        if let Some(pending) = &self.pending {
            pending.staging.destroy();
        }
    }
}
