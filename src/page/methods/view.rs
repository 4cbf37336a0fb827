//! How the view is put together.

use leptos::prelude::*;

use super::card::MethodCard;
use super::choices::Choices;
use super::glossary::Glossary;
use super::table::Table;
use super::transfer::Transfer;
use super::{Arm, Status};
use crate::page::control::{Control, Standing};
use crate::page::notices::{EngineNotice, Notices};
use crate::page::picture_picker::PicturePicker;
use crate::page::plot::{Curve, Kind as PlotKind, Level, Plot};
use crate::page::settings::{NumberField, Settings};
use crate::page::state::{Engine, Studio};
use crate::page::text;
use crate::worker::protocol::RunFacts;

const PSNR: PlotKind = PlotKind::psnr("methods-psnr");

#[component]
pub fn Methods(studio: Studio) -> impl IntoView {
    let methods = studio.methods;
    // Nobody watches: the device is left to the other views.
    on_cleanup(move || studio.pause_methods());
    let lanes = move || methods.arms().into_iter().map(|arm| arm.lane).collect::<Vec<_>>();
    let measured = move || methods.arms().iter().any(|arm| arm.lane.step.get() > 0);
    let save = move |_| {
        let arms = untrack(|| methods.arms()).into_iter();
        studio.save_curves_of(arms.map(|arm| (name(arm).to_owned(), arm.lane)));
    };
    view! {
        <section class="work methods" aria-label=text::METHODS_WORK id="methods" data-stage=move || stage(studio)>
            <Notices studio lanes=Signal::stored(Vec::new()) />
            <p class="intro">{text::METHODS_INTRO}</p>
            <MethodControl studio />
            <EngineNotice studio />
            <section class="race" aria-label=text::METHODS_SIDE_BY_SIDE>
                <For each=move || methods.arms() key=|arm| arm.place
                    children=move |arm| view! { <MethodCard studio arm /> } />
            </section>
            <Curves studio />
            <Table studio />
            <div class="actions">
                <button type="button" id="save-method-curves" disabled=move || !measured() on:click=save>
                    {text::SAVE_CURVES}
                </button>
            </div>
            <p class="for-readers" role="status">{move || methods.said.get()}</p>
        </section>
        <div class="setup">
            <PicturePicker studio />
            <Choices studio />
            <Settings studio lanes=Signal::derive(lanes) more=text::MORE>
                <NumberField id="method-steps" label=text::METHOD_STEPS low=1 high=1_000_000
                    value=Signal::derive(move || methods.steps.get())
                    set=move |steps| studio.choose_method_steps(steps) />
            </Settings>
        </div>
        <Transfer studio />
        <Glossary />
    }
}

pub fn name(arm: Arm) -> &'static str {
    arm.kind.get().map_or("", text::method)
}

/// What is known of the picture that all fit, once one of them has begun.
pub fn picture_facts(studio: Studio) -> Option<RunFacts> {
    studio.methods.arms().into_iter().find_map(|arm| arm.lane.facts.get())
}

/// A word for tests and styles.
fn stage(studio: Studio) -> &'static str {
    let methods = studio.methods;
    let arms = methods.arms();
    let over = || !arms.is_empty() && arms.iter().all(|arm| arm.is_over());
    let failed = || arms.iter().any(|arm| arm.status() == Status::Failed);
    if methods.active.get() {
        "running"
    } else if methods.lost.get() || (over() && failed()) {
        "failed"
    } else if over() {
        "finished"
    } else if methods.is_begun() {
        "paused"
    } else {
        "idle"
    }
}

/// Start, pause and reset, and how far all of them are.
#[component]
fn MethodControl(studio: Studio) -> impl IntoView {
    let methods = studio.methods;
    let stage = Memo::new(move |_| stage(studio));
    let ready = Memo::new(move |_| {
        let engine = matches!(studio.engine.get(), Engine::Ready { .. });
        engine && studio.picture.read().is_some() && !methods.arms().is_empty()
    });
    let pausing = move || methods.arms().iter().any(|arm| arm.lane.pausing.get());
    let over = Memo::new(move |_| methods.arms().into_iter().all(Arm::is_over));
    let label = move || match stage.get() {
        _ if pausing() => text::PAUSING,
        "running" => text::PAUSE,
        "idle" => text::START,
        _ if over.get() => text::METHODS_AGAIN,
        _ => text::RESUME,
    };
    let toggle = move |_| {
        if methods.active.get_untracked() {
            return studio.pause_methods();
        }
        if over.get_untracked() {
            studio.reset_methods();
        }
        studio.start_methods();
    };
    let standing = move || {
        let arms = methods.arms();
        let current = arms.iter().enumerate().find(|(_, arm)| !arm.is_over());
        let words = match (stage.get(), current) {
            ("running", Some((place, arm))) => text::method_of(place + 1, arms.len(), name(*arm), &words(*arm)),
            _ if methods.lost.get() => text::METHODS_LOST.to_owned(),
            ("failed", _) => text::METHODS_FAILED.to_owned(),
            ("finished", _) => text::FINISHED.to_owned(),
            ("paused", _) => text::PAUSED.to_owned(),
            _ if arms.is_empty() => text::METHODS_NONE.to_owned(),
            _ if ready.get() => text::FIGURE_READY.to_owned(),
            _ => text::FIGURE_NO_ENGINE.to_owned(),
        };
        let each = methods.steps.get();
        let done = |arm: &Arm| if arm.is_over() { each } else { arm.lane.step.get() };
        Standing {
            words,
            failed: stage.get() == "failed",
            step: arms.iter().map(done).sum(),
            steps: each * arms.len().max(1) as u64,
        }
    };
    view! {
        <Control run_id="run-methods".to_owned() reset_id="reset-methods".to_owned() label=Signal::derive(label)
            runs=Signal::derive(move || ready.get() && !pausing())
            resets=Signal::derive(move || stage.get() != "idle") toggle=toggle
            reset=move |_| studio.reset_methods() standing=Signal::derive(standing)
            progress=text::METHODS_PROGRESS.to_owned() />
    }
}

/// What a method is doing, in a few words.
pub fn words(arm: Arm) -> String {
    match arm.status() {
        Status::Making => text::making_mask(arm.making.get()),
        Status::Preparing if arm.lane.compiled.get().1 > 0 => {
            let (done, total) = arm.lane.compiled.get();
            text::compiling(done, total)
        }
        status => text::method_status(status, arm.lane.step.get()),
    }
}

#[component]
fn Curves(studio: Studio) -> impl IntoView {
    let methods = studio.methods;
    let curves = move || {
        let curve = |arm: Arm| {
            let points = arm.lane.points.read();
            Curve {
                name: name(arm).to_owned(),
                style: arm.place,
                points: points.iter().filter_map(|p| Some((p.step as f64, p.psnr?))).collect(),
            }
        };
        methods.arms().into_iter().map(curve).collect::<Vec<_>>()
    };
    let facts = Memo::new(move |_| picture_facts(studio));
    let noisy = move || {
        let value = facts.get()?.observed_psnr?;
        Some(Level {
            value,
            name: text::NOISY_LEVEL,
        })
    };
    let empty = move || match facts.get() {
        Some(facts) if !facts.has_clean => text::NO_PSNR,
        _ => text::NO_POINTS,
    };
    view! {
        <section class="plots" aria-labelledby="method-curves">
            <h2 id="method-curves" class="for-readers">{text::CURVES}</h2>
            <Plot kind=PSNR curves=Signal::derive(curves) level=Signal::derive(noisy) empty=Signal::derive(empty) />
        </section>
    }
}
