//! The page's frame, and how it is mounted.

use leptos::prelude::*;

use super::about::About;
use super::announce::Announcer;
use super::crash::{self, Crash};
use super::denoise::Denoise;
use super::drop::listen;
use super::embed::{EmbeddedFit, EmbeddedLearner, OpenInFull};
use super::footer::Footer;
use super::header::Header;
use super::how::HowItWorks;
use super::learn::Learn;
use super::masks::Masks;
use super::methods::MethodsView;
use super::query::Query;
use super::recovery_notices::RecoveryNotices;
use super::route::{MAIN, Route};
use super::state::Studio;
use super::store;
use super::text;
use super::theme;
use super::update::UpdateNotice;
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
        for name in ["oes-lose-device", "oes-diverge", "oes-spike", "oes-panic"] {
            let send = move |_| {
                let run = studio.figure_run().unwrap_or(studio.fits[0].lane.run.get_value());
                let request = match name {
                    "oes-lose-device" => Request::LoseDevice,
                    "oes-spike" => Request::Disturb { run },
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
    let embed = query.embed;
    if embed {
        store::keep_nothing();
    } else {
        studio.look_for_runs();
        studio.keep_awake();
        studio.notify_of_ends();
    }
    studio.open_gallery();
    let route = Memo::new(move |_| studio.route.get());
    let shown = move || match route.get() {
        Route::Denoise if embed => view! { <EmbeddedFit studio /> }.into_any(),
        Route::Learn if embed => view! { <EmbeddedLearner studio /> }.into_any(),
        Route::Denoise => view! { <Denoise studio /> }.into_any(),
        Route::Learn => view! { <Learn studio /> }.into_any(),
        Route::Masks => view! { <Masks studio /> }.into_any(),
        Route::Methods => view! { <MethodsView studio /> }.into_any(),
        Route::How => view! { <HowItWorks studio /> }.into_any(),
        Route::About => view! { <About studio /> }.into_any(),
    };
    view! {
        {(!embed).then(|| view! {
            <a class="skip" href="#main">{text::SKIP}</a>
            <Header studio />
        })}
        <main id=MAIN tabindex="-1" aria-label=move || text::route(route.get()) class:dragging=move || dragging.get()
            class:embedded=embed>
            {embed.then(|| view! { <h1 class="for-readers">{text::TITLE}</h1> })}
            <Crash studio />
            <RecoveryNotices studio />
            <UpdateNotice studio />
            <div class="layout">{shown}</div>
            {embed.then(|| view! { <OpenInFull studio /> })}
        </main>
        {(!embed).then(|| view! { <Footer studio /> })}
        <Announcer studio />
    }
}
