//! What the worker tells of masks: a learner's on the way, and those in files.

use serde::{Deserialize, Serialize};

/// What a learner's logits say, thresholded so that a fraction `keep` stays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Look {
    /// Updates made.
    pub step: u64,
    pub keep: f64,
    pub kept: usize,
    /// Parameters in all.
    pub n: usize,
    /// Parameters by keep probability: bins of equal width from 0 to 1.
    pub histogram: Vec<u32>,
    /// The lowest keep probability that is kept; per layer each has its own.
    pub threshold: Option<f64>,
    /// The fixed input's channels.
    pub input: Channels,
    /// The convolutions, from the input to the picture.
    pub layers: Vec<Layer>,
    /// Whether masking alone draws anything but a constant.
    pub alive: bool,
    /// One sentence on what is connected.
    pub sentence: String,
}

/// A convolution under a mask.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Layer {
    /// Of the weight, as in PyTorch.
    pub name: String,
    pub weights: usize,
    pub kept: usize,
    /// Its outputs.
    pub channels: Channels,
}

/// The channels of a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channels {
    pub all: usize,
    /// Those that lie on a path from the input to the picture.
    pub live: usize,
}

/// What became of drawing by masking alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum MaskOnly {
    /// It is on its canvases. PSNR in dB, where the clean picture is known.
    Drawn { psnr: Option<f64> },
    /// The mask is dead, as [`Look::sentence`] explains.
    Dead,
    /// One sentence on why not.
    Failed(String),
}

/// What a mask file says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MaskFacts {
    pub name: String,
    /// Of the file, in lower-case hexadecimal; empty without a file.
    pub sha256: String,
    /// Length of the file.
    pub bytes: usize,
    pub kept: usize,
    pub n: usize,
    /// Whether its network draws anything but a constant.
    pub alive: bool,
    /// One sentence on what is connected.
    pub sentence: String,
    /// Kept convolution weights, and those of them between live channels.
    pub kept_weights: usize,
    pub reachable_weights: usize,
    /// The fixed input's channels.
    pub input: Channels,
    /// The convolutions, from the input to the picture.
    pub layers: Vec<Layer>,
    pub origin: MaskOrigin,
    /// The text of its recipe; a dead mask has none.
    pub recipe: Option<String>,
}

/// How a mask was made, as far as its file says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MaskOrigin {
    /// Such as "OES, fast learner", or "imported".
    pub method: String,
    /// The fraction to keep that was asked for.
    pub keep: f64,
    pub steps: Option<u64>,
    /// Of the mask's draws.
    pub seed: Option<u64>,
    /// The picture's file.
    pub image: Option<String>,
    pub licence: Option<String>,
    pub lr: Option<f64>,
    pub tau: Option<f64>,
    /// Weight of the KL term, and the share of the way to the target that a step takes.
    pub kl: Option<f64>,
    pub pull: Option<f64>,
    /// Of the noise that was added to the picture.
    pub sigma: Option<f64>,
    pub adapter: Option<String>,
    pub start: MaskStart,
}

impl MaskOrigin {
    /// The seed of the weights that it was learned on, where that is known.
    pub fn init_seed(&self) -> Option<u64> {
        match self.start {
            MaskStart::Known { init_seed, .. } => Some(init_seed),
            MaskStart::Supplied | MaskStart::Unknown => None,
        }
    }
}

/// Whether it is known from which weights and input a mask was learned: they draw its picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum MaskStart {
    /// Drawn from a seed, for a picture of this size.
    Known {
        init_seed: u64,
        width: usize,
        height: usize,
    },
    /// They were supplied, and are not in the file.
    Supplied,
    #[default]
    Unknown,
}
