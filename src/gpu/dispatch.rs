//! An op as the device runs it.

use super::GpuContext;
use crate::step::Op;

/// An op as a dispatch.
pub(super) struct Dispatch {
    pub pipeline: wgpu::ComputePipeline,
    pub bind_group: wgpu::BindGroup,
    pub workgroups: [u32; 3],
    pub kernel: &'static str,
    pub layer: String,
    pub macs: u64,
}

/// Records ops as one compute pass, `times` over.
pub(super) fn encode(context: &GpuContext, ops: &[Dispatch], times: u64) -> wgpu::CommandBuffer {
    let mut encoder = context
        .device
        .create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
    let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
    for _ in 0..times {
        for op in ops {
            op.record(&mut pass);
        }
    }
    drop(pass);
    encoder.finish()
}

impl Dispatch {
    pub(super) fn record(&self, pass: &mut wgpu::ComputePass<'_>) {
        let [x, y, z] = self.workgroups;
        if x == 0 || y == 0 || z == 0 {
            return;
        }
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, &self.bind_group, &[]);
        pass.dispatch_workgroups(x, y, z);
    }
}

/// A pessimistic guess of an op's seconds, before anything is measured.
pub(super) fn first_guess(op: &Op, software: bool) -> f64 {
    let kernel = op.kernel.op();
    let [x, y, z] = kernel.grid().map(f64::from);
    let work = kernel.macs() as f64 + 8.0 * x * y * z;
    let (rate, fixed) = if software { (5e8, 1e-4) } else { (2e10, 2e-5) };
    work / rate + fixed
}
