//! A canvas that hands itself to the worker while it is in the document.

use leptos::html;
use leptos::prelude::*;

use super::lane::Lane;
use super::state::Studio;
use super::text;
use crate::worker::protocol::View;

/// Shows a view of a lane's run. The worker that has it may end, so its parent makes a new one for each session.
#[component]
pub fn Layer(studio: Studio, lane: Lane, view: View, #[prop(into)] class: Signal<&'static str>) -> impl IntoView {
    let canvas = NodeRef::<html::Canvas>::new();
    let number = StoredValue::new(None);
    canvas.on_load(move |element| number.set_value(studio.adopt(lane, view, &element)));
    on_cleanup(move || {
        if let Some(Some(number)) = number.try_get_value() {
            studio.release(number);
        }
    });
    view! {
        <canvas node_ref=canvas class=class data-view=text::view(view) role="img" aria-label=move || studio.view_name(view)
            width="4" height="3"></canvas>
    }
}
