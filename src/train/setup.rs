//! From a run's settings to a step on a device: who computes, what it will need, how it is built.

use std::sync::Arc;

use super::TrainError;
use super::run::RING_LEN;
use super::spec::{Job, RunSpec};
use crate::cpu::CpuExecutor;
use crate::engine::{AdapterDescription, Executor};
#[cfg(feature = "gpu")]
use crate::gpu::{BuildOptions, GpuContext, GpuExecutor};
use crate::network::Network;
use crate::picture::Padding;
use crate::step::{
    Costs, Disturbance, Fitting, Handles, Learning, Observing, Problem, Step, StepError, StepSettings, Tracking,
    Tuning, fit_step, learn_step,
};

/// WebGPU's default for the longest binding, in bytes.
pub(super) const DEFAULT_BINDING: u64 = 128 << 20;

/// Who computes.
#[derive(Clone)]
pub enum Backend {
    /// The CPU twins: an oracle, and the engine where there is no GPU.
    Cpu,
    #[cfg(feature = "gpu")]
    Gpu(GpuContext),
}

impl Backend {
    /// Who that is.
    pub fn adapter(&self) -> AdapterDescription {
        match self {
            Self::Cpu => AdapterDescription::cpu(),
            #[cfg(feature = "gpu")]
            Self::Gpu(context) => context.adapter.clone(),
        }
    }

    /// How work is cut up for it.
    pub(crate) fn tuning(&self) -> Tuning {
        match self {
            Self::Cpu => Tuning {
                gradient_threads: 1,
                // Lists are vectorised there and dense arithmetic is not.
                costs: Costs {
                    list: 0.2,
                    weight: 0.0,
                    gradient: 0.0,
                },
                ..Tuning::default()
            },
            #[cfg(feature = "gpu")]
            Self::Gpu(context) if context.capabilities.software => Tuning {
                gradient_threads: 1024,
                ..Tuning::default()
            },
            #[cfg(feature = "gpu")]
            // Not measured: smaller tiles, whose sums fit the registers of every GPU and leave it more invocations.
            Self::Gpu(_) => Tuning {
                strip_rows: 2,
                all_taps: false,
                rows: 4,
                group: 4,
                gradient_threads: 1 << 16,
                costs: Costs {
                    list: 4.0,
                    weight: 0.0,
                    gradient: 0.0,
                },
                ..Tuning::default()
            },
        }
    }
}

/// What a run will need, known before anything is allocated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Bytes of device memory.
    pub bytes: u64,
    /// Multiply-adds of a step.
    pub macs: u64,
    /// Bytes that a step moves, each op's operands once.
    pub traffic: u64,
}

impl Plan {
    pub(super) fn of(step: &Step) -> Self {
        Self {
            bytes: step.bytes(),
            macs: step.macs(),
            traffic: step.traffic(),
        }
    }
}

/// Plans a run on a picture of this size, for a device with WebGPU's default limits.
///
/// # Errors
/// [`TrainError`] if the settings, the mask or the size are not usable.
pub fn plan(spec: &RunSpec, width: usize, height: usize) -> Result<Plan, TrainError> {
    plan_cut(spec, width, height, Tuning::default())
}

/// As [`plan`], with the work cut up as it will be for `backend`.
///
/// # Errors
/// As [`plan`].
pub fn plan_on(spec: &RunSpec, width: usize, height: usize, backend: &Backend) -> Result<Plan, TrainError> {
    plan_cut(spec, width, height, backend.tuning())
}

fn plan_cut(spec: &RunSpec, width: usize, height: usize, tuning: Tuning) -> Result<Plan, TrainError> {
    let network = spec.network.build()?;
    let padding = Padding::for_network(&spec.network, width, height);
    let region = padding.region();
    let problem = Problem {
        height: padding.padded_height,
        width: padding.padded_width,
        region: (region.x, region.y, region.width, region.height),
        observing: Observing::Whole,
    };
    let (step, _) = build_step(spec, &network, problem, 0, tuning)?;
    Ok(Plan::of(&step))
}

/// A run's step, within WebGPU's default binding whatever the device has: longer maps are split.
pub(super) fn build_step(
    spec: &RunSpec,
    network: &Network,
    problem: Problem,
    uniform_steps: usize,
    tuning: Tuning,
) -> Result<(Step, Handles), TrainError> {
    let settings = StepSettings {
        adam: spec.adam(),
        schedule_len: spec.steps as usize + 1,
        ring_len: RING_LEN,
        rewrites: spec.rewrites,
        tuning,
        binding_limit: DEFAULT_BINDING,
    };
    let built = match &spec.job {
        Job::Fit(fit) => {
            let keep: Option<&Arc<Vec<bool>>> = fit.keep.as_ref();
            let fitting = Fitting {
                keep: keep.map(|keep| keep.as_slice()),
                path: fit.path,
                tracking: fit.tracking.map(|tracking| Tracking {
                    statistic: tracking.statistic,
                    ignore: tracking.ignore,
                }),
                disturbance: Disturbance {
                    jitter: fit.jitter,
                    langevin: fit.langevin,
                    seed: spec.seed,
                },
            };
            fit_step(network, problem, fitting, settings)?
        }
        Job::Learn(learn) => {
            if let Some(from) = &learn.from
                && from.keep.len() != network.n
            {
                let (mask, network) = (from.keep.len(), network.n);
                return Err(StepError::MaskLength { mask, network }.into());
            }
            let learning = Learning {
                keep: learn.keep,
                kl: learn.kl,
                pull: learn.pull,
                seed: spec.seed,
                supplied: uniform_steps,
            };
            learn_step(network, problem, learning, settings)?
        }
    };
    Ok(built)
}

#[cfg_attr(
    not(feature = "gpu"),
    expect(clippy::unused_async, reason = "only a GPU is waited for")
)]
pub(crate) async fn executor(
    backend: &Backend,
    step: &Step,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Executor, TrainError> {
    match backend {
        Backend::Cpu => {
            progress(1, 1);
            Ok(CpuExecutor::vectorised(step).into())
        }
        #[cfg(feature = "gpu")]
        Backend::Gpu(context) => {
            let built = GpuExecutor::build(context, step, &BuildOptions::default(), progress).await?;
            Ok(built.into())
        }
    }
}
