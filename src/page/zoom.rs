//! The magnifier: one region of the picture, shown large in all pictures in step.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent, PointerEvent};

use super::fields::number_in;
use super::lane::Lane;
use super::layer::Layer;
use super::state::Studio;
use super::text;
use crate::worker::protocol::View;

/// Of the whole picture.
const MOST: f64 = 8.0;
/// How far an arrow key moves, in widths of the region.
const NUDGE: f64 = 0.125;

/// The region: how many times smaller than the picture it is, and its middle, each from 0 to 1.
#[derive(Clone, Copy)]
pub struct Zoom {
    factor: RwSignal<f64>,
    middle: RwSignal<(f64, f64)>,
}

impl Zoom {
    pub fn new() -> Self {
        Self {
            factor: RwSignal::new(1.0),
            middle: RwSignal::new((0.5, 0.5)),
        }
    }

    pub fn is_on(self) -> bool {
        self.factor.get() > 1.0
    }

    /// Left and upper side of the region, in parts of the picture.
    fn corner(self) -> (f64, f64) {
        let size = 1.0 / self.factor.get();
        let (x, y) = self.middle.get();
        let side = |at: f64| (at - size / 2.0).clamp(0.0, 1.0 - size);
        (side(x), side(y))
    }

    fn go_to(self, x: f64, y: f64) {
        let half = 0.5 / self.factor.get_untracked();
        let within = |at: f64| at.clamp(half, 1.0 - half);
        self.middle.set((within(x), within(y)));
    }

    /// For the style sheet: how the pictures are enlarged and moved.
    pub fn factor(self) -> String {
        self.factor.get().to_string()
    }

    pub fn shift(self) -> (String, String) {
        let (left, top) = self.corner();
        let shift = |at: f64| format!("{}%", -100.0 * at * self.factor.get());
        (shift(left), shift(top))
    }
}

/// How much is magnified.
#[component]
pub fn ZoomField(zoom: Zoom) -> impl IntoView {
    let slide = move |event| {
        if let Some(factor) = number_in(&event) {
            zoom.factor.set(factor.clamp(1.0, MOST));
        }
    };
    let shown = move || text::zoom(zoom.factor.get());
    view! {
        <div class="side">
            <label for="zoom">{text::ZOOM}</label>
            <input type="range" id="zoom" min="1" max=MOST.to_string() step="1" aria-valuetext=shown
                prop:value=move || zoom.factor.get().to_string() on:input=slide />
            <output for="zoom">{shown}</output>
        </div>
    }
}

/// The whole picture, small, with the region in it to drag.
#[component]
pub fn Overview(studio: Studio, lane: Lane, zoom: Zoom) -> impl IntoView {
    let point = move |event: &PointerEvent| {
        let target = event
            .current_target()
            .and_then(|target| target.dyn_into::<Element>().ok());
        if let Some(area) = target.map(|target| target.get_bounding_client_rect()) {
            let part = |at: i32, from: f64, size: f64| (f64::from(at) - from) / size.max(1.0);
            zoom.go_to(
                part(event.client_x(), area.left(), area.width()),
                part(event.client_y(), area.top(), area.height()),
            );
        }
    };
    let down = move |event: PointerEvent| {
        if let Some(target) = event
            .current_target()
            .and_then(|target| target.dyn_into::<Element>().ok())
        {
            // Without it a drag ends at the edge.
            let _ = target.set_pointer_capture(event.pointer_id());
        }
        point(&event);
    };
    let moved = move |event: PointerEvent| {
        if event.buttons() != 0 {
            point(&event);
        }
    };
    let key = move |event: KeyboardEvent| {
        let step = NUDGE / zoom.factor.get_untracked();
        let (x, y) = zoom.middle.get_untracked();
        let (x, y) = match event.key().as_str() {
            "ArrowLeft" => (x - step, y),
            "ArrowRight" => (x + step, y),
            "ArrowUp" => (x, y - step),
            "ArrowDown" => (x, y + step),
            _ => return,
        };
        event.prevent_default();
        zoom.go_to(x, y);
    };
    let percent = |part: f64| format!("{}%", 100.0 * part);
    let (left, top) = (move || percent(zoom.corner().0), move || percent(zoom.corner().1));
    let size = move || percent(1.0 / zoom.factor.get());
    view! {
        <div class="overview" id="overview" tabindex="0" role="group" aria-label=text::REGION
            on:pointerdown=down on:pointermove=moved on:keydown=key>
            <For each=move || [studio.session.get()] key=|key| *key
                children=move |_| view! { <Layer studio lane view=View::Noisy class="small" /> } />
            <span class="region" style:left=left style:top=top style:width=size style:height=size></span>
        </div>
    }
}
