//! A mask of the gallery: its picture, what it keeps, how it was made, what it reached, and what can be done with it.

use std::sync::Arc;

use leptos::prelude::*;
use wasm_bindgen::JsValue;

use super::results::Results;
use super::{Drawing, Entry, Reading};
use crate::page::address_of;
use crate::page::learn::hourglass::{HEIGHT, HourglassLegend, WIDTH, hourglass, hourglass_words, layer_table};
use crate::page::state::Studio;
use crate::page::text;
use crate::worker::protocol::MaskFacts;

#[component]
pub fn MaskCard(studio: Studio, entry: Entry) -> impl IntoView {
    let heading = format!("mask-{}", entry.slot);
    let known = move || match entry.reading.get() {
        Reading::Read(facts) => view! { <Facts studio facts=facts.clone() /> <Network entry facts /> }.into_any(),
        Reading::Waiting => view! { <p class="hint">{text::MASK_LOADING}</p> }.into_any(),
        Reading::Refused(message) => view! { <p class="facts bad">{text::MASK_REFUSED}" "{message}</p> }.into_any(),
    };
    let kept = move || entry.kept.get().map(|kept| kept.to_string());
    let unkept =
        move || (entry.kept.get() == Some(false)).then(|| view! { <p class="facts bad">{text::MASK_UNKEPT}</p> });
    view! {
        <article class="card mask-card" data-mask=entry.id() data-kept=kept aria-labelledby=heading>
            <h3 id=heading.clone()>{entry.title}</h3>
            <Picture entry />
            {known}
            {unkept}
            <Results studio entry />
            <Actions studio entry />
        </article>
    }
}

/// What masking alone draws, or why there is nothing to see.
#[component]
fn Picture(entry: Entry) -> impl IntoView {
    let inside = move || match entry.drawing.get() {
        Drawing::Drawn(address) => {
            let title = entry.title;
            view! { <img src=address alt=move || text::drawn_by(&title.get()) /> }.into_any()
        }
        Drawing::Waiting => view! { <p class="note">{text::DRAWING_WAITS}</p> }.into_any(),
        Drawing::Now => view! { <p class="note">{text::DRAWING_NOW}</p> }.into_any(),
        Drawing::Not(reason, again) => {
            let retry = again.then(|| {
                view! {
                    <button type="button" on:click=move |_| entry.drawing.set(Drawing::Waiting)>{text::DRAW_AGAIN}</button>
                }
            });
            view! { <p class="note">{reason}</p> {retry} }.into_any()
        }
    };
    view! {
        <figure class="mask-picture">
            <div>{inside}</div>
            <figcaption class="hint">{text::DRAWN_CAPTION}</figcaption>
        </figure>
    }
}

#[component]
fn Facts(studio: Studio, facts: Arc<MaskFacts>) -> impl IntoView {
    let sample = facts.origin.image.as_ref().and_then(|image| {
        studio.catalogue.with_value(|all| {
            let found = all
                .samples
                .iter()
                .find(|sample| sample.file.rsplit('/').next() == Some(image));
            found.map(|sample| sample.title.clone())
        })
    });
    let row = |(name, value): (&'static str, String)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> };
    let rows = text::mask_rows(&facts, sample.as_deref());
    view! {
        <dl class="pairs facts">{rows.into_iter().map(row).collect_view()}</dl>
        <p class="facts" class:bad=!facts.alive>{facts.sentence.clone()}</p>
    }
}

/// The hourglass with its layers' densities, as in the view Learn.
#[component]
fn Network(entry: Entry, facts: Arc<MaskFacts>) -> impl IntoView {
    let named = move || text::of_fit(text::HOURGLASS_TABLE, &entry.title.get());
    view! {
        <figure class="plot hourglass">
            <figcaption>{text::HOURGLASS_SHORT}</figcaption>
            <svg viewBox=format!("0 0 {WIDTH} {HEIGHT}") role="img" aria-label=hourglass_words(&facts.layers)>
                {hourglass(facts.input, &facts.layers)}
            </svg>
            <HourglassLegend />
            <details>
                <summary>{text::HOURGLASS_TABLE}</summary>
                <div class="scrolls" tabindex="0" role="region" aria-label=named>
                    {layer_table(&facts.layers)}
                </div>
            </details>
        </figure>
    }
}

#[component]
fn Actions(studio: Studio, entry: Entry) -> impl IntoView {
    let unusable = move || !entry.facts().is_some_and(|facts| facts.alive) || studio.is_fitting();
    let preset = entry
        .preset
        .with_value(|preset| preset.as_ref().map(|preset| preset.file.clone()));
    let export = match preset {
        Some(file) => {
            let name = file.rsplit('/').next().unwrap_or_default().to_owned();
            view! { <a class="as-button" href=address_of(&file) download=name>{text::EXPORT}</a> }.into_any()
        }
        None => {
            let save = move |_| {
                if let Some(file) = entry.file.get_value() {
                    studio.save(&JsValue::from(file.clone()), "application/octet-stream", &file.name());
                }
            };
            view! {
                <button type="button" data-do="export" on:click=save>{text::EXPORT}</button>
                <button type="button" data-do="delete" on:click=move |_| studio.remove_mask(entry)>{text::DELETE}</button>
            }
            .into_any()
        }
    };
    view! {
        <div class="actions">
            <button type="button" class="primary" data-do="denoise" disabled=unusable
                on:click=move |_| studio.use_mask(entry, false)>
                {text::TAKE_TO_DENOISE}
            </button>
            <button type="button" data-do="rival" disabled=unusable on:click=move |_| studio.use_mask(entry, true)>
                {text::USE_AS_RIVAL}
            </button>
            {export}
        </div>
        {entry.is_own().then(|| view! { <Rename studio entry /> })}
    }
}

#[component]
fn Rename(studio: Studio, entry: Entry) -> impl IntoView {
    let typed = RwSignal::new(entry.title.get_untracked());
    let take = move || studio.rename_mask(entry, &typed.get_untracked());
    let key = move |event: web_sys::KeyboardEvent| {
        if event.key() == "Enter" {
            take();
        }
    };
    view! {
        <details>
            <summary>{text::RENAME}</summary>
            <div class="address">
                <input type="text" aria-label=text::NEW_NAME maxlength="80" autocomplete="off" prop:value=move || typed.get()
                    on:input=move |event| typed.set(event_target_value(&event)) on:keydown=key />
                <button type="button" data-do="rename" on:click=move |_| take()>{text::RENAME}</button>
            </div>
        </details>
    }
}
