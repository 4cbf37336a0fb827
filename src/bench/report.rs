//! What a benchmark has measured, ready for a table, a plot or JSON.

use serde::{Deserialize, Serialize};

use super::peak::Peak;
use super::plan::{BenchPlan, Case, Path};
use super::run::Measured;
use super::statistics::{break_even, median, paired_ratio};
use crate::engine::{AdapterDescription, KernelTime};
use crate::network::Hourglass;
use crate::numbers::sort_few;
use crate::train::{Backend, Plan};

/// All of it.
#[derive(Clone, Debug, Serialize)]
pub struct BenchReport {
    pub version: &'static str,
    pub adapter: AdapterDescription,
    pub network: Hourglass,
    pub peak: Peak,
    pub runs: Vec<RunReport>,
    pub break_even: Vec<BreakEven>,
    pub refused: Vec<Refused>,
}

/// A case that this device cannot run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Refused {
    pub size: usize,
    pub path: Path,
    pub density: f64,
    /// One sentence.
    pub reason: String,
}

/// One case.
#[derive(Clone, Debug, Serialize)]
pub struct RunReport {
    /// The picture's side in pixels.
    pub size: usize,
    pub path: Path,
    /// The mask; `null` on paths without one.
    pub mask: Option<String>,
    /// The fraction of the convolution weights that is kept, 1 without a mask.
    pub density: f64,
    /// The same, on live channels only: what has to be computed.
    pub live_density: f64,
    /// Milliseconds of a step: the median of the windows.
    pub median_ms: f64,
    /// Milliseconds of a step in each window. Window i of all runs of one size, and of sizes that fit into memory
    /// beside it, was measured in one round.
    pub windows: Vec<f64>,
    pub steps_per_window: u64,
    /// How many times longer the step without rewrites, and the rewritten dense step, took in the same rounds.
    pub speedup_to_dense: Option<f64>,
    pub speedup_to_rewritten: Option<f64>,
    /// How many times more multiply-adds the rewritten dense step has: what the speed-up to it would be if nothing but
    /// arithmetic took time, at the same rate.
    pub ceiling_to_rewritten: Option<f64>,
    /// Multiply-adds of a step as planned, 1e9.
    pub gmac: f64,
    /// Bytes that a step moves as planned: the operands of each op, once.
    pub bytes: u64,
    /// Bytes of device memory as planned.
    pub peak_memory: u64,
    /// Two operations for each planned multiply-add, 1e9 a second.
    pub gflops: f64,
    /// Shares of the two measured peaks.
    pub arithmetic_share: f64,
    pub bandwidth_share: f64,
    /// Milliseconds of the host to encode a step; `null` on the CPU engine.
    pub encode_ms: Option<f64>,
    /// Time by kernel in one profiled step, the longest first; `null` without timestamps.
    pub kernels: Option<Vec<GroupTime>>,
    /// The same by kernel and layer.
    pub layers: Option<Vec<KernelTime>>,
}

/// All dispatches of one kernel in a step.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GroupTime {
    pub kernel: &'static str,
    pub dispatches: u32,
    pub ms: f64,
    /// Of the profiled step's time.
    pub share: f64,
    pub gmac: f64,
}

/// Up to which density a masked path is faster than the rewritten dense step, with masks of one kind.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BreakEven {
    pub size: usize,
    pub path: Path,
    pub mask: Option<String>,
    /// Interpolated; `null` if the curve does not cross 1.
    pub density: Option<f64>,
    /// (density, speed-up), ascending by density.
    pub curve: Vec<(f64, f64)>,
}

impl BenchReport {
    pub(super) fn new(plan: &BenchPlan, backend: &Backend, peak: Peak, measured: &[Measured]) -> Self {
        let known: Vec<(&Case, &Measured)> = plan.cases.iter().zip(measured).collect();
        let runs: Vec<RunReport> = known
            .iter()
            .filter_map(|(case, measured)| RunReport::new(case, measured, peak, &known))
            .collect();
        let refused = known.iter().filter_map(|(case, measured)| {
            Some(Refused {
                size: case.size,
                path: case.path,
                density: case.pattern.as_ref().map_or(1.0, |pattern| pattern.density),
                reason: measured.refused.clone()?,
            })
        });
        Self {
            refused: refused.collect(),
            version: env!("CARGO_PKG_VERSION"),
            adapter: backend.adapter(),
            network: plan.network.clone(),
            peak,
            break_even: curves(&runs),
            runs,
        }
    }
}

impl RunReport {
    /// `None` while nothing is measured.
    fn new(case: &Case, measured: &Measured, peak: Peak, all: &[(&Case, &Measured)]) -> Option<Self> {
        let seconds = median(&measured.windows)?;
        let Plan { bytes, macs, traffic } = measured.plan?;
        let pattern = case.pattern.as_ref();
        let beside = |path: Path| {
            let found = all
                .iter()
                .find(|(other, _)| other.size == case.size && other.path == path);
            found.map(|(_, other)| *other)
        };
        let speedup = |to: Path| paired_ratio(&beside(to)?.windows, &measured.windows);
        let dense_macs = beside(Path::Rewritten)
            .and_then(|other| other.plan)
            .map(|plan| plan.macs);
        let (gflops, gbps) = (2e-9 * macs as f64 / seconds, 1e-9 * traffic as f64 / seconds);
        Some(Self {
            size: case.size,
            path: case.path,
            mask: pattern.map(|pattern| pattern.name.clone()),
            density: pattern.map_or(1.0, |pattern| pattern.density),
            live_density: pattern.map_or(1.0, |pattern| pattern.live_density),
            median_ms: 1e3 * seconds,
            windows: measured.windows.iter().map(|seconds| 1e3 * seconds).collect(),
            steps_per_window: measured.steps,
            speedup_to_dense: speedup(Path::Dense),
            speedup_to_rewritten: speedup(Path::Rewritten),
            ceiling_to_rewritten: dense_macs.map(|dense| dense as f64 / macs as f64),
            gmac: 1e-9 * macs as f64,
            bytes: traffic,
            peak_memory: bytes,
            gflops,
            arithmetic_share: gflops / peak.gflops,
            bandwidth_share: gbps / peak.gbps,
            encode_ms: measured.encode.map(|seconds| 1e3 * seconds),
            kernels: measured.kernels.as_deref().map(groups),
            layers: measured.kernels.clone(),
        })
    }
}

/// Times of kernels in layers, summed by kernel.
fn groups(times: &[KernelTime]) -> Vec<GroupTime> {
    let all: f64 = times.iter().map(|time| time.seconds).sum();
    let mut groups: Vec<GroupTime> = Vec::new();
    for time in times {
        let known = groups.iter().position(|group| group.kernel == time.kernel);
        let at = known.unwrap_or_else(|| {
            groups.push(GroupTime {
                kernel: time.kernel,
                dispatches: 0,
                ms: 0.0,
                share: 0.0,
                gmac: 0.0,
            });
            groups.len() - 1
        });
        let group = &mut groups[at];
        group.dispatches += time.dispatches;
        group.ms += 1e3 * time.seconds;
        group.gmac += 1e-9 * time.macs as f64;
    }
    for group in &mut groups {
        group.share = if all > 0.0 { 1e-3 * group.ms / all } else { 0.0 };
    }
    sort_few(&mut groups, |group| -group.ms);
    groups
}

/// The speed-up over density of every masked path that was measured at two densities or more.
fn curves(runs: &[RunReport]) -> Vec<BreakEven> {
    let mut curves: Vec<BreakEven> = Vec::new();
    for run in runs.iter().filter(|run| run.path.is_masked()) {
        let Some(speedup) = run.speedup_to_rewritten else {
            continue;
        };
        let point = (run.density, speedup);
        let same = |curve: &&mut BreakEven| (curve.size, curve.path, &curve.mask) == (run.size, run.path, &run.mask);
        match curves.iter_mut().find(same) {
            Some(curve) => curve.curve.push(point),
            None => curves.push(BreakEven {
                size: run.size,
                path: run.path,
                mask: run.mask.clone(),
                density: None,
                curve: vec![point],
            }),
        }
    }
    curves.retain(|curve| curve.curve.len() > 1);
    for curve in &mut curves {
        sort_few(&mut curve.curve, |(density, _)| *density);
        curve.density = break_even(&curve.curve);
    }
    curves
}
