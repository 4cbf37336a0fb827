//! The page's frame, and how it is mounted.

use leptos::prelude::*;

use super::announce::Announcer;
use super::crash::{self, Crash};
use super::drop::listen;
use super::footer::Footer;
use super::header::Header;
use super::mask_picker::MaskPicker;
use super::notices::{EngineNotice, Notices};
use super::picture_picker::PicturePicker;
use super::plot::Plots;
use super::query::Query;
use super::readings::Readings;
use super::settings::Settings;
use super::stage::Stage;
use super::state::Studio;
use super::text;
use super::theme;
use super::transport::Transport;
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
    studio.start_session();
    view! {
        <a class="skip" href="#picture-stage">{text::SKIP}</a>
        <Header studio />
        <main class="layout" class:dragging=move || dragging.get()>
            <section class="work" id="picture-stage" tabindex="-1" aria-label=text::WORK>
                <Crash studio />
                <Notices studio />
                <Stage studio />
                <Transport studio />
                <EngineNotice studio />
                <Readings studio />
                <Plots studio />
            </section>
            <div class="setup">
                <PicturePicker studio />
                <MaskPicker studio />
                <Settings studio />
            </div>
        </main>
        <Footer studio />
        <Announcer studio />
    }
}
