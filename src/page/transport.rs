//! Start, pause, step, reset, save; and how far the run is.

use leptos::prelude::*;

use super::state::Studio;
use super::text;
use crate::worker::protocol::RunState;

#[component]
pub fn Transport(studio: Studio) -> impl IntoView {
    let running = move || studio.state.get() == RunState::Running;
    let main_label = move || match studio.state.get() {
        RunState::Running if studio.pausing.get() => text::PAUSING,
        RunState::Running => text::PAUSE,
        RunState::Paused => text::RESUME,
        _ => text::START,
    };
    let waits = move || studio.state.get() == RunState::Compiling || studio.pausing.get();
    let toggle = move |_| if running() { studio.pause() } else { studio.play() };
    let has_result = move || studio.step.get() > 0;
    let state = move || match (studio.state.get(), studio.compiled.get()) {
        (RunState::Compiling, (done, total)) if total > 0 => text::compiling(done, total),
        (state, _) => text::state(state).to_owned(),
    };
    let steps = move || text::step_of(studio.step.get(), studio.setup.get().steps);
    view! {
        <div class="transport">
            <div class="buttons">
                <button type="button" class="primary" id="start"
                    disabled=move || !studio.can_step() || waits() on:click=toggle>
                    {main_label}
                </button>
                <button type="button" id="step" title=text::STEP_HINT
                    disabled=move || !studio.can_step() || studio.is_busy() on:click=move |_| studio.step_once()>
                    {text::STEP}
                </button>
                <button type="button" id="reset" disabled=move || studio.state.get() == RunState::Idle
                    on:click=move |_| studio.reset()>
                    {text::RESET}
                </button>
                <button type="button" id="download" disabled=move || !has_result() on:click=move |_| studio.download()>
                    {text::DOWNLOAD}
                </button>
            </div>
            <div class="how-far">
                <p><span id="state" data-state=move || format!("{:?}", studio.state.get())>{state}</span>
                    <span class="quiet" id="steps-done">{steps}</span></p>
                <progress max=move || studio.setup.get().steps.to_string()
                    value=move || studio.step.get().to_string() aria-label=text::PROGRESS></progress>
            </div>
        </div>
    }
}
