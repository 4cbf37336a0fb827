//! All methods in numbers.

use leptos::prelude::*;

use super::Arm;
use super::course::Standings;
use super::view::name;
use crate::page::plot::Key;
use crate::page::state::Studio;
use crate::page::text;
use crate::worker::protocol::MaskFacts;

#[component]
pub fn Table(studio: Studio) -> impl IntoView {
    let column = |name: &'static str| view! { <th scope="col">{name}</th> };
    view! {
        <div class="scrolls card" tabindex="0" role="region" aria-label=text::METHODS_TABLE>
            <table id="methods-table">
                <thead><tr>{text::METHOD_COLUMNS.map(column).collect_view()}</tr></thead>
                <tbody>
                    <For each=move || studio.methods.arms() key=|arm| arm.place
                        children=|arm| view! { <Row arm /> } />
                </tbody>
            </table>
        </div>
        <p class="hint">{text::METHODS_TABLE_HINT}</p>
    }
}

#[component]
fn Row(arm: Arm) -> impl IntoView {
    let of_mask = move |words: fn(&MaskFacts) -> String| {
        let facts = arm.facts.read();
        facts.as_ref().map_or_else(|| text::NOTHING.to_owned(), words)
    };
    let macs = move || text::macs(arm.lane.facts.get().map(|facts| facts.macs));
    let standings = Memo::new(move |_| Standings::of(arm));
    view! {
        <tr>
            <th scope="row"><span class="plot key-cell"><Key style=arm.place /></span>{move || name(arm)}</th>
            <td>{move || of_mask(text::kept_weights)}</td>
            <td>{move || of_mask(text::live_channels)}</td>
            <td>{macs}</td>
            <td>{move || text::best_at(standings.get().best)}</td>
            <td>{move || text::decibels(standings.get().last)}</td>
            <td>{move || text::decibels(standings.get().returned)}</td>
        </tr>
    }
}
