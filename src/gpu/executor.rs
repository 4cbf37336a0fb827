//! A step on a device: buffers, pipelines and bind groups made once, then a replayed list of dispatches.

use std::collections::{HashMap, VecDeque};
use std::num::NonZeroU64;
use std::ops::Range;
use std::time::Duration;

use web_time::Instant;

use super::dispatch::{Dispatch, encode, first_guess};
use super::memory::{Memory, UNIFORM_STRIDE, allocate, check_limits};
use super::pacer::Pacer;
use super::pipelines::{Compiled, compile};
use super::readback::ReadBelt;
use super::signal::Signal;
use super::{GpuContext, Readback};
use crate::engine::EngineError;
use crate::engine::layout::{check_op, scratch_ranges};
use crate::kernels::{shader_text, workgroup_size};
use crate::step::{Op, Operand, Placement, Step, TensorId, TensorInfo};

/// An op's uniforms in words: room for the grid and 61 uniforms.
const UNIFORM_WORDS: usize = UNIFORM_STRIDE as usize / 4;
/// Submits in flight at most: enough to hide how late a browser tells that one is done.
const MAX_IN_FLIGHT: usize = 3;

/// How a step is built and run.
#[derive(Clone, Debug)]
pub struct BuildOptions {
    /// Keep the index tests and loop bounds that wgpu adds to shaders. Only native builds can do without.
    pub runtime_checks: bool,
    /// How long a submit should take. Browsers drop a device that works on one for too long.
    pub submit_time: Duration,
}

impl Default for BuildOptions {
    fn default() -> Self {
        Self {
            runtime_checks: true,
            submit_time: Duration::from_millis(40),
        }
    }
}

/// A submit that the device has not been seen to complete.
struct InFlight {
    submission: wgpu::SubmissionIndex,
    done: Signal<Instant>,
    submitted: Instant,
    /// The ops of the step that it runs, and how often; none for the prologue.
    work: Option<(Range<usize>, u64)>,
}

/// A step on a device.
pub struct GpuExecutor {
    context: GpuContext,
    memory: Memory,
    tensors: Vec<TensorInfo>,
    placements: Vec<Placement>,
    /// For each slab the words that no persistent tensor occupies.
    scratch: Vec<Vec<Range<usize>>>,
    prologue: Vec<Dispatch>,
    pub(super) ops: Vec<Dispatch>,
    pub(super) belt: ReadBelt,
    pub(super) pacer: Pacer,
    in_flight: VecDeque<InFlight>,
    last_done: Option<Instant>,
}

impl Drop for GpuExecutor {
    fn drop(&mut self) {
        self.belt.destroy();
    }
}

impl GpuExecutor {
    /// Builds a step: memory first, so that a picture that does not fit fails at once; then the kernels, telling
    /// `progress` (done, total) after each. Persistent tensors start as zeros.
    ///
    /// # Errors
    /// [`EngineError::OutOfMemory`], [`EngineError::Limit`], [`EngineError::Kernel`], or the device's errors.
    pub async fn build(
        context: &GpuContext,
        step: &Step,
        options: &BuildOptions,
        mut progress: impl FnMut(usize, usize),
    ) -> Result<Self, EngineError> {
        let all: Vec<&Op> = step.prologue.iter().chain(&step.ops).collect();
        check_limits(context, step)?;
        let mut texts = Vec::with_capacity(all.len());
        for op in &all {
            let kernel = op.kernel.op();
            let fault = |message| EngineError::Kernel {
                name: kernel.info().name.into(),
                message,
            };
            check_op(step, op).map_err(fault)?;
            texts.push(shader_text(kernel).map_err(fault)?);
        }
        let memory = allocate(context, step, all.len()).await?;
        let mut executor = Self {
            context: context.clone(),
            memory,
            tensors: step.tensors.clone(),
            placements: step.memory.placements.clone(),
            scratch: scratch_ranges(step),
            prologue: Vec::new(),
            ops: Vec::new(),
            belt: ReadBelt::default(),
            pacer: Pacer::new(
                step.ops
                    .iter()
                    .map(|op| first_guess(op, context.capabilities.software))
                    .collect(),
                options.submit_time,
            ),
            in_flight: VecDeque::new(),
            last_done: None,
        };
        let mut compiled: HashMap<&str, Compiled> = HashMap::new();
        let total = texts.iter().collect::<std::collections::HashSet<_>>().len();
        for (op, text) in all.iter().zip(&texts) {
            if !compiled.contains_key(text.as_str()) {
                let info = op.kernel.op().info();
                compiled.insert(text, compile(context, info, text, options.runtime_checks).await?);
                progress(compiled.len(), total);
            }
        }
        let mut uniforms = vec![0u32; all.len() * UNIFORM_WORDS];
        for (i, (op, text)) in all.iter().zip(&texts).enumerate() {
            let values: Vec<u32> = op
                .kernel
                .op()
                .grid()
                .into_iter()
                .chain(op.kernel.op().uniforms())
                .collect();
            uniforms[i * UNIFORM_WORDS..][..values.len()].copy_from_slice(&values);
            let dispatch = executor.dispatch(op, &compiled[text.as_str()], i as u64)?;
            let list = if i < step.prologue.len() {
                &mut executor.prologue
            } else {
                &mut executor.ops
            };
            list.push(dispatch);
        }
        context
            .queue
            .write_buffer(&executor.memory.uniforms, 0, bytemuck::cast_slice(&uniforms));
        context
            .queue
            .write_buffer(&executor.memory.tables, 0, bytemuck::cast_slice(&step.tables));
        context.check()?;
        Ok(executor)
    }

    /// Binds an op's operands; `index` is its place among the uniforms.
    fn dispatch(&self, op: &Op, compiled: &Compiled, index: u64) -> Result<Dispatch, EngineError> {
        let kernel = op.kernel.op();
        let (grid, info) = (kernel.grid(), kernel.info());
        let size = workgroup_size(grid);
        let mut workgroups = [0; 3];
        for i in 0..3 {
            workgroups[i] = grid[i].div_ceil(size[i]);
            let (needed, allowed) = (
                u64::from(workgroups[i]),
                u64::from(self.context.capabilities.max_workgroups),
            );
            if needed > allowed {
                let what = format!(
                    "workgroups of kernel {} ({}) along {}",
                    info.name,
                    op.layer,
                    ["x", "y", "z"][i]
                );
                return Err(EngineError::Limit { what, needed, allowed });
            }
        }
        let binding = |binding: usize, buffer, offset: u64, size: u64| wgpu::BindGroupEntry {
            binding: binding as u32,
            resource: wgpu::BindingResource::Buffer(wgpu::BufferBinding {
                buffer,
                offset,
                size: NonZeroU64::new(size),
            }),
        };
        let mut entries = vec![binding(
            0,
            &self.memory.uniforms,
            index * UNIFORM_STRIDE,
            UNIFORM_STRIDE,
        )];
        for (i, operand) in op.operands.iter().enumerate() {
            let (buffer, offset, size) = match operand {
                Operand::Tensor(tensor) => self.buffer_slice(*tensor),
                Operand::Table(table) => (
                    &self.memory.tables,
                    4 * u64::from(table.offset),
                    4 * u64::from(table.len),
                ),
            };
            // A binding holds one element at least; the words behind an empty list are never read.
            let size = size.max(16);
            if offset % UNIFORM_STRIDE != 0 {
                let message = format!(
                    "{} of {} lies at {offset}, not a multiple of 256",
                    info.bindings[i].name, op.layer
                );
                return Err(EngineError::Kernel {
                    name: info.name.into(),
                    message,
                });
            }
            entries.push(binding(i + 1, buffer, offset, size));
        }
        let bind_group = self.context.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some(info.name),
            layout: &compiled.layout,
            entries: &entries,
        });
        let (layer, macs) = (op.layer.clone(), kernel.macs());
        Ok(Dispatch {
            pipeline: compiled.pipeline.clone(),
            bind_group,
            workgroups,
            kernel: info.name,
            layer,
            macs,
        })
    }

    /// The device that the step is on.
    pub fn context(&self) -> &GpuContext {
        &self.context
    }

    /// Where a tensor lies: its buffer, and offset and size in bytes. A renderer may bind it as storage.
    pub fn buffer_slice(&self, tensor: TensorId) -> (&wgpu::Buffer, u64, u64) {
        let place = &self.placements[tensor.0 as usize];
        (
            &self.memory.slabs[place.slab],
            4 * place.offset as u64,
            4 * self.tensors[tensor.0 as usize].len as u64,
        )
    }

    /// A tensor's length in words.
    pub(crate) fn len(&self, tensor: TensorId) -> usize {
        self.tensors[tensor.0 as usize].len
    }

    /// Sets a tensor's values, after all work submitted so far.
    ///
    /// # Errors
    /// [`EngineError::Shape`] on a wrong length; the device's errors.
    pub fn write(&mut self, tensor: TensorId, values: &[f32]) -> Result<(), EngineError> {
        let info = &self.tensors[tensor.0 as usize];
        if info.len != values.len() {
            return Err(EngineError::Shape {
                label: info.label,
                expected: info.len,
                found: values.len(),
            });
        }
        let (buffer, offset, _) = self.buffer_slice(tensor);
        self.context
            .queue
            .write_buffer(buffer, offset, bytemuck::cast_slice(values));
        self.context.check()
    }

    /// Starts reading a tensor as it is after all work submitted so far.
    ///
    /// # Errors
    /// The device's errors.
    pub fn start_read(&mut self, tensor: TensorId) -> Result<Readback, EngineError> {
        self.context.check()?;
        let (buffer, offset, size) = self.buffer_slice(tensor);
        Ok(self.belt.start(&self.context, buffer, offset, size))
    }

    /// Fills everything but the persistent tensors with NaN, so that a kernel that reads what nobody wrote shows.
    ///
    /// # Errors
    /// The device's errors.
    pub fn poison(&mut self) -> Result<(), EngineError> {
        for (slab, ranges) in self.memory.slabs.iter().zip(&self.scratch) {
            for range in ranges {
                let values = vec![f32::NAN; range.len()];
                self.context
                    .queue
                    .write_buffer(slab, 4 * range.start as u64, bytemuck::cast_slice(&values));
            }
        }
        self.context.check()
    }

    /// Runs the ops that prepare what stays constant, one a submit: nothing is known about their speed yet.
    ///
    /// # Errors
    /// The device's errors.
    pub async fn run_prologue(&mut self) -> Result<(), EngineError> {
        for i in 0..self.prologue.len() {
            self.make_room().await?;
            let commands = encode(&self.context, &self.prologue[i..=i], 1);
            self.submit(commands, None)?;
        }
        Ok(())
    }

    /// Submits up to `steps` whole steps, at least one, until `budget` is over; returns how many.
    ///
    /// # Errors
    /// The device's errors.
    pub async fn run(&mut self, steps: u64, budget: Duration) -> Result<u64, EngineError> {
        let start = Instant::now();
        let mut done = 0;
        while done < steps && (done == 0 || start.elapsed() < budget) {
            let whole = self.pacer.whole_steps().min(steps - done);
            if whole == 0 {
                self.run_ops(0..self.ops.len()).await?;
                done += 1;
            } else {
                self.make_room().await?;
                let commands = encode(&self.context, &self.ops, whole);
                self.submit(commands, Some((0..self.ops.len(), whole)))?;
                done += whole;
            }
        }
        Ok(done)
    }

    /// Submits some of a step's ops, in pieces that keep to the time for a submit.
    ///
    /// # Errors
    /// The device's errors.
    pub async fn run_ops(&mut self, mut ops: Range<usize>) -> Result<(), EngineError> {
        while !ops.is_empty() {
            self.make_room().await?;
            let piece = self.pacer.piece(ops.clone());
            ops.start = piece.end;
            let commands = encode(&self.context, &self.ops[piece.clone()], 1);
            self.submit(commands, Some((piece, 1)))?;
        }
        Ok(())
    }

    /// Waits until all submitted work is done.
    ///
    /// # Errors
    /// The device's errors.
    pub async fn settle(&mut self) -> Result<(), EngineError> {
        while !self.in_flight.is_empty() {
            self.retire().await?;
        }
        self.context.check()
    }

    fn submit(&mut self, commands: wgpu::CommandBuffer, work: Option<(Range<usize>, u64)>) -> Result<(), EngineError> {
        let submission = self.context.queue.submit([commands]);
        let done = Signal::new();
        let on_done = done.clone();
        self.context
            .queue
            .on_submitted_work_done(move || on_done.set(Instant::now()));
        self.in_flight.push_back(InFlight {
            submission,
            done,
            submitted: Instant::now(),
            work,
        });
        // Natively this is what lets callbacks tell of completion, and of the device's loss, in time.
        self.context.poll_now();
        self.context.check()
    }

    async fn make_room(&mut self) -> Result<(), EngineError> {
        while self.in_flight.len() >= MAX_IN_FLIGHT {
            self.retire().await?;
        }
        Ok(())
    }

    /// Waits for the oldest submit, and learns from the time that it kept the device busy.
    async fn retire(&mut self) -> Result<(), EngineError> {
        let Some(oldest) = self.in_flight.pop_front() else {
            return Ok(());
        };
        let done = oldest.done.wait(&self.context, &oldest.submission).await?;
        let began = self
            .last_done
            .map_or(oldest.submitted, |last| last.max(oldest.submitted));
        self.last_done = Some(done);
        if let Some((ops, times)) = oldest.work {
            self.pacer
                .record(ops, times, done.saturating_duration_since(began).as_secs_f64());
        }
        Ok(())
    }
}
