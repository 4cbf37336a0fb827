//! Choosing a picture: what the worker is asked to read, and what it has.

use leptos::prelude::*;
use web_sys::File;

use super::query::default_noise;
use super::state::Studio;
use super::{address_of, file_of, text};
use crate::picture::Noise;
use crate::worker::protocol::{CHOSEN_PICTURE, Fault, Request, Seen};

/// The picture that was chosen.
#[derive(Clone, Debug, PartialEq)]
pub enum PictureChoice {
    Sample(String),
    Own,
    /// On another site.
    Address(String),
}

/// The picture that the worker has read.
#[derive(Clone, Debug, PartialEq)]
pub struct PictureFacts {
    pub name: String,
    pub width: usize,
    pub height: usize,
    pub notes: Vec<String>,
}

/// A choice with all that goes with it.
#[derive(Clone)]
pub struct AskedPicture {
    choice: PictureChoice,
    file: Option<File>,
    seen: Seen,
    noise: Option<Noise>,
}

/// A picture that was read: a choice that fails falls back to it, as the worker itself does.
pub type GoodPicture = (AskedPicture, PictureFacts);

impl Studio {
    pub fn choose_picture(self, choice: PictureChoice) {
        self.setup.update(|setup| {
            if let Seen::Unpainted { marks } = &mut setup.seen {
                marks.clear();
            }
            setup.noise = default_noise(&choice, &setup.seen);
        });
        self.picture_choice.set(choice);
        self.forget_checkpoints();
        self.reset_methods();
        self.load_picture();
    }

    pub fn choose_own_picture(self, file: File) {
        self.own_picture.set_value(Some(file));
        self.choose_picture(PictureChoice::Own);
    }

    pub(super) fn load_picture(self) {
        self.fault.set(None);
        self.picture.set(None);
        self.picture_loading.set(None);
        let (name, address, file) = match self.picture_choice.get_untracked() {
            PictureChoice::Own => {
                let Some(file) = self.own_picture.get_value() else {
                    return;
                };
                (file.name(), None, Some(file))
            }
            PictureChoice::Address(address) => (file_of(&address), Some(address), None),
            PictureChoice::Sample(id) => {
                let found = self.catalogue.with_value(|catalogue| catalogue.sample(&id).cloned());
                let Some(sample) = found else { return };
                (sample.title, Some(address_of(&sample.file)), None)
            }
        };
        self.recreate();
        let setup = self.setup.get_untracked();
        self.asked_picture.push(AskedPicture {
            choice: self.picture_choice.get_untracked(),
            file: self.own_picture.get_value(),
            seen: setup.seen,
            noise: setup.noise,
        });
        self.send(
            &Request::LoadPicture {
                slot: CHOSEN_PICTURE,
                name,
                address,
            },
            file.as_ref().map(AsRef::as_ref),
        );
    }

    /// The worker has read a picture.
    pub(super) fn picture_read(self, facts: PictureFacts) {
        let Some((asked, is_wanted)) = self.asked_picture.answered() else {
            return;
        };
        self.good_picture.set_value(Some((asked, facts.clone())));
        if is_wanted {
            self.picture.set(Some(facts));
            self.recreate();
        }
    }

    /// The worker could not read a picture, and has the one before.
    pub(super) fn picture_refused(self, fault: Fault) {
        let Some((_, true)) = self.asked_picture.answered() else {
            return;
        };
        if let Some((asked, facts)) = self.good_picture.get_value() {
            self.picture_choice.set(asked.choice);
            self.picture.set(Some(facts));
            self.own_picture.set_value(asked.file);
            self.setup.update(|setup| {
                setup.seen = asked.seen;
                setup.noise = asked.noise;
            });
            self.recreate();
        } else {
            self.picture_loading.set(Some(text::NO_PICTURE.to_owned()));
        }
        self.take_fault(fault);
    }
}
