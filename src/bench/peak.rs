//! What the adapter can do at most, measured by two small kernels.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::run::time_steps;
use crate::engine::Executor;
use crate::kernels::peak_arithmetic::PeakArithmetic;
use crate::kernels::peak_copy::PeakCopy;
use crate::step::{Step, StepBuilder, TensorId};
use crate::train::{Backend, TrainError, executor};

/// Bytes of a slab: WebGPU's default limit of a binding.
const LIMIT: u64 = 128 << 20;
/// How long a kernel runs before and in a window.
const WINDOW: Duration = Duration::from_millis(100);
const WINDOWS: usize = 5;
/// The copy's width and height in vec4: 64 MiB each way, more than caches hold.
const COPY: (u32, u32) = (4096, 1024);

/// The highest rates seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Peak {
    /// Multiply-adds in registers, each counted as two operations: 1e9 a second.
    pub gflops: f64,
    /// Bytes read plus bytes written by a copy: 1e9 a second.
    pub gbps: f64,
}

impl Peak {
    /// Measures both on `backend`, and keeps what is higher than before.
    pub(super) async fn raise(&mut self, backend: &Backend) -> Result<(), TrainError> {
        let step = arithmetic(backend.adapter().software)?;
        let flops = 2.0 * step.macs() as f64;
        let seconds = fastest(executor(backend, &step, &mut |_, _| {}).await?).await?;
        self.gflops = self.gflops.max(1e-9 * flops / seconds);

        let (step, source) = copy()?;
        let bytes = step.traffic() as f64;
        let mut copying = executor(backend, &step, &mut |_, _| {}).await?;
        // Memory that was never written may not exist yet.
        copying.write(source, &vec![1.0; step.tensors[source.0 as usize].len])?;
        let seconds = fastest(copying).await?;
        self.gbps = self.gbps.max(1e-9 * bytes / seconds);
        Ok(())
    }
}

/// A step of nothing but arithmetic: at most about a tenth of a second on the slowest adapter of its kind.
fn arithmetic(software: bool) -> Result<Step, TrainError> {
    let (width, height, rounds) = if software { (256, 64, 16) } else { (1024, 256, 64) };
    let mut builder = StepBuilder::new();
    let sums = builder.persistent("sums", (width * height) as usize);
    let kernel = PeakArithmetic {
        width,
        height,
        rounds,
        a: 0.999,
        b: 0.01,
    };
    builder.push("peak", kernel, &[sums.into()]);
    Ok(builder.finish(LIMIT)?)
}

/// A step of nothing but a copy, and its source.
fn copy() -> Result<(Step, TensorId), TrainError> {
    let (width, height) = COPY;
    let count = 4 * (width * height) as usize;
    let mut builder = StepBuilder::new();
    let source = builder.persistent("source", count);
    let copy = builder.persistent("copy", count);
    builder.push("peak", PeakCopy { width, height }, &[source.into(), copy.into()]);
    Ok((builder.finish(LIMIT)?, source))
}

/// Seconds of a step in the fastest window.
async fn fastest(mut executor: Executor) -> Result<f64, TrainError> {
    let mut seconds = time_steps(&mut executor, 1).await?;
    let mut best = f64::INFINITY;
    for _ in 0..=WINDOWS {
        let steps = (WINDOW.as_secs_f64() / seconds).clamp(1.0, 1e6) as u64;
        seconds = time_steps(&mut executor, steps).await?;
        best = best.min(seconds);
    }
    Ok(best)
}
