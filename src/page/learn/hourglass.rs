//! The network as a picture: each map by its channels and size, the dead channels greyed, and what each layer keeps.

use leptos::prelude::*;

use super::figure::LookFigure;
use crate::page::bars::{Bar, bars, levels};
use crate::page::scale::{Scale, ticks};
use crate::page::state::Studio;
use crate::page::text;
use crate::worker::protocol::Look;

const WIDTH: f64 = 600.0;
const HEIGHT: f64 = 250.0;
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
pub fn HourglassPicture(studio: Studio) -> impl IntoView {
    let look = studio.learning.look;
    let table = move || look.read().as_ref().map(table);
    let (id, class, title) = ("hourglass", "plot hourglass", text::HOURGLASS);
    let draw = |look: &Look| draw(look).into_any();
    view! {
        <LookFigure studio=studio id=id class=class title=title size=(WIDTH, HEIGHT) summary=summary draw=draw>
            <ul class="legend">
                <li><span class="key live" aria-hidden="true"></span>{text::LIVE}</li>
                <li><span class="key dead" aria-hidden="true"></span>{text::DEAD}</li>
                <li><span class="key share" aria-hidden="true"></span>{text::KEPT_SHARE}</li>
            </ul>
            <details>
                <summary>{text::HOURGLASS_TABLE}</summary>
                <div class="scrolls" tabindex="0" role="region" aria-label=text::HOURGLASS_TABLE>{table}</div>
            </details>
        </LookFigure>
    }
}

fn draw(look: &Look) -> impl IntoView + use<> {
    let bars = bars(look, LEFT, RIGHT, GAP);
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
fn table(look: &Look) -> impl IntoView + use<> {
    let levels = levels(look.layers.len());
    let row = |(place, layer): (usize, &crate::worker::protocol::Layer)| {
        let share = layer.kept as f64 / layer.weights.max(1) as f64;
        view! {
            <tr>
                <th scope="row">{text::layer(place, levels)}</th>
                <td>{text::live_of(layer.channels.live, layer.channels.all)}</td>
                <td>{text::live_of(layer.kept, layer.weights)}</td>
                <td>{text::percent(share)}</td>
            </tr>
        }
    };
    let rows = look.layers.iter().enumerate().map(row).collect_view();
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

fn summary(look: &Look) -> String {
    let channels = |f: fn(&crate::worker::protocol::Channels) -> usize| -> usize {
        look.layers.iter().map(|layer| f(&layer.channels)).sum()
    };
    let (live, all) = (channels(|c| c.live), channels(|c| c.all));
    let empty = look.layers.iter().filter(|layer| layer.channels.live == 0).count();
    text::hourglass_summary(look.layers.len(), live, all, empty)
}
