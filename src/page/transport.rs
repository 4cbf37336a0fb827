//! Start, pause, step, reset, and how far it is: for all runs of a view together.

use leptos::prelude::*;

use super::lane::{Lane, joint_state};
use super::notify::NotifyToggle;
use super::state::Studio;
use super::text;
use crate::worker::protocol::RunState;

#[component]
pub fn Transport(
    studio: Studio,
    lanes: Signal<Vec<Lane>>,
    /// Whether it offers to tell of the end, for which the browser asks: not out of another site's page.
    #[prop(optional)]
    notifies: bool,
    /// What the view offers beside.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let state = Memo::new(move |_| lanes.with(|lanes| joint_state(lanes)));
    let pausing = move || lanes.with(|lanes| lanes.iter().any(|lane| lane.pausing.get()));
    let busy = move || matches!(state.get(), RunState::Running | RunState::Compiling);
    let something_runs = Signal::derive(move || busy() || studio.ensemble.is_busy());
    // A dead mask or too little memory keeps all of them back: a race of fewer would not be the one that was asked for.
    let ready = move || {
        lanes.with(|lanes| {
            let open = lanes.iter().any(|lane| lane.is_open());
            let possible = lanes.iter().all(|lane| !lane.is_open() || studio.can_step(*lane));
            let there = lanes.iter().all(|lane| lane.facts.read().is_some());
            open && possible && there && studio.fits_in_memory(lanes)
        })
    };
    let label = move || match state.get() {
        RunState::Running if pausing() => text::PAUSING,
        RunState::Running => text::PAUSE,
        RunState::Paused => text::RESUME,
        RunState::Settled => text::GO_ON,
        _ => text::START,
    };
    let toggle = move |_| {
        let running = state.get_untracked() == RunState::Running;
        for lane in lanes.get_untracked() {
            match lane.state.get_untracked() {
                RunState::Finished | RunState::Failed => {}
                RunState::Running if running => studio.pause(lane),
                _ if running => {}
                _ => studio.play(lane),
            }
        }
    };
    let step_once = move |_| {
        lanes
            .get_untracked()
            .into_iter()
            .for_each(|lane| studio.step_once(lane))
    };
    let reset = move |_| lanes.get_untracked().into_iter().for_each(|lane| studio.reset(lane));
    let untouched = move || lanes.with(|lanes| lanes.iter().all(|lane| lane.state.get() == RunState::Idle));
    let words = move || {
        let compiling = lanes.with(|lanes| {
            let compiled = |lane: &Lane| (lane.state.get() == RunState::Compiling).then(|| lane.compiled.get());
            lanes.iter().find_map(compiled)
        });
        match compiling {
            Some((done, total)) if total > 0 => text::compiling(done, total),
            // Only a fit by itself settles.
            _ if state.get() == RunState::Settled => {
                let returned = lanes.with(|lanes| lanes.first().and_then(|lane| lane.returned()));
                text::settled(returned.map_or(0, |point| point.step))
            }
            _ => text::state(state.get()).to_owned(),
        }
    };
    // Of the slowest.
    let step = move || lanes.with(|lanes| lanes.iter().map(|lane| lane.step.get()).min().unwrap_or(0));
    let steps = move || lanes.with(|lanes| lanes.first().map_or(0, |lane| lane.steps.get()));
    view! {
        <div class="transport">
            <div class="buttons">
                <button type="button" class="primary" id="start"
                    disabled=move || !ready() || state.get() == RunState::Compiling || pausing() on:click=toggle>
                    {label}
                </button>
                <button type="button" id="step" title=text::STEP_HINT disabled=move || !ready() || busy()
                    on:click=step_once>
                    {text::STEP}
                </button>
                <button type="button" id="reset" disabled=untouched on:click=reset>{text::RESET}</button>
                {children.map(|children| children())}
            </div>
            <div class="how-far">
                <p><span id="state" data-state=move || format!("{:?}", state.get())>{words}</span>
                    <span class="quiet" id="steps-done">{move || text::step_of(step(), steps())}</span></p>
                {notifies.then(|| view! { <NotifyToggle studio running=something_runs /> })}
                <progress max=move || steps().to_string() value=move || step().to_string()
                    aria-label=text::PROGRESS></progress>
            </div>
        </div>
    }
}
