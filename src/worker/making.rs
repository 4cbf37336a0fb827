//! Masks that the worker makes itself: pruned, or redrawn from another (method sections 6 and 8).
//! All are made at once but those of IMP, which trains for them ([`super::imp`]).

use serde::Serialize;

use super::engine::{Worker, budget, framed};
use super::gallery::LoadedMask;
use super::imp::Imp;
use super::loading::{MaskFile, seldom};
use super::message::tell;
use super::protocol::{Fault, FaultKind, MaskFacts, MaskMethod, Reply, Setup, SlotId};
use super::sheet::sheet;
use super::training::{add_circumstances, fault};
use crate::mask::{Mask, MaskError, MaskMetadata, Recipe, Shuffle, shuffle};
use crate::network::{Hourglass, NetworkError};
use crate::prune::{Method, PruneSpec, prune};
use crate::train::{Backend, StateIn, Task, Unmasked};

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
            MaskMethod::Imp { keep, steps } => {
                match &mut self.imp {
                    Some(imp) if imp.slot == slot => imp.paused = false,
                    _ => {
                        let ground = self.ground(picture, setup);
                        match ground.and_then(|ground| Imp::new(slot, ground, keep, steps, seed, budget())) {
                            Ok(imp) => self.imp = Some(imp),
                            Err(fault) => tell(&Reply::MaskRefused { slot, fault }),
                        }
                    }
                }
                return;
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
                match self.ground(picture, setup) {
                    Ok(ground) => pruned(slot, ground, &spec).await,
                    Err(fault) => Err(fault),
                }
            }
        };
        self.take_made(slot, made);
    }

    /// Takes a mask that was made, or tells why there is none.
    pub(super) fn take_made(&mut self, slot: SlotId, made: Result<Mask, Fault>) {
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

    fn ground(&self, picture: SlotId, setup: Setup) -> Result<Ground, Fault> {
        let (image, picture) = self.picture(picture)?;
        let framed = framed(&picture, setup.framing, setup.size)?;
        let whole = (picture.width, picture.height);
        let network = Hourglass::with_levels(setup.levels);
        let task = setup.task(&framed, whole, &network).map_err(|error| fault(&error))?;
        Ok(Ground {
            image,
            setup,
            task,
            backend: self.engine()?.clone(),
        })
    }
}

/// What a mask is made on.
pub(super) struct Ground {
    /// The picture's name.
    pub(super) image: String,
    pub(super) setup: Setup,
    pub(super) task: Task,
    pub(super) backend: Backend,
}

impl Ground {
    /// Adds to a mask by what settings it was made, and on what.
    pub(super) fn sign(&self, mask: &mut Mask, spec: &impl Serialize) -> Result<(), Fault> {
        let mut settings = serde_json::to_value(spec).map_err(|error| refused(&error))?;
        let adapter = self.backend.adapter().name;
        add_circumstances(&mut settings, &self.setup, &self.task.padding, &adapter);
        mask.metadata.settings = Some(settings.to_string());
        Ok(())
    }
}

async fn pruned(slot: SlotId, ground: Ground, spec: &PruneSpec) -> Result<Mask, Fault> {
    let padding = &ground.task.padding;
    if spec.method == Method::Grasp {
        let needed = GRASP_BYTES * (padding.padded_width * padding.padded_height) as u64;
        too_large("GraSP", needed, budget())?;
    }
    let mut due = seldom();
    let progress = |done, total| {
        if due() {
            tell(&Reply::Making { slot, done, total });
        }
    };
    let pruned = prune(spec, ground.task.clone(), StateIn::default(), &ground.backend, progress).await;
    let mut mask = pruned.map_err(|error| fault(&error))?;
    ground.sign(&mut mask, spec)?;
    if spec.method.sees_picture() {
        mask.metadata.image = Some(ground.image);
    }
    Ok(mask)
}

/// Refuses what needs more bytes than `budget`.
pub(super) fn too_large(what: &str, needed: u64, budget: u64) -> Result<(), Fault> {
    if needed <= budget {
        return Ok(());
    }
    let message = format!(
        "{what} would need about {} MB here, more than is safe: choose a smaller size",
        needed.div_ceil(1_000_000)
    );
    Err(Fault::new(FaultKind::Memory, message))
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
