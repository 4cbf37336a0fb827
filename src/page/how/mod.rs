//! The fifth view: how it works, with figures in which a small network really trains.
//!
//! A figure is a handful of runs of the one worker. Only one figure runs at a time; what it needs first, a picture or the
//! mask of the learner's figure, it gets by itself. All that it does is "the next thing" after each reply.

mod contents;
mod course;
mod figure;
mod outcome;
mod shuffling;
mod spec;
mod view;

use leptos::prelude::*;

use super::lane::Lane;
use super::query::Query;
use super::route::Route;
use super::slots;
use crate::worker::protocol::{Look, MaskFacts, MaskOnly, RunId, SlotId};

pub use outcome::Outcome;
pub use spec::Figure;
use spec::{ARMS, FIGURES, KEEP};
pub use view::HowItWorks;

/// How far a figure is. It is paused if it began and is not the active one.
#[derive(Clone, Debug, PartialEq)]
pub enum Stage {
    Idle,
    /// A picture is read.
    Reading,
    /// The mask is learned first.
    Learning,
    /// Its own runs train.
    Training,
    Finished,
    /// With a sentence that says why.
    Failed(String),
}

/// What the page knows of a figure.
#[derive(Clone, Copy)]
pub struct Live {
    pub figure: Figure,
    all: [Lane; ARMS],
    pub stage: RwSignal<Stage>,
}

impl Live {
    pub fn lanes(&self) -> &[Lane] {
        &self.all[..self.figure.arms().len()]
    }
}

/// What the page knows of all of them.
#[derive(Clone, Copy)]
pub struct How {
    lives: [Live; FIGURES.len()],
    /// The one that runs.
    pub active: RwSignal<Option<Figure>>,
    /// The learner's mask at the `keep` that is looked at.
    pub look: RwSignal<Option<Look>>,
    pub drawn: RwSignal<Option<(u64, f64, MaskOnly)>>,
    pub keep: RwSignal<f64>,
    /// The mask that fits use: its `keep`, and what the worker says of it.
    pub mask: RwSignal<Option<(f64, MaskFacts)>>,
    /// A run of another view was paused for a figure.
    pub displaced: RwSignal<bool>,
    /// Which repetition of the shuffling runs or ran, from 0, and how the ones before ended.
    pub repetition: RwSignal<u64>,
    pub earlier: RwSignal<Vec<[Option<Outcome>; ARMS]>>,
    /// What a screen reader is told: how figures begin and end.
    pub said: RwSignal<String>,
    /// Samples that this worker has read.
    read: StoredValue<Vec<&'static str>>,
}

impl How {
    /// A link's numbers of steps shorten the figures.
    pub fn new(query: &Query) -> Self {
        let live = |figure: Figure| {
            let steps = match figure {
                Figure::Masking => query.learn_steps.unwrap_or(u64::MAX),
                _ => query.steps,
            };
            let steps = RwSignal::new(figure.steps().min(steps));
            Live {
                figure,
                all: std::array::from_fn(|_| Lane::new(Route::How, steps)),
                stage: RwSignal::new(Stage::Idle),
            }
        };
        Self {
            lives: FIGURES.map(live),
            active: RwSignal::new(None),
            look: RwSignal::new(None),
            drawn: RwSignal::new(None),
            keep: RwSignal::new(KEEP),
            mask: RwSignal::new(None),
            displaced: RwSignal::new(false),
            repetition: RwSignal::new(0),
            earlier: RwSignal::new(Vec::new()),
            said: RwSignal::new(String::new()),
            read: StoredValue::new(Vec::new()),
        }
    }

    pub fn live(self, figure: Figure) -> Live {
        self.lives[figure.place()]
    }

    /// The learner that all masks come from.
    pub fn learner(self) -> Lane {
        self.live(Figure::Masking).all[0]
    }

    /// Whether a figure runs: the learner's also where it learns for another.
    pub fn is_active(self, figure: Figure) -> bool {
        let Some(active) = self.active.get() else { return false };
        active == figure || (figure == Figure::Masking && self.live(active).stage.get() == Stage::Learning)
    }

    /// The figure and the lane that a run is in, unless it is gone.
    fn place_of(self, run: RunId) -> Option<(Live, Lane)> {
        self.lives.into_iter().find_map(|live| {
            let lane = live.lanes().iter().find(|lane| lane.run.get_value() == run)?;
            Some((live, *lane))
        })
    }

    /// A new worker has none of it.
    pub fn clear(self) {
        self.active.set(None);
        self.read.set_value(Vec::new());
        for live in self.lives {
            for lane in live.all {
                lane.run.set_value(0);
                lane.clear();
            }
            live.stage.set(Stage::Idle);
        }
        self.forget_mask();
        self.forget_repetitions();
        self.displaced.set(false);
    }

    fn forget_mask(self) {
        self.look.set(None);
        self.drawn.set(None);
        self.mask.set(None);
    }

    fn forget_repetitions(self) {
        self.repetition.set(0);
        self.earlier.set(Vec::new());
    }
}

/// The worker's place for a sample; not that of the picture that a person chose.
fn slot_of(sample: &str) -> SlotId {
    let [subject, other] = slots::FIGURE_PICTURES;
    if sample == spec::SUBJECT { subject } else { other }
}
