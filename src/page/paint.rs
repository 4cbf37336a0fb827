//! Painting over the picture before a fit starts: by a brush, or by keyboard a rectangle at a time. What is covered is to be
//! filled in.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, PointerEvent};

use super::fields::number_in;
use super::state::Studio;
use super::text;
use crate::picture::{Frame, Mark, UNITS};
use crate::worker::protocol::Seen;

/// The brush's width, in percent of the picture's longer side.
const WIDEST: f64 = 30.0;
const USUAL: f64 = 6.0;
/// Units in a percent.
const PERCENT: f64 = UNITS as f64 / 100.0;

/// What a person is about to paint.
#[derive(Clone, Copy)]
pub struct Painting {
    studio: Studio,
    /// Percent.
    width: RwSignal<f64>,
    /// The stroke whose end the pointer is.
    drawing: RwSignal<Option<Mark>>,
    /// The last one that was known: while a run is made anew there is none.
    frame: Memo<Option<Frame>>,
}

impl Painting {
    pub fn new(studio: Studio) -> Self {
        let facts = studio.fits[0].lane.facts;
        let frame = Memo::new(move |last: Option<&Option<Frame>>| {
            let picture = studio.picture.read();
            let found = facts.read().as_ref().zip(picture.as_ref()).map(|(facts, picture)| {
                let setup = studio.setup.read();
                setup.frame((picture.width, picture.height), (facts.width, facts.height))
            });
            found.or(last.copied().flatten())
        });
        Self {
            studio,
            width: RwSignal::new(USUAL),
            drawing: RwSignal::new(None),
            frame,
        }
    }

    /// Whether there is something to paint on: a painted mask is asked for, and no fit has begun.
    pub fn is_open(self) -> bool {
        let painted = matches!(self.studio.setup.read().seen, Seen::Unpainted { .. });
        let mut lanes = self.studio.fits_on().into_iter().map(|fit| fit.lane);
        painted && lanes.all(|lane| lane.step.get() == 0) && !self.studio.is_busy()
    }

    /// Changes what is painted.
    fn change(self, change: impl FnOnce(&mut Vec<Mark>)) {
        self.studio.change(|setup| {
            if let Seen::Unpainted { marks } = &mut setup.seen {
                change(marks);
            }
        });
    }

    fn count(self) -> usize {
        match &self.studio.setup.read().seen {
            Seen::Unpainted { marks } => marks.len(),
            _ => 0,
        }
    }

    /// The place under the pointer.
    fn place(self, event: &PointerEvent) -> Option<(u16, u16)> {
        let target: Element = event.current_target()?.dyn_into().ok()?;
        let area = target.query_selector("svg").ok()??.get_bounding_client_rect();
        let part = |at: i32, from: f64, size: f64| (f64::from(at) - from) / size.max(1.0);
        let frame = self.frame.get_untracked()?;
        Some(frame.place(
            part(event.client_x(), area.left(), area.width()),
            part(event.client_y(), area.top(), area.height()),
        ))
    }

    fn begin(self, event: &PointerEvent) {
        let Some(place) = self.place(event) else { return };
        event.prevent_default();
        let target = event
            .current_target()
            .and_then(|target| target.dyn_into::<Element>().ok());
        if let Some(target) = target {
            // Without it a stroke ends at the edge.
            let _ = target.set_pointer_capture(event.pointer_id());
        }
        let radius = (self.width.get_untracked() * PERCENT / 2.0) as u16;
        let path = vec![place];
        self.drawing.set(Some(Mark::Stroke { radius, path }));
    }

    fn draw(self, event: &PointerEvent) {
        let Some(place) = self.place(event) else { return };
        self.drawing.update(|drawing| {
            if let Some(Mark::Stroke { radius, path }) = drawing {
                // A path as fine as its brush needs.
                let far = |(x, y): &(u16, u16)| x.abs_diff(place.0).max(y.abs_diff(place.1)) > *radius / 4;
                if path.last().is_none_or(far) {
                    path.push(place);
                }
            }
        });
    }

    fn end(self) {
        if let Some(mark) = self.drawing.try_update(Option::take).flatten() {
            self.change(|marks| marks.push(mark));
        }
    }
}

/// Lies over the picture while it may be painted on.
#[component]
pub fn PaintSurface(painting: Painting) -> impl IntoView {
    let box_of = move || {
        let (width, height) = painting.frame.get().map_or((1, 1), |frame| frame.size);
        format!("0 0 {width} {height}")
    };
    let marks = move || {
        let setup = painting.studio.setup.read();
        let drawing = painting.drawing.get();
        let marks = match &setup.seen {
            Seen::Unpainted { marks } => marks.as_slice(),
            _ => &[],
        };
        let frame = painting.frame.get()?;
        let shapes = marks.iter().chain(&drawing).map(|mark| shape(mark, &frame));
        Some(shapes.collect_view())
    };
    view! {
        <div class="paint" id="paint" role="img" aria-label=text::PAINT_SURFACE
            on:pointerdown=move |event| painting.begin(&event) on:pointermove=move |event| painting.draw(&event)
            on:pointerup=move |_| painting.end() on:pointercancel=move |_| painting.end()>
            <svg class="magnified" viewBox=box_of preserveAspectRatio="none" aria-hidden="true">{marks}</svg>
        </div>
    }
}

/// A mark in pixels of the picture.
fn shape(mark: &Mark, frame: &Frame) -> impl IntoView + use<> {
    let (path, width) = match mark {
        Mark::Stroke { radius, path } => {
            // A line to where it begins, too: a single point is seen.
            let places = path.first().into_iter().chain(path);
            (line(places, frame), 2.0 * frame.length(*radius))
        }
        Mark::Rectangle { from, to } => {
            let corners = [*from, (to.0, from.1), *to, (from.0, to.1)];
            (line(corners.iter(), frame), 0.0)
        }
    };
    view! { <polyline points=path class:area=width == 0.0 stroke-width=width.to_string() /> }
}

fn line<'a>(places: impl Iterator<Item = &'a (u16, u16)>, frame: &Frame) -> String {
    places
        .map(|place| {
            let (x, y) = frame.pixel(*place);
            format!("{x:.1},{y:.1} ")
        })
        .collect()
}

/// The brush, what takes back, and painting by keyboard.
#[component]
pub fn PaintTools(painting: Painting) -> impl IntoView {
    let width = painting.width;
    let slide = move |event| {
        if let Some(percent) = number_in(&event) {
            width.set(percent.clamp(1.0, WIDEST));
        }
    };
    let shown = move || format!("{} %", width.get());
    let nothing = move || painting.count() == 0;
    view! {
        <fieldset class="card paint-tools" id="paint-tools">
            <legend><h2>{text::PAINT}</h2></legend>
            <div class="side">
                <label for="brush">{text::BRUSH}</label>
                <input type="range" id="brush" min="1" max=WIDEST.to_string() step="1" aria-label=text::BRUSH_LABEL
                    prop:value=move || width.get().to_string() on:input=slide />
                <output for="brush">{shown}</output>
                <button type="button" id="undo" disabled=nothing on:click=move |_| painting.change(|marks| { marks.pop(); })>
                    {text::UNDO}
                </button>
                <button type="button" id="clear" disabled=nothing on:click=move |_| painting.change(Vec::clear)>
                    {text::CLEAR}
                </button>
                <span class="hint" role="status" id="painted">{move || text::painted(painting.count())}</span>
            </div>
            <details>
                <summary>{text::RECTANGLE}</summary>
                <RectangleFields painting />
            </details>
        </fieldset>
    }
}

/// A rectangle in percent of the whole picture.
#[component]
fn RectangleFields(painting: Painting) -> impl IntoView {
    let sides = [
        ("rectangle-left", text::RECTANGLE_LEFT, 40.0),
        ("rectangle-top", text::RECTANGLE_TOP, 40.0),
        ("rectangle-width", text::RECTANGLE_WIDTH, 20.0),
        ("rectangle-height", text::RECTANGLE_HEIGHT, 20.0),
    ]
    .map(|(id, label, value)| (id, label, RwSignal::new(value)));
    let field = |(id, label, value): (&'static str, &'static str, RwSignal<f64>)| {
        let choose = move |event| {
            if let Some(percent) = number_in(&event) {
                value.set(percent.clamp(0.0, 100.0));
            }
        };
        view! {
            <div class="field">
                <label for=id>{label}</label>
                <input type="number" id=id min="0" max="100" step="any" inputmode="decimal"
                    prop:value=move || value.get().to_string() on:change=choose />
            </div>
        }
    };
    let erase = move |_| {
        let [left, top, width, height] = sides.map(|(_, _, value)| value.get_untracked());
        let unit = |percent: f64| (percent * PERCENT).round().min(f64::from(UNITS)) as u16;
        let from = (unit(left), unit(top));
        let to = (unit(left + width), unit(top + height));
        painting.change(|marks| marks.push(Mark::Rectangle { from, to }));
    };
    view! {
        <div class="fields">{sides.map(field).collect_view()}</div>
        <button type="button" id="erase" on:click=erase>{text::ERASE}</button>
    }
}
