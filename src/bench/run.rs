//! The measurement as a state machine: one piece of work a call, so that a worker can answer between two of them.

use std::collections::VecDeque;
use std::time::Duration;

use web_time::Instant;

use super::peak::Peak;
use super::plan::BenchPlan;
use super::report::BenchReport;
use super::statistics::median;
use crate::engine::{EngineError, Executor, KernelTime};
use crate::picture::Picture;
use crate::step::StepError;
use crate::train::{Backend, Plan, Run, StateIn, Task, TrainError};

/// A case runs at least so long and so many steps before it is measured.
const WARM_UP: Duration = Duration::from_millis(250);
const WARM_UP_STEPS: u64 = 2;
/// Steps before and in all windows together: a run's learning rates are planned for 2,000 steps.
const MOST_WARM_UP: u64 = 255;
const MOST_STEPS: u64 = 1_600;
/// Bytes of device memory up to which several sizes are measured together.
const TOGETHER: u64 = 1_000_000_000;
/// Encodings of which the median counts.
const ENCODINGS: usize = 9;

/// A piece of the measurement.
#[derive(Clone, Copy, Debug)]
enum Work {
    Peak,
    Build(usize),
    Window(usize),
    Profile(usize),
    /// Ends the runs of a group, so that the next finds their memory free.
    Free,
}

/// What is known about a case.
#[derive(Clone, Debug, Default)]
pub(super) struct Measured {
    pub plan: Option<Plan>,
    pub steps: u64,
    /// Seconds of a step, window by window.
    pub windows: Vec<f64>,
    /// Seconds to encode a step on the host.
    pub encode: Option<f64>,
    pub kernels: Option<Vec<KernelTime>>,
    /// Why it cannot run on this device.
    pub refused: Option<String>,
}

/// How far a benchmark is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub done: usize,
    pub total: usize,
}

/// A benchmark on its way.
pub struct Bench {
    plan: BenchPlan,
    backend: Backend,
    queue: VecDeque<Work>,
    total: usize,
    /// The runs of the group that is being measured, by case.
    live: Vec<Option<Run>>,
    measured: Vec<Measured>,
    peak: Peak,
}

impl Bench {
    /// Sets out the work; nothing is built yet.
    pub fn new(plan: BenchPlan, backend: Backend) -> Self {
        let queue = queue(&plan);
        Self {
            total: queue.len(),
            live: plan.cases.iter().map(|_| None).collect(),
            measured: vec![Measured::default(); plan.cases.len()],
            peak: Peak::default(),
            plan,
            backend,
            queue,
        }
    }

    /// Does the next piece of work: builds and warms up a case, or measures a window. `None` when all is done.
    ///
    /// # Errors
    /// [`TrainError`] if the network does not take a size, a mask is dead, or the device fails. A case that needs more than
    /// the device has is noted, and the others go on.
    pub async fn advance(&mut self) -> Result<Option<Progress>, TrainError> {
        let Some(work) = self.queue.pop_front() else {
            return Ok(None);
        };
        match work {
            Work::Peak => self.peak.raise(&self.backend).await?,
            Work::Build(at) => match self.build(at).await {
                // What one case needs says nothing about the others.
                Err(error) if exceeds_device(&error) => self.measured[at].refused = Some(error.to_string()),
                built => built?,
            },
            Work::Window(at) => {
                let steps = self.measured[at].steps;
                if let Some(run) = &mut self.live[at] {
                    let seconds = time_steps(run.engine().0, steps).await?;
                    self.measured[at].windows.push(seconds);
                }
            }
            Work::Profile(at) => {
                if let Some(run) = &mut self.live[at] {
                    self.measured[at].kernels = run.engine().0.profile().await?;
                }
            }
            Work::Free => self.live.fill_with(|| None),
        }
        let done = self.total - self.queue.len();
        Ok(Some(Progress {
            done,
            total: self.total,
        }))
    }

    async fn build(&mut self, at: usize) -> Result<(), TrainError> {
        let case = &self.plan.cases[at];
        self.plan.network.build()?.size.check(case.size, case.size)?;
        let spec = case.spec(&self.plan.network);
        let task = Task::new(&picture(case.size), 0.1, 0, &self.plan.network)?;
        let mut run = Run::new(spec, task, &self.backend, StateIn::default(), |_, _| {}).await?;
        let plan = run.plan();
        let (executor, _) = run.engine();
        let (mut warm, mut spent, mut seconds) = (0, 0.0, 0.0);
        while warm < WARM_UP_STEPS || (spent < WARM_UP.as_secs_f64() && warm < MOST_WARM_UP) {
            let steps = u64::max(warm, 1);
            seconds = time_steps(executor, steps).await?;
            spent += seconds * steps as f64;
            warm += steps;
        }
        let most = (MOST_STEPS / self.plan.windows.max(1) as u64).max(1);
        let fitting = (self.plan.window.as_secs_f64() / seconds) as u64;
        let encodings: Option<Vec<f64>> = (0..ENCODINGS)
            .map(|_| executor.encode_time().map(|time| time.as_secs_f64()))
            .collect();
        self.measured[at] = Measured {
            plan: Some(plan),
            steps: self.plan.steps.unwrap_or(fitting).clamp(1, most),
            encode: encodings.and_then(|seconds| median(&seconds)),
            ..Measured::default()
        };
        self.live[at] = Some(run);
        Ok(())
    }

    /// What was measured so far; cases without a window are left out.
    pub fn report(&self) -> BenchReport {
        BenchReport::new(&self.plan, &self.backend, self.peak, &self.measured)
    }
}

/// Whether a run failed because the device does not hold it.
fn exceeds_device(error: &TrainError) -> bool {
    matches!(
        error,
        TrainError::Step(StepError::TensorTooLarge { .. })
            | TrainError::Engine(EngineError::Limit { .. } | EngineError::OutOfMemory { .. })
    )
}

/// For each group: its cases are built, then measured in turn, window by window, then profiled. The peaks are measured
/// before and after each group.
fn queue(plan: &BenchPlan) -> VecDeque<Work> {
    let mut queue = VecDeque::from([Work::Peak]);
    let mut at = 0;
    for len in groups(plan) {
        let cases = at..at + len;
        queue.extend(cases.clone().map(Work::Build));
        for _ in 0..plan.windows {
            queue.extend(cases.clone().map(Work::Window));
        }
        queue.extend(cases.clone().map(Work::Profile));
        queue.extend([Work::Free, Work::Peak]);
        at = cases.end;
    }
    queue
}

/// The lengths of the groups of cases that are measured in turn: all of one size, and the sizes after it as long as they
/// fit into memory beside it.
fn groups(plan: &BenchPlan) -> Vec<usize> {
    let mut groups: Vec<(usize, u64)> = Vec::new();
    for cases in plan.cases.chunk_by(|a, b| a.size == b.size) {
        let needed = cases.iter().map(|case| case.bytes(&plan.network)).sum();
        match groups.last_mut() {
            Some((len, held)) if *held + needed <= TOGETHER => {
                *len += cases.len();
                *held += needed;
            }
            _ => groups.push((cases.len(), needed)),
        }
    }
    groups.into_iter().map(|(len, _)| len).collect()
}

/// Seconds of a step, over `steps` of them, from the first submit until the device is done.
pub(super) async fn time_steps(executor: &mut Executor, steps: u64) -> Result<f64, EngineError> {
    let begin = Instant::now();
    let mut done = 0;
    while done < steps {
        done += executor.run(steps - done, Duration::MAX).await?;
    }
    executor.settle().await?;
    Ok(begin.elapsed().as_secs_f64() / steps as f64)
}

/// A picture with slopes and edges; which one it is does not change what a step costs.
fn picture(side: usize) -> Picture {
    let value = |channel: usize, y: usize, x: usize| {
        let slope = (x + (channel + 1) * y) as f32 / ((channel + 2) * side) as f32;
        if (8 * x / side + 8 * y / side).is_multiple_of(2) {
            slope
        } else {
            1.0 - slope
        }
    };
    let rows = (0..Picture::CHANNELS).flat_map(|channel| (0..side).map(move |y| (channel, y)));
    Picture {
        width: side,
        height: side,
        data: rows
            .flat_map(|(channel, y)| (0..side).map(move |x| value(channel, y, x)))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::plan::Path;
    use super::*;
    use crate::network::Hourglass;

    #[test]
    fn sizes_share_a_group_while_they_fit_into_memory() {
        let lengths = |sizes: &[usize]| {
            groups(&BenchPlan {
                network: Hourglass::default(),
                cases: BenchPlan::cases(sizes, &[Path::Rewritten, Path::Learn], &[]),
                windows: 1,
                steps: None,
                window: Duration::ZERO,
            })
        };
        assert_eq!(lengths(&[192, 256]), [4]);
        // By plan about 180 MB, then 1.4 GB, then 180 MB again.
        assert_eq!(lengths(&[192, 1024, 192]), [2, 2, 2]);
    }
}
