//! Time for each kernel of each layer, from timestamp queries.

use std::time::Duration;

use web_time::Instant;

use super::GpuExecutor;
use super::dispatch::encode;
use crate::engine::{EngineError, KernelTime};
use crate::numbers::sort_few;

/// Ops that one query set measures: WebGPU allows 4096 queries a set, two an op.
const BATCH: usize = 1024;

impl GpuExecutor {
    /// The host's time to encode one step as one submit. The commands are dropped, not submitted.
    pub fn encode_time(&self) -> Duration {
        let start = Instant::now();
        drop(encode(self.context(), &self.ops, 1));
        start.elapsed()
    }

    /// Runs one step with a pass for each op, and tells where the time went, the longest first; `None` without
    /// timestamp queries. Browsers round timestamps to 65-100 us: there, only sums mean something.
    ///
    /// # Errors
    /// The device's errors.
    pub async fn profile(&mut self) -> Result<Option<Vec<KernelTime>>, EngineError> {
        if !self.context().capabilities.timestamps {
            return Ok(None);
        }
        self.settle().await?;
        let mut times: Vec<KernelTime> = Vec::new();
        let mut first = 0;
        while first < self.ops.len() {
            let last = (first + BATCH).min(self.ops.len());
            for (at, seconds) in (first..last).zip(self.time_ops(first, last).await?) {
                let op = &self.ops[at];
                let known = times
                    .iter_mut()
                    .find(|time| time.kernel == op.kernel && time.layer == op.layer);
                match known {
                    Some(time) => {
                        time.dispatches += 1;
                        time.seconds += seconds;
                        time.macs += op.macs;
                    }
                    None => times.push(KernelTime {
                        kernel: op.kernel,
                        layer: op.layer.clone(),
                        dispatches: 1,
                        seconds,
                        macs: op.macs,
                    }),
                }
            }
            first = last;
        }
        sort_few(&mut times, |time| -time.seconds);
        Ok(Some(times))
    }

    /// Runs ops `first..last` and returns the seconds of each.
    async fn time_ops(&mut self, first: usize, last: usize) -> Result<Vec<f64>, EngineError> {
        let context = self.context().clone();
        let count = 2 * (last - first) as u32;
        let bytes = 8 * u64::from(count);
        let queries = context.device.create_query_set(&wgpu::QuerySetDescriptor {
            label: Some("profile"),
            ty: wgpu::QueryType::Timestamp,
            count,
        });
        let resolved = context.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("profile"),
            size: bytes,
            usage: wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC,
            mapped_at_creation: false,
        });
        let mut rest = first..last;
        while !rest.is_empty() {
            let piece = self.pacer.piece(rest.clone());
            rest.start = piece.end;
            let mut encoder = context
                .device
                .create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
            for at in piece {
                let query = 2 * (at - first) as u32;
                let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
                    label: None,
                    timestamp_writes: Some(wgpu::ComputePassTimestampWrites {
                        query_set: &queries,
                        beginning_of_pass_write_index: Some(query),
                        end_of_pass_write_index: Some(query + 1),
                    }),
                });
                self.ops[at].record(&mut pass);
            }
            if rest.is_empty() {
                encoder.resolve_query_set(&queries, 0..count, &resolved, 0);
            }
            context.queue.submit([encoder.finish()]);
        }
        let stamps = self.belt.start(&context, &resolved, 0, bytes).finish::<u64>().await;
        resolved.destroy();
        queries.destroy();
        let period = f64::from(context.queue.get_timestamp_period()) * 1e-9;
        Ok(stamps?
            .chunks_exact(2)
            .map(|pair| pair[1].saturating_sub(pair[0]) as f64 * period)
            .collect())
    }
}
