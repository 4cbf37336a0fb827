//! Taking a method into a race in Denoise, and its mask into the gallery.

use js_sys::Array;
use leptos::prelude::*;
use web_sys::File;

use super::{Arm, Kind};
use crate::page::fits::FITS;
use crate::page::mask_slot::MaskChoice;
use crate::page::route::Route;
use crate::page::state::Studio;

impl Studio {
    /// Lets a method race in Denoise: in the first place that is free, or else the last.
    pub fn race_with(self, arm: Arm) {
        let free = self.fits.into_iter().find(|fit| !fit.on.get_untracked());
        let fit = free.unwrap_or(self.fits[FITS - 1]);
        self.go(Route::Denoise);
        match arm.kind.get_untracked() {
            Some(Kind::Unmasked(unmasked)) => self.enter(fit, MaskChoice::Unmasked(unmasked)),
            Some(Kind::Learned) => {
                fit.mask.take_file(self.methods.base.own_file());
                self.enter(fit, self.methods.base.choice.get_untracked());
            }
            _ => {
                // Without a file it could be fitted here alone.
                if let Some(file) = arm.mask_file() {
                    self.enter_with_file(fit, file);
                }
            }
        }
    }

    /// Takes the mask that a method made into the gallery of this browser.
    pub fn keep_method_mask(self, arm: Arm) {
        if let Some(facts) = arm.facts.get_untracked() {
            self.keep_mask(&arm.file.get_value(), &facts.name, arm.kept);
        }
    }
}

impl Arm {
    /// Its mask's file, where it was made here and the browser has room for it.
    fn mask_file(self) -> Option<File> {
        let bytes = self.file.get_value();
        let facts = self.facts.get_untracked().filter(|_| bytes.is_object())?;
        File::new_with_buffer_source_sequence(&Array::of1(&bytes), &facts.name).ok()
    }
}
