//! What `?embed=1` shows, for an iframe in a lecture or an article: the views without the page around them, and of those that
//! train the picture, the button and a curve alone.

use leptos::prelude::*;
use web_sys::Url;

use super::denoise::Plots;
use super::learn::{Curves, Pictures};
use super::notices::Notices;
use super::query::name;
use super::stage::Stage;
use super::state::Studio;
use super::text;
use super::transport::Transport;

/// A fit and its picture.
#[component]
pub fn EmbeddedFit(studio: Studio) -> impl IntoView {
    let lanes = Signal::derive(move || studio.fit_lanes());
    view! {
        <section class="work" aria-label=text::WORK>
            <Notices studio lanes />
            <Stage studio />
            <Transport studio lanes />
            <Plots studio />
        </section>
    }
}

/// A learner and its two pictures.
#[component]
pub fn EmbeddedLearner(studio: Studio) -> impl IntoView {
    let lanes = Signal::stored(vec![studio.learning.lane]);
    view! {
        <section class="work" aria-label=text::LEARN_WORK>
            <Notices studio lanes />
            <Pictures studio />
            <Transport studio lanes />
            <div class="plots"><Curves studio /></div>
        </section>
    }
}

/// The way to the whole page with the same choices.
#[component]
pub fn OpenInFull(studio: Studio) -> impl IntoView {
    let address = move || {
        let link = studio.link.get();
        match Url::new(&link) {
            Ok(url) => {
                url.search_params().delete(name::EMBED);
                url.href()
            }
            Err(_) => link,
        }
    };
    view! {
        <p class="in-full">
            {text::TITLE}" · "
            <a id="in-full" href=address target="_blank" rel="noopener">{text::OPEN_IN_FULL}</a>
        </p>
    }
}
