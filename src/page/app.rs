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
use super::recovery::RecoveryNotices;
use super::route::{MAIN, Route};
use super::state::Studio;
use super::text;
use super::theme;
use crate::catalogue::Catalogue;
use crate::worker::protocol::{Fault, FaultKind, Request};

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
    let query = Query::of_page(&catalogue);
    let studio = Studio::new(catalogue, &query);
    if query.debug {
        // How browser tests make things fail.
        for name in ["oes-lose-device", "oes-diverge", "oes-panic"] {
            let send = move |_| {
                let run = studio.fits[0].lane.run.get_value();
                let request = match name {
                    "oes-lose-device" => Request::LoseDevice,
                    "oes-diverge" => Request::Diverge { run },
                    _ => Request::Panic,
                };
                studio.send(&request, None);
            };
            let listens = window_event_listener_untyped(name, send);
            on_cleanup(move || listens.remove());
        }
    }
    let dragging = listen(studio);
    studio.follow_history();
    studio.start_session();
    if !query.problems.is_empty() {
        let fault = Fault::new(FaultKind::Link, query.problems.join(" "));
        studio.fault.set(Some(fault));
    }
    studio.keep_address();
    studio.look_for_runs();
    studio.keep_awake();
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
            <RecoveryNotices studio />
            <div class="layout">{shown}</div>
        </main>
        <Footer studio />
        <Announcer studio />
    }
}
