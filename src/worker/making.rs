//! Masks that the worker makes itself: pruned at initialisation, or redrawn from another (method sections 6 and 8).

use super::engine::{Worker, budget, framed};
use super::gallery::LoadedMask;
use super::loading::{MaskFile, seldom};
use super::message::tell;
use super::protocol::{Fault, FaultKind, MaskFacts, MaskMethod, Reply, Setup, SlotId};
use super::sheet::sheet;
use super::training::{add_circumstances, fault};
use crate::mask::{Mask, MaskError, MaskMetadata, Recipe, Shuffle, shuffle};
use crate::network::{Hourglass, NetworkError};
use crate::prune::{Method, PruneSpec, prune};
use crate::train::{StateIn, Unmasked};

/// Bytes that GraSP takes for each pixel of the padded picture: measured, 1.7 GB at 512 x 512 with six levels. Fewer take less.
const GRASP_BYTES: u64 = 6500;

impl Worker {
    /// Makes a mask for the network and the picture of a run, and tells what it is, with its file, or why there is none.
    pub(super) async fn make_mask(
        &mut self,
        slot: SlotId,
        picture: SlotId,
        setup: Setup,
        method: MaskMethod,
        seed: u64,
    ) {
        let made = match method {
            MaskMethod::Everything { fit } => {
                let described = everything(fit, setup.levels).map(Box::new);
                return tell(&described.map_or_else(
                    |fault| Reply::MaskRefused { slot, fault },
                    |facts| Reply::Mask { slot, facts },
                ));
            }
            MaskMethod::Shuffled { mask, what } => self.mask(mask).and_then(|found| shuffled(found, what, seed)),
            MaskMethod::Redrawn { mask } => self.mask(mask).and_then(|found| redrawn(found, seed)),
            MaskMethod::Pruned { method, scope, keep } => {
                let spec = PruneSpec {
                    scope,
                    keep,
                    init_seed: setup.init_seed,
                    seed,
                    ..PruneSpec::new(Hourglass::with_levels(setup.levels), method)
                };
                self.pruned(slot, picture, setup, &spec).await
            }
        };
        let file = made.and_then(|mask| {
            let percent = (1e4 * mask.metadata.keep).round() / 100.0;
            let name = format!("{}, keep {percent} %.safetensors", mask.metadata.method);
            let bytes = mask.to_bytes().map_err(|error| refused(&error))?;
            Ok((MaskFile::named(name), bytes))
        });
        match file {
            Ok((file, bytes)) => self.take_mask(slot, file, Ok(bytes), true),
            Err(fault) => tell(&Reply::MaskRefused { slot, fault }),
        }
    }

    async fn pruned(&self, slot: SlotId, picture: SlotId, setup: Setup, spec: &PruneSpec) -> Result<Mask, Fault> {
        let (image, picture) = self.picture(picture)?;
        let backend = self.engine()?;
        let framed = framed(&picture, setup.framing, setup.size)?;
        let whole = (picture.width, picture.height);
        let task = setup
            .task(&framed, whole, &spec.network)
            .map_err(|error| fault(&error))?;
        let padding = task.padding;
        if spec.method == Method::Grasp {
            let needed = GRASP_BYTES * (padding.padded_width * padding.padded_height) as u64;
            if needed > budget() {
                let message = format!(
                    "GraSP would need about {} MB here, more than is safe: choose a smaller size",
                    needed.div_ceil(1_000_000)
                );
                return Err(Fault::new(FaultKind::Memory, message));
            }
        }
        let mut due = seldom();
        let progress = |done, total| {
            if due() {
                tell(&Reply::Making { slot, done, total });
            }
        };
        let pruned = prune(spec, task, StateIn::default(), backend, progress).await;
        let mut mask = pruned.map_err(|error| fault(&error))?;
        if spec.method.sees_picture() {
            mask.metadata.image = Some(image);
        }
        let mut settings = serde_json::to_value(spec).map_err(|error| refused(&error))?;
        add_circumstances(&mut settings, &setup, &padding, &backend.adapter().name);
        mask.metadata.settings = Some(settings.to_string());
        Ok(mask)
    }
}

/// What a fit without a mask trains, told as a mask that keeps all. No file could hold it: masks are of hourglasses.
fn everything(fit: Unmasked, levels: usize) -> Result<MaskFacts, Fault> {
    let network = fit.network(Hourglass::with_levels(levels)).build();
    let network = network.map_err(|error: NetworkError| refused(&error))?;
    let metadata = MaskMetadata {
        keep: 1.0,
        method: fit.name().to_owned(),
        ..MaskMetadata::default()
    };
    let mask = Mask {
        keep: vec![true; network.n],
        metadata,
    };
    Ok(sheet(fit.name().to_owned(), String::new(), 0, &mask, &network))
}

/// A mask of which something is drawn anew.
///
/// # Errors
/// A fault, if the mask is dead.
pub(super) fn shuffled(found: &LoadedMask, what: Shuffle, seed: u64) -> Result<Mask, Fault> {
    let described = found.mask.metadata.network.clone().unwrap_or_default();
    let network = described.build().map_err(|error| refused(&error))?;
    shuffle(&found.mask, &network, what, seed).map_err(|error| refused(&error))
}

/// A mask with the counts of another.
fn redrawn(found: &LoadedMask, seed: u64) -> Result<Mask, Fault> {
    let described = found.mask.metadata.network.clone().unwrap_or_default();
    let drawn = Recipe::of(&found.mask, &described, seed).and_then(|recipe| recipe.draw(seed));
    drawn.map_err(|error: MaskError| refused(&error))
}

fn refused(error: &dyn std::fmt::Display) -> Fault {
    Fault::new(FaultKind::Mask, error)
}
