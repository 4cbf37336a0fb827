//! Choosing a mask: presets, none, or a file of one's own.

use leptos::prelude::*;

use super::address_field::AddressField;
use super::mask_slot::{MaskChoice, MaskSlot};
use super::picture_picker::take_file;
use super::state::Studio;
use super::text;
use crate::catalogue::Preset;

#[component]
pub fn MaskPicker(studio: Studio, mask: MaskSlot) -> impl IntoView {
    let (presets, samples) = studio
        .catalogue
        .with_value(|catalogue| (catalogue.presets.clone(), catalogue.samples.clone()));
    let card = move |preset: Preset| {
        let id = StoredValue::new(preset.id.clone());
        let sample = samples.iter().find(|sample| sample.id == preset.learned_on);
        let thumb = sample.map(|sample| format!("static/{}", sample.thumb));
        let learned = sample.map(|sample| text::learned_on(&sample.title));
        let hint = [Some(text::keeps(preset.keep)), learned]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(", ");
        let chosen = move || mask.choice.get() == MaskChoice::Preset(id.get_value());
        view! {
            <button type="button" class="row-card" data-mask=preset.id.clone()
                aria-pressed=move || chosen().to_string()
                on:click=move |_| studio.choose_mask(mask, MaskChoice::Preset(id.get_value()))>
                {thumb.map(|src| view! { <img src=src alt="" width="40" height="40" loading="lazy" /> })}
                <span><span class="row-title">{preset.title.clone()}</span><span class="row-hint">{hint}</span></span>
            </button>
        }
    };
    let dense = move || mask.choice.get() == MaskChoice::Dense;
    let own = move || mask.choice.get() == MaskChoice::Own;
    let facts = move || match (mask.choice.get(), mask.facts.get()) {
        (MaskChoice::Dense, _) => None,
        (_, None) => {
            let words = mask.loading.get().unwrap_or_else(|| text::MASK_LOADING.to_owned());
            Some(view! { <p class="facts">{words}</p> }.into_any())
        }
        (_, Some(facts)) => {
            let counts = text::mask_facts(facts.kept, facts.n);
            let advice = (!facts.alive).then(|| format!(" {}", text::MASK_DEAD));
            Some(
                view! {
                    <p class="facts" class:bad=!facts.alive id="mask-facts">
                        {facts.name}": "{counts}". "{facts.sentence}{advice}
                    </p>
                }
                .into_any(),
            )
        }
    };
    view! {
        <fieldset class="card" disabled=move || studio.is_busy()>
            <legend><h2>{text::MASK}</h2></legend>
            <div class="rows">
                {presets.into_iter().map(card).collect_view()}
                <button type="button" class="row-card" data-mask="dense" aria-pressed=move || dense().to_string()
                    on:click=move |_| studio.choose_mask(mask, MaskChoice::Dense)>
                    <span class="swatch" aria-hidden="true"></span>
                    <span>
                        <span class="row-title">{text::MASK_DENSE}</span>
                        <span class="row-hint">{text::MASK_DENSE_HINT}</span>
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
            <AddressField id="mask" hint=text::MASK_ADDRESS_HINT
                load=move |address| studio.choose_mask(mask, MaskChoice::Address { address, sha256: None }) />
            {facts}
        </fieldset>
    }
}
