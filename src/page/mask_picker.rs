//! Choosing a mask: presets, a file of one's own, or none and what is fitted then.

use leptos::prelude::*;

use super::address_field::AddressField;
use super::mask_field::{UnmaskedOptions, option_of};
use super::mask_slot::{MaskChoice, MaskSlot};
use super::masks::Entry;
use super::narrow::Only;
use super::picture_picker::take_file;
use super::state::Studio;
use super::text;
use crate::catalogue::{Made, Preset};
use crate::train::Unmasked;

#[component]
pub fn MaskPicker(studio: Studio, mask: MaskSlot) -> impl IntoView {
    let (presets, samples) = studio
        .catalogue
        .with_value(|catalogue| (catalogue.presets.clone(), catalogue.samples.clone()));
    let card = move |preset: Preset| {
        let id = StoredValue::new(preset.id.clone());
        let mut seen = samples.iter().filter(|sample| preset.has_seen(&sample.id));
        let titles: Vec<&str> = seen.clone().map(|sample| sample.title.as_str()).collect();
        let hint = format!("{}, {}", text::keeps(preset.keep), text::made_on(preset.made, &titles));
        let drawn = match preset.made {
            Made::Learned => seen.next(),
            Made::Searched => None,
        };
        let thumb = drawn.map(|sample| format!("static/{}", sample.thumb));
        let chosen = move || mask.choice.get() == MaskChoice::Preset(id.get_value());
        view! {
            <button type="button" class="row-card" data-mask=preset.id.clone()
                aria-pressed=move || chosen().to_string()
                on:click=move |_| studio.choose_mask(mask, MaskChoice::Preset(id.get_value()))>
                {match thumb {
                    Some(src) => view! { <img src=src alt="" width="40" height="40" loading="lazy" /> }.into_any(),
                    None => view! { <span class="swatch" aria-hidden="true"></span> }.into_any(),
                }}
                <span><span class="row-title">{preset.title.clone()}</span><span class="row-hint">{hint}</span></span>
            </button>
        }
    };
    // One's own of the gallery.
    let is_own = move |entry: Entry| {
        let facts = mask.facts.read();
        let same = facts.as_ref().is_some_and(|facts| entry.is_file(&facts.sha256));
        same && mask.choice.get() == MaskChoice::Own
    };
    let own_card = move |entry: Entry| {
        let choose = move |_| {
            if let Some(file) = entry.named_file() {
                studio.choose_own_mask(mask, file);
            }
        };
        view! {
            <button type="button" class="row-card" data-mask=entry.id()
                aria-pressed=move || is_own(entry).to_string() on:click=choose>
                <span class="swatch" aria-hidden="true"></span>
                <span>
                    <span class="row-title">{entry.title}</span>
                    <span class="row-hint">{text::OF_GALLERY}</span>
                </span>
            </button>
        }
    };
    let unmasked = Memo::new(move |_| mask.choice.get().unmasked());
    let chosen = Memo::new(move |_| option_of(studio, mask));
    let choose_unmasked = move |event| {
        if let Some(fit) = Unmasked::named(&event_target_value(&event)) {
            studio.choose_mask(mask, MaskChoice::Unmasked(fit));
        }
    };
    let own = move || mask.choice.get() == MaskChoice::Own && !studio.gallery.own().into_iter().any(is_own);
    let facts = move || match (mask.choice.get(), mask.facts.get()) {
        (MaskChoice::Unmasked(fit), _) => {
            let words = text::other_network(&fit.other_network()?, None);
            Some(view! { <p class="facts">{words}</p> }.into_any())
        }
        (_, None) => {
            let words = mask.loading.get().unwrap_or_else(|| text::MASK_LOADING.to_owned());
            Some(view! { <p class="facts">{words}</p> }.into_any())
        }
        (_, Some(facts)) => {
            let counts = text::mask_facts(facts.kept, facts.n);
            let advice = (!facts.alive).then(|| format!(" {}", text::MASK_DEAD));
            // What narrow screens leave out where all is well.
            let class = if facts.alive { "in-full-only" } else { "" };
            Some(
                view! {
                    <p class="facts" class:bad=!facts.alive id="mask-facts">
                        {facts.name}": "{counts}". "<span class=class>{facts.sentence}{advice}</span>
                    </p>
                }
                .into_any(),
            )
        }
    };
    let narrow = studio.narrow;
    let address = move || {
        view! {
            <AddressField id="mask" hint=text::MASK_ADDRESS_HINT
                load=move |address| studio.choose_mask(mask, MaskChoice::Address { address, sha256: None }) />
        }
    };
    view! {
        <fieldset class="card choice-card" disabled=move || studio.is_busy()>
            <legend><h2>{text::MASK}</h2></legend>
            <Only narrow when=true>{address}</Only>
            <div class="rows">
                {presets.into_iter().map(card).collect_view()}
                <For each=move || studio.gallery.own() key=|entry| entry.slot children=own_card />
                <button type="button" class="row-card" data-mask="dense" aria-pressed=move || unmasked.get().is_some().to_string()
                    on:click=move |_| studio.choose_mask(mask, MaskChoice::DENSE)>
                    <span class="swatch" aria-hidden="true"></span>
                    <span>
                        <span class="row-title">{text::MASK_NONE}</span>
                        <span class="row-hint">{text::MASK_NONE_HINT}</span>
                    </span>
                </button>
                <label class="row-card own" class:chosen=own>
                    <input type="file" id="mask-file"
                        on:change=move |event| take_file(&event, |file| studio.choose_own_mask(mask, file)) />
                    <span class="plus" aria-hidden="true">"+"</span>
                    <span>
                        <span class="row-title">{text::MASK_OWN}</span>
                        <span class="row-hint">{text::MASK_OWN_HINT}</span>
                    </span>
                </label>
            </div>
            <Show when=move || unmasked.get().is_some()>
                <div class="field">
                    <label for="unmasked">{text::UNMASKED}</label>
                    <select id="unmasked" on:change=choose_unmasked><UnmaskedOptions chosen /></select>
                </div>
            </Show>
            <Only narrow when=false>{address}</Only>
            {facts}
        </fieldset>
    }
}
