//! The view that compares methods: up to six fits of one picture, one after the other, each with the mask that another method
//! makes.
//!
//! The masks are made by the worker, which keeps them, and gives their files to the page. A fit that is over leaves its curve and
//! the picture that it returned; the worker frees the rest, so that there is never more than one in its memory. What is over is kept
//! for a later visit.

mod address;
mod card;
mod choices;
mod course;
mod densities;
mod glossary;
mod kept;
mod kind;
mod racing;
mod table;
mod transfer;
mod view;

use leptos::prelude::*;
use wasm_bindgen::JsValue;
use web_sys::File;

use super::lane::Lane;
use super::mask_slot::{MaskChoice, MaskSlot};
use super::picture_choice::PictureChoice;
use super::query::{self, Query};
use super::route::Route;
use super::slots::METHODS;
use crate::catalogue::Catalogue;
use crate::worker::protocol::{MaskFacts, RunId, RunState, SlotId};

pub use address::{Chosen, read};
pub use course::Standings;
pub use kind::Kind;
pub use view::Methods as MethodsView;

/// Methods that are compared at most.
pub const ARMS: usize = 6;
/// The fractions that may be kept.
pub const KEEP_LEAST: f64 = 0.02;
pub const KEEP_MOST: f64 = 0.5;
const KEEP: f64 = 0.05;

/// The place of the learned mask; each that is made takes the next, and none is used twice.
const BASE: SlotId = METHODS.start;

/// A method that is compared, and its fit. It is a handful of signals, so it is copied into every component.
#[derive(Clone, Copy)]
pub struct Arm {
    /// From 0.
    pub place: usize,
    pub kind: RwSignal<Option<Kind>>,
    pub lane: Lane,
    /// The worker's place of its mask, once that was asked for.
    slot: StoredValue<SlotId>,
    /// How far making the mask is, while it is made.
    pub making: RwSignal<Option<(usize, usize)>>,
    /// Of its mask; of a fit without one, which keeps all.
    pub facts: RwSignal<Option<MaskFacts>>,
    /// The mask's file where it was made here (an `ArrayBuffer`).
    file: StoredValue<JsValue, LocalStorage>,
    /// The picture that the fit returned, once it is over (an `ArrayBuffer`), and its object address.
    png: StoredValue<JsValue, LocalStorage>,
    pub picture: RwSignal<Option<String>>,
    /// One sentence on why there is none.
    pub problem: RwSignal<Option<String>>,
    /// What became of its mask that was given to the gallery.
    pub kept: RwSignal<Option<String>>,
}

impl PartialEq for Arm {
    fn eq(&self, other: &Self) -> bool {
        self.place == other.place
    }
}

/// How an arm stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Waiting,
    Making,
    Preparing,
    Running,
    Paused,
    Finished,
    /// Its mask draws one colour, so it is not fitted.
    Collapsed,
    Failed,
}

impl Arm {
    fn new(place: usize, kind: Option<Kind>, steps: RwSignal<u64>) -> Self {
        Self {
            place,
            kind: RwSignal::new(kind),
            lane: Lane::new(Route::Methods, steps),
            slot: StoredValue::new(0),
            making: RwSignal::new(None),
            facts: RwSignal::new(None),
            file: StoredValue::new_local(JsValue::NULL),
            png: StoredValue::new_local(JsValue::NULL),
            picture: RwSignal::new(None),
            problem: RwSignal::new(None),
            kept: RwSignal::new(None),
        }
    }

    /// Whether it has a mask that was made here.
    pub fn has_made_mask(self) -> bool {
        self.facts.read().is_some() && self.file.with_value(JsValue::is_object)
    }

    pub fn status(self) -> Status {
        let dead = self.facts.read().as_ref().is_some_and(|facts| !facts.alive);
        if self.problem.read().is_some() {
            Status::Failed
        } else if dead {
            Status::Collapsed
        } else if self.picture.read().is_some() {
            Status::Finished
        } else if self.making.read().is_some() {
            Status::Making
        } else {
            match self.lane.state.get() {
                RunState::Compiling => Status::Preparing,
                // The returned picture is still to come.
                RunState::Running | RunState::Finished => Status::Running,
                RunState::Paused | RunState::Settled => Status::Paused,
                RunState::Idle | RunState::Failed => Status::Waiting,
            }
        }
    }

    /// Whether there is nothing left to do for it.
    pub fn is_over(self) -> bool {
        matches!(self.status(), Status::Finished | Status::Collapsed | Status::Failed)
    }
}

/// The state of the view.
#[derive(Clone, Copy)]
pub struct Methods {
    arms: [Arm; ARMS],
    /// The learned mask that controls start from.
    pub base: MaskSlot,
    /// A person chose it, so it does not follow the picture any more.
    base_chosen: RwSignal<bool>,
    /// How often another base was chosen, and at which of these the one was asked for that has not come yet.
    base_choices: StoredValue<u32>,
    reading: StoredValue<Option<u32>>,
    /// The fraction of the convolution weights that pruning keeps.
    pub keep: RwSignal<f64>,
    pub steps: RwSignal<u64>,
    /// Whether they run now.
    pub active: RwSignal<bool>,
    /// The device was lost in the middle.
    pub lost: RwSignal<bool>,
    /// Levels of the hourglass that they had so far.
    levels: StoredValue<usize>,
    last_slot: StoredValue<SlotId>,
    /// What a screen reader is told: how each begins and ends.
    pub said: RwSignal<String>,
}

impl Methods {
    pub fn new(query: &Query, catalogue: &Catalogue) -> Self {
        let Chosen {
            kinds,
            learned,
            keep,
            steps,
        } = query.methods.clone();
        let steps = RwSignal::new(steps.unwrap_or(query::FIT_STEPS));
        let kinds = kinds.unwrap_or(kind::DEFAULT);
        let picture = query.picture.clone();
        let picture = picture.unwrap_or_else(|| query::default_picture(catalogue));
        let base_chosen = RwSignal::new(learned.is_some());
        let learned = learned.unwrap_or_else(|| default_base(catalogue, &picture));
        Self {
            arms: std::array::from_fn(|place| Arm::new(place, kinds[place], steps)),
            base: MaskSlot::new(BASE, learned),
            base_chosen,
            base_choices: StoredValue::new(0),
            reading: StoredValue::new(None),
            keep: RwSignal::new(keep.unwrap_or(KEEP)),
            steps,
            active: RwSignal::new(false),
            lost: RwSignal::new(false),
            levels: StoredValue::new(0),
            last_slot: StoredValue::new(BASE),
            said: RwSignal::new(String::new()),
        }
    }

    /// All places, with or without a method.
    pub fn places(self) -> [Arm; ARMS] {
        self.arms
    }

    /// Those with a method.
    pub fn arms(self) -> Vec<Arm> {
        self.arms.into_iter().filter(|arm| arm.kind.get().is_some()).collect()
    }

    /// The arm that a run is of.
    pub fn arm_of(self, run: RunId) -> Option<Arm> {
        self.arms.into_iter().find(|arm| arm.lane.run.get_value() == run)
    }

    /// The arm that waits for the mask of a slot.
    fn arm_at(self, slot: SlotId) -> Option<Arm> {
        self.arms
            .into_iter()
            .find(|arm| arm.slot.get_value() == slot && arm.making.read_untracked().is_some())
    }

    /// Takes a file of an earlier visit for the learned mask.
    pub fn take_base_file(self, file: File) {
        self.base.take_file(Some(file));
        self.base.choice.set(MaskChoice::Own);
        self.base_chosen.set(true);
    }

    /// Whether anything was begun.
    pub fn is_begun(self) -> bool {
        self.arms.into_iter().any(|arm| arm.status() != Status::Waiting)
    }

    /// Whether one starts from the learned mask.
    pub fn needs_base(self) -> bool {
        let needs = |arm: Arm| arm.kind.get().is_some_and(Kind::needs_mask);
        self.arms.into_iter().any(needs)
    }
}

/// The mask that is there at first: a preset, whatever network the other views have.
fn default_base(catalogue: &Catalogue, picture: &PictureChoice) -> MaskChoice {
    query::default_mask(catalogue, picture, None)
}
