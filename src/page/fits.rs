//! The fits of the first view: one, and up to two that race it on the same picture with other masks or without.

use leptos::prelude::*;
use web_sys::File;

use super::lane::Lane;
use super::mask_slot::{MaskChoice, MaskSlot};
use super::route::Route;
use super::state::Studio;
use super::text;
use crate::worker::protocol::{Job, Missing, Moment, Request};

/// Fits that may run side by side.
pub const FITS: usize = 3;

/// A fit's run and its mask.
#[derive(Clone, Copy)]
pub struct Fit {
    /// Its place, from 0.
    pub place: usize,
    pub lane: Lane,
    pub mask: MaskSlot,
    /// Whether it takes part; the first always does.
    pub on: RwSignal<bool>,
    /// Its pictures of the past that can be looked at.
    pub moments: RwSignal<Vec<Moment>>,
    pub best: RwSignal<Option<Moment>>,
    /// Where pixels are missing.
    pub missing: RwSignal<Option<Missing>>,
}

impl PartialEq for Fit {
    fn eq(&self, other: &Self) -> bool {
        self.place == other.place
    }
}

impl Fit {
    /// Takes part if it has a mask, or is the first.
    pub fn new(place: usize, mask: Option<MaskChoice>, steps: RwSignal<u64>) -> Self {
        let on = place == 0 || mask.is_some();
        let mask = mask.unwrap_or(MaskChoice::DENSE);
        Self {
            place,
            lane: Lane::new(Route::Denoise, steps),
            mask: MaskSlot::new(place as u32, mask),
            on: RwSignal::new(on),
            moments: RwSignal::new(Vec::new()),
            best: RwSignal::new(None),
            missing: RwSignal::new(None),
        }
    }

    /// The run to make, where it takes part and its mask is read.
    pub fn job(self) -> Option<Job> {
        let ready = self.on.get_untracked() && self.mask.is_there();
        ready.then(|| match self.mask.choice.read_untracked().unmasked() {
            None => Job::Fit { mask: self.mask.id },
            Some(fit) => Job::FitUnmasked { fit },
        })
    }

    /// What it fits with, in a few words.
    pub fn name(self, studio: Studio) -> String {
        match self.mask.choice.get() {
            MaskChoice::Unmasked(fit) => text::unmasked(fit).to_owned(),
            MaskChoice::Preset(id) => {
                let title = studio
                    .catalogue
                    .with_value(|all| all.preset(&id).map(|preset| preset.title.clone()));
                title.unwrap_or(id)
            }
            MaskChoice::Own | MaskChoice::Address { .. } | MaskChoice::Recipe(_) => {
                let facts = self.mask.facts.read();
                facts
                    .as_ref()
                    .map_or_else(|| text::MASK_LOADING.to_owned(), |facts| facts.name.clone())
            }
        }
    }

    /// The picture of the past that is shown for a step: the last before it.
    pub fn moment(self, step: u64) -> Option<Moment> {
        let moments = self.moments.read();
        let before = moments.partition_point(|moment| moment.step <= step);
        moments.get(before.saturating_sub(1)).copied()
    }
}

impl Studio {
    /// The fits that take part.
    pub fn fits_on(self) -> Vec<Fit> {
        self.fits.into_iter().filter(|fit| fit.on.get()).collect()
    }

    pub fn fit_lanes(self) -> Vec<Lane> {
        self.fits_on().into_iter().map(|fit| fit.lane).collect()
    }

    /// Lets a fit take part with a mask.
    pub fn enter(self, fit: Fit, choice: MaskChoice) {
        fit.on.set(true);
        self.choose_mask(fit.mask, choice);
    }

    pub fn enter_with_file(self, fit: Fit, file: File) {
        fit.on.set(true);
        self.choose_own_mask(fit.mask, file);
    }

    /// Takes a fit out of the race.
    pub fn leave(self, fit: Fit) {
        fit.on.set(false);
        self.recreate_lane(fit.lane);
    }

    /// Looks back at a step of all fits.
    pub fn recall(self, step: u64) {
        self.recalled.set(step);
        for fit in self.fits.into_iter().filter(|fit| fit.on.get_untracked()) {
            let run = fit.lane.run.get_value();
            self.send(&Request::Recall { run, step }, None);
        }
    }
}
