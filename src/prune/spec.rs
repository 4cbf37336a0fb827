//! Everything that defines a pruning but its picture.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Scope;
use crate::network::Hourglass;
use crate::train::TrainError;

/// What a weight is judged by at initialisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    Random,
    Magnitude,
    Snip,
    Grasp,
    Synflow,
}

impl Method {
    /// As its paper writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Random => "random",
            Self::Magnitude => "magnitude",
            Self::Snip => "SNIP",
            Self::Grasp => "GraSP",
            Self::Synflow => "SynFlow",
        }
    }

    /// Whether the mask depends on the picture and on z, not on theta_in alone.
    pub fn sees_picture(self) -> bool {
        matches!(self, Self::Snip | Self::Grasp)
    }

    /// Whether it needs a training engine.
    pub fn needs_engine(self) -> bool {
        self == Self::Snip
    }
}

/// Pruning at initialisation (method section 8).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PruneSpec {
    pub network: Hourglass,
    pub method: Method,
    pub scope: Scope,
    /// The fraction of the convolution weights that stays.
    pub keep: f64,
    /// Of SynFlow only.
    pub rounds: u32,
    /// Draws theta_in and z.
    pub init_seed: u64,
    /// Draws ties, and so the whole of a random mask.
    pub seed: u64,
}

impl PruneSpec {
    /// The paper's 5%, over the whole network, SynFlow in its paper's 100 rounds.
    pub fn new(network: Hourglass, method: Method) -> Self {
        Self {
            network,
            method,
            scope: Scope::Global,
            keep: 0.05,
            rounds: 100,
            init_seed: 0,
            seed: 0,
        }
    }

    /// # Errors
    /// [`TrainError::Setting`] naming the first setting that is out of its range.
    pub fn check(&self) -> Result<(), TrainError> {
        if !(self.keep > 0.0 && self.keep <= 1.0) {
            return Err(TrainError::setting("keep", "above 0 and at most 1", self.keep));
        }
        if self.rounds == 0 {
            return Err(TrainError::setting("the number of rounds", "at least 1", 0));
        }
        Ok(())
    }
}

impl fmt::Display for PruneSpec {
    /// "SNIP, global": the mask's method.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scope = match self.scope {
            Scope::Global => "global",
            Scope::Layer => "per layer",
        };
        write!(f, "{}, {scope}", self.method.name())
    }
}
