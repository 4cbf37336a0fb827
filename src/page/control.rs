//! A button that runs, pauses and goes on with something of several runs, its reset, and how far it is.

use leptos::callback::UnsyncCallback;
use leptos::prelude::*;
use web_sys::MouseEvent;

use super::text;

/// How it stands.
#[derive(Clone, PartialEq)]
pub struct Standing {
    pub words: String,
    /// It cannot go on.
    pub failed: bool,
    pub step: u64,
    pub steps: u64,
}

#[component]
pub fn Control(
    run_id: String,
    reset_id: String,
    #[prop(into)] label: Signal<&'static str>,
    /// Behind the buttons' words, for those who do not see where they stand.
    #[prop(optional)]
    of: String,
    /// Whether the buttons can be pressed.
    #[prop(into)]
    runs: Signal<bool>,
    #[prop(into)] resets: Signal<bool>,
    #[prop(into)] toggle: UnsyncCallback<MouseEvent>,
    #[prop(into)] reset: UnsyncCallback<MouseEvent>,
    #[prop(into)] standing: Signal<Standing>,
    /// The name of the progress bar.
    progress: String,
    /// Further buttons.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="transport">
            <div class="buttons">
                <button type="button" class="primary" id=run_id disabled=move || !runs.get() on:click=move |event| toggle.run(event)>
                    {label}<span class="for-readers">{of.clone()}</span>
                </button>
                <button type="button" id=reset_id disabled=move || !resets.get() on:click=move |event| reset.run(event)>
                    {text::RESET}<span class="for-readers">{of.clone()}</span>
                </button>
                {children.map(|children| children())}
            </div>
            <div class="how-far">
                <p>
                    <span class:bad=move || standing.read().failed>{move || standing.read().words.clone()}</span>
                    <span>{move || standing.with(|standing| text::step_of(standing.step, standing.steps))}</span>
                </p>
                <progress aria-label=progress max=move || standing.read().steps.to_string()
                    value=move || standing.read().step.to_string()></progress>
            </div>
        </div>
    }
}
