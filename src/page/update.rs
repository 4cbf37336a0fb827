//! Offers the new version of the page that the service worker has ready. The script beside the document, `offline.js`, tells
//! of it and takes it; without a service worker nothing is ever told.

use leptos::prelude::*;
use web_sys::Event;

use super::state::Studio;
use super::text;

/// There is a new version; the browser gets it with a reload, which must not interrupt what runs.
#[component]
pub fn UpdateNotice(studio: Studio) -> impl IntoView {
    let ready = RwSignal::new(false);
    let blocked = RwSignal::new(false);
    for (name, signal) in [("oes-update", ready), ("oes-update-blocked", blocked)] {
        let listens = window_event_listener_untyped(name, move |_| signal.set(true));
        on_cleanup(move || listens.remove());
    }
    let take = move |_| {
        blocked.set(false);
        let told = Event::new("oes-take-update").and_then(|event| window().dispatch_event(&event));
        if let Err(error) = told {
            web_sys::console::error_1(&error);
        }
    };
    let words = move || {
        if blocked.get() {
            text::UPDATE_BLOCKED
        } else {
            text::UPDATE
        }
    };
    move || {
        (ready.get() && !studio.is_busy()).then(|| {
            view! {
                <div class="notice" id="update" role="status">
                    <p>{words}</p>
                    <p class="actions">
                        <button type="button" class="primary" id="take-update" on:click=take>{text::UPDATE_TAKE}</button>
                        <button type="button" class="plain" on:click=move |_| ready.set(false)>{text::DISMISS}</button>
                    </p>
                </div>
            }
        })
    }
}
