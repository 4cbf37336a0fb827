//! Sharing the link: what whoever opens it will see, and what not.

use js_sys::{Function, Object, Promise, Reflect};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::clipboard::copy;
use super::mask_slot::MaskChoice;
use super::picture_choice::PictureChoice;
use super::state::Studio;
use super::text;
use crate::worker::protocol::Seen;

/// What became of the link.
#[derive(Clone, Copy, PartialEq)]
enum Done {
    Copied,
    Shared,
    /// The browser did not let it be copied: the person can.
    Refused,
}

#[component]
pub fn Share(studio: Studio) -> impl IntoView {
    let done = RwSignal::new(None);
    let with_recipes = RwSignal::new(false);
    let offers_recipes = Memo::new(move |_| studio.fits_on().iter().any(|fit| fit.mask.needs_recipe()));
    let recipes = move || with_recipes.get() && offers_recipes.get();
    let link = Memo::new(move |_| match recipes() {
        true => studio.link_with_recipes(),
        false => studio.link.get(),
    });
    // Another link has not been copied yet.
    Effect::new(move |_| {
        link.track();
        done.set(None);
    });
    let copy_link = move |_| {
        let link = link.get_untracked();
        spawn_local(async move {
            done.set(Some(match copy(&link).await {
                true => Done::Copied,
                false => Done::Refused,
            }));
        });
    };
    let share = move |_| {
        let sheet = share_sheet(&link.get_untracked());
        spawn_local(async move {
            // A person who closes the sheet has not shared; nothing is to be said then.
            if let Some(sheet) = sheet
                && JsFuture::from(sheet).await.is_ok()
            {
                done.set(Some(Done::Shared));
            }
        });
    };
    let said = move || {
        done.get().map(|done| match done {
            Done::Copied => text::SHARE_COPIED,
            Done::Shared => text::SHARE_DONE,
            Done::Refused => text::SHARE_REFUSED,
        })
    };
    let seen = move || match studio.picture_choice.get() {
        PictureChoice::Own => text::SHARE_OWN_PICTURE,
        PictureChoice::Sample(_) | PictureChoice::Address(_) => text::SHARE_PICTURE,
    };
    let mask = move || {
        let fits = studio.fits_on().into_iter().map(|fit| fit.mask);
        let mut masks = fits.chain([studio.learning.start]);
        let own = masks.any(|mask| mask.choice.get() == MaskChoice::Own);
        (own && !recipes()).then_some(text::SHARE_OWN_MASK)
    };
    let painted = move || {
        let painted = matches!(studio.setup.read().seen, Seen::Unpainted { .. });
        painted.then_some(text::SHARE_PAINTED)
    };
    view! {
        <details class="card share" id="share">
            <summary>{text::SHARE}</summary>
            <p>{seen}" "{mask}" "{painted}" "{text::SHARE_NOT}</p>
            <Show when=move || offers_recipes.get()>
                <div class="tick">
                    <input type="checkbox" id="with-recipe" aria-describedby="recipe-hint"
                        prop:checked=move || with_recipes.get()
                        on:change=move |event| with_recipes.set(event_target_checked(&event)) />
                    <label for="with-recipe">{text::SHARE_RECIPE}</label>
                </div>
                <p class="hint" id="recipe-hint">{text::SHARE_RECIPE_HINT}</p>
            </Show>
            <div class="field">
                <label for="link">{text::LINK}</label>
                <input type="text" id="link" readonly prop:value=move || link.get() />
            </div>
            <div class="actions">
                <button type="button" class="primary" id="copy-link" on:click=copy_link>{text::SHARE_COPY}</button>
                {has_share_sheet().then(|| view! {
                    <button type="button" id="share-link" on:click=share>{text::SHARE_SHEET}</button>
                })}
            </div>
            <p class="hint" role="status" id="shared">{said}</p>
        </details>
    }
}

/// The system's own way to share, where the browser has one.
fn share_function() -> Option<(JsValue, Function)> {
    let navigator: JsValue = web_sys::window()?.navigator().into();
    let share = Reflect::get(&navigator, &"share".into()).ok()?.dyn_into().ok()?;
    Some((navigator, share))
}

fn has_share_sheet() -> bool {
    share_function().is_some()
}

fn share_sheet(link: &str) -> Option<Promise> {
    let (navigator, share) = share_function()?;
    let data = Object::new();
    for (key, value) in [("title", text::TITLE), ("url", link)] {
        Reflect::set(&data, &key.into(), &value.into()).ok()?;
    }
    share.call1(&navigator, &data).ok()?.dyn_into().ok()
}
