//! The picture: two views of it on either side of a boundary that a person moves. Only the browser's compositor works
//! for the slider and the magnifier; nothing waits for the GPU.

use leptos::prelude::*;

use super::fits::Fit;
use super::layer::Layer;
use super::narrow::Only;
use super::paint::{PaintSurface, PaintTools, Painting};
use super::race::RaceRow;
use super::state::Studio;
use super::text;
use super::zoom::{Overview, Zoom, ZoomField};
use crate::worker::protocol::{RunState, View};

/// A view of one of the fits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Shown {
    fit: usize,
    view: View,
}

const fn first(view: View) -> Shown {
    Shown { fit: 0, view }
}

/// Canvases that are always there, so that changing over to them takes no time.
const KEPT: [Shown; 4] = [
    first(View::Noisy),
    first(View::Result),
    first(View::Average),
    first(View::Clean),
];
/// What each fit has of its own.
const OF_FIT: [View; 4] = [View::Average, View::Result, View::Best, View::Moment];

impl Shown {
    /// As a choice's value: for the first fit the view's name alone.
    fn value(self) -> String {
        let name = text::view(self.view);
        match self.fit {
            0 => name.to_owned(),
            fit => format!("{name} {}", fit + 1),
        }
    }

    fn fit(self, studio: Studio) -> Fit {
        studio.fits[self.fit]
    }

    /// Whether there is such a picture.
    fn exists(self, studio: Studio) -> bool {
        let fit = self.fit(studio);
        match self.view {
            View::Noisy | View::MaskOnly => true,
            View::Clean => fit.lane.facts.read().as_ref().is_some_and(|facts| facts.has_clean),
            View::Result | View::Average => fit.on.get() && fit.lane.step.get() > 0,
            View::Best => fit.on.get() && fit.best.read().is_some(),
            View::Ensemble => studio.ensemble.has_mean(),
            View::Moment => fit.on.get() && !fit.moments.read().is_empty(),
        }
    }

    /// The view, and whose it is where there are several.
    fn name(self, studio: Studio) -> String {
        let name = studio.view_name(self.view);
        if OF_FIT.contains(&self.view) && studio.fits_on().len() > 1 {
            return text::of_fit(name, &self.fit(studio).name(studio));
        }
        name.to_owned()
    }

    /// The name, and of which moment it is.
    fn caption(self, studio: Studio) -> String {
        let fit = self.fit(studio);
        let moment = match self.view {
            View::Best => fit.best.get(),
            View::Moment => fit.moment(studio.recalled.get()),
            View::Noisy | View::Result | View::Average | View::Ensemble | View::Clean | View::MaskOnly => None,
        };
        let name = self.name(studio);
        match moment {
            Some(moment) => format!("{name}: {}", text::moment(moment)),
            None => name,
        }
    }
}

#[component]
pub fn Stage(studio: Studio) -> impl IntoView {
    let lane = studio.fits[0].lane;
    let left = RwSignal::new(first(View::Noisy));
    let right = RwSignal::new(first(View::Average));
    let split = RwSignal::new(50_u32);
    let zoom = Zoom::new();
    // The mean of several networks is better than what it comes from, as soon as it is there.
    let averages = Memo::new(move |_| studio.ensemble.has_mean());
    Effect::new(move |before: Option<bool>| {
        let now = averages.get();
        let (one, several) = (first(View::Average), first(View::Ensemble));
        if now && !before.unwrap_or(false) && right.get_untracked() == one {
            right.set(several);
        }
        for side in [left, right]
            .into_iter()
            .filter(|side| !now && side.get_untracked() == several)
        {
            side.set(one);
        }
        now
    });
    // A view that is not there yet, or that this picture does not have, gives way to the noisy picture.
    let shown = move |wanted: Shown| match wanted.exists(studio) {
        true => wanted,
        false => first(View::Noisy),
    };
    let sides = Memo::new(move |_| (shown(left.get()), shown(right.get())));
    let class = move |layer: Shown| {
        move || match sides.get() {
            (a, _) if a == layer => "layer under",
            (_, b) if b == layer => "layer over",
            _ => "layer off",
        }
    };
    // New elements for each worker.
    let layers = Memo::new(move |_| {
        let (a, b) = sides.get();
        let others = [a, b].into_iter().filter(|shown| !KEPT.contains(shown));
        let mut layers: Vec<(u32, Shown)> = KEPT
            .into_iter()
            .chain(others)
            .map(|shown| (studio.session.get(), shown))
            .collect();
        layers.dedup();
        layers
    });
    let compares = move || sides.get().0 != sides.get().1;
    let painting = Painting::new(studio);
    let paints = Memo::new(move |_| painting.is_open());
    // The size stays while a run is made anew, and with a brush at hand the picture, too.
    let size = Memo::new(move |last: Option<&(usize, usize)>| {
        let found = lane.facts.read().as_ref().map(|facts| (facts.width, facts.height));
        found.or(last.copied()).unwrap_or((4, 3))
    });
    let (width, height) = (move || size.get().0.to_string(), move || size.get().1.to_string());
    let ready = move || paints.get() || lane.facts.read().is_some();
    let started = move || lane.step.get() > 0;
    let waiting = move || match lane.state.get() {
        RunState::Idle => text::WAITING_START,
        _ => text::WAITING_RESULT,
    };
    let slide = move |event| {
        if let Ok(value) = event_target_value(&event).parse() {
            split.set(value);
        }
    };
    let layer = move |(_, shown): (u32, Shown)| {
        let lane = shown.fit(studio).lane;
        view! {
            <div class=class(shown) data-view=text::view(shown.view)>
                <Layer studio lane view=shown.view class="magnified" />
            </div>
        }
    };
    let narrow = studio.narrow;
    let looks_back = move || [left.get(), right.get()].iter().any(|side| side.view == View::Moment);
    view! {
        <div class="stage" style:--w=width style:--h=height style:--zoom=move || zoom.factor()
            style:--shift-x=move || zoom.shift().0 style:--shift-y=move || zoom.shift().1>
            <div class="frame" id="frame" class:empty=move || !ready() class:compares=compares
                style:--split=move || format!("{}%", split.get())>
                <For each=move || layers.get() key=|key| *key children=layer />
                <span class="corner left">{move || sides.get().0.caption(studio)}</span>
                <span class="corner right" class:gone=move || !compares()>
                    {move || sides.get().1.caption(studio)}
                </span>
                <input type="range" class="split" id="split" min="0" max="100" step="1"
                    aria-label=text::COMPARE_SLIDER prop:value=move || split.get().to_string()
                    disabled=move || !compares() on:input=slide />
                <span class="handle" aria-hidden="true"><span class="grip">"‹ ›"</span></span>
                <Show when=move || paints.get()>
                    <PaintSurface painting />
                </Show>
                <Show when=move || zoom.is_on()>
                    <Overview studio lane zoom />
                </Show>
            </div>
            <Show when=move || paints.get()>
                <PaintTools painting />
            </Show>
            <div class="sides">
                <Side studio id="left-view" label=text::COMPARE_LEFT side=left />
                <p class="hint" class:gone=move || started() || !ready()>{waiting}</p>
                <Only narrow when=false><ZoomField zoom /></Only>
                <Side studio id="right-view" label=text::COMPARE_RIGHT side=right />
                <Only narrow when=true><ZoomField zoom /></Only>
            </div>
            <Show when=looks_back>
                <Past studio />
            </Show>
            <RaceRow studio />
        </div>
    }
}

/// The scrubber over the pictures of the past.
#[component]
fn Past(studio: Studio) -> impl IntoView {
    let fit = studio.fits[0];
    let last = move || fit.moments.read().len().saturating_sub(1);
    let place = move || {
        let moments = fit.moments.read();
        let recalled = studio.recalled.get();
        moments
            .partition_point(|moment| moment.step <= recalled)
            .saturating_sub(1)
    };
    let words = move || fit.moment(studio.recalled.get()).map(text::moment);
    let slide = move |event| {
        let place: Option<usize> = event_target_value(&event).parse().ok();
        let found = place.and_then(|place| fit.moments.read_untracked().get(place).copied());
        if let Some(moment) = found {
            studio.recall(moment.step);
        }
    };
    view! {
        <div class="past">
            <label for="past">{text::PAST}</label>
            <input type="range" id="past" class="wide" min="0" max=move || last().to_string() step="1"
                aria-valuetext=words prop:value=move || place().to_string() on:input=slide />
            <output for="past">{words}</output>
        </div>
    }
}

#[component]
fn Side(studio: Studio, id: &'static str, label: &'static str, side: RwSignal<Shown>) -> impl IntoView {
    let choices = Memo::new(move |_| {
        let mut choices = vec![first(View::Noisy), first(View::Clean)];
        let of_fit = |fit: Fit| OF_FIT.map(|view| Shown { fit: fit.place, view });
        choices.extend(studio.fits_on().into_iter().flat_map(of_fit));
        choices.extend(studio.ensemble.has_mean().then_some(first(View::Ensemble)));
        choices
    });
    let choose = move |event| {
        let value = event_target_value(&event);
        if let Some(shown) = choices.get_untracked().into_iter().find(|shown| shown.value() == value) {
            side.set(shown);
        }
    };
    // What a fit draws may be chosen before it is there: it then appears when it comes.
    let missing = move |shown: Shown| !matches!(shown.view, View::Result | View::Average) && !shown.exists(studio);
    let option = move |shown: Shown| {
        view! {
            <option value=shown.value() prop:selected=move || side.get() == shown
                disabled=move || missing(shown)>{move || shown.name(studio)}</option>
        }
    };
    view! {
        <label class="side">
            <span>{label}</span>
            <select id=id on:change=choose>{move || choices.get().into_iter().map(option).collect_view()}</select>
        </label>
    }
}
