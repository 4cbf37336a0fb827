//! Which learner, how long, and what it aims at.

use leptos::prelude::*;

use super::{KEEP_LEAST, KEEP_MOST};
use crate::mask::Scope;
use crate::page::either::Either;
use crate::page::mask_field::MaskField;
use crate::page::mask_slot::MaskChoice;
use crate::page::settings::{KeepField, StepsField};
use crate::page::state::Studio;
use crate::page::text;
use crate::train::Learner;

#[component]
pub fn LearnerSettings(studio: Studio) -> impl IntoView {
    let learning = studio.learning;
    let learn_as = move |papers| studio.choose_learner(if papers { Learner::Paper } else { Learner::Fast });
    let compare = move |by_layer| studio.choose_scope(if by_layer { Scope::Layer } else { Scope::Global });
    let by_layer = move || learning.scope.get() == Scope::Layer;
    let hint = move || match learning.learner.get() {
        Learner::Fast => text::LEARNER_FAST_HINT,
        Learner::Paper => text::LEARNER_PAPER_HINT,
    };
    let take =
        move |choice: Option<MaskChoice>| studio.choose_mask(learning.start, choice.unwrap_or(MaskChoice::DENSE));
    let start = move || {
        let read = learning.start.facts.read().is_some();
        let words = read.then(|| text::learn_start(learning.start_seed()));
        words.map(|words| view! { <p class="facts" id="start-facts">{words}</p> })
    };
    let by_layer_hint = move || by_layer().then(|| view! { <p class="hint">{text::SCOPE_LAYER_HINT}</p> });
    view! {
        <fieldset class="card" disabled=move || studio.is_busy()>
            <legend><h2>{text::LEARNER}</h2></legend>
            <Either name="learner" label=text::LEARNER
                options=[("learner-fast", text::LEARNER_FAST), ("learner-paper", text::LEARNER_PAPER)]
                second=Signal::derive(move || learning.learner.get() == Learner::Paper) choose=learn_as />
            <p class="hint">{hint}</p>
            <KeepField id="target" label=text::TARGET range=(KEEP_LEAST, KEEP_MOST) keep=learning.target
                set=move |keep| studio.choose_target(keep) />
            <Either name="scope" label=text::SCOPE
                options=[("scope-global", text::SCOPE_GLOBAL), ("scope-layer", text::SCOPE_LAYER)]
                second=Signal::derive(by_layer) choose=compare />
            {by_layer_hint}
            <MaskField studio mask=learning.start id="start-from".to_owned() label=text::LEARN_START
                nothing=text::LEARN_START_NOTHING on=Signal::derive(move || learning.starts_from_mask())
                unmasked=false take=take />
            {start}
            <StepsField studio lanes=Signal::stored(vec![learning.lane]) />
        </fieldset>
    }
}
