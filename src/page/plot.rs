//! The curves: PSNR and loss over the steps, as SVG with a text alternative.

use leptos::prelude::*;

use super::scale::{Scale, log_ticks, path, thin, ticks};
use super::state::Studio;
use super::text;

/// Units of the drawing.
const WIDTH: f64 = 400.0;
const HEIGHT: f64 = 170.0;
const LEFT: f64 = 46.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 24.0;
/// Points of a curve that are drawn.
const POINTS: usize = 400;

/// What makes one plot differ from the other.
#[derive(Clone, Copy, PartialEq)]
struct Kind {
    id: &'static str,
    title: &'static str,
    short: &'static str,
    unit: &'static str,
    logarithmic: bool,
    /// Whether larger is better.
    rising: bool,
}

const PSNR: Kind = Kind {
    id: "psnr-plot",
    title: text::PSNR_PLOT,
    short: text::PSNR,
    unit: " dB",
    logarithmic: false,
    rising: true,
};
const LOSS: Kind = Kind {
    id: "loss-plot",
    title: text::LOSS_PLOT,
    short: text::LOSS,
    unit: "",
    logarithmic: true,
    rising: false,
};

#[component]
pub fn Plots(studio: Studio) -> impl IntoView {
    let psnr = Signal::derive(move || {
        studio
            .points
            .read()
            .iter()
            .filter_map(|p| Some((p.step as f64, p.psnr?)))
            .collect::<Vec<_>>()
    });
    let loss = Signal::derive(move || {
        studio
            .points
            .read()
            .iter()
            .map(|p| (p.step as f64, p.loss))
            .collect::<Vec<_>>()
    });
    let noisy = Signal::derive(move || studio.facts.read().as_ref().and_then(|facts| facts.noisy_psnr));
    let no_clean = move || {
        studio
            .facts
            .read()
            .as_ref()
            .is_some_and(|facts| facts.noisy_psnr.is_none())
    };
    view! {
        <section class="plots" aria-labelledby="curves-title">
            <h2 id="curves-title" class="for-readers">{text::CURVES}</h2>
            <Plot kind=PSNR points=psnr level=noisy
                empty=Signal::derive(move || if no_clean() { text::NO_PSNR } else { text::NO_POINTS }) />
            <Plot kind=LOSS points=loss level=Signal::derive(|| None) empty=Signal::derive(|| text::NO_POINTS) />
        </section>
    }
}

#[component]
fn Plot(
    kind: Kind,
    points: Signal<Vec<(f64, f64)>>,
    /// A value to compare with, drawn as a line across.
    level: Signal<Option<f64>>,
    empty: Signal<&'static str>,
) -> impl IntoView {
    let summary = move || {
        points
            .with(|points| summary(kind, points))
            .unwrap_or_else(|| empty.get().to_owned())
    };
    let drawing = move || {
        let points = points.get();
        if points.is_empty() {
            return view! { <text x=WIDTH / 2.0 y=HEIGHT / 2.0 class="empty">{empty.get()}</text> }.into_any();
        }
        draw(kind, &points, level.get()).into_any()
    };
    view! {
        <figure class="plot">
            <figcaption>{kind.title}</figcaption>
            <svg id=kind.id viewBox=format!("0 0 {WIDTH} {HEIGHT}") role="img" aria-label=summary>{drawing}</svg>
        </figure>
    }
}

fn draw(kind: Kind, points: &[(f64, f64)], level: Option<f64>) -> impl IntoView {
    let value = |v: f64| if kind.logarithmic { v.max(1e-9).log10() } else { v };
    let last_step = points.last().map_or(0.0, |p| p.0).max(10.0);
    let values = points.iter().map(|p| p.1).chain(level).filter(|v| v.is_finite());
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    let pad = if kind.logarithmic {
        0.0
    } else {
        (0.05 * (high - low)).max(0.2)
    };
    let factor = if kind.logarithmic { 1.15 } else { 1.0 };
    let (low, high) = ((low - pad) / factor, (high + pad) * factor);
    let x = Scale {
        from: (0.0, last_step),
        to: (LEFT, WIDTH - RIGHT),
    };
    let y = Scale {
        from: (value(low), value(high)),
        to: (HEIGHT - BOTTOM, TOP),
    };
    let rows = if kind.logarithmic {
        log_ticks(low, high)
    } else {
        ticks(low, high, 4)
    };
    let grid = move |tick: f64| {
        let at = y.at(value(tick));
        view! {
            <line x1=LEFT x2=WIDTH - RIGHT y1=at y2=at class="grid" />
            <text x=LEFT - 6.0 y=at + 4.0 class="tick-y">{text::trimmed(tick, 5)}</text>
        }
    };
    let columns = ticks(0.0, last_step, 5);
    let column = move |tick: f64| {
        view! { <text x=x.at(tick) y=HEIGHT - 6.0 class="tick-x">{text::thousands(tick as u64)}</text> }
    };
    let curve: Vec<(f64, f64)> = thin(points, POINTS).into_iter().map(|(s, v)| (s, value(v))).collect();
    let end = curve
        .last()
        .map(|(s, v)| view! { <circle cx=x.at(*s) cy=y.at(*v) r="3.5" class="end" /> });
    let line = level.map(|level| {
        let at = y.at(value(level));
        view! {
            <line x1=LEFT x2=WIDTH - RIGHT y1=at y2=at class="level" />
            <text x=WIDTH - RIGHT y=at - 5.0 class="level-name">{text::NOISY_LEVEL}</text>
        }
    });
    view! {
        {rows.into_iter().map(grid).collect_view()}
        {columns.into_iter().map(column).collect_view()}
        {line}
        <path d=path(&curve, x, y) class="curve" />
        {end}
    }
}

/// The curve in words.
fn summary(kind: Kind, points: &[(f64, f64)]) -> Option<String> {
    let named = |point: &(f64, f64)| (point.0 as u64, point.1);
    let ends = (points.first()?, points.last()?);
    let by_value = |a: &&(f64, f64), b: &&(f64, f64)| a.1.total_cmp(&b.1);
    let best = if kind.rising {
        points.iter().max_by(by_value)
    } else {
        points.iter().min_by(by_value)
    };
    Some(text::plot_summary(
        kind.short,
        kind.unit,
        named(ends.0),
        named(ends.1),
        named(best?),
    ))
}
