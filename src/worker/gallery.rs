//! What the gallery asks of masks that were read: their pictures by masking alone, and what two have in common.

use std::rc::Rc;

use super::protocol::{Framing, MaskFacts, MaskStart, Seen, Setup};
use super::training::{Plan, Trained, Training};
use crate::mask::{LayerOverlap, Mask, Overlap, overlaps};
use crate::picture::{MAX_SIDE, Picture};
use crate::train::Backend;

/// A mask that was read.
pub struct LoadedMask {
    pub name: String,
    pub mask: Rc<Mask>,
    /// A dead one draws a constant: its runs are shown, but cannot start.
    pub alive: bool,
    start: MaskStart,
}

impl LoadedMask {
    pub fn new(mask: Mask, facts: &MaskFacts) -> Self {
        Self {
            name: facts.name.clone(),
            mask: Rc::new(mask),
            alive: facts.alive,
            start: facts.origin.start,
        }
    }

    /// The picture that the mask's network draws from the weights and the input that it was learned with.
    /// It may take `budget` bytes.
    ///
    /// # Errors
    /// A sentence.
    pub async fn draw(&self, backend: &Backend, budget: u64) -> Result<Picture, String> {
        let MaskStart::Known {
            init_seed,
            width,
            height,
        } = self.start
        else {
            return Err("The file does not say from which weights it was learned.".to_owned());
        };
        if !(1..=MAX_SIDE).contains(&width) || !(1..=MAX_SIDE).contains(&height) {
            return Err(format!(
                "The file says that its picture has {width} × {height} pixels, which cannot be."
            ));
        }
        // What the network draws does not depend on the picture that it is compared with.
        let nothing = Picture {
            width,
            height,
            data: vec![0.0; Picture::CHANNELS * width * height],
        };
        let trained = Trained::Weights(self.mask.clone());
        let setup = Setup {
            framing: Framing::Scale,
            size: width.max(height),
            seen: Seen::Whole,
            noise: None,
            noise_seed: 0,
            init_seed,
            levels: trained.hourglass(0).levels(),
        };
        let drawn = async {
            let plan = Plan::new(setup, &trained, 1, "", &nothing, (width, height))?.mask_only(self.mask.keep.clone());
            let needed = plan.needs(backend)?.bytes;
            if needed > budget {
                let megabytes = |bytes: u64| bytes.div_ceil(1_000_000);
                let (needed, budget) = (megabytes(needed), megabytes(budget));
                return Ok(Err(format!(
                    "Drawing it needs {needed} MB, more than the {budget} MB that are safe here."
                )));
            }
            Training::draw(&plan, backend).await.map(Ok)
        };
        drawn.await.map_err(|fault: super::protocol::Fault| fault.message)?
    }
}

/// What two masks have in common.
///
/// # Errors
/// A sentence, if one is missing or they are for different networks.
pub fn compare(
    first: Option<&LoadedMask>,
    second: Option<&LoadedMask>,
) -> Result<(Overlap, Vec<LayerOverlap>), String> {
    let (Some(first), Some(second)) = (first, second) else {
        return Err("One of the masks could not be read: choose another.".to_owned());
    };
    let description = &first.mask.metadata.network;
    if *description != second.mask.metadata.network {
        let of = |mask: &Mask| mask.keep.len();
        return Err(format!(
            "They are for different networks, of {} and {} parameters, so they have no weights in common: choose two for the same network.",
            of(&first.mask),
            of(&second.mask)
        ));
    }
    let network = description.clone().unwrap_or_default().build();
    let network = network.map_err(|error| error.to_string())?;
    overlaps(&network, &first.mask, &second.mask).map_err(|error| error.to_string())
}
