//! The top of the page: its name, what computes, and the switch between light and dark.

use leptos::prelude::*;

use super::narrow::Only;
use super::route::Views;
use super::state::{Engine, Studio};
use super::{text, theme};

#[component]
pub fn Header(studio: Studio) -> impl IntoView {
    let dark = RwSignal::new(theme::is_dark());
    let label = move || {
        if dark.get() {
            text::THEME_TO_LIGHT
        } else {
            text::THEME_TO_DARK
        }
    };
    let engine = move || match studio.engine.get() {
        Engine::Starting => ("", text::ENGINE_STARTING.to_owned()),
        Engine::Absent => ("", text::ENGINE_ABSENT.to_owned()),
        Engine::Ready { kind, adapter } => text::engine(kind, &adapter),
    };
    let narrow = studio.narrow;
    let top_right = move || {
        view! {
            <div class="top-right">
                <p class="adapter" id="adapter"><span class="quiet">{move || engine().0}</span>" "{move || engine().1}</p>
                <button type="button" class="plain theme" title=text::THEME_HINT on:click=move |_| theme::switch(dark)>
                    <svg viewBox="0 0 24 24" aria-hidden="true">
                        <circle cx="12" cy="12" r="9" />
                        <path d="M12 3a9 9 0 0 1 0 18z" />
                    </svg>
                    <span class="for-readers">{label}</span>
                </button>
            </div>
        }
    };
    view! {
        <header class="top">
            <div class="brand">
                <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
                    <path d="M2 16Q16 0 30 16 16 32 2 16z" />
                    <circle cx="16" cy="16" r="5.5" />
                </svg>
                <div>
                    <h1>{text::TITLE}</h1>
                    <p class="tagline">{text::TAGLINE}</p>
                </div>
            </div>
            <Only narrow when=true>{top_right}</Only>
            <Views studio />
            <Only narrow when=false>{top_right}</Only>
        </header>
    }
}
