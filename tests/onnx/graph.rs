//! A few ops in a row as a step, on either executor.

use optimal_eye_surgeon::cpu::CpuExecutor;
use optimal_eye_surgeon::engine::Executor;
use optimal_eye_surgeon::gpu::{BuildOptions, GpuContext, GpuExecutor};
use optimal_eye_surgeon::kernels::Kernel;
use optimal_eye_surgeon::kernels::prepare::Prepare;
use optimal_eye_surgeon::step::{Operand, StepBuilder, Table, TensorId};

/// What runs the ops.
pub enum Device {
    Cpu,
    Gpu(GpuContext),
}

/// Ops under construction, with the values of their inputs.
#[derive(Default)]
pub struct Graph {
    builder: StepBuilder,
    inputs: Vec<(TensorId, Vec<f32>)>,
}

/// A stored map: channels of height x width.
#[derive(Clone, Copy)]
pub struct Map {
    pub id: TensorId,
    pub channels: usize,
    pub h: usize,
    pub w: usize,
}

impl Graph {
    pub fn input(&mut self, values: &[f32]) -> TensorId {
        let id = self.builder.persistent("input", values.len());
        self.inputs.push((id, values.to_vec()));
        id
    }

    /// An input of `channels` maps of h x w.
    pub fn map(&mut self, values: &[f32], channels: usize, h: usize, w: usize) -> Map {
        assert_eq!(values.len(), channels * h * w);
        Map {
            id: self.input(values),
            channels,
            h,
            w,
        }
    }

    /// What an op writes; poisoned with NaN before.
    pub fn output(&mut self, len: usize) -> TensorId {
        self.builder.tensor("output", len)
    }

    pub fn table(&mut self, words: &[u32]) -> Table {
        self.builder.table(words)
    }

    pub fn unused(&self) -> TensorId {
        self.builder.unused()
    }

    pub fn push(&mut self, kernel: impl Into<Kernel>, operands: &[Operand]) {
        self.builder.push("test", kernel, operands);
    }

    /// The `prepare` kernel with the sources of rows and columns, after LeakyReLU if `leaky`, then the normalisation
    /// `second`.
    pub fn prepare(
        &mut self,
        src: Map,
        [rows, columns]: [&[u32]; 2],
        leaky: bool,
        second: Option<TensorId>,
        paired: bool,
    ) -> Map {
        let none = self.unused();
        let first = if leaky {
            self.input(&[1.0, 0.0, 0.0, 0.0].repeat(src.channels))
        } else {
            none
        };
        let per = if paired { 2 } else { 1 };
        let (h, w) = (rows.len() / per, columns.len() / per);
        let id = self.output(src.channels * h * w);
        let kernel = Prepare {
            first: u32::from(leaky),
            second: u32::from(second.is_some()),
            paired: u32::from(paired),
            channels: src.channels as u32,
            src_h: src.h as u32,
            src_w: src.w as u32,
            dst_h: h as u32,
            dst_w: w as u32,
        };
        let sources = self.table(&[rows, columns].concat());
        let second = second.unwrap_or(none);
        self.push(
            kernel,
            &[src.id.into(), first.into(), second.into(), sources.into(), id.into()],
        );
        Map {
            id,
            channels: src.channels,
            h,
            w,
        }
    }

    /// Runs all ops and reads tensors that the last one binds: only they are sure to hold their values.
    pub fn run<const N: usize>(self, device: &Device, read: [TensorId; N]) -> [Vec<f32>; N] {
        let step = self.builder.finish(1 << 20).expect("small tensors");
        pollster::block_on(async {
            let mut executor: Executor = match device {
                Device::Cpu => CpuExecutor::new(&step).into(),
                Device::Gpu(context) => {
                    let built = GpuExecutor::build(context, &step, &BuildOptions::default(), |_, _| {}).await;
                    built.expect("the ops build").into()
                }
            };
            executor.poison().expect("a device");
            for (tensor, values) in &self.inputs {
                executor.write(*tensor, values).expect("as long as its values");
            }
            executor.run_ops(0..step.ops.len()).await.expect("a device");
            let values = executor.read_all(&read).await.expect("a device");
            values.try_into().expect("as many as asked for")
        })
    }
}
