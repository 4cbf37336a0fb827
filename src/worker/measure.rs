//! The self-test and the benchmark in the worker: one piece of work a turn, so that requests are answered between two.

use std::sync::Arc;
use std::time::Duration;

use super::message::tell;
use super::protocol::{DeviceFacts, Fault, FaultKind, Measurement, Reply};
use super::training::fault;
use crate::bench::{Bench, BenchPlan, BenchSummary, Path, Pattern};
use crate::gpu::Capabilities;
use crate::mask::Mask;
use crate::network::Hourglass;
use crate::self_test::SelfTest;
use crate::train::{Backend, TrainError};

const PATHS: [Path; 5] = [Path::Dense, Path::Rewritten, Path::Compact, Path::Sparse, Path::Learn];
/// Windows of a benchmark. A software adapter takes seconds for the longest step, and is steadier than a GPU.
const WINDOWS: usize = 7;
const WINDOWS_IN_SOFTWARE: usize = 3;
const WINDOW: Duration = Duration::from_millis(500);

/// A measurement on its way.
pub enum Measuring {
    SelfTest(SelfTest),
    Bench(Box<Bench>),
}

impl Measuring {
    /// # Errors
    /// A fault on the CPU engine, which is what others are compared with.
    pub fn self_test(backend: &Backend) -> Result<Self, Fault> {
        if matches!(backend, Backend::Cpu) {
            let message = "the CPU engine is what a GPU is compared with: there is no GPU to test";
            return Err(Fault::new(FaultKind::NoGpu, message));
        }
        Ok(Self::SelfTest(SelfTest::new(backend.clone())))
    }

    /// Steps at `size` pixels of the mask's network.
    ///
    /// # Errors
    /// A fault on the CPU engine, without a usable mask, and where it needs more bytes than `budget`.
    pub fn bench(backend: &Backend, size: usize, mask: Option<&Mask>, budget: u64) -> Result<Self, Fault> {
        if matches!(backend, Backend::Cpu) {
            let message = "the benchmark measures a GPU; the CPU engine takes minutes a step for some of it";
            return Err(Fault::new(FaultKind::NoGpu, message));
        }
        let no_mask = "the mask to measure with could not be loaded: check the connection, then try again";
        let mask = mask.ok_or_else(|| Fault::new(FaultKind::Mask, no_mask))?;
        let description: Hourglass = mask.metadata.network.clone().unwrap_or_default();
        let network = description
            .build()
            .map_err(|error| Fault::new(FaultKind::Mask, error))?;
        mask.check(&network)
            .map_err(|error| Fault::new(FaultKind::Mask, error))?;
        let pattern = Arc::new(Pattern::new("mask", &network, mask.keep.clone()));
        let software = backend.adapter().software;
        let plan = BenchPlan {
            network: description,
            cases: BenchPlan::cases(&[size], &PATHS, &[pattern]),
            windows: if software { WINDOWS_IN_SOFTWARE } else { WINDOWS },
            steps: None,
            window: WINDOW,
        };
        let bytes = plan.bytes();
        if bytes > budget {
            let megabytes = |bytes: u64| bytes.div_ceil(1_000_000);
            let message = format!(
                "at this size the benchmark needs {} MB, more than the {} MB that are safe here: choose a smaller one",
                megabytes(bytes),
                megabytes(budget)
            );
            return Err(Fault::new(FaultKind::Memory, message));
        }
        Ok(Self::Bench(Box::new(Bench::new(plan, backend.clone()))))
    }

    fn what(&self) -> Measurement {
        match self {
            Self::SelfTest(_) => Measurement::SelfTest,
            Self::Bench(_) => Measurement::Bench,
        }
    }

    /// Does one piece of work, and tells of it; whether there may be more.
    pub async fn turn(&mut self) -> bool {
        match self.advance().await {
            Ok(Some((done, total))) => {
                let what = self.what();
                tell(&Reply::Measuring { what, done, total });
                true
            }
            Ok(None) => {
                self.tell_result(true);
                false
            }
            Err(error) => {
                let (what, fault) = (self.what(), fault(&error));
                tell(&Reply::Unmeasured { what, fault });
                false
            }
        }
    }

    async fn advance(&mut self) -> Result<Option<(usize, usize)>, TrainError> {
        match self {
            Self::SelfTest(test) => test.advance().await,
            Self::Bench(bench) => {
                let progress = bench.advance().await?;
                Ok(progress.map(|progress| (progress.done, progress.total)))
            }
        }
    }

    /// Tells what was measured so far.
    pub fn tell_result(&self, complete: bool) {
        tell(&match self {
            Self::SelfTest(test) => Reply::SelfTested { report: test.report() },
            Self::Bench(bench) => Reply::Benched {
                summary: BenchSummary::from(&bench.report()),
                complete,
            },
        });
    }
}

/// What the page shows of a device.
pub fn facts(capabilities: &Capabilities) -> DeviceFacts {
    DeviceFacts {
        max_binding: capabilities.max_binding,
        max_buffer: capabilities.max_buffer,
        max_storage_buffers: capabilities.max_storage_buffers,
        max_workgroups: capabilities.max_workgroups,
        timestamps: capabilities.timestamps,
    }
}
