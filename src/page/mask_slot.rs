//! A place for a mask: what was chosen for it, and what the worker has in it.

use leptos::prelude::*;
use web_sys::File;

use super::asked::Asked;
use super::lane::Lane;
use super::state::Studio;
use super::{address_of, file_of, text};
use crate::train::Unmasked;
use crate::worker::protocol::{Fault, MaskFacts, Request, SlotId};

/// The mask that was chosen, or what is fitted without one.
#[derive(Clone, Debug, PartialEq)]
pub enum MaskChoice {
    Unmasked(Unmasked),
    Preset(String),
    Own,
    /// On another site, with the SHA-256 that it must have if it is known.
    Address {
        address: String,
        sha256: Option<String>,
    },
    /// Drawn from the recipe of this text.
    Recipe(String),
}

impl MaskChoice {
    /// The hourglass as it is.
    pub const DENSE: Self = Self::Unmasked(Unmasked::Dense);

    /// The preset's id, where it is one.
    pub fn preset(self) -> Option<String> {
        match self {
            Self::Preset(id) => Some(id),
            _ => None,
        }
    }

    /// The fit, where it has no mask.
    pub fn unmasked(&self) -> Option<Unmasked> {
        match self {
            Self::Unmasked(fit) => Some(*fit),
            _ => None,
        }
    }
}

/// A choice with the file that goes with it.
type AskedMask = (MaskChoice, Option<File>);

/// A mask that the worker has read, with all that chose it: a choice that fails falls back to it.
#[derive(Clone)]
struct Good {
    choice: MaskChoice,
    facts: Option<MaskFacts>,
    file: Option<File>,
}

/// What a new worker has.
const NONE: Good = Good {
    choice: MaskChoice::DENSE,
    facts: None,
    file: None,
};

#[derive(Clone, Copy)]
pub struct MaskSlot {
    pub id: SlotId,
    pub choice: RwSignal<MaskChoice>,
    /// None while it is read, and for a fit without a mask.
    pub facts: RwSignal<Option<MaskFacts>>,
    /// How far its file is loaded.
    pub loading: RwSignal<Option<String>>,
    own: StoredValue<Option<File>, LocalStorage>,
    good: StoredValue<Good, LocalStorage>,
    asked: Asked<AskedMask>,
}

impl MaskSlot {
    pub fn new(id: SlotId, choice: MaskChoice) -> Self {
        Self {
            id,
            choice: RwSignal::new(choice),
            facts: RwSignal::new(None),
            loading: RwSignal::new(None),
            own: StoredValue::new_local(None),
            good: StoredValue::new_local(NONE),
            asked: Asked::new(),
        }
    }

    /// A new worker has nothing in it.
    pub fn forget(self) {
        self.good.set_value(NONE);
        self.asked.forget();
    }

    pub fn own_file(self) -> Option<File> {
        self.own.get_value()
    }

    pub fn take_file(self, file: Option<File>) {
        self.own.set_value(file);
    }

    /// Whether the worker has what was chosen.
    pub fn is_there(self) -> bool {
        self.facts.read_untracked().is_some() || self.choice.read_untracked().unmasked().is_some()
    }

    /// Whether a run with it can start.
    pub fn is_alive(self) -> bool {
        self.facts.read().as_ref().is_none_or(|mask| mask.alive)
    }
}

impl Studio {
    pub fn choose_mask(self, slot: MaskSlot, choice: MaskChoice) {
        self.forget_checkpoint(self.lane_with(slot));
        slot.choice.set(choice);
        self.load_mask(slot);
        self.recreate_with(slot);
    }

    pub fn choose_own_mask(self, slot: MaskSlot, file: File) {
        slot.own.set_value(Some(file));
        self.choose_mask(slot, MaskChoice::Own);
    }

    pub(super) fn load_mask(self, slot: MaskSlot) {
        self.fault.set(None);
        slot.facts.set(None);
        slot.loading.set(None);
        let mut recipe = None;
        let (name, address, sha256, file) = match slot.choice.get_untracked() {
            MaskChoice::Unmasked(_) => {
                slot.good.set_value(NONE);
                return;
            }
            MaskChoice::Own => {
                let Some(file) = slot.own.get_value() else { return };
                (file.name(), None, None, Some(file))
            }
            MaskChoice::Address { address, sha256 } => (file_of(&address), Some(address), sha256, None),
            MaskChoice::Recipe(text) => {
                recipe = Some(text);
                (text::RECIPE_MASK.to_owned(), None, None, None)
            }
            MaskChoice::Preset(id) => {
                let found = self.catalogue.with_value(|catalogue| catalogue.preset(&id).cloned());
                let Some(preset) = found else { return };
                let address = address_of(&preset.file);
                (preset.title, Some(address), Some(preset.sha256), None)
            }
        };
        let request = Request::LoadMask {
            slot: slot.id,
            name,
            address,
            sha256,
            returns: false,
            recipe,
        };
        slot.asked.push((slot.choice.get_untracked(), slot.own.get_value()));
        self.send(&request, file.as_ref().map(AsRef::as_ref));
    }

    /// The lane of the run that uses the slot.
    fn lane_with(self, slot: MaskSlot) -> Lane {
        let fit = self.fits.into_iter().find(|fit| fit.mask.id == slot.id);
        fit.map_or(self.learning.lane, |fit| fit.lane)
    }

    /// Makes the run anew that uses the slot.
    fn recreate_with(self, slot: MaskSlot) {
        self.recreate_lane(self.lane_with(slot));
    }

    /// The worker has read a mask, unless it was given up meanwhile.
    pub(super) fn mask_read(self, slot: MaskSlot, facts: MaskFacts) {
        let Some(((choice, file), is_wanted)) = slot.asked.answered() else {
            return;
        };
        if slot.choice.read_untracked().unmasked().is_some() {
            return;
        }
        slot.good.set_value(Good {
            choice,
            facts: Some(facts.clone()),
            file,
        });
        if is_wanted {
            slot.facts.set(Some(facts));
            self.recreate_with(slot);
        }
    }

    /// The worker could not read a mask, and has the one before.
    pub(super) fn mask_refused(self, slot: MaskSlot, fault: Fault) {
        let Some((_, true)) = slot.asked.answered() else {
            return;
        };
        let good = slot.good.get_value();
        slot.choice.set(good.choice);
        slot.facts.set(good.facts);
        slot.own.set_value(good.file);
        self.recreate_with(slot);
        self.fault.set(Some(fault));
    }
}
