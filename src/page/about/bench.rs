//! The benchmark: its size and buttons, how far it is, and its table.

use leptos::prelude::*;

use super::BENCH_SIZES;
use super::view::{HowFar, has_gpu};
use crate::bench::{BenchRow, BenchSummary, Refused};
use crate::page::state::Studio;
use crate::page::text;
use crate::worker::protocol::Measurement;

#[component]
pub fn BenchCard(studio: Studio) -> impl IntoView {
    let device = studio.device;
    let busy = move || !has_gpu(studio) || device.measuring.get().is_some();
    let choose = move |event| {
        if let Ok(size) = event_target_value(&event).parse() {
            device.size.set(size);
        }
    };
    let option = move |size: usize| {
        view! {
            <option value=size.to_string() prop:selected=move || device.size.get() == size>
                {text::size_option(size, false)}
            </option>
        }
    };
    let result = move || {
        let bench = device.bench.read();
        bench.as_ref().map(|(summary, complete)| result(summary, *complete))
    };
    view! {
        <section class="card" aria-labelledby="bench-title">
            <h2 id="bench-title">{text::BENCH}</h2>
            <p>{text::BENCH_WHAT}</p>
            <div class="actions">
                <label for="bench-size">{text::BENCH_SIZE}</label>
                <select id="bench-size" disabled=busy on:change=choose>
                    {BENCH_SIZES.into_iter().map(option).collect_view()}
                </select>
                <button type="button" class="primary" id="bench" disabled=busy on:click=move |_| studio.run_bench()>
                    {text::BENCH_RUN}
                </button>
            </div>
            <p class="hint">{text::BENCH_HINT}</p>
            <HowFar studio what=Measurement::Bench />
            {result}
        </section>
    }
}

fn result(summary: &BenchSummary, complete: bool) -> impl IntoView + use<> {
    let row = |row: &BenchRow| {
        let cell = |value: String| view! { <td>{value}</td> };
        view! {
            <tr>
                <th scope="row">{text::path_at(row.path, row.density)}</th>
                {text::bench_cells(row).into_iter().map(cell).collect_view()}
            </tr>
        }
    };
    let rows = summary.rows.iter().map(row).collect_view();
    let heading = |name: &'static str| view! { <th scope="col">{name}</th> };
    let refused = |refused: &Refused| view! { <li>{text::bench_refused(refused)}</li> };
    let table = (!summary.rows.is_empty()).then(|| {
        view! {
            <div class="scrolls" tabindex="0" role="region" aria-label=text::BENCH_TABLE>
                <table id="bench-table">
                    <thead><tr>{text::BENCH_COLUMNS.into_iter().map(heading).collect_view()}</tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            <p class="hint">{text::peaks(summary.peak)}</p>
        }
    });
    view! {
        <p class="verdict" id="bench-verdict" data-complete=complete.to_string()>
            {text::bench_sentence(summary, complete)}
        </p>
        {table}
        <ul class="sentences">{summary.refused.iter().map(refused).collect_view()}</ul>
    }
}
