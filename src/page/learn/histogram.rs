//! How the keep probabilities lie between 0 and 1: one bar at the start, and at the end a heap at either side.

use leptos::prelude::*;

use super::figure::LookFigure;
use crate::page::scale::Scale;
use crate::page::text;
use crate::worker::protocol::Look;

const WIDTH: f64 = 400.0;
const HEIGHT: f64 = 170.0;
const LEFT: f64 = 58.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 16.0;
const BOTTOM: f64 = 24.0;

#[component]
pub fn Histogram(look: RwSignal<Option<Look>>) -> impl IntoView {
    let (id, class, title) = ("histogram", "plot", text::HISTOGRAM);
    let draw = |look: &Look| draw(look).into_any();
    view! { <LookFigure look=look id=id class=class title=title size=(WIDTH, HEIGHT) summary=summary draw=draw /> }
}

/// Counts over powers of ten: the heap that decides is small beside the other.
fn draw(look: &Look) -> impl IntoView + use<> {
    let x = Scale {
        from: (0.0, 1.0),
        to: (LEFT, WIDTH - RIGHT),
    };
    let most = look.histogram.iter().copied().max().unwrap_or(0).max(10);
    let decades = f64::from(most).log10().ceil();
    let y = Scale {
        from: (0.0, decades),
        to: (HEIGHT - BOTTOM, TOP),
    };
    let bins = look.histogram.len() as f64;
    let bars: String = look
        .histogram
        .iter()
        .enumerate()
        .filter(|(_, count)| **count > 0)
        .map(|(i, count)| {
            // A single entry has height as well.
            let top = y.at(f64::from(*count).log10().max(0.05));
            let (left, right) = (x.at(i as f64 / bins) + 0.5, x.at((i + 1) as f64 / bins) - 0.5);
            format!("M{left:.1} {:.1}V{top:.1}H{right:.1}V{:.1}Z", y.at(0.0), y.at(0.0))
        })
        .collect();
    let every = if decades > 4.0 { 2 } else { 1 };
    let grid = move |decade: usize| {
        let at = y.at(decade as f64);
        view! {
            <line x1=LEFT x2=WIDTH - RIGHT y1=at y2=at class="grid" />
            <text x=LEFT - 6.0 y=at + 4.0 class="tick-y">{text::thousands(10_u64.pow(decade as u32))}</text>
        }
    };
    let rows = (0..=decades as usize).step_by(every).map(grid).collect_view();
    let column = |at: f64| view! { <text x=x.at(at) y=HEIGHT - 6.0 class="tick-x">{text::trimmed(at, 2)}</text> };
    let columns = [0.0, 0.25, 0.5, 0.75, 1.0].map(column).collect_view();
    let level = look.threshold.map(|threshold| {
        let at = x.at(threshold.clamp(0.0, 1.0));
        let (anchor, shift) = if threshold > 0.6 {
            ("level-name", -4.0)
        } else {
            ("level-name start", 4.0)
        };
        view! {
            <line x1=at x2=at y1=TOP - 6.0 y2=HEIGHT - BOTTOM class="level" />
            <text x=at + shift y=TOP - 4.0 class=anchor>{text::THRESHOLD}</text>
        }
    });
    view! {
        {rows}
        {columns}
        <path d=bars class="bars" />
        {level}
    }
}

fn summary(look: &Look) -> String {
    let bins = look.histogram.len();
    let all = look.n.max(1) as f64;
    let share = |part: &[u32]| part.iter().map(|count| f64::from(*count)).sum::<f64>() / all;
    let tenth = bins / 10;
    let (low, high) = (share(&look.histogram[..tenth]), share(&look.histogram[bins - tenth..]));
    text::histogram_summary(look.step, low, high, look.threshold)
}
