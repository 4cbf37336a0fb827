//! The view of masks: presets and one's own, what each draws and keeps, what two have in common.
//!
//! Masks of one's own lie in IndexedDB. The worker reads and draws the gallery's masks one after another ([`queue`]), and
//! forgets each afterwards: the page keeps what was told of them.

mod card;
mod compare;
mod finished;
mod import;
mod keeping;
mod kept;
mod queue;
mod results;
mod view;

use std::sync::Arc;

use leptos::prelude::*;
use web_sys::File;

use super::fits::Fit;
use super::mask_slot::MaskChoice;
use super::route::Route;
use super::slots::GALLERY;
use super::state::Studio;
use super::{address_of, text};
use crate::catalogue::Preset;
use crate::worker::protocol::{MaskFacts, Request, SlotId};
use compare::Compared;
use finished::FinishedFit;
use import::Import;

pub use keeping::Kept;
pub use view::Masks;

/// What is known of a mask.
#[derive(Clone, Debug, PartialEq)]
pub enum Reading {
    Waiting,
    Read(Arc<MaskFacts>),
    /// One sentence on why not.
    Refused(String),
}

/// A mask's picture by masking alone.
#[derive(Clone, Debug, PartialEq)]
pub enum Drawing {
    Waiting,
    /// It is being drawn.
    Now,
    /// At this object address.
    Drawn(String),
    /// One sentence on why there is none, and whether trying again may help.
    Not(String, bool),
}

/// A mask of the gallery. It is a handful of signals, so it is copied into every component.
#[derive(Clone, Copy)]
pub struct Entry {
    /// Its place in the worker, which also names it here.
    pub slot: SlotId,
    /// None for one's own.
    preset: StoredValue<Option<Preset>>,
    /// Of the file.
    sha256: StoredValue<String>,
    pub title: RwSignal<String>,
    pub reading: RwSignal<Reading>,
    pub drawing: RwSignal<Drawing>,
    /// Whether the browser keeps it beyond this tab; none until that is known.
    pub kept: RwSignal<Option<bool>>,
    /// When it came, in milliseconds since 1970.
    time: f64,
    file: StoredValue<Option<File>, LocalStorage>,
}

/// The state of the view.
#[derive(Clone, Copy)]
pub struct Gallery {
    /// Presets first, then one's own, newest first.
    pub entries: RwSignal<Vec<Entry>>,
    /// Whether this browser's own masks have been looked up.
    pub looked: RwSignal<bool>,
    /// The mask that the worker reads or draws now.
    active: RwSignal<Option<SlotId>>,
    imports: StoredValue<Vec<Import>, LocalStorage>,
    /// What is read now, and how far.
    pub importing: RwSignal<Option<String>>,
    /// Why the last import failed.
    pub refused: RwSignal<Option<String>>,
    /// What became of the mask that was last kept from a learner.
    pub from_learner: RwSignal<Option<String>>,
    /// The mask that was deleted last.
    removed: RwSignal<Option<Entry>>,
    finished: RwSignal<Vec<FinishedFit>>,
    compared: Compared,
    /// What a screen reader is told.
    pub said: RwSignal<String>,
    next: StoredValue<SlotId>,
}

impl Gallery {
    pub fn new() -> Self {
        Self {
            entries: RwSignal::new(Vec::new()),
            looked: RwSignal::new(false),
            active: RwSignal::new(None),
            imports: StoredValue::new_local(Vec::new()),
            importing: RwSignal::new(None),
            refused: RwSignal::new(None),
            from_learner: RwSignal::new(None),
            removed: RwSignal::new(None),
            finished: RwSignal::new(Vec::new()),
            compared: Compared::new(),
            said: RwSignal::new(String::new()),
            next: StoredValue::new(GALLERY.start),
        }
    }

    fn new_slot(self) -> SlotId {
        let slot = self.next.get_value();
        self.next.set_value(slot + 1);
        slot
    }

    fn entry(self, slot: SlotId) -> Option<Entry> {
        self.entries
            .with_untracked(|all| all.iter().copied().find(|entry| entry.slot == slot))
    }

    fn with_sum(self, sha256: &str) -> Option<Entry> {
        let same = |entry: &Entry| entry.sha256.with_value(|sum| sum == sha256);
        self.entries.with_untracked(|all| all.iter().copied().find(same))
    }

    /// One's own, newest first.
    pub fn own(self) -> Vec<Entry> {
        self.entries
            .with(|all| all.iter().copied().filter(|entry| entry.is_own()).collect())
    }

    /// The own mask whose file has this SHA-256.
    pub fn own_with_sum(self, sha256: &str) -> Option<Entry> {
        self.own().into_iter().find(|entry| entry.is_file(sha256))
    }

    fn insert_own(self, entry: Entry) {
        self.entries.update(|all| {
            let older = |other: &Entry| other.is_own() && other.time <= entry.time;
            let place = all.iter().position(older).unwrap_or(all.len());
            all.insert(place, entry);
        });
    }
}

impl Entry {
    fn new(slot: SlotId, preset: Option<Preset>, sha256: String, title: String, time: f64) -> Self {
        Self {
            slot,
            preset: StoredValue::new(preset),
            sha256: StoredValue::new(sha256),
            title: RwSignal::new(title),
            reading: RwSignal::new(Reading::Waiting),
            drawing: RwSignal::new(Drawing::Waiting),
            kept: RwSignal::new(Some(true)),
            time,
            file: StoredValue::new_local(None),
        }
    }

    fn own(slot: SlotId, sha256: String, title: String, time: f64, file: File) -> Self {
        let entry = Self::new(slot, None, sha256, title, time);
        entry.file.set_value(Some(file));
        entry
    }

    pub fn is_own(self) -> bool {
        self.preset.with_value(Option::is_none)
    }

    pub fn is_file(self, sha256: &str) -> bool {
        self.sha256.with_value(|own| own == sha256)
    }

    /// The preset's id, or else the file's SHA-256.
    pub fn id(self) -> String {
        let preset = self
            .preset
            .with_value(|preset| preset.as_ref().map(|preset| preset.id.clone()));
        preset.unwrap_or_else(|| self.sha256.get_value())
    }

    /// What is known of it, once it is read.
    pub fn facts(self) -> Option<Arc<MaskFacts>> {
        match self.reading.get() {
            Reading::Read(facts) => Some(facts),
            Reading::Waiting | Reading::Refused(_) => None,
        }
    }

    /// The file under the name that it has here; none of a preset.
    pub fn named_file(self) -> Option<File> {
        let file = self.file.get_value()?;
        let parts = js_sys::Array::of1(&file);
        // A browser that cannot rename it gives it as it came.
        File::new_with_blob_sequence(&parts, &self.title.get_untracked()).map_or(Some(file), Some)
    }

    /// The request that reads it into a place of the worker, and the file that belongs to it.
    fn load(self, slot: SlotId) -> (Request, Option<File>) {
        let address = self
            .preset
            .with_value(|preset| preset.as_ref().map(|preset| address_of(&preset.file)));
        let request = Request::LoadMask {
            slot,
            name: self.title.get_untracked(),
            address,
            sha256: Some(self.sha256.get_value()),
            returns: false,
            recipe: None,
        };
        (request, self.file.get_value())
    }
}

impl Studio {
    /// Puts presets and what this browser keeps into the gallery.
    pub fn open_gallery(self) {
        let presets = self.catalogue.with_value(|catalogue| catalogue.presets.clone());
        let entries = presets.into_iter().map(|preset| {
            let (sum, title) = (preset.sha256.clone(), preset.title.clone());
            Entry::new(self.gallery.new_slot(), Some(preset), sum, title, 0.0)
        });
        self.gallery.entries.set(entries.collect());
        self.look_for_masks();
        self.look_for_finished();
    }

    /// Takes a mask to the first view: in place of the first fit's, or as a rival's.
    fn use_mask(self, entry: Entry, as_rival: bool) {
        let fit = if as_rival { self.free_rival() } else { self.fits[0] };
        self.go(Route::Denoise);
        let preset = entry
            .preset
            .with_value(|preset| preset.as_ref().map(|preset| preset.id.clone()));
        match (preset, entry.named_file()) {
            (Some(id), _) => self.enter(fit, MaskChoice::Preset(id)),
            (None, Some(file)) => self.enter_with_file(fit, file),
            (None, None) => {}
        }
    }

    /// The first rival that does not take part, or else the last.
    fn free_rival(self) -> Fit {
        let free = self.fits[1..].iter().find(|fit| !fit.on.get_untracked());
        *free.unwrap_or(&self.fits[self.fits.len() - 1])
    }

    /// Whether a fit runs, whose mask cannot be exchanged meanwhile.
    fn is_fitting(self) -> bool {
        self.fits.into_iter().any(|fit| fit.lane.is_busy())
    }

    fn rename_mask(self, entry: Entry, title: &str) {
        let title = title.trim();
        if title.is_empty() {
            return;
        }
        entry.title.set(title.to_owned());
        self.gallery.said.set(text::mask_renamed(title));
        self.keep_entry(entry);
    }

    /// Takes a mask out of the gallery, until that is undone.
    fn remove_mask(self, entry: Entry) {
        let gallery = self.gallery;
        gallery
            .entries
            .update(|all| all.retain(|other| other.slot != entry.slot));
        gallery.compared.forget(entry);
        if entry.drawing.get_untracked() == Drawing::Now {
            entry.drawing.set(Drawing::Waiting);
        }
        gallery.said.set(text::mask_removed(&entry.title.get_untracked()));
        gallery.removed.set(Some(entry));
        self.forget_entry(entry);
    }

    fn undo_removal(self) {
        let gallery = self.gallery;
        if let Some(entry) = gallery.removed.get_untracked() {
            gallery.removed.set(None);
            gallery.insert_own(entry);
            gallery.said.set(text::mask_back(&entry.title.get_untracked()));
            self.keep_entry(entry);
        }
    }

    /// Takes another view's mask file (an `ArrayBuffer`) into the gallery; what becomes of it is told there.
    pub(super) fn keep_mask(self, bytes: &wasm_bindgen::JsValue, name: &str, told: RwSignal<Option<String>>) {
        let parts = js_sys::Array::of1(bytes);
        match File::new_with_buffer_source_sequence(&parts, name) {
            Ok(file) => self.import_mask(file, Some(told)),
            Err(_) => told.set(Some(text::NO_ROOM.to_owned())),
        }
    }

    /// A new worker has none of the gallery's masks.
    pub(super) fn restart_gallery(self) {
        let gallery = self.gallery;
        gallery.active.set(None);
        for entry in gallery.entries.get_untracked() {
            if entry.drawing.get_untracked() == Drawing::Now {
                entry.drawing.set(Drawing::Waiting);
            }
        }
        self.restart_imports();
        gallery.compared.restart();
    }
}

/// The name that a mask has at first: its file's, without the ending.
fn title_of(file: &str) -> String {
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    if stem.is_empty() {
        file.to_owned()
    } else {
        stem.to_owned()
    }
}
