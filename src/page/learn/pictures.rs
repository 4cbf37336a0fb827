//! The two pictures that the untrained network draws: under the soft mask, and by masking alone.

use leptos::prelude::*;

use crate::page::layer::Layer;
use crate::page::state::Studio;
use crate::page::text;
use crate::worker::protocol::{MaskOnly, RunState, View};

#[component]
pub fn Pictures(studio: Studio) -> impl IntoView {
    let learning = studio.learning;
    let lane = learning.lane;
    let started = move || lane.step.get() > 0;
    let waiting = move || match lane.state.get() {
        RunState::Idle => text::LEARN_WAITING_START,
        RunState::Failed => text::LEARN_FAILED,
        _ => text::WAITING_RESULT,
    };
    let soft_note = move || (!started()).then(|| waiting().to_owned());
    let masked_note = move || match learning.drawn.get() {
        _ if !started() => Some(waiting().to_owned()),
        None => Some(text::MASK_ONLY_SOON.to_owned()),
        Some((_, _, MaskOnly::Drawn { .. })) => None,
        Some((_, _, MaskOnly::Dead)) => Some(text::MASK_ONLY_DEAD.to_owned()),
        Some((_, _, MaskOnly::Failed(message))) => Some(message),
    };
    let keep = move || text::mask_only_title(learning.keep.get());
    let caption = move || match learning.drawn.get() {
        Some((step, _, MaskOnly::Drawn { psnr })) => text::mask_only_caption(step, psnr),
        _ => text::MASK_ONLY_HINT.to_owned(),
    };
    view! {
        <div class="pair">
            <Drawn studio view=View::Result id="soft" title=Signal::stored(text::SOFT_TITLE.to_owned())
                note=Signal::derive(soft_note) caption=Signal::stored(text::SOFT_HINT.to_owned()) />
            <Drawn studio view=View::MaskOnly id="masked" title=Signal::derive(keep)
                note=Signal::derive(masked_note) caption=Signal::derive(caption) />
        </div>
    }
}

/// A picture, or in its place the reason why there is none.
#[component]
fn Drawn(
    studio: Studio,
    view: View,
    id: &'static str,
    title: Signal<String>,
    note: Signal<Option<String>>,
    caption: Signal<String>,
) -> impl IntoView {
    let lane = studio.learning.lane;
    let (width, height) = (
        move || lane.facts.read().as_ref().map_or(4, |facts| facts.width).to_string(),
        move || lane.facts.read().as_ref().map_or(3, |facts| facts.height).to_string(),
    );
    let class = Signal::derive(move || if note.read().is_some() { "layer off" } else { "layer" });
    view! {
        <figure class="drawn" id=id>
            <h2>{title}</h2>
            <div class="frame" style:--w=width style:--h=height>
                // New elements for each worker.
                <For each=move || [studio.session.get()] key=|key| *key
                    children=move |_| view! { <Layer studio lane view class /> } />
                {move || note.get().map(|note| view! { <p class="note">{note}</p> })}
            </div>
            <figcaption class="hint">{caption}</figcaption>
        </figure>
    }
}
