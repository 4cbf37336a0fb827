//! A table of contents. Its links do not change the address, whose part behind `#` would be lost with the next choice.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, MouseEvent};

use super::spec::FIGURES;
use crate::page::text;

/// The id of a section's heading.
pub fn heading(place: usize) -> String {
    format!("how-{}", place + 1)
}

#[component]
pub fn Contents() -> impl IntoView {
    let titles = FIGURES.map(|figure| text::section(figure).title);
    let all = titles.into_iter().chain([text::LIMITS_TITLE, text::SOURCES_TITLE]);
    let entry = |(place, title): (usize, &'static str)| {
        let follow = move |event: MouseEvent| {
            event.prevent_default();
            go_to(&heading(place));
        };
        view! { <li><a href=format!("#{}", heading(place)) on:click=follow>{title}</a></li> }
    };
    view! {
        <nav class="contents" aria-labelledby="how-contents">
            <h2 id="how-contents">{text::CONTENTS}</h2>
            <ol>{all.enumerate().map(entry).collect_view()}</ol>
        </nav>
    }
}

/// Scrolls to a heading and moves the keyboard there.
fn go_to(id: &str) {
    let document = web_sys::window().and_then(|window| window.document());
    let found = document.and_then(|document| document.get_element_by_id(id));
    if let Some(heading) = found.and_then(|found| found.dyn_into::<HtmlElement>().ok()) {
        heading.scroll_into_view();
        // It is scrolled to already; without the focus only the keyboard stays behind.
        let _ = heading.focus();
    }
}
