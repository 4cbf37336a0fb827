//! How a figure runs: what is asked of the worker, and what its replies lead to.

use js_sys::Array;
use leptos::prelude::*;
use wasm_bindgen::JsValue;
use web_sys::File;

use super::spec::{ARMS, Arm, FIGURES, Figure, LEVELS, PACE, SIGMA, SIZE, SUBJECT, TARGET, Trains};
use super::{Live, Outcome, Stage, slot_of};
use crate::mask::Scope;
use crate::page::address_of;
use crate::page::lane::Lane;
use crate::page::route::Route;
use crate::page::slots;
use crate::page::state::Studio;
use crate::page::text;
use crate::picture::Noise;
use crate::train::{Learner, Unmasked};
use crate::worker::protocol::{
    FaultKind, Framing, Job, MaskFacts, MaskPurpose, Reply, Request, RunId, RunState, Seen, Setup, SlotId,
};

impl Studio {
    /// Starts a figure, or goes on with it. Whatever else trains is paused.
    pub fn start_figure(self, figure: Figure) {
        self.pause_figures();
        if self.is_busy_untracked() {
            self.how.displaced.set(true);
        }
        self.pause_others(Route::How);
        self.how.active.set(Some(figure));
        self.how.said.set(text::figure_begins(figure.place() + 1));
        self.go_on_with_figure();
    }

    /// Pauses the figure that runs.
    pub fn pause_figures(self) {
        let how = self.how;
        let Some(figure) = how.active.get_untracked() else {
            return;
        };
        how.active.set(None);
        let learner = [how.learner()];
        for lane in how.live(figure).lanes().iter().chain(&learner) {
            self.hold(*lane);
        }
    }

    /// Takes a figure back to before its start.
    pub fn reset_figure(self, figure: Figure) {
        let how = self.how;
        if untrack(|| how.is_active(figure)) {
            self.pause_figures();
        }
        let live = how.live(figure);
        self.drop_runs(live);
        live.stage.set(Stage::Idle);
        match figure {
            Figure::Masking => how.forget_mask(),
            Figure::Shuffling => how.forget_repetitions(),
            _ => {}
        }
    }

    /// Shuffles once more: other draws, and other random weights to start from.
    pub fn repeat_shuffling(self) {
        let how = self.how;
        let live = how.live(Figure::Shuffling);
        let ends = outcomes(live);
        how.earlier.update(|all| all.push(ends));
        how.repetition.update(|repetition| *repetition += 1);
        self.drop_runs(live);
        self.start_figure(Figure::Shuffling);
    }

    /// Looks at the learner's mask at another `keep`; nothing is trained for it.
    pub fn look_at_figure(self, keep: f64) {
        self.how.keep.set(keep);
        let run = self.how.learner().run.get_value();
        self.send(&Request::Look { run, keep }, None);
    }

    /// The run that the active figure has first (tests).
    pub fn figure_run(self) -> Option<RunId> {
        let figure = self.how.active.get_untracked()?;
        Some(self.how.live(figure).lanes()[0].run.get_value())
    }

    fn drop_runs(self, live: Live) {
        live.lanes().iter().for_each(|lane| self.drop_run(*lane));
    }

    /// Asks for the next thing that the active figure needs.
    fn go_on_with_figure(self) {
        let how = self.how;
        let Some(figure) = how.active.get_untracked() else {
            return;
        };
        let live = how.live(figure);
        // The mask is learned on the subject, whatever it is taken to.
        for sample in [SUBJECT, figure.sample()] {
            if !how.read.with_value(|read| read.contains(&sample)) {
                live.stage.set(Stage::Reading);
                return self.read_sample(sample);
            }
        }
        if figure.needs_mask() && !self.has_figure_mask(live) {
            return;
        }
        live.stage.set(Stage::Training);
        for (lane, arm) in live.lanes().iter().zip(figure.arms()) {
            self.go_on_with_run(figure, *lane, *arm);
        }
        self.end_figure(live);
    }

    /// Whether the fits' mask is there; else it is asked for.
    fn has_figure_mask(self, live: Live) -> bool {
        let how = self.how;
        let learner = how.learner();
        let keep = how.keep.get_untracked();
        let kept = how
            .mask
            .with_untracked(|mask| mask.as_ref().is_some_and(|(at, _)| *at == keep));
        if kept || live.lanes().iter().any(|lane| lane.run.get_value() > 0) {
            return true;
        }
        live.stage.set(Stage::Learning);
        if learner.state.get_untracked() == RunState::Finished {
            let request = Request::TakeMask {
                run: learner.run.get_value(),
                keep,
                purpose: MaskPurpose::Explain,
            };
            self.send(&request, None);
        } else {
            how.live(Figure::Masking).stage.set(Stage::Training);
            if learner.state.get_untracked() == RunState::Failed {
                self.drop_run(learner);
            }
            self.go_on_with_run(Figure::Masking, learner, Figure::Masking.arms()[0]);
        }
        false
    }

    fn read_sample(self, id: &'static str) {
        let found = self.catalogue.with_value(|catalogue| catalogue.sample(id).cloned());
        let Some(sample) = found else { return };
        let request = Request::LoadPicture {
            slot: slot_of(id),
            name: sample.title,
            address: Some(address_of(&sample.file)),
        };
        self.send(&request, None);
    }

    /// Makes a run, or lets it take steps if it may.
    fn go_on_with_run(self, figure: Figure, lane: Lane, arm: Arm) {
        match lane.state.get_untracked() {
            _ if lane.run.get_value() == 0 => self.make_run(figure, lane, arm),
            RunState::Idle if lane.facts.read_untracked().is_some() => self.first_step(lane),
            RunState::Paused => self.play_figure(lane),
            _ => {}
        }
    }

    fn make_run(self, figure: Figure, lane: Lane, arm: Arm) {
        let how = self.how;
        let repetition = match figure {
            Figure::Shuffling => how.repetition.get_untracked(),
            _ => 0,
        };
        let job = match arm.trains {
            Trains::Everything => Job::FitUnmasked { fit: Unmasked::Dense },
            Trains::Kept => Job::Fit { mask: slots::FIGURES },
            Trains::Shuffled(what) => Job::FitShuffled {
                mask: slots::FIGURES,
                what,
                seed: repetition,
            },
            Trains::Mask => Job::Learn {
                learner: Learner::Fast,
                keep: TARGET,
                scope: Scope::Global,
                pace: PACE,
                from: None,
            },
        };
        // A smaller size of the address, too, holds here.
        let asked = untrack(|| self.is_size_chosen()).then(|| self.setup.read_untracked().size);
        let setup = Setup {
            framing: Framing::Scale,
            size: asked.map_or(SIZE, |asked| asked.min(SIZE)),
            seen: Seen::Whole,
            noise: Some(Noise::Gaussian { sigma: SIGMA }),
            noise_seed: 0,
            // Elsewhere than where the mask was learned the network is a fresh one.
            init_seed: if figure == Figure::Transfer { 1 } else { repetition },
            levels: LEVELS,
        };
        let request = Request::Create {
            run: self.number(lane),
            picture: slot_of(figure.sample()),
            job,
            steps: lane.steps.get_untracked(),
            setup,
            resumes: false,
            watched: false,
        };
        self.send(&request, None);
    }

    /// One step by itself, which draws the network as it is before any training: that picture is kept.
    fn first_step(self, lane: Lane) {
        if lane == self.how.learner() {
            let keep = self.how.keep.get_untracked();
            self.send(
                &Request::Look {
                    run: lane.run.get_value(),
                    keep,
                },
                None,
            );
            return self.play_figure(lane);
        }
        let run = lane.run.get_value();
        self.send(&Request::Step { run, steps: 1 }, None);
    }

    fn play_figure(self, lane: Lane) {
        let run = lane.run.get_value();
        self.send(&Request::Play { run, settles: false }, None);
    }

    /// Whether a run should go on: it is of the active figure, or learns the mask for it.
    fn is_wanted(self, lane: Lane) -> bool {
        let Some(figure) = self.how.active.get_untracked() else {
            return false;
        };
        let live = self.how.live(figure);
        let learns = *live.stage.read_untracked() == Stage::Learning;
        live.lanes().contains(&lane) || (learns && lane == self.how.learner())
    }

    fn end_figure(self, live: Live) {
        let finished = |lane: &Lane| lane.state.get_untracked() == RunState::Finished;
        if !live.lanes().iter().all(finished) {
            return;
        }
        live.stage.set(Stage::Finished);
        // The learner may have ended for another figure, which then goes on.
        if self.how.active.get_untracked() == Some(live.figure) {
            self.how.active.set(None);
            let words = untrack(|| words(self, live));
            self.how.said.set(text::figure_ends(live.figure.place() + 1, &words));
        }
    }

    pub(in crate::page) fn figure_picture_read(self, slot: SlotId) {
        let samples = FIGURES.map(Figure::sample);
        if let Some(sample) = samples.into_iter().find(|sample| slot_of(sample) == slot) {
            self.how.read.update_value(|read| read.push(sample));
            self.go_on_with_figure();
        }
    }

    pub(in crate::page) fn figure_mask_read(self, facts: MaskFacts) {
        if !facts.alive {
            return self.fail_figure(text::FIGURE_MASK_DEAD.to_owned());
        }
        let keep = self.how.keep.get_untracked();
        self.how.mask.set(Some((keep, facts)));
        self.go_on_with_figure();
    }

    /// The active figure cannot go on.
    pub(in crate::page) fn fail_figure(self, message: String) {
        let Some(figure) = self.how.active.get_untracked() else {
            return;
        };
        self.pause_figures();
        self.how.said.set(text::figure_ends(figure.place() + 1, &message));
        self.how.live(figure).stage.set(Stage::Failed(message));
    }

    /// What concerns a run of a figure, unless that is gone.
    pub(in crate::page) fn hear_of_figure(self, run: RunId, reply: Reply, attachment: &JsValue) {
        let how = self.how;
        let Some((live, lane)) = how.place_of(run) else { return };
        match reply {
            Reply::Created { .. } => {
                lane.hear(reply);
                if self.is_wanted(lane) {
                    self.first_step(lane);
                }
            }
            Reply::State { state, .. } => {
                lane.hear(reply);
                match state {
                    RunState::Paused if self.is_wanted(lane) => self.play_figure(lane),
                    RunState::Finished => {
                        self.end_figure(live);
                        self.go_on_with_figure();
                    }
                    _ => {}
                }
            }
            Reply::Compiling { .. } | Reply::Progress { .. } => lane.hear(reply),
            Reply::Look { look, .. } => how.look.set(Some(look)),
            Reply::MaskOnly {
                step, keep, outcome, ..
            } => how.drawn.set(Some((step, keep, outcome))),
            Reply::MaskFile { name, .. } => self.take_figure_mask(name, attachment),
            Reply::Fault { fault, .. } if fault.kind == FaultKind::DeviceLost => {
                let figure = how.active.get_untracked();
                if !self.rebuild() {
                    self.take_fault(fault);
                }
                if let Some(figure) = figure {
                    let lost = text::FIGURE_DEVICE_LOST.to_owned();
                    how.live(figure).stage.set(Stage::Failed(lost));
                }
            }
            Reply::Fault { fault, .. } => {
                lane.state.set(RunState::Failed);
                live.stage.set(Stage::Failed(fault.message.clone()));
                if self.is_wanted(lane) {
                    self.fail_figure(fault.message);
                }
            }
            _ => {}
        }
    }

    /// Gives the learner's mask back to the worker, as one to fit with.
    fn take_figure_mask(self, name: String, bytes: &JsValue) {
        match File::new_with_buffer_source_sequence(&Array::of1(bytes), &name) {
            Ok(file) => {
                let request = Request::LoadMask {
                    slot: slots::FIGURES,
                    name,
                    address: None,
                    sha256: None,
                    returns: false,
                    recipe: None,
                };
                self.send(&request, Some(file.as_ref()));
            }
            Err(_) => self.fail_figure(text::FIGURE_NO_ROOM.to_owned()),
        }
    }
}

/// How a figure's runs stand.
pub fn outcomes(live: Live) -> [Option<Outcome>; ARMS] {
    live.all.map(|lane| Outcome::of(&lane.points.read_untracked()))
}

/// A figure in a sentence or more, with its numbers.
pub fn words(studio: Studio, live: Live) -> String {
    let how = studio.how;
    if live.figure == Figure::Masking {
        let look = how.look.read();
        return look
            .as_ref()
            .map_or_else(String::new, |look| text::masking_words(look, how.drawn.get().as_ref()));
    }
    let several = live.figure.arms().len() > 1;
    let sentence = |(lane, arm): (&Lane, &Arm)| {
        let outcome = Outcome::of(&lane.points.read())?;
        Some(text::outcome(several.then_some(arm.name), &outcome))
    };
    let arms = live.lanes().iter().zip(live.figure.arms());
    let mut all: Vec<String> = arms.filter_map(sentence).collect();
    let noisy = live.lanes()[0].facts.get().and_then(|facts| facts.observed_psnr);
    all.extend(noisy.filter(|_| !all.is_empty()).map(text::noisy_words));
    all.join(" ")
}
