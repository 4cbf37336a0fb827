//! Benchmarks of the training step, without a platform: the command line runs them, and the worker can.
//!
//! A [`BenchPlan`] lists the cases as data. A [`Bench`] measures them piece by piece ([`Bench::advance`]), its cases in
//! turn, window by window, so that a change of the machine's load falls on all of them alike and their ratios hold. A
//! [`BenchReport`] is what was measured so far.

mod peak;
mod plan;
mod report;
mod run;
mod statistics;
mod summary;

pub use peak::Peak;
pub use plan::{BenchPlan, Case, Path, Pattern};
pub use report::{BenchReport, BreakEven, GroupTime, Refused, RunReport};
pub use run::{Bench, Progress};
pub use summary::{BenchRow, BenchSummary};
