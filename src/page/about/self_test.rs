//! The self-test: its button, how far it is, and what it found.

use leptos::prelude::*;

use super::view::{HowFar, has_gpu};
use crate::page::state::Studio;
use crate::page::text;
use crate::self_test::{Checked, SelfTestReport};
use crate::worker::protocol::Measurement;

/// Failures that are shown at once.
const FAILURES: usize = 5;

#[component]
pub fn SelfTestCard(studio: Studio) -> impl IntoView {
    let device = studio.device;
    let result = move || device.self_test.read().as_ref().map(result);
    view! {
        <section class="card" aria-labelledby="self-test-title">
            <h2 id="self-test-title">{text::SELF_TEST}</h2>
            <p>{text::SELF_TEST_WHAT}</p>
            <p class="actions">
                <button type="button" class="primary" id="self-test"
                    disabled=move || !has_gpu(studio) || device.measuring.get().is_some()
                    on:click=move |_| studio.run_self_test()>
                    {text::SELF_TEST_RUN}
                </button>
            </p>
            <HowFar studio what=Measurement::SelfTest />
            {result}
        </section>
    }
}

fn result(report: &SelfTestReport) -> impl IntoView + use<> {
    let class = if report.passed() { "verdict good" } else { "verdict bad" };
    let state = if report.passed() { "passed" } else { "failed" };
    let verdict = text::self_test_verdict(report);
    let item = |difference| view! { <li>{text::failure(difference)}</li> };
    let first = report.failures().take(FAILURES).map(item).collect_view();
    let others = report.failures().skip(FAILURES).count();
    let rest = report.failures().skip(FAILURES).map(item).collect_view();
    let rest = (others > 0).then(|| {
        view! {
            <details>
                <summary>{text::more_failures(others)}</summary>
                <ul class="sentences">{rest}</ul>
            </details>
        }
    });
    let row = |checked: &Checked| {
        let cell = |value: String| view! { <td>{value}</td> };
        view! {
            <tr>
                <th scope="row">{text::path(checked.path)}</th>
                {text::self_test_cells(checked).into_iter().map(cell).collect_view()}
            </tr>
        }
    };
    let rows = report.checked.iter().map(row).collect_view();
    let heading = |name: &'static str| view! { <th scope="col">{name}</th> };
    view! {
        <p class=class id="self-test-verdict" data-state=state>{verdict}</p>
        <ul class="sentences">{first}</ul>
        {rest}
        <div class="scrolls" tabindex="0" role="region" aria-label=text::SELF_TEST_TABLE>
            <table id="self-test-table">
                <thead><tr>{text::SELF_TEST_COLUMNS.into_iter().map(heading).collect_view()}</tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        <p class="hint">{text::SELF_TEST_HINT}</p>
    }
}
