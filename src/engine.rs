//! One interface over the executors, so that training, the command line and the worker need not know which one they have.

mod adapter;
mod error;
mod kernel_time;
pub(crate) mod layout;

pub use adapter::{AdapterDescription, is_software_name};
pub use error::EngineError;
pub use kernel_time::KernelTime;

use std::ops::Range;
use std::time::Duration;

use web_time::Instant;

use crate::cpu::CpuExecutor;
#[cfg(feature = "gpu")]
use crate::gpu::GpuExecutor;
use crate::step::TensorId;

/// What runs a step.
pub enum Executor {
    Cpu(CpuExecutor),
    #[cfg(feature = "gpu")]
    Gpu(Box<GpuExecutor>),
}

impl From<CpuExecutor> for Executor {
    fn from(executor: CpuExecutor) -> Self {
        Self::Cpu(executor)
    }
}

#[cfg(feature = "gpu")]
impl From<GpuExecutor> for Executor {
    fn from(executor: GpuExecutor) -> Self {
        Self::Gpu(Box::new(executor))
    }
}

impl Executor {
    /// Who computes.
    pub fn adapter(&self) -> AdapterDescription {
        match self {
            Self::Cpu(_) => AdapterDescription::cpu(),
            #[cfg(feature = "gpu")]
            Self::Gpu(gpu) => gpu.context().adapter.clone(),
        }
    }

    /// Sets a tensor's values, after all work submitted so far.
    ///
    /// # Errors
    /// [`EngineError::Shape`] on a wrong length; the device's errors.
    pub fn write(&mut self, tensor: TensorId, values: &[f32]) -> Result<(), EngineError> {
        match self {
            Self::Cpu(cpu) => cpu.write(tensor, values),
            #[cfg(feature = "gpu")]
            Self::Gpu(gpu) => gpu.write(tensor, values),
        }
    }

    /// Sets the values of a list of tensors that make one, such as the parts of a map.
    ///
    /// # Errors
    /// As [`Executor::write`].
    pub fn write_parts(&mut self, parts: &[TensorId], values: &[f32]) -> Result<(), EngineError> {
        let mut rest = values;
        for (at, part) in parts.iter().enumerate() {
            let last = at + 1 == parts.len();
            let len = if last {
                rest.len()
            } else {
                self.len(*part).min(rest.len())
            };
            let (values, others) = rest.split_at(len);
            self.write(*part, values)?;
            rest = others;
        }
        Ok(())
    }

    /// The values of a list of tensors that make one.
    ///
    /// # Errors
    /// The device's errors.
    pub async fn read_parts(&mut self, parts: &[TensorId]) -> Result<Vec<f32>, EngineError> {
        Ok(self.read_all(parts).await?.concat())
    }

    fn len(&self, tensor: TensorId) -> usize {
        match self {
            Self::Cpu(cpu) => cpu.len(tensor),
            #[cfg(feature = "gpu")]
            Self::Gpu(gpu) => gpu.len(tensor),
        }
    }

    /// A tensor's values after all work submitted so far.
    ///
    /// # Errors
    /// The device's errors.
    pub async fn read(&mut self, tensor: TensorId) -> Result<Vec<f32>, EngineError> {
        match self {
            Self::Cpu(cpu) => Ok(cpu.read(tensor)),
            #[cfg(feature = "gpu")]
            Self::Gpu(gpu) => gpu.start_read(tensor)?.finish().await,
        }
    }

    /// Several tensors' values, in one wait.
    ///
    /// # Errors
    /// The device's errors.
    pub async fn read_all(&mut self, tensors: &[TensorId]) -> Result<Vec<Vec<f32>>, EngineError> {
        match self {
            Self::Cpu(cpu) => Ok(tensors.iter().map(|tensor| cpu.read(*tensor)).collect()),
            #[cfg(feature = "gpu")]
            Self::Gpu(gpu) => {
                let pending: Result<Vec<_>, _> = tensors.iter().map(|tensor| gpu.start_read(*tensor)).collect();
                let mut values = Vec::with_capacity(tensors.len());
                for read in pending? {
                    values.push(read.finish().await?);
                }
                Ok(values)
            }
        }
    }

    /// Runs the ops that prepare what stays constant; once, after the initial values are written.
    ///
    /// # Errors
    /// The device's errors.
    pub async fn run_prologue(&mut self) -> Result<(), EngineError> {
        match self {
            Self::Cpu(cpu) => {
                cpu.run_prologue();
                Ok(())
            }
            #[cfg(feature = "gpu")]
            Self::Gpu(gpu) => gpu.run_prologue().await,
        }
    }

    /// Runs up to `steps` whole steps, at least one, and stops when `budget` is over; returns how many. On a GPU they
    /// have been submitted, not necessarily completed; what is written and read later comes after them.
    ///
    /// # Errors
    /// The device's errors.
    pub async fn run(&mut self, steps: u64, budget: Duration) -> Result<u64, EngineError> {
        match self {
            Self::Cpu(cpu) => {
                let start = Instant::now();
                let mut done = 0;
                while done < steps && (done == 0 || start.elapsed() < budget) {
                    cpu.run_step();
                    done += 1;
                }
                Ok(done)
            }
            #[cfg(feature = "gpu")]
            Self::Gpu(gpu) => gpu.run(steps, budget).await,
        }
    }

    /// Runs some of a step's ops, such as its forward pass.
    ///
    /// # Errors
    /// The device's errors.
    pub async fn run_ops(&mut self, range: Range<usize>) -> Result<(), EngineError> {
        match self {
            Self::Cpu(cpu) => {
                cpu.run_ops(range);
                Ok(())
            }
            #[cfg(feature = "gpu")]
            Self::Gpu(gpu) => gpu.run_ops(range).await,
        }
    }

    /// Runs one step and tells where its time went, by kernel and layer, the longest first; `None` where the device has no
    /// timestamps.
    ///
    /// # Errors
    /// The device's errors.
    pub async fn profile(&mut self) -> Result<Option<Vec<KernelTime>>, EngineError> {
        match self {
            Self::Cpu(_) => Ok(None),
            #[cfg(feature = "gpu")]
            Self::Gpu(gpu) => gpu.profile().await,
        }
    }

    /// The host's time to encode one step; `None` where nothing is encoded.
    pub fn encode_time(&self) -> Option<Duration> {
        match self {
            Self::Cpu(_) => None,
            #[cfg(feature = "gpu")]
            Self::Gpu(gpu) => Some(gpu.encode_time()),
        }
    }

    /// Waits until all submitted work is done.
    ///
    /// # Errors
    /// The device's errors.
    pub async fn settle(&mut self) -> Result<(), EngineError> {
        match self {
            Self::Cpu(_) => Ok(()),
            #[cfg(feature = "gpu")]
            Self::Gpu(gpu) => gpu.settle().await,
        }
    }

    /// Fills everything but the persistent tensors with NaN (tests).
    ///
    /// # Errors
    /// The device's errors.
    pub fn poison(&mut self) -> Result<(), EngineError> {
        match self {
            Self::Cpu(cpu) => {
                cpu.poison();
                Ok(())
            }
            #[cfg(feature = "gpu")]
            Self::Gpu(gpu) => gpu.poison(),
        }
    }
}
