//! Training as a state machine without a platform: one loop for the command line, the worker and the tests.

mod checkpoint;
mod curve;
pub mod ensemble;
mod error;
mod exchange;
mod preference;
mod returned;
mod run;
mod schedule;
mod setup;
mod snapshot;
mod spec;
mod spike;
mod start;
mod task;
mod unmasked;

pub use checkpoint::Checkpoint;
pub use error::TrainError;
pub use exchange::{StateIn, StateOut};
pub use preference::cpu_is_faster;
pub use returned::Returned;
pub use run::{Point, Progress, Run};
pub(crate) use setup::executor;
pub use setup::{Backend, Plan, plan, plan_on};
pub use spec::{FitSpec, JITTER, Job, LearnSpec, Learner, LrDrop, RunSpec, StartMask, TrackSpec};
pub use spike::SpikeWatch;
pub use start::Start;
pub use task::Task;
pub use unmasked::Unmasked;
