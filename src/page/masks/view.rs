//! How the view is put together.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;

use super::card::MaskCard;
use super::compare::CompareCard;
use super::{Entry, Gallery};
use crate::page::address_field::AddressField;
use crate::page::notices::Notices;
use crate::page::route::Route;
use crate::page::state::Studio;
use crate::page::text;

#[component]
pub fn Masks(studio: Studio) -> impl IntoView {
    let gallery = studio.gallery;
    // Another tab may have added some meanwhile.
    studio.look_for_masks();
    studio.fill_gallery();
    let of = move |own: bool| {
        let all = gallery.entries.get();
        all.into_iter()
            .filter(|entry| entry.is_own() == own)
            .collect::<Vec<_>>()
    };
    let shelf = move |own: bool| {
        view! {
            <div class="shelf">
                <For each=move || of(own) key=|entry| entry.slot children=move |entry| view! { <MaskCard studio entry /> } />
            </div>
        }
    };
    let empty = move || of(true).is_empty();
    let nothing = move || {
        if gallery.looked.get() {
            text::NO_OWN_MASKS
        } else {
            text::LOOKING_FOR_MASKS
        }
    };
    view! {
        <section class="masks" aria-label=text::MASKS_WORK>
            <div class="masks-top">
                <Notices studio lanes=Signal::stored(Vec::new()) />
                <p class="intro">{text::MASKS_INTRO}</p>
                {move || studio.is_busy().then(|| view! { <p class="notice">{text::DRAWING_LATER}</p> })}
            </div>
            <section aria-labelledby="presets-title">
                <h2 id="presets-title">{text::PRESETS}</h2>
                {shelf(false)}
            </section>
            <section aria-labelledby="own-title">
                <h2 id="own-title">{text::OWN_MASKS}</h2>
                <ImportCard studio />
                <Removed studio />
                <Show when=empty>
                    <div class="card empty-shelf" id="no-own-masks">
                        <p>{nothing}</p>
                        <p><a href=move || Route::Learn.address() on:click=move |event| {
                            event.prevent_default();
                            studio.go(Route::Learn);
                        }>{text::LEARN_ONE}</a></p>
                    </div>
                </Show>
                {shelf(true)}
            </section>
            <CompareCard studio />
            <p class="for-readers" role="status">{move || gallery.said.get()}</p>
        </section>
    }
}

/// Masks from files and from addresses.
#[component]
fn ImportCard(studio: Studio) -> impl IntoView {
    let Gallery { importing, refused, .. } = studio.gallery;
    let take = move |event: web_sys::Event| {
        let input = event
            .target()
            .and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        let Some(input) = input else { return };
        if let Some(files) = input.files() {
            for file in (0..files.length()).filter_map(|place| files.get(place)) {
                studio.import_mask(file, None);
            }
        }
        // So that the same file can be chosen again.
        input.set_value("");
    };
    let problem = move || {
        refused.get().map(|problem| {
            view! {
                <div class="notice fault" role="alert" id="import-problem">
                    <p>{problem}</p>
                    <p class="actions">
                        <button type="button" class="plain" on:click=move |_| refused.set(None)>{text::DISMISS}</button>
                    </p>
                </div>
            }
        })
    };
    view! {
        <section class="card import" aria-labelledby="import-title">
            <h2 id="import-title">{text::IMPORT}</h2>
            <label class="row-card own">
                <input type="file" id="import-file" multiple on:change=take />
                <span class="plus" aria-hidden="true">"+"</span>
                <span>
                    <span class="row-title">{text::MASK_OWN}</span>
                    <span class="row-hint">{text::IMPORT_HINT}</span>
                </span>
            </label>
            <AddressField id="import" hint=text::MASK_ADDRESS_HINT load=move |address| studio.import_mask_from(address) />
            <p class="facts" id="importing" role="status">{move || importing.get()}</p>
            {problem}
        </section>
    }
}

/// What was deleted last, which can be undone.
#[component]
fn Removed(studio: Studio) -> impl IntoView {
    let removed = studio.gallery.removed;
    let notice = move |entry: Entry| {
        let undo = NodeRef::<html::Button>::new();
        // The button that had the focus is gone with its card.
        undo.on_load(|button| {
            let _ = button.focus();
        });
        view! {
            <div class="notice" id="removed">
                <p>{text::mask_removed(&entry.title.get_untracked())}</p>
                <p class="actions">
                    <button type="button" class="primary" id="undo" node_ref=undo on:click=move |_| studio.undo_removal()>
                        {text::UNDO}
                    </button>
                    <button type="button" class="plain" on:click=move |_| removed.set(None)>{text::DISMISS}</button>
                </p>
            </div>
        }
    };
    move || removed.get().map(notice)
}
