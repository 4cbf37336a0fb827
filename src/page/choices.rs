//! Choosing a picture and a mask: what the worker is asked to read.

use leptos::prelude::*;
use web_sys::File;

use super::address_of;
use super::good::NO_MASK;
use super::state::{MaskChoice, PictureChoice, SAMPLE_SIGMA, Studio};
use crate::worker::protocol::Request;

impl Studio {
    pub fn choose_sample(self, id: String) {
        self.picture_choice.set(PictureChoice::Sample(id));
        self.setup.update(|setup| setup.sigma = SAMPLE_SIGMA);
        self.load_picture();
    }

    pub fn choose_own_picture(self, file: File) {
        self.own_picture.set_value(Some(file));
        self.picture_choice.set(PictureChoice::Own);
        self.setup.update(|setup| setup.sigma = 0.0);
        self.load_picture();
    }

    pub(super) fn load_picture(self) {
        self.fault.set(None);
        self.picture.set(None);
        self.forget_run();
        match self.picture_choice.get_untracked() {
            PictureChoice::Own => {
                let Some(file) = self.own_picture.get_value() else {
                    return;
                };
                self.send(
                    &Request::LoadPicture {
                        name: file.name(),
                        address: None,
                    },
                    Some(&file),
                );
            }
            PictureChoice::Sample(id) => {
                let found = self.catalogue.with_value(|catalogue| {
                    catalogue
                        .sample(&id)
                        .map(|sample| (sample.title.clone(), address_of(&sample.file)))
                });
                if let Some((name, address)) = found {
                    self.send(
                        &Request::LoadPicture {
                            name,
                            address: Some(address),
                        },
                        None,
                    );
                }
            }
        }
    }

    pub fn choose_mask(self, choice: MaskChoice) {
        self.mask_choice.set(choice);
        self.load_mask();
        self.recreate();
    }

    pub fn choose_own_mask(self, file: File) {
        self.own_mask.set_value(Some(file));
        self.choose_mask(MaskChoice::Own);
    }

    pub(super) fn load_mask(self) {
        self.fault.set(None);
        self.mask.set(None);
        match self.mask_choice.get_untracked() {
            MaskChoice::Dense => {
                self.good_mask.set_value(NO_MASK);
                self.send(&Request::NoMask, None);
            }
            MaskChoice::Own => {
                let Some(file) = self.own_mask.get_value() else { return };
                self.send(
                    &Request::LoadMask {
                        name: file.name(),
                        address: None,
                        sha256: None,
                    },
                    Some(&file),
                );
            }
            MaskChoice::Preset(id) => {
                let found = self.catalogue.with_value(|catalogue| catalogue.preset(&id).cloned());
                if let Some(preset) = found {
                    let address = Some(address_of(&preset.file));
                    let sha256 = Some(preset.sha256);
                    self.send(
                        &Request::LoadMask {
                            name: preset.title,
                            address,
                            sha256,
                        },
                        None,
                    );
                }
            }
        }
    }
}
