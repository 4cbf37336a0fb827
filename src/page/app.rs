//! The page's frame, and how it is mounted.

use leptos::prelude::*;

use super::about::About;
use super::announce::Announcer;
use super::crash::{self, Crash};
use super::denoise::Denoise;
use super::drop::listen;
use super::footer::Footer;
use super::header::Header;
use super::learn::Learn;
use super::query::Query;
use super::route::{MAIN, Route};
use super::state::Studio;
use super::text;
use super::theme;
use crate::catalogue::Catalogue;
use crate::worker::protocol::Request;

/// Puts the page into the document.
pub fn mount() {
    crash::catch_panics();
    theme::restore();
    match Catalogue::built_in() {
        Ok(catalogue) => leptos::mount::mount_to_body(move || view! { <App catalogue=catalogue.clone() /> }),
        Err(error) => crash::show(&error.to_string()),
    }
}

#[component]
fn App(catalogue: Catalogue) -> impl IntoView {
    let query = Query::of_page();
    let studio = Studio::new(catalogue, &query);
    if query.debug {
        // How browser tests make things fail.
        for (name, request) in [("oes-lose-device", Request::LoseDevice), ("oes-panic", Request::Panic)] {
            let send = window_event_listener_untyped(name, move |_| studio.send(&request, None));
            on_cleanup(move || send.remove());
        }
    }
    let dragging = listen(studio);
    studio.follow_history();
    studio.start_session();
    let route = Memo::new(move |_| studio.route.get());
    let shown = move || match route.get() {
        Route::Denoise => view! { <Denoise studio /> }.into_any(),
        Route::Learn => view! { <Learn studio /> }.into_any(),
        Route::About => view! { <About studio /> }.into_any(),
    };
    view! {
        <a class="skip" href="#main">{text::SKIP}</a>
        <Header studio />
        <main id=MAIN tabindex="-1" aria-label=move || text::route(route.get()) class:dragging=move || dragging.get()>
            <Crash studio />
            <div class="layout">{shown}</div>
        </main>
        <Footer studio />
        <Announcer studio />
    }
}
