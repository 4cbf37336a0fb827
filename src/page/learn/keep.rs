//! The threshold: how much of the network to keep, what that leaves connected, and where the mask can go.

use leptos::callback::UnsyncCallback;
use leptos::prelude::*;

use super::{KEEP_LEAST, KEEP_MOST};
use crate::page::fields::number_in;
use crate::page::masks::Kept;
use crate::page::state::Studio;
use crate::page::text;
use crate::worker::protocol::MaskPurpose;

/// Steps of the slider, each a constant factor.
const STEPS: f64 = 100.0;

/// The fraction at a place of the slider, to four decimals.
fn keep_at(place: f64) -> f64 {
    let keep = KEEP_LEAST * (KEEP_MOST / KEEP_LEAST).powf(place / STEPS);
    (1e4 * keep).round() / 1e4
}

fn place_of(keep: f64) -> f64 {
    (STEPS * (keep / KEEP_LEAST).ln() / (KEEP_MOST / KEEP_LEAST).ln()).round()
}

/// Chooses the fraction that a learned mask keeps.
#[component]
pub fn KeepSlider(keep: RwSignal<f64>, #[prop(into)] choose: UnsyncCallback<f64>) -> impl IntoView {
    let percent = move || text::percent(keep.get());
    let slide = move |event| {
        if let Some(place) = number_in(&event) {
            choose.run(keep_at(place));
        }
    };
    view! {
        <div class="field">
            <label for="keep">{text::KEEP}</label>
            <output for="keep" id="keep-value">{percent}</output>
        </div>
        <input type="range" id="keep" class="wide" min="0" max=STEPS.to_string() step="1" aria-valuetext=percent
            aria-describedby="keep-hint" prop:value=move || place_of(keep.get()).to_string() on:input=slide />
        <p class="hint" id="keep-hint">{text::KEEP_HINT}</p>
    }
}

#[component]
pub fn KeepPane(studio: Studio) -> impl IntoView {
    let learning = studio.learning;
    let sentence = move || match learning.look.read().as_ref() {
        None => view! { <p class="facts" id="connectivity">{text::KEEP_WAITING}</p> }.into_any(),
        Some(look) => {
            let counts = text::mask_facts(look.kept, look.n);
            let (alive, sentence) = (look.alive, look.sentence.clone());
            view! {
                <p class="facts" class:bad=!alive id="connectivity" data-alive=alive.to_string()>
                    {counts}". "{sentence}
                </p>
            }
            .into_any()
        }
    };
    let no_mask = move || !learning.has_mask() || learning.taking.get();
    let dead = move || learning.look.read().as_ref().is_some_and(|look| !look.alive);
    view! {
        <section class="card" aria-labelledby="keep-title">
            <h2 id="keep-title">{text::KEEP_TITLE}</h2>
            <KeepSlider keep=learning.keep choose=move |keep| studio.choose_keep(keep) />
            {sentence}
            <div class="actions">
                <button type="button" class="primary" id="denoise-with" disabled=move || no_mask() || dead()
                    on:click=move |_| studio.take_mask(MaskPurpose::Denoise)>
                    {text::TAKE_TO_DENOISE}
                </button>
                <button type="button" id="save-mask" disabled=no_mask
                    on:click=move |_| studio.take_mask(MaskPurpose::Save)>
                    {text::SAVE_MASK}
                </button>
                <button type="button" id="keep-mask" disabled=no_mask on:click=move |_| studio.take_mask(MaskPurpose::Keep)>
                    {text::KEEP_HERE}
                </button>
            </div>
            <Kept studio told=studio.gallery.from_learner />
        </section>
    }
}
