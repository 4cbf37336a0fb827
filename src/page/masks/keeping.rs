//! What another view shows of a mask that it gave to the gallery.

use leptos::prelude::*;

use crate::page::route::Route;
use crate::page::state::Studio;
use crate::page::text;

/// Tells what became of the mask, and leads to it.
#[component]
pub fn Kept(studio: Studio, told: RwSignal<Option<String>>) -> impl IntoView {
    let see = move |event: web_sys::MouseEvent| {
        event.prevent_default();
        studio.go(Route::Masks);
    };
    let words = move || {
        let sentence = told.get()?;
        Some(view! { {sentence}" "<a href=Route::Masks.address() on:click=see>{text::SEE_MASKS}</a> })
    };
    view! { <p class="facts kept-mask" role="status">{words}</p> }
}
