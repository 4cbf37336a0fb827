//! What the page asks of the worker's runs, and of the masks that it makes.

use serde::{Deserialize, Serialize};

use super::protocol::SlotId;
use crate::mask::Shuffle;
use crate::prune::{Method, Scope};
use crate::train::{Learner, Unmasked};

/// What a run trains.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Job {
    /// The weights that the slot's mask keeps, to draw the picture.
    Fit { mask: SlotId },
    /// All weights.
    FitUnmasked { fit: Unmasked },
    /// As a fit with the slot's mask, of which something is drawn anew.
    FitShuffled { mask: SlotId, what: Shuffle, seed: u64 },
    /// The mask itself; `keep` is the fraction that the keep probabilities are drawn to.
    Learn { learner: Learner, keep: f64, pace: Pace },
}

/// How much faster than by itself a learner goes: more than a large picture's can bear, but a small one has few steps.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pace {
    /// Factor of the learning rate.
    pub rate: f64,
    /// Factor of the pull.
    pub pull: f64,
}

impl Default for Pace {
    fn default() -> Self {
        Self { rate: 1.0, pull: 1.0 }
    }
}

/// What defines a run, beside its picture, its job and its steps.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setup {
    pub framing: Framing,
    /// Pixels; see [`Framing`].
    pub size: usize,
    /// Standard deviation of the added noise, of a picture from 0 to 1; at 0 the picture is already noisy.
    pub sigma: f64,
    pub noise_seed: u64,
    /// Of the network's start and its input.
    pub init_seed: u64,
    /// Levels of an hourglass without a mask; a mask knows its own, and other networks have theirs.
    pub levels: usize,
}

/// How a picture is brought to a size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Framing {
    /// A smaller copy whose longer side has `size` pixels.
    Scale,
    /// The middle, at most `size` pixels a side.
    Crop,
}

/// How the worker makes a mask for the network of a run (method sections 6 and 8).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum MaskMethod {
    /// Keeps all: what a fit without a mask trains. It is told of only: no file comes of it, and its slot stays empty.
    Everything { fit: Unmasked },
    /// Scores the initial weights; `keep` is the fraction of the convolution weights that stays.
    Pruned { method: Method, scope: Scope, keep: f64 },
    /// Redraws something of the slot's mask.
    Shuffled { mask: SlotId, what: Shuffle },
    /// Draws a mask with no more than the counts of the slot's mask.
    Redrawn { mask: SlotId },
}
