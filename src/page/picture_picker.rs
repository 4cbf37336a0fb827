//! Choosing a picture: samples, or a file of one's own.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{File, HtmlInputElement};

use super::address_field::AddressField;
use super::narrow::Only;
use super::picture_choice::PictureChoice;
use super::state::Studio;
use super::text;
use crate::catalogue::Sample;

/// What the file chooser shows first; the worker decides by the content.
const TYPES: &str = "image/*";

#[component]
pub fn PicturePicker(studio: Studio) -> impl IntoView {
    let samples = studio.catalogue.with_value(|catalogue| catalogue.samples.clone());
    let tile = move |sample: Sample| {
        let id = StoredValue::new(sample.id.clone());
        let chosen = move || studio.picture_choice.get() == PictureChoice::Sample(id.get_value());
        let (name, hint) = (sample.title.clone(), sample.title.clone());
        view! {
            <button type="button" class="tile" data-sample=sample.id.clone() title=hint
                aria-pressed=move || chosen().to_string()
                on:click=move |_| studio.choose_picture(PictureChoice::Sample(id.get_value()))>
                <img src=format!("static/{}", sample.thumb) alt="" width="96" height="96" loading="lazy" />
                <span class="for-readers">{name}</span>
            </button>
        }
    };
    let facts = move || match studio.picture.get() {
        None => studio
            .picture_loading
            .get()
            .unwrap_or_else(|| text::PICTURE_LOADING.to_owned()),
        Some(picture) => {
            let mut sentence = format!("{}, {} × {} pixels.", picture.name, picture.width, picture.height);
            for note in &picture.notes {
                sentence.push(' ');
                sentence.push_str(note);
            }
            if !matches!(studio.picture_choice.get(), PictureChoice::Sample(_)) && studio.setup.read().is_given() {
                sentence.push(' ');
                sentence.push_str(text::OWN_AS_IT_IS);
            }
            sentence
        }
    };
    let narrow = studio.narrow;
    let address = move || {
        view! {
            <AddressField id="picture" hint=text::PICTURE_ADDRESS_HINT
                load=move |address| studio.choose_picture(PictureChoice::Address(address)) />
        }
    };
    view! {
        <fieldset class="card choice-card" disabled=move || studio.is_busy()>
            <legend><h2>{text::PICTURE}</h2></legend>
            <Only narrow when=true>{address}</Only>
            <div class="tiles">
                <label class="tile own" title=text::PICTURE_OWN_HINT class:chosen=move || studio.picture_choice.get() == PictureChoice::Own>
                    <input type="file" id="picture-file" accept=TYPES
                        on:change=move |event| take_file(&event, |file| studio.choose_own_picture(file)) />
                    <span class="plus" aria-hidden="true">"+"</span>
                    <span class="tile-name">{text::PICTURE_OWN}</span>
                </label>
                {samples.into_iter().map(tile).collect_view()}
            </div>
            <p class="facts" id="picture-facts">{facts}</p>
            <p class="hint">{text::PICTURE_DROP}</p>
            <Only narrow when=false>{address}</Only>
        </fieldset>
    }
}

/// Hands over a file input's choice, and empties it, so that the same file can be chosen again.
pub fn take_file(event: &web_sys::Event, take: impl FnOnce(File)) {
    let input = event
        .target()
        .and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
    if let Some(input) = input {
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            take(file);
        }
        input.set_value("");
    }
}
