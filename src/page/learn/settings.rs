//! Which learner, how long, and what it aims at.

use leptos::prelude::*;

use super::{KEEP_LEAST, KEEP_MOST};
use crate::page::fields::number_in;
use crate::page::mask_field::MaskField;
use crate::page::mask_slot::MaskChoice;
use crate::page::settings::StepsField;
use crate::page::state::Studio;
use crate::page::text;
use crate::train::Learner;

#[component]
pub fn LearnerSettings(studio: Studio) -> impl IntoView {
    let learning = studio.learning;
    let choice = move |learner: Learner, id: &'static str, label: &'static str| {
        view! {
            <label class="choice">
                <input type="radio" name="learner" id=id prop:checked=move || learning.learner.get() == learner
                    on:change=move |_| studio.choose_learner(learner) />
                <span>{label}</span>
            </label>
        }
    };
    let hint = move || match learning.learner.get() {
        Learner::Fast => text::LEARNER_FAST_HINT,
        Learner::Paper => text::LEARNER_PAPER_HINT,
    };
    let choose = move |event| {
        if let Some(percent) = number_in(&event) {
            studio.choose_target((percent / 100.0).clamp(KEEP_LEAST, KEEP_MOST));
        }
    };
    let take =
        move |choice: Option<MaskChoice>| studio.choose_mask(learning.start, choice.unwrap_or(MaskChoice::DENSE));
    let start = move || {
        let read = learning.start.facts.read().is_some();
        let words = read.then(|| text::learn_start(learning.start_seed()));
        words.map(|words| view! { <p class="facts" id="start-facts">{words}</p> })
    };
    let percent = |keep: f64| text::trimmed(100.0 * keep, 2);
    view! {
        <fieldset class="card" disabled=move || studio.is_busy()>
            <legend><h2>{text::LEARNER}</h2></legend>
            <div class="choices" role="radiogroup" aria-label=text::LEARNER>
                {choice(Learner::Fast, "learner-fast", text::LEARNER_FAST)}
                {choice(Learner::Paper, "learner-paper", text::LEARNER_PAPER)}
            </div>
            <p class="hint">{hint}</p>
            <div class="field">
                <label for="target">{text::TARGET}</label>
                <input type="number" id="target" min=percent(KEEP_LEAST) max=percent(KEEP_MOST) step="0.5"
                    inputmode="decimal" prop:value=move || percent(learning.target.get()) on:change=choose />
            </div>
            <MaskField studio mask=learning.start id="start-from".to_owned() label=text::LEARN_START
                nothing=text::LEARN_START_NOTHING on=Signal::derive(move || learning.starts_from_mask())
                unmasked=false take=take />
            {start}
            <StepsField studio lanes=Signal::stored(vec![learning.lane]) />
        </fieldset>
    }
}
