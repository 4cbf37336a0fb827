//! A figure: its pictures, a button that runs and pauses it, its curves, and its numbers in words.

use leptos::prelude::*;

use super::course::words;
use super::spec::{Arm, Figure, Frame};
use super::{Live, Stage};
use crate::page::control::{Control, Standing};
use crate::page::lane::Lane;
use crate::page::layer::Layer;
use crate::page::learn::histogram::Histogram;
use crate::page::plot::{Curve, Kind, Level, Plot};
use crate::page::state::{Engine, Studio};
use crate::page::text;
use crate::worker::protocol::{MaskOnly, Point, RunState, View};

#[component]
pub fn LiveFigure(
    studio: Studio,
    figure: Figure,
    /// What the figure has beside, below its curves.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let live = studio.how.live(figure);
    let number = figure.place() + 1;
    let frames = figure.frames();
    let frame = move |frame: &'static Frame| view! { <Picture studio live frame /> };
    let caption = move || {
        let words = words(studio, live);
        let told = if words.is_empty() {
            text::FIGURE_NOTHING.to_owned()
        } else {
            words
        };
        view! { <p><strong>{text::figure_name(number)}</strong>" "{told}</p> }
    };
    view! {
        <figure class="live card" id=format!("figure-{number}") data-stage=move || stage_name(studio, live)>
            <div class="frames" class:many={frames.len() > 3}>{frames.iter().map(frame).collect_view()}</div>
            <Controls studio live />
            <Curves studio live />
            {children.map(|children| children())}
            <figcaption class="facts">{caption}</figcaption>
        </figure>
    }
}

/// A word for tests and styles.
fn stage_name(studio: Studio, live: Live) -> &'static str {
    let active = studio.how.is_active(live.figure);
    match live.stage.get() {
        Stage::Idle => "idle",
        Stage::Finished => "finished",
        Stage::Failed(_) => "failed",
        _ if !active => "paused",
        Stage::Reading => "reading",
        Stage::Learning => "learning",
        Stage::Training => "training",
    }
}

#[component]
fn Picture(studio: Studio, live: Live, frame: &'static Frame) -> impl IntoView {
    let lane = live.lanes()[frame.arm];
    let there = move || match frame.view {
        View::Noisy | View::Clean => lane.facts.read().is_some(),
        View::MaskOnly => matches!(*studio.how.drawn.read(), Some((_, _, MaskOnly::Drawn { .. }))),
        _ => lane.step.get() > 0,
    };
    let note = move || match (frame.view, &*studio.how.drawn.read()) {
        _ if there() => None,
        (View::MaskOnly, Some((_, _, MaskOnly::Dead))) => Some(text::FRAME_DEAD.to_owned()),
        (View::MaskOnly, Some((_, _, MaskOnly::Failed(message)))) => Some(message.clone()),
        _ => Some(text::FRAME_EMPTY.to_owned()),
    };
    let side = move |of: fn(&crate::worker::protocol::RunFacts) -> usize, default: usize| {
        lane.facts.read().as_ref().map_or(default, of).to_string()
    };
    let class = Signal::derive(move || if there() { "layer magnified" } else { "layer off" });
    view! {
        <div class="small">
            <div class="frame" style:--w=move || side(|facts| facts.width, 3) style:--h=move || side(|facts| facts.height, 2)>
                <For each=move || [studio.session.get()] key=|key| *key
                    children=move |_| view! { <Layer studio lane view=frame.view class /> } />
                {move || note().map(|note| view! { <p class="note">{note}</p> })}
            </div>
            <p class="hint">{frame.label}</p>
        </div>
    }
}

#[component]
fn Controls(studio: Studio, live: Live) -> impl IntoView {
    let how = studio.how;
    let figure = live.figure;
    let number = figure.place() + 1;
    let active = move || how.is_active(figure);
    let pausing = move || live.lanes().iter().any(|lane| lane.pausing.get());
    let ready = move || matches!(studio.engine.get(), Engine::Ready { .. });
    let label = move || match live.stage.get() {
        _ if active() => text::PAUSE,
        Stage::Idle => text::START,
        Stage::Finished | Stage::Failed(_) => text::FIGURE_AGAIN,
        _ => text::RESUME,
    };
    let toggle = move |_| {
        if untrack(active) {
            return studio.pause_figures();
        }
        if matches!(live.stage.get_untracked(), Stage::Finished | Stage::Failed(_)) {
            studio.reset_figure(figure);
        }
        studio.start_figure(figure);
    };
    let learner = how.learner();
    let learning = move || live.stage.get() == Stage::Learning;
    let slowest = move || {
        let steps = live.lanes().iter().map(|lane| (lane.step.get(), lane.steps.get()));
        steps.min().unwrap_or((0, 1))
    };
    let progress = move || {
        if learning() {
            (learner.step.get(), learner.steps.get())
        } else {
            slowest()
        }
    };
    let compiling = move || {
        let lanes = live.lanes().iter().chain(learning().then_some(&learner));
        lanes.into_iter().any(|lane| lane.state.get() == RunState::Compiling)
    };
    let state = move || match live.stage.get() {
        Stage::Idle if ready() => text::FIGURE_READY.to_owned(),
        Stage::Idle => text::FIGURE_NO_ENGINE.to_owned(),
        Stage::Finished => text::state(RunState::Finished).to_owned(),
        Stage::Failed(message) => message,
        _ if !active() => text::state(RunState::Paused).to_owned(),
        Stage::Reading => text::PICTURE_LOADING.to_owned(),
        _ if compiling() => text::state(RunState::Compiling).to_owned(),
        Stage::Learning => text::FIGURE_LEARNS.to_owned(),
        Stage::Training => text::state(RunState::Running).to_owned(),
    };
    let standing = move || {
        let (step, steps) = progress();
        Standing {
            words: state(),
            failed: matches!(live.stage.get(), Stage::Failed(_)),
            step,
            steps,
        }
    };
    view! {
        <Control run_id=format!("run-{number}") reset_id=format!("reset-{number}") label=Signal::derive(label)
            of=text::of_figure(number) runs=Signal::derive(move || ready() && !pausing())
            resets=Signal::derive(move || live.stage.get() != Stage::Idle) toggle=toggle
            reset=move |_| studio.reset_figure(figure) standing=Signal::derive(standing)
            progress=text::figure_progress(number) />
    }
}

const PSNR: Kind = Kind::psnr("");
const LOSS: Kind = Kind::loss("", text::LOSS_PLOT);
/// Ids of the plots.
const PSNR_IDS: [&str; 7] = ["psnr-1", "psnr-2", "psnr-3", "psnr-4", "psnr-5", "psnr-6", "psnr-7"];
const LOSS_IDS: [&str; 7] = ["loss-1", "loss-2", "loss-3", "loss-4", "loss-5", "loss-6", "loss-7"];

/// One curve for each run: the loss only where it is told apart from the PSNR.
#[component]
fn Curves(studio: Studio, live: Live) -> impl IntoView {
    let figure = live.figure;
    let curves = move |value: fn(&Point) -> Option<f64>| {
        let curve = |(style, (lane, arm)): (usize, (&Lane, &Arm))| {
            let points = lane.points.read();
            Curve {
                name: arm.name.to_owned(),
                style,
                points: points.iter().filter_map(|p| Some((p.step as f64, value(p)?))).collect(),
            }
        };
        let arms = live.lanes().iter().zip(figure.arms());
        arms.enumerate().map(curve).collect::<Vec<_>>()
    };
    let psnr = move || curves(|point| point.psnr);
    let loss = move || curves(|point| Some(point.loss));
    let noisy = move || {
        let value = live.lanes()[0]
            .facts
            .read()
            .as_ref()
            .and_then(|facts| facts.observed_psnr)?;
        Some(Level {
            value,
            name: text::NOISY_LEVEL,
        })
    };
    let place = figure.place();
    let psnr_kind = Kind {
        id: PSNR_IDS[place],
        title: if figure == Figure::Masking {
            text::SOFT_PLOT
        } else {
            PSNR.title
        },
        ..PSNR
    };
    let loss_kind = Kind {
        id: LOSS_IDS[place],
        ..LOSS
    };
    let with_psnr = figure != Figure::Prior;
    let with_loss = matches!(figure, Figure::Prior | Figure::Overfitting | Figure::Pruning);
    view! {
        <div class="plots">
            {with_psnr.then(|| view! {
                <Plot kind=psnr_kind curves=Signal::derive(psnr) level=Signal::derive(noisy) empty=text::NO_POINTS />
            })}
            {(figure == Figure::Masking).then(|| view! { <Histogram look=studio.how.look /> })}
            {with_loss.then(|| view! {
                <Plot kind=loss_kind curves=Signal::derive(loss) level=None empty=text::NO_POINTS />
            })}
        </div>
    }
}
