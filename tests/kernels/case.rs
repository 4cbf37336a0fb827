//! One op with its inputs, run by both executors.

use std::fmt;

use optimal_eye_surgeon::cpu::CpuExecutor;
use optimal_eye_surgeon::engine::{EngineError, Executor};
use optimal_eye_surgeon::gpu::{BuildOptions, GpuContext, GpuExecutor};
use optimal_eye_surgeon::kernels::Kernel;
use optimal_eye_surgeon::rng::{Draws, Stream};
use optimal_eye_surgeon::step::{Operand, Step, StepBuilder, TensorId};

/// Bytes of a slab in these steps.
const SLAB: u64 = 16 << 20;

/// What an op binds.
#[derive(Clone)]
pub enum Bound {
    /// An input.
    Values(Vec<f32>),
    /// A binding that the constants leave unused.
    Unused,
    Table(Vec<u32>),
    /// An output of this many values, poisoned with NaN before.
    Output(usize),
    /// An output with initial values.
    State(Vec<f32>),
}

#[derive(Clone)]
pub struct Case {
    pub name: String,
    pub kernel: Kernel,
    pub bound: Vec<Bound>,
    /// Allowed difference, relative to the output's largest value.
    pub tolerance: f32,
}

/// A value on which the executors disagree.
pub struct Difference {
    case: String,
    binding: &'static str,
    at: usize,
    executor: &'static str,
    found: f32,
    twin: f32,
    allowed: f32,
}

/// Tensors to write.
type Inputs<'a> = Vec<(TensorId, &'a [f32])>;
/// Tensors to compare, with the binding of each.
type Outputs = Vec<(usize, TensorId)>;

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            case,
            binding,
            at,
            executor,
            found,
            twin,
            allowed,
        } = self;
        write!(
            f,
            "{case}: {binding}[{at}] is {found} on the {executor}, {twin} by the twin, allowed {allowed:e}"
        )
    }
}

impl Case {
    pub fn new(shape: &str, kernel: impl Into<Kernel>, bound: Vec<Bound>) -> Self {
        let kernel = kernel.into();
        let name = format!("{} {shape} {:?}", kernel.op().info().name, kernel);
        Self {
            name,
            kernel,
            bound,
            tolerance: 1e-5,
        }
    }

    pub fn tolerance(mut self, tolerance: f32) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// The case as a step, the tensors to write and those to compare.
    fn step(&self) -> (Step, Inputs<'_>, Outputs) {
        let mut builder = StepBuilder::new();
        let (mut inputs, mut outputs) = (Vec::new(), Vec::new());
        let mut operands: Vec<Operand> = Vec::new();
        for (i, bound) in self.bound.iter().enumerate() {
            operands.push(match bound {
                Bound::Values(values) | Bound::State(values) => {
                    let tensor = builder.persistent("values", values.len());
                    inputs.push((tensor, values.as_slice()));
                    if matches!(bound, Bound::State(_)) {
                        outputs.push((i, tensor));
                    }
                    tensor.into()
                }
                Bound::Unused => builder.unused().into(),
                Bound::Table(words) => builder.table(words).into(),
                Bound::Output(len) => {
                    let tensor = builder.tensor("output", *len);
                    outputs.push((i, tensor));
                    tensor.into()
                }
            });
        }
        builder.push("test", self.kernel.clone(), &operands);
        (builder.finish(SLAB).expect("small tensors"), inputs, outputs)
    }

    /// Runs the case on all executors and lists the first difference of each output from the twin's.
    pub async fn run(&self, context: &GpuContext, options: &BuildOptions) -> Result<Vec<Difference>, EngineError> {
        let (step, inputs, outputs) = self.step();
        let mut cpu: Executor = CpuExecutor::new(&step).into();
        let mut gpu: Executor = GpuExecutor::build(context, &step, options, |_, _| {}).await?.into();
        let mut vectorised: Executor = CpuExecutor::vectorised(&step).into();
        let ids: Vec<TensorId> = outputs.iter().map(|(_, tensor)| *tensor).collect();
        let mut results = Vec::new();
        for executor in [&mut cpu, &mut gpu, &mut vectorised] {
            executor.poison()?;
            for (tensor, values) in &inputs {
                executor.write(*tensor, values)?;
            }
            executor.run_ops(0..step.ops.len()).await?;
            results.push(executor.read_all(&ids).await?);
        }
        let mut differences = Vec::new();
        for (at, (binding, _)) in outputs.iter().enumerate() {
            let binding = self.kernel.op().info().bindings[*binding].name;
            let twin = &results[0][at];
            let largest = twin.iter().filter(|x| !x.is_nan()).fold(0.0f32, |a, x| a.max(x.abs()));
            assert!(
                largest > 0.0,
                "{}: {binding} is all zero, which proves nothing",
                self.name
            );
            let allowed = self.tolerance * largest;
            let differs = |(a, b): (&f32, &f32)| a.is_nan() != b.is_nan() || (a - b).abs() > allowed;
            for (executor, found) in [("GPU", &results[1][at]), ("vectorised CPU", &results[2][at])] {
                if let Some(at) = twin.iter().zip(found).position(differs) {
                    differences.push(Difference {
                        case: self.name.clone(),
                        binding,
                        at,
                        executor,
                        found: found[at],
                        twin: twin[at],
                        allowed,
                    });
                }
            }
        }
        Ok(differences)
    }
}

/// An output that the kernel writes, or adds to what it holds.
pub fn sum(len: usize, accumulate: bool) -> Bound {
    if accumulate {
        Bound::State(normal(len, 99))
    } else {
        Bound::Output(len)
    }
}

/// Standard normal values; `seed` tells the inputs of a case apart.
pub fn normal(len: usize, seed: u64) -> Vec<f32> {
    let draws = Draws::new(seed, Stream::Theta);
    (0..len).map(|i| draws.normal(0, i)).collect()
}

/// Values in (0, 1).
pub fn uniform(len: usize, seed: u64) -> Vec<f32> {
    let draws = Draws::new(seed, Stream::Input);
    (0..len).map(|i| draws.uniform(0, i)).collect()
}

/// Words below `below`.
pub fn below(len: usize, below: usize, seed: u64) -> Vec<u32> {
    let draws = Draws::new(seed, Stream::Ties);
    (0..len).map(|i| draws.word(0, i) % below as u32).collect()
}

/// 0..len in a random order.
pub fn shuffled(len: usize, seed: u64) -> Vec<u32> {
    let draws = Draws::new(seed, Stream::Shuffle);
    let mut order: Vec<u32> = (0..len as u32).collect();
    order.sort_by_key(|i| draws.word(0, *i as usize));
    order
}
