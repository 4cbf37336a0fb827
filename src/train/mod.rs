//! Training as a state machine without a platform: one loop for the command line, the worker and the tests.

mod checkpoint;
mod error;
mod exchange;
mod returned;
mod run;
mod schedule;
mod setup;
mod snapshot;
mod spec;
mod start;
mod task;

pub use checkpoint::Checkpoint;
pub use error::TrainError;
pub use exchange::{StateIn, StateOut};
pub use returned::Returned;
pub use run::{Point, Progress, Run};
pub(crate) use setup::executor;
pub use setup::{Backend, Plan, plan};
pub use spec::{FitSpec, Job, LearnSpec, Learner, LrDrop, RunSpec, TrackSpec};
pub use start::Start;
pub use task::Task;
