//! One run as the page knows it: signals that components read, and the actions that they call.

use leptos::prelude::*;

use super::recovery::{Saved, Spikes};
use super::route::Route;
use super::state::Studio;
use crate::worker::protocol::{Point, Reply, Request, RunFacts, RunId, RunState, returned, thin};

/// Readings kept for the plots; older ones are thinned out.
const MAX_POINTS: usize = 20_000;

/// A place for one run. It is a handful of signals, so it is copied into every component.
#[derive(Clone, Copy)]
pub struct Lane {
    /// Where it is shown.
    pub route: Route,
    /// The run that is in it now.
    pub run: StoredValue<RunId>,
    /// Updates to be made.
    pub steps: RwSignal<u64>,
    pub facts: RwSignal<Option<RunFacts>>,
    pub state: RwSignal<RunState>,
    /// A pause was asked for, and the step that runs is not over.
    pub pausing: RwSignal<bool>,
    pub compiled: RwSignal<(usize, usize)>,
    pub points: RwSignal<Vec<Point>>,
    pub step: RwSignal<u64>,
    pub steps_per_second: RwSignal<Option<f64>>,
    /// It was started with another picture or other settings than those chosen now.
    pub stale: RwSignal<bool>,
    /// The last checkpoint: a run that is made anew by itself goes on from it.
    pub saved: StoredValue<Option<Saved>, LocalStorage>,
    /// It ran when the device was lost, or when its loss jumped for the first time.
    pub goes_on: StoredValue<bool>,
    pub spikes: StoredValue<Spikes>,
}

impl PartialEq for Lane {
    fn eq(&self, other: &Self) -> bool {
        self.state == other.state
    }
}

/// What several runs do together.
pub fn joint_state(lanes: &[Lane]) -> RunState {
    use RunState::{Compiling, Failed, Finished, Idle, Paused, Running, Settled};
    let any = |state: &RunState| lanes.iter().any(|lane| lane.state.get() == *state);
    [Compiling, Running, Paused, Settled, Idle, Failed]
        .into_iter()
        .find(any)
        .unwrap_or(Finished)
}

impl Lane {
    pub fn new(route: Route, steps: RwSignal<u64>) -> Self {
        Self {
            route,
            run: StoredValue::new(0),
            steps,
            facts: RwSignal::new(None),
            state: RwSignal::new(RunState::Idle),
            pausing: RwSignal::new(false),
            compiled: RwSignal::new((0, 0)),
            points: RwSignal::new(Vec::new()),
            step: RwSignal::new(0),
            steps_per_second: RwSignal::new(None),
            stale: RwSignal::new(false),
            saved: StoredValue::new_local(None),
            goes_on: StoredValue::new(false),
            spikes: StoredValue::new(Spikes::default()),
        }
    }

    /// Takes everything back to before the start.
    pub fn clear(self) {
        self.facts.set(None);
        self.state.set(RunState::Idle);
        self.pausing.set(false);
        self.compiled.set((0, 0));
        self.points.set(Vec::new());
        self.step.set(0);
        self.steps_per_second.set(None);
        self.stale.set(false);
    }

    /// Takes what a reply says of the run's facts, its state and how far it is.
    pub fn hear(self, reply: Reply) {
        match reply {
            Reply::Created { facts, .. } => self.facts.set(Some(facts)),
            Reply::State { state, .. } => {
                self.pausing.set(false);
                self.state.set(state);
            }
            Reply::Compiling { done, total, .. } => self.compiled.set((done, total)),
            Reply::Progress {
                step,
                steps_per_second,
                points,
                ..
            } => self.progress(step, steps_per_second, points),
            _ => {}
        }
    }

    /// Takes what training has measured.
    fn progress(self, step: u64, steps_per_second: Option<f64>, points: Vec<Point>) {
        self.step.set(step);
        self.steps_per_second.set(steps_per_second);
        if points.is_empty() {
            return;
        }
        self.points.update(|all| {
            all.extend(points);
            if all.len() > MAX_POINTS {
                thin(all);
            }
        });
    }

    /// The reading whose averaged picture a fit returns; none before the start.
    pub fn returned(self) -> Option<Point> {
        returned(&self.points.read()).copied()
    }

    /// Whether settings are locked, since the run is busy.
    pub fn is_busy(self) -> bool {
        matches!(self.state.get(), RunState::Running | RunState::Compiling)
    }

    pub fn is_busy_untracked(self) -> bool {
        matches!(self.state.get_untracked(), RunState::Running | RunState::Compiling)
    }

    /// Whether the run is there, and has steps left.
    pub fn is_open(self) -> bool {
        let open = !matches!(self.state.get(), RunState::Finished | RunState::Failed);
        open && self.facts.read().is_some()
    }
}

/// What the runs of a view need together and what they may take, where that is less.
pub fn over_budget(lanes: &[Lane]) -> Option<(u64, u64)> {
    let facts = || lanes.iter().filter_map(|lane| lane.facts.get());
    let needed: u64 = facts().map(|facts| facts.bytes).sum();
    let budget = facts().map(|facts| facts.budget).min()?;
    (needed > budget).then_some((needed, budget))
}

impl Studio {
    /// Whether all that a view would run fits into memory, or is meant to be tried.
    pub fn fits_in_memory(self, lanes: &[Lane]) -> bool {
        self.beyond_budget.get() || over_budget(lanes).is_none()
    }

    /// Trains on. One view trains at a time: what runs elsewhere is paused, and so is an ensemble.
    pub fn play(self, lane: Lane) {
        self.pause_others(lane.route);
        self.run_on(lane);
    }

    /// Trains on. A fit by itself settles at its best moment, unless it is beyond that; in a race all go on, so that it is seen who
    /// overfits.
    pub(super) fn run_on(self, lane: Lane) {
        let run = lane.run.get_value();
        let alone = self.fits.iter().filter(|fit| fit.on.get_untracked()).count() == 1;
        let settles = self.fit_of(lane).is_some() && alone && self.settles.get_untracked();
        self.send(&Request::Play { run, settles }, None);
    }

    pub fn step_once(self, lane: Lane) {
        self.pause_others(lane.route);
        let run = lane.run.get_value();
        self.send(&Request::Step { run, steps: 1 }, None);
    }

    pub fn pause(self, lane: Lane) {
        lane.pausing.set(true);
        let run = lane.run.get_value();
        self.send(&Request::Pause { run }, None);
    }

    /// Pauses a run if there is one, also where it was only asked to run: the worker takes one request after the other.
    pub(super) fn hold(self, lane: Lane) {
        let run = lane.run.get_value();
        if run > 0 {
            lane.pausing.set(lane.is_busy_untracked());
            self.send(&Request::Pause { run }, None);
        }
    }

    pub(super) fn pause_others(self, route: Route) {
        self.pause_ensemble();
        for lane in self.lanes() {
            if lane.route != route && lane.is_busy_untracked() {
                self.pause(lane);
            }
        }
    }

    /// Frees a run, and takes its lane back to before the start.
    pub(super) fn drop_run(self, lane: Lane) {
        let run = lane.run.get_value();
        self.send(&Request::Drop { run }, None);
        lane.run.set_value(0);
        lane.clear();
    }

    /// The result as a PNG file, to save.
    pub fn download(self, lane: Lane) {
        let run = lane.run.get_value();
        self.send(&Request::Result { run }, None);
    }
}
