//! Fits side by side: who takes part, and how they stand.

use leptos::prelude::*;

use super::fits::Fit;
use super::layer::Layer;
use super::mask_field::MaskField;
use super::plot::Key;
use super::state::Studio;
use super::text;
use crate::worker::protocol::{RunState, View};

/// Chooses the rivals.
#[component]
pub fn RaceCard(studio: Studio) -> impl IntoView {
    let rivals = studio.fits.into_iter().skip(1).zip(text::RIVALS);
    let fields = rivals
        .map(|(fit, label)| view! { <RivalField studio fit label /> })
        .collect_view();
    view! {
        <fieldset class="card" disabled=move || studio.is_busy()>
            <legend><h2>{text::RACE}</h2></legend>
            {fields}
            <p class="hint">{text::RACE_HINT}</p>
        </fieldset>
    }
}

#[component]
fn RivalField(studio: Studio, fit: Fit, label: &'static str) -> impl IntoView {
    let take = move |choice| match choice {
        Some(choice) => studio.enter(fit, choice),
        None => studio.leave(fit),
    };
    let facts = move || {
        let facts = fit.mask.facts.read();
        let facts = facts.as_ref().filter(|_| fit.on.get())?;
        let dead = (!facts.alive).then(|| facts.sentence.clone());
        dead.map(|sentence| view! { <p class="facts bad">{sentence}</p> })
    };
    view! {
        <MaskField studio mask=fit.mask id=format!("rival-{}", fit.place) label nothing=text::NO_RIVAL
            on=Signal::derive(move || fit.on.get()) unmasked=true take=take />
        {facts}
    }
}

/// The fits' pictures side by side with how they stand; nothing where there is only one.
#[component]
pub fn RaceRow(studio: Studio) -> impl IntoView {
    let racing = Memo::new(move |_| studio.fits_on().len() > 1);
    let figures = move || {
        let figure = |fit: Fit| view! { <Racer studio fit /> };
        studio.fits_on().into_iter().map(figure).collect_view()
    };
    view! {
        <Show when=move || racing.get()>
            <section class="race" id="race" aria-label=text::RACE_ROW>{figures}</section>
        </Show>
    }
}

#[component]
fn Racer(studio: Studio, fit: Fit) -> impl IntoView {
    let lane = fit.lane;
    let started = move || lane.step.get() > 0;
    let psnr = move || {
        let last = lane.points.read().last().copied();
        text::decibels(last.and_then(|point| point.psnr))
    };
    let best = move || text::race_best(fit.best.get());
    let missing = move || {
        let missing = fit.missing.get()?;
        Some(view! { <span class="hint missing">{text::missing_pixels(&missing)}</span> })
    };
    let state = move || match lane.state.get() {
        RunState::Idle => text::WAITING.to_owned(),
        state => format!("{}, {}", text::state(state), text::at_step(lane.step.get())),
    };
    let class = Signal::derive(move || if started() { "layer magnified" } else { "layer off" });
    view! {
        <figure class="racer" data-fit=fit.place.to_string()>
            <div class="frame">
                <For each=move || [studio.session.get()] key=|key| *key
                    children=move |_| view! { <Layer studio lane view=View::Result class /> } />
            </div>
            <figcaption>
                <span class="racer-name plot"><Key style=fit.place />{move || fit.name(studio)}</span>
                <span class="racer-psnr">{psnr}</span>
                <span class="hint">{best}</span>
                {missing}
                <span class="hint">{state}" · "{move || text::speed(lane.steps_per_second.get())}</span>
            </figcaption>
        </figure>
    }
}
