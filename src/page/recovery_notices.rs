//! What is told of recovery.

use leptos::prelude::*;

use super::state::Studio;
use super::text;

/// The question whether to go on, and what was mended.
#[component]
pub fn RecoveryNotices(studio: Studio) -> impl IntoView {
    let recovery = studio.recovery;
    let offer = move || {
        recovery.offer.get().map(|offer| {
            let (words, declined) = (offer.words(), offer.clone());
            view! {
                <div class="notice" id="continue" role="status">
                    <p><strong>{text::CONTINUE_TITLE}</strong>" "{words}</p>
                    <p class="actions">
                        <button type="button" class="primary" id="go-on" on:click=move |_| studio.go_on(offer.clone())>
                            {text::CONTINUE}
                        </button>
                        <button type="button" id="discard" on:click=move |_| studio.discard(&declined)>
                            {text::DISCARD}
                        </button>
                    </p>
                </div>
            }
        })
    };
    let news = move || {
        recovery.news.get().map(|news| {
            view! {
                <div class="notice" id="news" role="status">
                    <p>{news}</p>
                    <p class="actions">
                        <button type="button" class="plain" on:click=move |_| recovery.news.set(None)>
                            {text::DISMISS}
                        </button>
                    </p>
                </div>
            }
        })
    };
    view! {
        {offer}
        {news}
    }
}
