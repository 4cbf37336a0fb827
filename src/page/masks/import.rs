//! Masks into the gallery: from files, from an address, from another view. The worker reads each before it is kept.

use js_sys::{Array, Date};
use leptos::prelude::*;
use wasm_bindgen::JsValue;
use web_sys::File;

use super::{Entry, title_of};
use crate::page::file_of;
use crate::page::state::Studio;
use crate::page::text;
use crate::worker::protocol::{Fault, MaskFacts, Request, SlotId};

/// A mask that is being read.
#[derive(Clone)]
pub struct Import {
    slot: SlotId,
    name: String,
    /// None where it comes from an address.
    file: Option<File>,
    told: Told,
}

/// Where another view is told what became of a mask that it gave; a file of a person's is told of in the gallery.
pub type Told = Option<RwSignal<Option<String>>>;

impl Studio {
    pub fn import_mask(self, file: File, told: Told) {
        let import = Import {
            slot: self.gallery.new_slot(),
            name: file.name(),
            file: Some(file),
            told,
        };
        self.begin_import(import, None);
    }

    pub fn import_mask_from(self, address: String) {
        let import = Import {
            slot: self.gallery.new_slot(),
            name: file_of(&address),
            file: None,
            told: None,
        };
        self.begin_import(import, Some(address));
    }

    fn begin_import(self, import: Import, address: Option<String>) {
        let gallery = self.gallery;
        gallery.refused.set(None);
        if let Some(told) = import.told {
            told.set(None);
        }
        gallery.importing.set(Some(text::mask_reading(&import.name)));
        let request = Request::LoadMask {
            slot: import.slot,
            name: import.name.clone(),
            returns: address.is_some(),
            recipe: None,
            address,
            sha256: None,
        };
        let file = import.file.clone();
        gallery.imports.update_value(|all| all.push(import));
        self.send(&request, file.as_ref().map(AsRef::as_ref));
    }

    /// Takes an import off the list, if the slot is one's.
    fn end_import(self, slot: SlotId) -> Option<Import> {
        let gallery = self.gallery;
        let import = gallery.imports.try_update_value(|all| {
            let place = all.iter().position(|import| import.slot == slot)?;
            Some(all.swap_remove(place))
        })??;
        self.send(&Request::ForgetMask { slot }, None);
        if gallery.imports.with_value(Vec::is_empty) {
            gallery.importing.set(None);
        }
        Some(import)
    }

    /// How far a file is loaded.
    pub(super) fn import_loading(self, slot: SlotId, words: &str) {
        let gallery = self.gallery;
        let name = gallery.imports.with_value(|all| {
            let import = all.iter().find(|import| import.slot == slot);
            import.map(|import| import.name.clone())
        });
        if let Some(name) = name {
            gallery
                .importing
                .set(Some(format!("{} {words}", text::mask_reading(&name))));
        }
    }

    /// The worker has read an import, whose bytes are attached where the page has no file. False if the slot is no import's.
    pub(super) fn import_read(self, slot: SlotId, facts: &MaskFacts, bytes: &JsValue) -> bool {
        let Some(import) = self.end_import(slot) else {
            return false;
        };
        let gallery = self.gallery;
        if let Some(same) = gallery.with_sum(&facts.sha256) {
            let sentence = text::mask_is_there(&same.title.get_untracked());
            import.told.unwrap_or(gallery.refused).set(Some(sentence));
            return true;
        }
        let made = || File::new_with_buffer_source_sequence(&Array::of1(bytes), &import.name).ok();
        let Some(file) = import.file.clone().or_else(made) else {
            gallery.refused.set(Some(text::NO_ROOM.to_owned()));
            return true;
        };
        let title = title_of(&import.name);
        let entry = Entry::own(slot, facts.sha256.clone(), title.clone(), Date::now(), file);
        entry.was_read(facts.clone());
        gallery.insert_own(entry);
        self.keep_entry(entry);
        let sentence = text::mask_kept(&title);
        if let Some(told) = import.told {
            told.set(Some(sentence.clone()));
        }
        gallery.said.set(sentence);
        true
    }

    /// The worker could not read an import. False if the slot is no import's.
    pub(super) fn import_refused(self, slot: SlotId, fault: &Fault) -> bool {
        let Some(import) = self.end_import(slot) else {
            return false;
        };
        let sentence = format!("{} {}", text::mask_unusable(&import.name), fault.message);
        import.told.unwrap_or(self.gallery.refused).set(Some(sentence));
        true
    }

    /// The worker that read them is gone: the new one reads the files again. Addresses are asked for again by hand.
    pub(super) fn restart_imports(self) {
        let gallery = self.gallery;
        let open = gallery.imports.try_update_value(std::mem::take).unwrap_or_default();
        gallery.importing.set(None);
        for import in open {
            match import.file {
                Some(file) => self.import_mask(file, import.told),
                None => gallery.refused.set(Some(text::IMPORT_BROKEN_OFF.to_owned())),
            }
        }
    }
}
