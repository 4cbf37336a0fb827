//! Masks: which parameters of a network are kept. Files, import, top-k, facts about a mask, shuffled controls, recipes.

mod container;
mod effective;
mod error;
mod file;
mod import;
mod info;
mod metadata;
mod npy;
mod opcodes;
mod overlap;
mod pickle;
mod recipe;
mod redraw;
mod report;
mod select;
mod shuffle;
mod top_k;
mod torch_stream;

pub use effective::effective_top_k;
pub use error::MaskError;
pub use file::FORMAT;
pub use import::import;
pub use info::{KindInfo, LiveInfo, MaskInfo, TensorInfo, info};
pub use metadata::MaskMetadata;
pub use overlap::{LayerOverlap, Overlap, overlaps};
pub use recipe::{RECIPE, Recipe, RecipeError};
pub(crate) use recipe::{channels, room};
pub use select::{Scope, prunable, select};
pub use shuffle::{Shuffle, random, shuffle};
pub(crate) use top_k::largest;
pub use top_k::{keep_count, top_k};

use crate::network::Network;

/// The largest mask that is read or written.
pub const MAX_ENTRIES: u64 = 100_000_000;

/// One bit for each parameter of a network, in the flat order, and where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Mask {
    /// Length N; true = kept.
    pub keep: Vec<bool>,
    pub metadata: MaskMetadata,
}

impl Mask {
    /// Number of kept parameters.
    pub fn kept(&self) -> usize {
        self.keep.iter().filter(|kept| **kept).count()
    }

    /// Kept / N; 0 for an empty mask.
    pub fn fraction_kept(&self) -> f64 {
        self.kept() as f64 / self.keep.len().max(1) as f64
    }

    /// The packed form, `[ceil(N/8)]`: entry i is bit i%8 (least significant first) of byte i/8; unused bits are 0.
    pub fn bits(&self) -> Vec<u8> {
        let pack = |entries: &[bool]| {
            let bit = |(place, &kept): (usize, &bool)| u8::from(kept) << place;
            entries.iter().enumerate().map(bit).sum()
        };
        self.keep.chunks(8).map(pack).collect()
    }

    /// # Errors
    /// [`MaskError::Length`] if the mask is not one for this network.
    pub fn check(&self, network: &Network) -> Result<(), MaskError> {
        if self.keep.len() == network.n {
            return Ok(());
        }
        Err(MaskError::Length {
            mask: self.keep.len(),
            network: network.n,
        })
    }
}

/// One byte an entry, each 0 or 1, as the formats of other programs have it.
fn from_zero_one(bytes: &[u8]) -> Result<Vec<bool>, MaskError> {
    if bytes.len() as u64 > MAX_ENTRIES {
        return Err(MaskError::TooManyEntries(bytes.len() as u64));
    }
    if let Some(index) = bytes.iter().position(|value| *value > 1) {
        let value = bytes[index];
        return Err(MaskError::NotBinary { index, value });
    }
    Ok(bytes.iter().map(|value| *value == 1).collect())
}
