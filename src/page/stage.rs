//! The picture: two views of it on either side of a boundary that a person moves. Only the browser's compositor works
//! for the slider; nothing waits for the GPU.

use leptos::prelude::*;

use super::lane::Lane;
use super::layer::Layer;
use super::state::Studio;
use super::text;
use crate::worker::protocol::{RunState, View};

const VIEWS: [View; 3] = [View::Noisy, View::Result, View::Clean];

#[component]
pub fn Stage(studio: Studio, lane: Lane) -> impl IntoView {
    let left = RwSignal::new(View::Noisy);
    let right = RwSignal::new(View::Result);
    let split = RwSignal::new(50_u32);
    let started = move || lane.step.get() > 0;
    let has_clean = move || {
        lane.facts
            .read()
            .as_ref()
            .is_some_and(|facts| facts.noisy_psnr.is_some())
    };
    // A view that is not there yet, or that this picture does not have, gives way to the noisy picture.
    let shown = move |wanted: View| match wanted {
        View::Result if !started() => View::Noisy,
        View::Clean if !has_clean() => View::Noisy,
        view => view,
    };
    let sides = Memo::new(move |_| (shown(left.get()), shown(right.get())));
    let layer = move |view: View| {
        move || match sides.get() {
            (a, _) if a == view => "layer under",
            (_, b) if b == view => "layer over",
            _ => "layer off",
        }
    };
    let compares = move || sides.get().0 != sides.get().1;
    let (width, height) = (
        move || lane.facts.read().as_ref().map_or(4, |facts| facts.width).to_string(),
        move || lane.facts.read().as_ref().map_or(3, |facts| facts.height).to_string(),
    );
    let ready = move || lane.facts.read().is_some();
    let waiting = move || match lane.state.get() {
        RunState::Idle => text::WAITING_START,
        _ => text::WAITING_RESULT,
    };
    let slide = move |event| {
        if let Ok(value) = event_target_value(&event).parse() {
            split.set(value);
        }
    };
    view! {
        <div class="stage">
            <div class="frame" id="frame" class:empty=move || !ready() class:compares=compares
                style:--w=width style:--h=height style:--split=move || format!("{}%", split.get())>
                // New elements for each worker.
                <For each=move || VIEWS.map(|view| (studio.session.get(), view)) key=|key| *key
                    children=move |(_, view)| view! { <Layer studio lane view class=Signal::derive(layer(view)) /> } />
                <span class="corner left">{move || text::view(sides.get().0)}</span>
                <span class="corner right" class:gone=move || !compares()>{move || text::view(sides.get().1)}</span>
                <input type="range" class="split" id="split" min="0" max="100" step="1"
                    aria-label=text::COMPARE_SLIDER prop:value=move || split.get().to_string()
                    disabled=move || !compares() on:input=slide />
                <span class="handle" aria-hidden="true"><span class="grip">"‹ ›"</span></span>
            </div>
            <div class="sides">
                <Side id="left-view" label=text::COMPARE_LEFT side=left has_clean=Signal::derive(has_clean) />
                <p class="hint" class:gone=move || started() || !ready()>{waiting}</p>
                <Side id="right-view" label=text::COMPARE_RIGHT side=right has_clean=Signal::derive(has_clean) />
            </div>
        </div>
    }
}

#[component]
fn Side(id: &'static str, label: &'static str, side: RwSignal<View>, has_clean: Signal<bool>) -> impl IntoView {
    let choose = move |event| {
        let name = event_target_value(&event);
        if let Some(view) = VIEWS.into_iter().find(|view| text::view(*view) == name) {
            side.set(view);
        }
    };
    let option = move |view: View| {
        let name = text::view(view);
        view! {
            <option value=name prop:selected=move || side.get() == view
                disabled=move || view == View::Clean && !has_clean.get()>{name}</option>
        }
    };
    view! {
        <label class="side" for=id>
            <span>{label}</span>
            <select id=id on:change=choose>{VIEWS.map(option).collect_view()}</select>
        </label>
    }
}
