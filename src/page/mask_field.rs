//! Choosing a mask from a list: presets, one's own, a file, and where that is offered a fit without one.

use leptos::callback::UnsyncCallback;
use leptos::prelude::*;
use web_sys::File;

use super::mask_slot::{MaskChoice, MaskSlot};
use super::masks::Entry;
use super::picture_picker::take_file;
use super::state::Studio;
use super::text;
use crate::train::Unmasked;

/// Values of choices that are neither a preset's id nor a fit's name.
const NOTHING: &str = "";
const FILE: &str = "own file";

/// Chooses a slot's mask, or `nothing`.
#[component]
pub fn MaskField(
    studio: Studio,
    mask: MaskSlot,
    id: String,
    label: &'static str,
    /// What the option is called that takes none.
    nothing: &'static str,
    /// Whether there is a choice; what is in the slot counts only then.
    on: Signal<bool>,
    /// Whether fits without a mask are offered.
    unmasked: bool,
    /// Takes the choice; a file lies in the slot already.
    #[prop(into)]
    take: UnsyncCallback<Option<MaskChoice>>,
) -> impl IntoView {
    let chosen = Memo::new(move |_| match on.get() {
        true => option_of(studio, mask),
        false => NOTHING.to_owned(),
    });
    let take_own = move |file| {
        mask.take_file(Some(file));
        take.run(Some(MaskChoice::Own));
    };
    let choose = move |event| match event_target_value(&event).as_str() {
        NOTHING => take.run(None),
        // The one that is chosen already.
        FILE => {}
        id => match (Unmasked::named(id), own_file(studio, id)) {
            (Some(fit), _) => take.run(Some(MaskChoice::Unmasked(fit))),
            (_, Some(file)) => take_own(file),
            _ => take.run(Some(MaskChoice::Preset(id.to_owned()))),
        },
    };
    let file = format!("{id}-file");
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <select id=id on:change=choose>
                <option value=NOTHING prop:selected=move || chosen.get() == NOTHING>{nothing}</option>
                <optgroup label=text::MASK><MaskOptions studio mask chosen /></optgroup>
                {unmasked.then(|| view! { <UnmaskedOptions chosen /> })}
            </select>
            <label class="pick own" title=text::FIELD_FILE_HINT>
                <input type="file" id=file aria-label=format!("{}: {label}", text::FIELD_FILE_HINT)
                    on:change=move |event| take_file(&event, take_own) />
                <span aria-hidden="true">"+"</span>
            </label>
        </div>
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
        _ => text::FIELD_FILE_CHOSEN.to_owned(),
    };
    view! {
        {of_presets}
        {move || studio.gallery.own().into_iter().map(of_gallery).collect_view()}
        {move || has_file().then(|| option(FILE.to_owned(), file_name()))}
    }
}
