//! Start, pause, step, reset, save; and how far the run is.

use leptos::prelude::*;

use super::lane::Lane;
use super::state::Studio;
use super::text;
use crate::worker::protocol::RunState;

#[component]
pub fn Transport(
    studio: Studio,
    lane: Lane,
    /// What the view offers beside.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let running = move || lane.state.get() == RunState::Running;
    let main_label = move || match lane.state.get() {
        RunState::Running if lane.pausing.get() => text::PAUSING,
        RunState::Running => text::PAUSE,
        RunState::Paused => text::RESUME,
        _ => text::START,
    };
    let waits = move || lane.state.get() == RunState::Compiling || lane.pausing.get();
    let toggle = move |_| {
        if running() {
            studio.pause(lane)
        } else {
            studio.play(lane)
        }
    };
    let state = move || match (lane.state.get(), lane.compiled.get()) {
        (RunState::Compiling, (done, total)) if total > 0 => text::compiling(done, total),
        (state, _) => text::state(state).to_owned(),
    };
    let steps = move || text::step_of(lane.step.get(), lane.steps.get());
    view! {
        <div class="transport">
            <div class="buttons">
                <button type="button" class="primary" id="start"
                    disabled=move || !studio.can_step(lane) || waits() on:click=toggle>
                    {main_label}
                </button>
                <button type="button" id="step" title=text::STEP_HINT
                    disabled=move || !studio.can_step(lane) || lane.is_busy() on:click=move |_| studio.step_once(lane)>
                    {text::STEP}
                </button>
                <button type="button" id="reset" disabled=move || lane.state.get() == RunState::Idle
                    on:click=move |_| studio.reset(lane)>
                    {text::RESET}
                </button>
                {children.map(|children| children())}
            </div>
            <div class="how-far">
                <p><span id="state" data-state=move || format!("{:?}", lane.state.get())>{state}</span>
                    <span class="quiet" id="steps-done">{steps}</span></p>
                <progress max=move || lane.steps.get().to_string()
                    value=move || lane.step.get().to_string() aria-label=text::PROGRESS></progress>
            </div>
        </div>
    }
}
