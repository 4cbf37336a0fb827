//! Fits side by side: who takes part, and how they stand.

use leptos::prelude::*;
use web_sys::File;

use super::fits::Fit;
use super::layer::Layer;
use super::mask_slot::{MaskChoice, MaskSlot};
use super::masks::Entry;
use super::picture_picker::take_file;
use super::plot::Key;
use super::state::Studio;
use super::text;
use crate::train::Unmasked;
use crate::worker::protocol::{RunState, View};

/// Values of choices that are neither a preset's id nor a fit's name.
const NO_ONE: &str = "";
const FILE: &str = "own file";

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
    let chosen = Memo::new(move |_| match fit.mask.choice.get() {
        _ if !fit.on.get() => NO_ONE.to_owned(),
        _ => option_of(studio, fit.mask),
    });
    let choose = move |event| match event_target_value(&event).as_str() {
        NO_ONE => studio.leave(fit),
        FILE => studio.enter(fit, MaskChoice::Own),
        id => match (Unmasked::named(id), own_file(studio, id)) {
            (Some(unmasked), _) => studio.enter(fit, MaskChoice::Unmasked(unmasked)),
            (_, Some(file)) => studio.enter_with_file(fit, file),
            _ => studio.enter(fit, MaskChoice::Preset(id.to_owned())),
        },
    };
    let option = move |value: &'static str, name: &'static str| {
        view! { <option value=value prop:selected=move || chosen.get() == value>{name}</option> }
    };
    let facts = move || {
        let facts = fit.mask.facts.read();
        let facts = facts.as_ref().filter(|_| fit.on.get())?;
        let dead = (!facts.alive).then(|| facts.sentence.clone());
        dead.map(|sentence| view! { <p class="facts bad">{sentence}</p> })
    };
    let id = format!("rival-{}", fit.place);
    let file = format!("rival-file-{}", fit.place);
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <select id=id.clone() on:change=choose>
                {option(NO_ONE, text::NO_RIVAL)}
                <optgroup label=text::MASK><MaskOptions studio mask=fit.mask chosen /></optgroup>
                <UnmaskedOptions chosen />
            </select>
            <label class="pick own" title=text::RIVAL_FILE_HINT>
                <input type="file" id=file aria-label=text::RIVAL_FILE_HINT
                    on:change=move |event| take_file(&event, |file| studio.enter_with_file(fit, file)) />
                <span aria-hidden="true">"+"</span>
            </label>
        </div>
        {facts}
    }
}

/// Options for all fits without a mask.
#[component]
pub fn UnmaskedOptions(chosen: Memo<String>) -> impl IntoView {
    let option = move |fit: Unmasked| {
        view! {
            <option value=fit.name() prop:selected=move || chosen.get() == fit.name()>{text::unmasked(fit)}</option>
        }
    };
    let group = move |label: &'static str, others: bool| {
        let fits = Unmasked::ALL.into_iter();
        let fits = fits.filter(|fit| fit.other_network().is_some() == others);
        view! { <optgroup label=label>{fits.map(option).collect_view()}</optgroup> }
    };
    view! {
        {group(text::GROUP_WHOLE, false)}
        {group(text::GROUP_NETWORKS, true)}
    }
}

/// The value of the option for a slot's choice.
pub fn option_of(studio: Studio, mask: MaskSlot) -> String {
    match mask.choice.get() {
        MaskChoice::Unmasked(fit) => fit.name().to_owned(),
        MaskChoice::Own => {
            let facts = mask.facts.read();
            let sum = facts.as_ref().map(|facts| facts.sha256.as_str());
            let kept = sum.and_then(|sum| studio.gallery.own_with_sum(sum));
            kept.map_or_else(|| FILE.to_owned(), Entry::id)
        }
        MaskChoice::Address { .. } | MaskChoice::Recipe(_) => FILE.to_owned(),
        MaskChoice::Preset(id) => id,
    }
}

/// The file of an own mask that an option stands for; none of a preset.
pub fn own_file(studio: Studio, option: &str) -> Option<File> {
    untrack(|| studio.gallery.own_with_sum(option)).and_then(Entry::named_file)
}

/// Options for all masks there are, and for the slot's where it is another one.
#[component]
pub fn MaskOptions(studio: Studio, mask: MaskSlot, chosen: Memo<String>) -> impl IntoView {
    let presets = studio.catalogue.with_value(|catalogue| catalogue.presets.clone());
    let option = move |value: String, name: String| {
        let own = value.clone();
        view! { <option value=value prop:selected=move || chosen.get() == own>{name}</option> }
    };
    let of_presets = presets
        .into_iter()
        .map(|preset| option(preset.id, preset.title))
        .collect_view();
    let of_gallery = move |entry: Entry| option(entry.id(), entry.title.get());
    let has_file = move || chosen.get() == FILE;
    let file_name = move || match mask.choice.get() {
        MaskChoice::Recipe(_) => text::RECIPE_MASK.to_owned(),
        _ => text::RIVAL_FILE_CHOSEN.to_owned(),
    };
    view! {
        {of_presets}
        {move || studio.gallery.own().into_iter().map(of_gallery).collect_view()}
        {move || has_file().then(|| option(FILE.to_owned(), file_name()))}
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
