//! Searched budgets: how many channels live and how many weights are kept in each layer, found by many short fits.
//!
//! What acts in a mask when it is fitted is its recipe (method section 6). A [`Space`] is the recipes around one, described by
//! a few numbers; [`Evolution`] is an evolution strategy that moves through it; an [`Objective`] judges each candidate of a [`Search`] by
//! what fits with it return.

mod evolution;
mod fill;
mod objective;
mod search;
mod space;

pub use evolution::Evolution;
pub use objective::Objective;
pub use search::{Generation, Search, SearchSpec};
pub use space::Space;
