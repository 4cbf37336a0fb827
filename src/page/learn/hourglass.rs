//! The network as a picture: each map by its channels and size, the dead channels greyed, and what each layer keeps.

use leptos::prelude::*;

use super::figure::LookFigure;
use crate::page::bars::{Bar, bars, levels};
use crate::page::scale::{Scale, ticks};
use crate::page::text;
use crate::worker::protocol::{Channels, Layer, Look};

pub const WIDTH: f64 = 600.0;
pub const HEIGHT: f64 = 250.0;
const LEFT: f64 = 40.0;
const RIGHT: f64 = 594.0;
const GAP: f64 = 3.0;
/// The hourglass stands around this height, and the full map is so high.
const MIDDLE: f64 = 76.0;
const FULL: f64 = 140.0;
/// The deepest map is so high: each halving takes one step of the same size from the full map down to it.
const DEEPEST: f64 = 26.0;
/// The bars of what is kept stand between these heights.
const KEPT_TOP: f64 = 168.0;
const KEPT_BOTTOM: f64 = 240.0;

#[component]
pub fn HourglassPicture(look: RwSignal<Option<Look>>) -> impl IntoView {
    let table = move || look.read().as_ref().map(|look| layer_table(&look.layers));
    let (id, class, title) = ("hourglass", "plot hourglass", text::HOURGLASS);
    let draw = |look: &Look| hourglass(look.input, &look.layers).into_any();
    let summary = |look: &Look| hourglass_words(&look.layers);
    view! {
        <LookFigure look=look id=id class=class title=title size=(WIDTH, HEIGHT) summary=summary draw=draw>
            <HourglassLegend />
            <details>
                <summary>{text::HOURGLASS_TABLE}</summary>
                <div class="scrolls" tabindex="0" role="region" aria-label=text::HOURGLASS_TABLE>{table}</div>
            </details>
        </LookFigure>
    }
}

#[component]
pub fn HourglassLegend() -> impl IntoView {
    view! {
        <ul class="legend">
            <li><span class="key live" aria-hidden="true"></span>{text::LIVE}</li>
            <li><span class="key dead" aria-hidden="true"></span>{text::DEAD}</li>
            <li><span class="key share" aria-hidden="true"></span>{text::KEPT_SHARE}</li>
        </ul>
    }
}

/// A mask's network as a drawing of [`WIDTH`] x [`HEIGHT`] units.
pub fn hourglass(input: Channels, layers: &[Layer]) -> impl IntoView + use<> {
    let bars = bars(input, layers, LEFT, RIGHT, GAP);
    let depth = bars.iter().map(|bar| bar.halvings).max().unwrap_or(0).max(1) as f64;
    let height = move |bar: &Bar| FULL - (FULL - DEEPEST) * bar.halvings as f64 / depth;
    let rectangle = |left: f64, width: f64, top: f64, bottom: f64| {
        format!("M{left:.2} {top:.2}H{:.2}V{bottom:.2}H{left:.2}Z", left + width)
    };
    let (mut live, mut dead, mut kept) = (String::new(), String::new(), String::new());
    let share = |bar: &Bar| bar.weights.map(|(kept, all)| kept as f64 / all.max(1) as f64);
    let most = bars.iter().filter_map(share).fold(0.01, f64::max);
    let y = Scale {
        from: (0.0, most),
        to: (KEPT_BOTTOM, KEPT_TOP),
    };
    for bar in &bars {
        let half = height(bar) / 2.0;
        let part = bar.width * bar.channels.live as f64 / bar.channels.all.max(1) as f64;
        let (top, bottom) = (MIDDLE - half, MIDDLE + half);
        live.push_str(&rectangle(bar.left, part, top, bottom));
        dead.push_str(&rectangle(bar.left + part, bar.width - part, top, bottom));
        if let Some(share) = share(bar) {
            kept.push_str(&rectangle(bar.left, bar.width, y.at(share), KEPT_BOTTOM));
        }
    }
    let grid = move |tick: f64| {
        let at = y.at(tick);
        view! {
            <line x1=LEFT x2=RIGHT y1=at y2=at class="grid" />
            <text x=LEFT - 5.0 y=at + 3.0 class="tick-y">{text::percent(tick)}</text>
        }
    };
    view! {
        <path d=live class="live" />
        <path d=dead class="dead" />
        {ticks(0.0, most, 3).into_iter().map(grid).collect_view()}
        <path d=kept class="share" />
    }
}

/// The same in words and numbers.
pub fn layer_table(layers: &[Layer]) -> impl IntoView + use<> {
    let levels = levels(layers.len());
    let row = |(place, layer): (usize, &Layer)| {
        let share = layer.kept as f64 / layer.weights.max(1) as f64;
        view! {
            <tr>
                <th scope="row">{text::layer_of(&layer.name, place, levels)}</th>
                <td>{text::live_of(layer.channels.live, layer.channels.all)}</td>
                <td>{text::live_of(layer.kept, layer.weights)}</td>
                <td>{text::percent(share)}</td>
            </tr>
        }
    };
    let rows = layers.iter().enumerate().map(row).collect_view();
    view! {
        <table>
            <thead><tr>
                <th scope="col">{text::COLUMN_LAYER}</th>
                <th scope="col">{text::COLUMN_CHANNELS}</th>
                <th scope="col">{text::COLUMN_WEIGHTS}</th>
                <th scope="col">{text::COLUMN_SHARE}</th>
            </tr></thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

/// The drawing in words.
pub fn hourglass_words(layers: &[Layer]) -> String {
    let channels = |f: fn(&Channels) -> usize| -> usize { layers.iter().map(|layer| f(&layer.channels)).sum() };
    let (live, all) = (channels(|c| c.live), channels(|c| c.all));
    let empty = layers.iter().filter(|layer| layer.channels.live == 0).count();
    text::hourglass_summary(layers.len(), live, all, empty)
}
