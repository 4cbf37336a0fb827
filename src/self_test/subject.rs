//! A small step with its initial values, run by the twins and by a device.

use super::compare::{furthest, furthest_result, is_too_far};
use super::report::{Checked, Difference};
use crate::bench::Path;
use crate::cpu::CpuExecutor;
use crate::engine::{EngineError, Executor};
use crate::kernels::Access;
use crate::mask::random;
use crate::network::{Hourglass, Network, draw_input, draw_theta};
use crate::rng::{Draws, Stream};
use crate::step::{
    AdamSettings, Disturbance, Fitting, Handles, Learning, Observing, Op, Operand, Problem, Statistic, Step,
    StepSettings, TensorId, Tracking, WeightPath, fit_step, learn_step,
};
use crate::train::{Backend, JITTER, TrainError, executor};

/// A picture of odd size inside maps of 24x40.
const PROBLEM: Problem = Problem {
    height: 24,
    width: 40,
    region: (3, 1, 33, 21),
    observing: Observing::Whole,
};
/// Whole steps that are compared.
const STEPS: u64 = 3;
/// Adam's eps, above the rounding noise of gradients that are zero in truth (a bias in front of a normalisation): else
/// Adam would make full steps of it.
const EPS: f64 = 1e-4;
/// The fraction that the mask keeps.
const KEEP: f64 = 0.3;

/// A network of three levels with odd numbers of channels.
fn network() -> Hourglass {
    Hourglass {
        input_channels: 5,
        channels: vec![6, 7, 9],
        output_channels: 3,
    }
}

/// A step and where it starts.
pub struct Subject {
    path: Path,
    step: Step,
    handles: Handles,
    /// By list of parts.
    initial: Vec<(Vec<TensorId>, Vec<f32>)>,
}

impl Subject {
    /// The step as it is built for `backend`.
    pub fn new(path: Path, backend: &Backend) -> Result<Self, TrainError> {
        let network = network().build()?;
        let settings = StepSettings {
            adam: AdamSettings {
                eps: EPS,
                ..AdamSettings::default()
            },
            schedule_len: STEPS as usize + 1,
            ring_len: STEPS as usize + 1,
            rewrites: path != Path::Dense,
            tuning: backend.tuning(),
            binding_limit: 1 << 24,
        };
        let keep = mask(&network);
        let (step, handles) = match weight_path(path) {
            Some(masked) => {
                let fitting = Fitting {
                    keep: masked.is_some().then_some(keep.as_slice()),
                    path: masked.unwrap_or_default(),
                    tracking: tracking(path),
                    disturbance: disturbance(path),
                };
                fit_step(&network, PROBLEM, fitting, settings)?
            }
            None => {
                let learning = Learning {
                    keep: KEEP,
                    kl: 1e-6,
                    pull: 1e-3,
                    seed: 7,
                    supplied: 0,
                };
                learn_step(&network, PROBLEM, learning, settings)?
            }
        };
        let initial = initial(&network, &handles, path);
        Ok(Self {
            path,
            step,
            handles,
            initial,
        })
    }

    /// Compares `backend` with the twins.
    pub async fn check(&self, backend: &Backend) -> Result<Checked, TrainError> {
        let (dispatches, kernels) = self.check_kernels(backend).await?;
        let steps = self.check_steps(backend).await?;
        let far = |difference: &&Difference| is_too_far(difference.share);
        let failures = kernels.iter().chain(&steps).filter(far).cloned().collect();
        // One that says nothing is further than any other.
        let distance = |difference: &Difference| difference.share.unwrap_or(f64::INFINITY);
        let furthest = kernels.into_iter().max_by(|a, b| distance(a).total_cmp(&distance(b)));
        Ok(Checked {
            path: self.path,
            dispatches,
            furthest,
            steps,
            failures,
        })
    }

    /// Every dispatch of a step by itself: what it has written is compared, and then put right, so that the next starts
    /// from the twin's values and one wrong kernel is told from those behind it.
    async fn check_kernels(&self, backend: &Backend) -> Result<(usize, Vec<Difference>), TrainError> {
        let mut cpu = self.start(CpuExecutor::new(&self.step).into()).await?;
        let mut device = self.start(executor(backend, &self.step, &mut |_, _| {}).await?).await?;
        let mut differences = Vec::new();
        for op in &self.step.prologue {
            differences.extend(self.compare_written(op, &mut cpu, &mut device).await?);
        }
        for (at, op) in self.step.ops.iter().enumerate() {
            cpu.run_ops(at..at + 1).await?;
            device.run_ops(at..at + 1).await?;
            differences.extend(self.compare_written(op, &mut cpu, &mut device).await?);
        }
        Ok((self.step.prologue.len() + self.step.ops.len(), differences))
    }

    async fn compare_written(
        &self,
        op: &Op,
        cpu: &mut Executor,
        device: &mut Executor,
    ) -> Result<Vec<Difference>, TrainError> {
        let info = op.kernel.op().info();
        let mut differences = Vec::new();
        for (binding, operand) in info.bindings.iter().zip(&op.operands) {
            let (Access::Write, Operand::Tensor(tensor)) = (binding.access, operand) else {
                continue;
            };
            if self.step.tensors[tensor.0 as usize].len == 0 {
                continue;
            }
            let (expected, found) = (cpu.read(*tensor).await?, device.read(*tensor).await?);
            device.write(*tensor, &expected)?;
            differences.push(Difference {
                kernel: info.name.to_owned(),
                layer: op.layer.clone(),
                tensor: binding.name.to_owned(),
                share: furthest(&expected, &found),
            });
        }
        Ok(differences)
    }

    /// Whole steps, each side from its own values, with poison between them.
    async fn check_steps(&self, backend: &Backend) -> Result<Vec<Difference>, TrainError> {
        let cpu = self.start(CpuExecutor::new(&self.step).into()).await?;
        let device = self.start(executor(backend, &self.step, &mut |_, _| {}).await?).await?;
        let expected = self.results(cpu).await?;
        let found = self.results(device).await?;
        let mut differences = Vec::new();
        for ((tensor, expected), (_, found)) in expected.iter().zip(&found) {
            differences.push(Difference {
                kernel: String::new(),
                layer: String::new(),
                tensor: (*tensor).to_owned(),
                share: furthest_result(expected, found),
            });
        }
        Ok(differences)
    }

    /// Writes the initial values, and poisons everything else.
    async fn start(&self, mut executor: Executor) -> Result<Executor, EngineError> {
        executor.poison()?;
        for (parts, values) in &self.initial {
            executor.write_parts(parts, values)?;
        }
        executor.run_prologue().await?;
        executor.poison()?;
        Ok(executor)
    }

    /// Runs the steps and reads what they made; the gradient is the first step's.
    async fn results(&self, mut executor: Executor) -> Result<Vec<(&'static str, Vec<f32>)>, EngineError> {
        let mut results = Vec::new();
        for at in 0..STEPS {
            executor.poison()?;
            executor.run_ops(0..self.step.ops.len()).await?;
            if at == 0 {
                results.push(("gradient", executor.read(self.handles.gradient).await?));
            }
        }
        results.push(("loss", executor.read(self.handles.ring).await?));
        results.push(("output", executor.read_parts(&self.handles.output).await?));
        results.push(match self.handles.logits {
            Some(logits) => ("logits", executor.read(logits).await?),
            None => ("parameters", executor.read(self.handles.parameters).await?),
        });
        Ok(results)
    }
}

/// What a fit does with its mask, if it has one; none for a learner.
fn weight_path(path: Path) -> Option<Option<WeightPath>> {
    match path {
        Path::Dense | Path::Rewritten => Some(None),
        Path::Compact => Some(Some(WeightPath::Compact)),
        Path::Lists => Some(Some(WeightPath::Sparse)),
        Path::Sparse => Some(Some(WeightPath::Auto)),
        Path::Learn => None,
    }
}

/// Two of the fits follow their outputs, by one statistic each, so that these kernels are compared too.
fn tracking(path: Path) -> Option<Tracking> {
    let statistic = match path {
        Path::Dense => Statistic::Emv { alpha: 0.1 },
        Path::Sparse => Statistic::Wmv { window: 2 },
        Path::Rewritten | Path::Compact | Path::Lists | Path::Learn => return None,
    };
    Some(Tracking { statistic, ignore: 1 })
}

/// One of the fits draws noise on its input and its weights, so that this kernel is compared too.
fn disturbance(path: Path) -> Disturbance {
    match path {
        Path::Rewritten => Disturbance {
            jitter: JITTER,
            langevin: true,
            seed: 8,
        },
        _ => Disturbance::default(),
    }
}

/// Random weights, and in each hidden layer a channel that is dead.
fn mask(network: &Network) -> Vec<bool> {
    let mut keep = random(network, KEEP, 5);
    for parameter in &network.parameters {
        if parameter.kind.is_conv_weight() && parameter.shape[0] > network.output_channels {
            let channel = parameter.len() / parameter.shape[0];
            keep[parameter.offset..parameter.offset + channel].fill(false);
        }
    }
    keep
}

/// Initial values by list of parts.
fn initial(network: &Network, handles: &Handles, path: Path) -> Vec<(Vec<TensorId>, Vec<f32>)> {
    let plane = PROBLEM.height * PROBLEM.width;
    let z = draw_input(network, PROBLEM.height, PROBLEM.width, 1);
    let input = handles.live_inputs.iter().flat_map(|c| &z[c * plane..][..plane]);
    let picture = |seed| {
        let draws = Draws::new(seed, Stream::PictureNoise);
        (0..3 * plane).map(|i| draws.uniform(0, i)).collect()
    };
    // The rows of a run: learning rate over its bias correction, the other correction, temperature or the weights' noise, averaging
    // rate.
    let third = if path == Path::Learn { 0.2 } else { 1e-3 };
    let row = |t: u64| {
        [
            1e-4 / (1.0 - 0.9f32.powi(t as i32 + 1)),
            1.0,
            third,
            1.0 / (t + 1) as f32,
        ]
    };
    let mut values = vec![
        (
            vec![handles.parameters],
            handles.entries.gather(&draw_theta(network, 2)),
        ),
        (handles.input.clone(), input.copied().collect()),
        (handles.observed.clone(), picture(3)),
        (handles.clean.clone(), picture(4)),
        (vec![handles.schedule], (0..=STEPS).flat_map(row).collect()),
    ];
    if let Some(logits) = handles.logits {
        values.push((vec![logits], vec![2.0; network.n]));
    }
    values
}
