//! An ensemble of the first fit: further networks trained as it was, and the mean of what all of them return. The worker trains
//! them; here is what was asked of it, and what it told.

use leptos::prelude::*;
use wasm_bindgen::JsValue;

use super::control::{Control, Standing};
use super::lane::Lane;
use super::route::Route;
use super::state::{Engine, Studio};
use super::text;
use crate::train::ensemble::MEMBERS;
use crate::worker::protocol::{EnsembleFacts, EnsembleState, Fault, FaultKind, Request, RunId, RunState, is_past_best};

/// Numbers of networks that are offered.
const CHOICES: [u64; 3] = [3, MEMBERS, 10];

/// The ensemble's state. It is a handful of signals, so it is copied into every component.
#[derive(Clone, Copy)]
pub struct Ensemble {
    /// Networks that are wanted, the first fit among them.
    wanted: RwSignal<u64>,
    /// None before the start.
    pub facts: RwSignal<Option<EnsembleFacts>>,
    /// A pause was asked for, and the step that runs is not over.
    pausing: RwSignal<bool>,
    /// One sentence on what stopped it.
    problem: RwSignal<Option<String>>,
}

impl Ensemble {
    pub fn new() -> Self {
        Self {
            wanted: RwSignal::new(MEMBERS),
            facts: RwSignal::new(None),
            pausing: RwSignal::new(false),
            problem: RwSignal::new(None),
        }
    }

    /// Takes everything back to before the start.
    pub fn clear(self) {
        self.facts.set(None);
        self.pausing.set(false);
        self.problem.set(None);
    }

    pub fn is_busy(self) -> bool {
        self.facts.read().as_ref().is_some_and(EnsembleFacts::is_busy)
    }

    pub fn is_finished(self) -> bool {
        let finished = |facts: &EnsembleFacts| facts.state == EnsembleState::Finished;
        self.facts.read().as_ref().is_some_and(finished)
    }

    /// Whether there is a mean to see.
    pub fn has_mean(self) -> bool {
        self.facts.read().as_ref().is_some_and(|facts| facts.mean.is_some())
    }

    /// Networks in the mean so far, the first fit among them.
    pub fn members(self) -> u64 {
        self.facts.read().as_ref().map_or(1, |facts| facts.members.len() as u64)
    }

    /// Takes what the worker tells.
    pub(super) fn hear(self, facts: EnsembleFacts) {
        // What was told before the worker heard of a pause says nothing of it.
        if !facts.is_busy() {
            self.pausing.set(false);
        }
        self.facts.set(Some(facts));
    }
}

impl Lane {
    /// Whether what the fit returns will not get better by itself.
    fn is_past_best(self) -> bool {
        match self.state.get() {
            RunState::Settled | RunState::Finished => true,
            // After a reload a fit is paused where it ended.
            RunState::Paused => self.step.get() == self.steps.get() || is_past_best(&self.points.read()),
            RunState::Idle | RunState::Compiling | RunState::Running | RunState::Failed => false,
        }
    }
}

impl Studio {
    /// The fit that is the ensemble's first member.
    fn averaged_run(self) -> RunId {
        self.fits[0].lane.run.get_value()
    }

    /// Trains the networks that are missing from the mean. Whatever else trains is paused.
    fn train_ensemble(self) {
        let first = self.fits[0].lane;
        self.pause_others(Route::Denoise);
        if first.is_busy_untracked() {
            self.pause(first);
        }
        self.ensemble.problem.set(None);
        let request = Request::TrainEnsemble {
            run: self.averaged_run(),
            members: self.ensemble.wanted.get_untracked(),
            settles: self.settles.get_untracked(),
        };
        self.send(&request, None);
    }

    /// Pauses the ensemble, where it trains.
    pub(super) fn pause_ensemble(self) {
        if untrack(|| self.ensemble.is_busy()) {
            self.ensemble.pausing.set(true);
            let run = self.averaged_run();
            self.send(&Request::PauseEnsemble { run }, None);
        }
    }

    /// Gives the ensemble up. The fit stays.
    fn drop_ensemble(self) {
        let run = self.averaged_run();
        self.send(&Request::DropEnsemble { run }, None);
        self.ensemble.clear();
    }

    /// What stopped the ensemble. A lost device takes it along.
    pub(super) fn fail_ensemble(self, fault: Fault) {
        if fault.kind != FaultKind::DeviceLost {
            self.ensemble.problem.set(Some(text::ensemble_problem(&fault)));
        } else if self.rebuild() {
            self.recovery.news.set(Some(text::ENSEMBLE_LOST.to_owned()));
        } else {
            self.take_fault(fault);
        }
    }

    /// Saves the mean of so many networks.
    pub(super) fn save_ensemble(self, png: &JsValue, members: u64) {
        let what = text::ensemble_file(&self.setup.read_untracked().seen, members);
        self.save_of_picture(png, "image/png", &what, "png");
    }
}

/// Trains an ensemble and tells how it stands: once the first fit, by itself, has a result to begin with.
#[component]
pub fn EnsembleCard(studio: Studio) -> impl IntoView {
    let first = studio.fits[0].lane;
    let begun = move || studio.ensemble.facts.read().is_some();
    let shown = Memo::new(move |_| studio.fits_on().len() == 1 && (begun() || first.is_past_best()));
    view! {
        <Show when=move || shown.get()>
            <section class="card" id="ensemble" aria-labelledby="ensemble-title">
                <h2 id="ensemble-title">{text::ENSEMBLE}</h2>
                <p>{text::ENSEMBLE_INTRO}</p>
                <CountField studio />
                <EnsembleControl studio />
                <Figures studio />
                {move || studio.ensemble.problem.get().map(|problem| {
                    view! { <p class="facts bad" id="ensemble-problem" role="status">{problem}</p> }
                })}
                <p class="hint">{text::ENSEMBLE_HINT}</p>
            </section>
        </Show>
    }
}

/// Of how many networks the mean is to be.
#[component]
fn CountField(studio: Studio) -> impl IntoView {
    let ensemble = studio.ensemble;
    let choose = move |event| {
        if let Ok(count) = event_target_value(&event).parse() {
            ensemble.wanted.set(count);
        }
    };
    let members = Memo::new(move |_| ensemble.members());
    let option = move |count: u64| {
        view! {
            <option value=count.to_string() prop:selected=move || ensemble.wanted.get() == count
                disabled=move || count < members.get()>{count}</option>
        }
    };
    view! {
        <div class="field">
            <label for="ensemble-count">{text::ENSEMBLE_COUNT}</label>
            <select id="ensemble-count" disabled=move || ensemble.is_busy() on:change=choose>
                {CHOICES.map(option).collect_view()}
            </select>
        </div>
    }
}

#[component]
fn EnsembleControl(studio: Studio) -> impl IntoView {
    let ensemble = studio.ensemble;
    let first = studio.fits[0].lane;
    let state = Memo::new(move |_| ensemble.facts.read().as_ref().map(|facts| facts.state));
    let label = move || match state.get() {
        _ if ensemble.pausing.get() => text::PAUSING,
        Some(EnsembleState::Compiling | EnsembleState::Running) => text::PAUSE,
        Some(EnsembleState::Paused) => text::RESUME,
        None | Some(EnsembleState::Finished) => text::ENSEMBLE_START,
    };
    // The first fit stays in memory.
    let over_budget = Memo::new(move |_| {
        let facts = first.facts.get().filter(|_| !studio.beyond_budget.get())?;
        (2 * facts.bytes > facts.budget).then(|| text::over_budget(2 * facts.bytes, facts.budget))
    });
    let runs = move || {
        let engine = matches!(*studio.engine.read(), Engine::Ready { .. });
        let left = ensemble.members() < ensemble.wanted.get();
        engine && left && !ensemble.pausing.get() && over_budget.with(Option::is_none)
    };
    let toggle = move |_| match untrack(|| ensemble.is_busy()) {
        true => studio.pause_ensemble(),
        false => studio.train_ensemble(),
    };
    let standing = move || {
        let facts = ensemble.facts.read();
        Standing {
            words: facts.as_ref().map_or_else(String::new, text::ensemble_state),
            failed: false,
            step: facts.as_ref().map_or(0, |facts| facts.step),
            steps: first.steps.get(),
        }
    };
    view! {
        <Control run_id="train-ensemble".to_owned() reset_id="reset-ensemble".to_owned() label=Signal::derive(label)
            of=text::OF_ENSEMBLE.to_owned() runs=Signal::derive(runs) resets=Signal::derive(move || state.get().is_some())
            toggle=toggle reset=move |_| studio.drop_ensemble() standing=Signal::derive(standing)
            progress=text::ENSEMBLE_PROGRESS.to_owned()>
            <button type="button" id="download-ensemble" disabled=move || !ensemble.has_mean()
                on:click=move |_| studio.send(&Request::EnsembleResult { run: studio.averaged_run() }, None)>
                {text::ENSEMBLE_DOWNLOAD}
            </button>
        </Control>
        {move || over_budget.get().map(|sentence| view! { <p class="facts bad">{sentence}</p> })}
    }
}

/// How good the mean is, beside its members.
#[component]
fn Figures(studio: Studio) -> impl IntoView {
    let figures = Memo::new(move |_| {
        let facts = studio.ensemble.facts.read();
        let facts = facts.as_ref()?;
        Some((facts.mean?, facts.members.clone()))
    });
    move || {
        let (mean, members) = figures.get()?;
        let psnr = mean.psnr?;
        let missing = mean.psnr_missing.map(|psnr| {
            view! {
                <div>
                    <dt>{text::MISSING_PSNR}</dt>
                    <dd id="ensemble-missing-psnr">{text::decibels(Some(psnr))}</dd>
                </div>
            }
        });
        let alone: Vec<f64> = members.iter().filter_map(|member| member.psnr).collect();
        let gain = alone.first().map(|first| text::ensemble_gain(psnr - first));
        Some(view! {
            <div class="readings">
                <dl>
                    <div>
                        <dt>{text::ENSEMBLE_PSNR}</dt>
                        <dd id="ensemble-psnr">{text::decibels(Some(psnr))}</dd>
                        <dd class="aside">{gain}</dd>
                    </div>
                    <div>
                        <dt>{text::MEMBERS_PSNR}</dt>
                        <dd id="members-psnr">{text::members_psnr(&alone)}</dd>
                    </div>
                    {missing}
                </dl>
            </div>
        })
    }
}
