//! Sweeps: pictures x methods x keep x sigma x seeds, as a list of jobs that a kill at any moment leaves whole.
//!
//! A [`Plan`] is a TOML file; [`Plan::jobs`] is all that it asks for, in a fixed order. A finished job is one [`Record`], one
//! line of a results file ([`Store`]). [`report`] turns the records of any number of machines into tables and plots.

mod error;
mod method;
mod plan;
mod record;
pub mod report;
mod shard;
mod store;

pub use error::SweepError;
pub use method::Method;
pub use plan::{Job, Plan};
pub use record::{Outcome, Record, Row, thinned};
pub use shard::Shard;
pub use store::Store;
