//! The second view: learning which weights of a random network to keep, as it happens.

mod curves;
mod figure;
pub mod histogram;
pub mod hourglass;
mod keep;
mod pictures;
mod readings;
mod settings;
mod view;

use js_sys::Array;
use leptos::prelude::*;
use wasm_bindgen::JsValue;
use web_sys::File;

use super::fits::FITS;
use super::lane::Lane;
use super::mask_slot::{MaskChoice, MaskSlot};
use super::query::Query;
use super::route::Route;
use super::state::Studio;
use crate::mask::Scope;
use crate::network::Hourglass;
use crate::train::{LearnSpec, Learner, RunSpec};
use crate::worker::protocol::{Fault, FaultKind, Job, Look, MaskOnly, MaskPurpose, Pace, Request, RunState};

pub use curves::Curves;
pub use keep::KeepSlider;
pub use pictures::Pictures;
pub use view::Learn;

/// The fractions of the weights that may be kept.
pub const KEEP_LEAST: f64 = 0.005;
pub const KEEP_MOST: f64 = 0.5;

/// What the page knows of the learner, beside its run.
#[derive(Clone, Copy)]
pub struct Learning {
    pub lane: Lane,
    pub learner: RwSignal<Learner>,
    /// The mask that it starts from; without one all weights start alike.
    pub start: MaskSlot,
    /// The fraction of the weights that the learner aims at.
    pub target: RwSignal<f64>,
    /// Over what the weights compete for it.
    pub scope: RwSignal<Scope>,
    /// The fraction that is looked at.
    pub keep: RwSignal<f64>,
    pub look: RwSignal<Option<Look>>,
    /// What became of drawing by masking alone: step, `keep`, outcome.
    pub drawn: RwSignal<Option<(u64, f64, MaskOnly)>>,
    /// The mask was asked for, and has not come yet.
    pub taking: RwSignal<bool>,
}

/// The fraction that a learner aims at by default.
pub fn default_keep(learner: Learner) -> f64 {
    LearnSpec::new(learner).keep
}

/// Updates that a learner makes by default.
pub fn default_steps(learner: Learner) -> u64 {
    RunSpec::learn(Hourglass::default(), learner).steps
}

impl Learning {
    pub fn new(query: &Query) -> Self {
        let learner = query.learner;
        let keep = query.keep.unwrap_or(default_keep(learner));
        let steps = query.learn_steps.unwrap_or(default_steps(learner));
        Self {
            lane: Lane::new(Route::Learn, RwSignal::new(steps)),
            learner: RwSignal::new(learner),
            start: MaskSlot::new(FITS as u32, query.start_from.clone().unwrap_or(MaskChoice::DENSE)),
            target: RwSignal::new(keep),
            scope: RwSignal::new(query.scope),
            keep: RwSignal::new(keep),
            look: RwSignal::new(None),
            drawn: RwSignal::new(None),
            taking: RwSignal::new(false),
        }
    }

    /// Takes everything back to before the start.
    pub fn clear(self) {
        self.look.set(None);
        self.drawn.set(None);
        self.taking.set(false);
    }

    /// Takes a look at the mask. Whether a mask that was dead draws now is told after it.
    pub fn seen(self, look: Look) {
        let was_dead = matches!(*self.drawn.read_untracked(), Some((_, _, MaskOnly::Dead)));
        if look.alive && was_dead {
            self.drawn.set(None);
        }
        self.look.set(Some(look));
    }

    /// The run to make, where the mask that it starts from is read.
    pub fn job(self) -> Option<Job> {
        self.start.is_there().then(|| Job::Learn {
            learner: self.learner.get_untracked(),
            keep: self.target.get_untracked(),
            scope: self.scope.get_untracked(),
            pace: Pace::default(),
            from: self.starts_from_mask().then_some(self.start.id),
        })
    }

    pub fn starts_from_mask(self) -> bool {
        self.start.choice.read().unmasked().is_none()
    }

    /// The seed of the weights that the mask which it starts from is of.
    pub fn start_seed(self) -> Option<u64> {
        self.start.facts.read().as_ref()?.origin.init_seed()
    }

    /// Whether there is a mask to take.
    pub fn has_mask(self) -> bool {
        self.look.read().is_some() && self.lane.state.get() != RunState::Failed
    }
}

impl Studio {
    pub fn choose_learner(self, learner: Learner) {
        self.learning.learner.set(learner);
        self.learning.lane.steps.set(default_steps(learner));
        self.reset(self.learning.lane);
    }

    pub fn choose_target(self, keep: f64) {
        self.learning.target.set(keep);
        self.learning.keep.set(keep);
        self.reset(self.learning.lane);
    }

    pub fn choose_scope(self, scope: Scope) {
        self.learning.scope.set(scope);
        self.reset(self.learning.lane);
    }

    /// Looks at the mask at another `keep`; nothing is trained for it.
    pub fn choose_keep(self, keep: f64) {
        self.learning.keep.set(keep);
        self.look();
    }

    pub(super) fn look(self) {
        let request = Request::Look {
            run: self.learning.lane.run.get_value(),
            keep: self.learning.keep.get_untracked(),
        };
        self.send(&request, None);
    }

    pub fn take_mask(self, purpose: MaskPurpose) {
        let learning = self.learning;
        if purpose == MaskPurpose::Denoise && learning.lane.is_busy_untracked() {
            self.pause(learning.lane);
        }
        learning.taking.set(true);
        let request = Request::TakeMask {
            run: learning.lane.run.get_value(),
            keep: learning.keep.get_untracked(),
            purpose,
        };
        self.send(&request, None);
    }

    /// Takes a mask file (an `ArrayBuffer`) to the first view.
    pub(super) fn denoise_with(self, bytes: &JsValue, name: &str) {
        match File::new_with_buffer_source_sequence(&Array::of1(bytes), name) {
            Ok(file) => {
                self.go(Route::Denoise);
                self.choose_own_mask(self.fits[0].mask, file);
            }
            Err(_) => {
                let message = "the browser has no room for the mask: close other tabs, then try again";
                self.fault.set(Some(Fault::new(FaultKind::Memory, message)));
            }
        }
    }
}
