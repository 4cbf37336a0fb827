//! Pictures and masks on their way into the worker: read, checked, and told of.

use std::rc::Rc;
use std::time::Duration;

use sha2::{Digest, Sha256};
use wasm_bindgen::JsValue;
use web_time::Instant;

use super::engine::{Worker, budget};
use super::fetch::is_own;
use super::files;
use super::gallery::LoadedMask;
use super::message::{tell, tell_with};
use super::protocol::{CHOSEN_PICTURE, Fault, FaultKind, MaskFacts, Reply, SlotId};
use super::sheet::sheet;
use crate::mask::{MaskError, Recipe, import};
use crate::numbers::hex;

const TELL_EVERY: Duration = Duration::from_millis(200);

/// Where a mask comes from: a recipe, an address, or else the file that is attached.
pub(super) struct MaskFile {
    pub(super) name: String,
    pub(super) address: Option<String>,
    /// Of the file, in hexadecimal, where it is known.
    pub(super) sha256: Option<String>,
    /// A recipe's text.
    pub(super) recipe: Option<String>,
}

impl MaskFile {
    /// One that is there already.
    pub(super) fn named(name: String) -> Self {
        Self {
            name,
            address: None,
            sha256: None,
            recipe: None,
        }
    }
}

impl Worker {
    /// Reads a picture into a slot; an error is a sentence.
    pub(super) async fn load_picture(
        &mut self,
        slot: SlotId,
        name: &str,
        address: Option<&str>,
        file: &JsValue,
    ) -> Result<Reply, String> {
        let mut loading = loading(None);
        let progress = |bytes, total| {
            if slot == CHOSEN_PICTURE {
                loading(bytes, total);
            }
        };
        let bytes = files::read(address, file, progress).await?;
        let decoded = files::picture(&bytes).await.map_err(|error| error.to_string())?;
        let (width, height) = (decoded.picture.width, decoded.picture.height);
        let notes = decoded.notes.iter().map(ToString::to_string).collect();
        self.pictures.insert(slot, (name.to_owned(), Rc::new(decoded.picture)));
        Ok(Reply::Picture {
            slot,
            name: name.to_owned(),
            width,
            height,
            notes,
        })
    }

    /// Reads a mask into a slot, and tells what it is or why it is refused; `returns` its bytes, too.
    pub(super) async fn read_mask(&mut self, slot: SlotId, file: MaskFile, returns: bool, attachment: &JsValue) {
        let bytes = match &file.recipe {
            Some(text) => drawn(text),
            None => files::read(file.address.as_deref(), attachment, loading(Some(slot))).await,
        };
        self.take_mask(slot, file, bytes, returns);
    }

    /// Takes a mask file, or one sentence on why there is none, and tells of it.
    pub(super) fn take_mask(&mut self, slot: SlotId, file: MaskFile, bytes: Result<Vec<u8>, String>, returns: bool) {
        let read = bytes.and_then(|bytes| Ok((self.load_mask(slot, file, &bytes)?, bytes)));
        match read {
            Ok((facts, bytes)) => {
                let file = returns.then(|| js_sys::Uint8Array::from(bytes.as_slice()).buffer());
                let facts = Box::new(facts);
                tell_with(&Reply::Mask { slot, facts }, file.as_ref().map(AsRef::as_ref));
            }
            Err(message) => {
                let fault = Fault::new(FaultKind::Mask, message);
                tell(&Reply::MaskRefused { slot, fault });
            }
        }
    }

    fn load_mask(&mut self, slot: SlotId, file: MaskFile, bytes: &[u8]) -> Result<MaskFacts, String> {
        let MaskFile {
            name, address, sha256, ..
        } = file;
        let found = hex(&Sha256::digest(bytes));
        if let Some(wanted) = sha256.as_deref().filter(|wanted| !found.eq_ignore_ascii_case(wanted)) {
            return Err(match address.as_deref() {
                Some(address) if !is_own(address) => {
                    let short = |sum: &str| sum.chars().take(12).collect::<String>();
                    format!(
                        "The file there is not the one that the link means: its SHA-256 begins with {}, the link says {}. Ask whoever shared the link for a new one.",
                        short(&found),
                        short(wanted)
                    )
                }
                _ => "The mask is not the one that this page was built with: reload the page.".to_owned(),
            });
        }
        let mask = import(bytes, &name).map_err(|error| error.to_string())?;
        let Some(description) = &mask.metadata.network else {
            let n = mask.keep.len();
            return Err(format!(
                "The mask has {n} entries, and no network known here has as many: choose another mask."
            ));
        };
        let network = description.build().map_err(|error| error.to_string())?;
        mask.check(&network).map_err(|error| error.to_string())?;
        let facts = sheet(name, found, bytes.len(), &mask, &network);
        self.masks.insert(slot, LoadedMask::new(mask, &facts));
        Ok(facts)
    }

    /// Draws what a mask draws by itself, as a PNG file.
    pub(super) async fn draw_mask(&self, slot: SlotId) {
        let picture = match (self.masks.get(&slot), &self.device) {
            (Some(mask), Some(device)) => mask.draw(device, budget()).await,
            (None, _) => Err("The mask is not there any more.".to_owned()),
            (_, None) => Err("There is no engine to draw with.".to_owned()),
        };
        let drawn = match picture {
            Ok(picture) => files::png(&picture).await,
            Err(problem) => Err(problem),
        };
        let (file, problem) = match drawn {
            Ok(file) => (Some(file), None),
            Err(problem) => (None, Some(problem)),
        };
        tell_with(&Reply::MaskDrawn { slot, problem }, file.as_ref().map(AsRef::as_ref));
    }
}

/// The mask of a recipe, as a file.
fn drawn(recipe: &str) -> Result<Vec<u8>, String> {
    let mask = Recipe::parse(recipe).map_err(MaskError::from);
    let file = mask.and_then(|recipe| recipe.draw(recipe.seed)?.to_bytes());
    file.map_err(|error| error.to_string())
}

/// Tells the page how far a file is loaded.
fn loading(slot: Option<SlotId>) -> impl FnMut(u64, Option<u64>) {
    let mut due = seldom();
    move |bytes, total| {
        if due() {
            tell(&Reply::Loading { slot, bytes, total });
        }
    }
}

/// Whether it is time to tell again how far something is.
pub(super) fn seldom() -> impl FnMut() -> bool {
    let mut told: Option<Instant> = None;
    move || {
        let due = told.is_none_or(|told| told.elapsed() >= TELL_EVERY);
        if due {
            told = Some(Instant::now());
        }
        due
    }
}
