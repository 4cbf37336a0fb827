//! Curves over the steps, as SVG with a text alternative: one plot may hold those of several runs.

use leptos::prelude::*;

use super::scale::{Scale, log_ticks, path, thin, ticks};
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

/// What makes one plot differ from another.
#[derive(Clone, Copy, PartialEq)]
pub struct Kind {
    pub id: &'static str,
    pub title: &'static str,
    /// What is measured, in a word or two.
    pub short: &'static str,
    /// With the space before it.
    pub unit: &'static str,
    pub logarithmic: bool,
    /// The least height of the axis in the measure's unit, so that noise does not fill the plot.
    pub least_span: f64,
    /// Which value is the best, if one is.
    pub best: Option<Best>,
}

impl Kind {
    /// PSNR against the clean picture; `id` is the plot's.
    pub const fn psnr(id: &'static str) -> Self {
        Self {
            id,
            title: text::PSNR_PLOT,
            short: text::PSNR,
            unit: " dB",
            logarithmic: false,
            least_span: 0.4,
            best: Some(Best::Highest),
        }
    }

    /// A loss, by the words for which one it is.
    pub const fn loss(id: &'static str, title: &'static str) -> Self {
        Self {
            id,
            title,
            short: text::LOSS,
            unit: "",
            logarithmic: true,
            least_span: 0.0,
            best: Some(Best::Lowest),
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
pub enum Best {
    Highest,
    Lowest,
}

/// Step and value, in the order of steps.
pub type Points = Vec<(f64, f64)>;

/// A curve. The name is told only where there are several.
#[derive(Clone, PartialEq)]
pub struct Curve {
    pub name: String,
    /// Which colour and dashes it has, from 0.
    pub style: usize,
    pub points: Points,
}

/// A value to compare with, drawn as a line across.
#[derive(Clone, Copy, PartialEq)]
pub struct Level {
    pub value: f64,
    pub name: &'static str,
}

#[component]
pub fn Plot(
    kind: Kind,
    #[prop(into)] curves: Signal<Vec<Curve>>,
    #[prop(into)] level: Signal<Option<Level>>,
    /// The step whose picture is returned, where that is told.
    #[prop(into, optional)]
    mark: Signal<Option<f64>>,
    #[prop(into)] empty: Signal<&'static str>,
) -> impl IntoView {
    let summary = move || {
        let words = curves.with(|curves| summary(kind, curves));
        let marked = mark.get().filter(|_| words.is_some()).map(text::plot_mark);
        words.unwrap_or_else(|| empty.get().to_owned()) + &marked.unwrap_or_default()
    };
    let drawing = move || {
        let curves = curves.get();
        if curves.iter().all(|curve| curve.points.is_empty()) {
            return view! { <text x=WIDTH / 2.0 y=HEIGHT / 2.0 class="empty">{empty.get()}</text> }.into_any();
        }
        draw(kind, &curves, level.get(), mark.get()).into_any()
    };
    let legend = move || {
        let curves = curves.read();
        let entry = |curve: &Curve| view! { <li><Key style=curve.style />{curve.name.clone()}</li> };
        (curves.len() > 1).then(|| {
            let entries = curves.iter().map(entry).collect_view();
            view! { <ul class="legend">{entries}</ul> }
        })
    };
    view! {
        <figure class="plot">
            <figcaption>{kind.title}</figcaption>
            <svg id=kind.id viewBox=format!("0 0 {WIDTH} {HEIGHT}") role="img" aria-label=summary>{drawing}</svg>
            {legend}
        </figure>
    }
}

/// The line of a legend.
#[component]
pub fn Key(style: usize) -> impl IntoView {
    view! {
        <svg class="key" viewBox="0 0 24 6" aria-hidden="true">
            <path d="M0 3H24" class=format!("curve curve-{style}") />
        </svg>
    }
}

fn draw(kind: Kind, curves: &[Curve], level: Option<Level>, mark: Option<f64>) -> impl IntoView + use<> {
    let value = move |v: f64| if kind.logarithmic { v.max(1e-9).log10() } else { v };
    let points = || curves.iter().flat_map(|curve| &curve.points);
    let last_step = points().map(|p| p.0).fold(10.0, f64::max);
    let compared = level.map(|level| level.value);
    let values = points().map(|p| p.1).chain(compared).filter(|v| v.is_finite());
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    let pad = if kind.logarithmic {
        0.0
    } else {
        (0.05 * (high - low)).max(0.5 * (kind.least_span - (high - low)))
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
            <text x=LEFT - 6.0 y=at + 4.0 class="tick-y">{text::small(tick, 5)}</text>
        }
    };
    let columns = ticks(0.0, last_step, 5);
    let column = move |tick: f64| {
        view! { <text x=x.at(tick) y=HEIGHT - 6.0 class="tick-x">{text::thousands(tick as u64)}</text> }
    };
    let curve = |curve: &Curve| {
        let thinned = thin(&curve.points, POINTS);
        let drawn: Points = thinned.into_iter().map(|(s, v)| (s, value(v))).collect();
        let end = drawn.last().map(|(s, v)| {
            view! { <circle cx=x.at(*s) cy=y.at(*v) r="3.5" class=format!("end end-{}", curve.style) /> }
        });
        view! {
            <path d=path(&drawn, x, y) class=format!("curve curve-{}", curve.style) />
            {end}
        }
    };
    let line = level.map(|level| {
        let at = y.at(value(level.value));
        view! {
            <line x1=LEFT x2=WIDTH - RIGHT y1=at y2=at class="level" />
            <text x=WIDTH - RIGHT y=at - 5.0 class="level-name">{level.name}</text>
        }
    });
    let mark = mark.map(|step| {
        let at = x.at(step);
        // The words stay inside the plot.
        let (anchor, beside) = if step > 0.5 * last_step { ("end", -5.0) } else { ("start", 5.0) };
        view! {
            <line x1=at x2=at y1=TOP y2=HEIGHT - BOTTOM class="mark" />
            <text x=at + beside y=HEIGHT - BOTTOM - 6.0 class="mark-name" text-anchor=anchor>{text::RETURNED_MARK}</text>
        }
    });
    view! {
        {rows.into_iter().map(grid).collect_view()}
        {columns.into_iter().map(column).collect_view()}
        {line}
        {mark}
        {curves.iter().map(curve).collect_view()}
    }
}

/// The curves in words; none without a point.
fn summary(kind: Kind, curves: &[Curve]) -> Option<String> {
    let several = curves.len() > 1;
    let sentences: Vec<String> = curves
        .iter()
        .filter_map(|curve| {
            let sentence = sentence(kind, &curve.points)?;
            Some(if several {
                format!("{}: {sentence}", curve.name)
            } else {
                sentence
            })
        })
        .collect();
    (!sentences.is_empty()).then(|| sentences.join(" "))
}

fn sentence(kind: Kind, points: &Points) -> Option<String> {
    let named = |point: &(f64, f64)| (point.0 as u64, point.1);
    let ends = (points.first()?, points.last()?);
    let by_value = |a: &&(f64, f64), b: &&(f64, f64)| a.1.total_cmp(&b.1);
    let best = match kind.best {
        Some(Best::Highest) => points.iter().max_by(by_value),
        Some(Best::Lowest) => points.iter().min_by(by_value),
        None => None,
    };
    Some(text::plot_summary(
        kind.short,
        kind.unit,
        named(ends.0),
        named(ends.1),
        best.map(named),
    ))
}
