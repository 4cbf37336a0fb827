//! The shuffle experiment's table: how each shuffle ends, over all repetitions.

use leptos::prelude::*;

use super::course::outcomes;
use super::outcome::Outcome;
use super::spec::Figure;
use super::{ARMS, Stage};
use crate::page::state::Studio;
use crate::page::text;

/// The runs of all repetitions that are there, in their order.
fn repetitions(studio: Studio) -> Vec<[Option<Outcome>; ARMS]> {
    let live = studio.how.live(Figure::Shuffling);
    for lane in live.lanes() {
        lane.points.track();
    }
    let mut all = studio.how.earlier.get();
    all.push(outcomes(live));
    all
}

#[component]
pub fn ShuffleTable(studio: Studio) -> impl IntoView {
    let how = studio.how;
    let live = how.live(Figure::Shuffling);
    let finished = move || live.stage.get() == Stage::Finished;
    let row = |all: &[[Option<Outcome>; ARMS]], place: usize| {
        let ends: Vec<f64> = all.iter().filter_map(|ends| Some(ends[place]?.end)).collect();
        let bests: Vec<f64> = all.iter().filter_map(|ends| Some(ends[place]?.best.1)).collect();
        let mean = |values: &[f64]| (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64);
        // Only the first starts from the weights that the mask was learned with.
        let first = all[0][place].map(|outcome| outcome.first);
        view! {
            <tr>
                <th scope="row">{Figure::Shuffling.arms()[place].name}</th>
                <td>{text::decibels(first)}</td>
                <td>{text::decibels(mean(&bests))}</td>
                <td>{text::decibels(mean(&ends))}</td>
                <td>{text::each_end(&ends)}</td>
            </tr>
        }
    };
    let rows = move || {
        let all = repetitions(studio);
        (0..ARMS).map(|place| row(&all, place)).collect_view()
    };
    let column = |name: &'static str| view! { <th scope="col">{name}</th> };
    view! {
        <div class="scrolls" tabindex="0" role="region" aria-label=text::SHUFFLE_TABLE>
            <table id="shuffle-table">
                <thead><tr>{text::SHUFFLE_COLUMNS.map(column).collect_view()}</tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        <div class="actions">
            <button type="button" id="repeat-shuffling" disabled=move || !finished()
                on:click=move |_| studio.repeat_shuffling()>
                {text::SHUFFLE_AGAIN}
            </button>
            <p class="hint">{move || text::repetition(how.repetition.get() + 1)}</p>
        </div>
    }
}
