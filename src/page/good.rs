//! The choices that the worker has taken: one that fails falls back to them, as the worker itself does.

use leptos::prelude::*;
use web_sys::File;

use super::state::{MaskChoice, PictureChoice, PictureFacts, Studio};
use crate::worker::protocol::MaskFacts;

/// A picture that was read, with all that chose it.
#[derive(Clone)]
pub struct GoodPicture {
    choice: PictureChoice,
    facts: PictureFacts,
    file: Option<File>,
    sigma: f64,
}

/// A mask that was read, with all that chose it.
#[derive(Clone)]
pub struct GoodMask {
    choice: MaskChoice,
    facts: Option<MaskFacts>,
    file: Option<File>,
}

/// What a new worker has.
pub const NO_MASK: GoodMask = GoodMask {
    choice: MaskChoice::Dense,
    facts: None,
    file: None,
};

impl Studio {
    /// The worker has read the picture.
    pub(super) fn picture_read(self, facts: PictureFacts) {
        self.good_picture.set_value(Some(GoodPicture {
            choice: self.picture_choice.get_untracked(),
            facts: facts.clone(),
            file: self.own_picture.get_value(),
            sigma: self.setup.read_untracked().sigma,
        }));
        self.picture.set(Some(facts));
        self.recreate();
    }

    /// The worker could not read the picture, and has the one before.
    pub(super) fn picture_refused(self) {
        if let Some(good) = self.good_picture.get_value() {
            self.picture_choice.set(good.choice);
            self.picture.set(Some(good.facts));
            self.own_picture.set_value(good.file);
            self.setup.update(|setup| setup.sigma = good.sigma);
            self.recreate();
        }
    }

    /// The worker has read the mask.
    pub(super) fn mask_read(self, facts: MaskFacts) {
        let (choice, file) = (self.mask_choice.get_untracked(), self.own_mask.get_value());
        self.good_mask.set_value(GoodMask {
            choice,
            facts: Some(facts.clone()),
            file,
        });
        self.mask.set(Some(facts));
        self.recreate();
    }

    /// The worker could not read the mask, and has the one before.
    pub(super) fn mask_refused(self) {
        let good = self.good_mask.get_value();
        self.mask_choice.set(good.choice);
        self.mask.set(good.facts);
        self.own_mask.set_value(good.file);
        self.recreate();
    }
}
