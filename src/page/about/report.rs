//! Versions, and all of the view as text for a bug report.

use std::fmt::Write;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::device;
use crate::page::clipboard::copy;
use crate::page::state::Studio;
use crate::page::text;

/// What the browser says that it is.
fn browser() -> String {
    let window = web_sys::window();
    window
        .and_then(|window| window.navigator().user_agent().ok())
        .unwrap_or_default()
}

/// Names and values.
fn versions() -> [(&'static str, String); 2] {
    [
        (
            text::PROGRAM,
            format!("optimal-eye-surgeon {}", env!("CARGO_PKG_VERSION")),
        ),
        (text::BROWSER, browser()),
    ]
}

/// The report, in Markdown.
fn markdown(studio: Studio) -> String {
    let mut out = format!("## {}\n\n", text::REPORT_TITLE);
    for (name, value) in versions().into_iter().chain(device::rows(studio)) {
        // Writing into a String cannot fail.
        let _ = writeln!(out, "- {name}: {value}");
    }
    let _ = writeln!(out, "\n### {}\n", text::SELF_TEST);
    match studio.device.self_test.get() {
        None => out.push_str(text::NOT_RUN),
        Some(report) => {
            let _ = writeln!(out, "{}\n", text::self_test_verdict(&report));
            for failure in report.failures() {
                let _ = writeln!(out, "- {}", text::failure(failure));
            }
            let rows = report.checked.iter().map(|checked| {
                let cells = text::self_test_cells(checked);
                [vec![text::path(checked.path).to_owned()], cells.to_vec()].concat()
            });
            out.push_str(&table(&text::SELF_TEST_COLUMNS, rows));
        }
    }
    let _ = writeln!(out, "\n### {}\n", text::BENCH);
    match studio.device.bench.get() {
        None => out.push_str(text::NOT_RUN),
        Some((summary, complete)) => {
            let _ = writeln!(out, "{}\n", text::bench_sentence(&summary, complete));
            let rows = summary.rows.iter().map(|row| {
                let name = text::path_at(row.path, row.density);
                [vec![name], text::bench_cells(row).to_vec()].concat()
            });
            out.push_str(&table(&text::BENCH_COLUMNS, rows));
            let _ = writeln!(out, "\n{}", text::peaks(summary.peak));
            for refused in &summary.refused {
                let _ = writeln!(out, "- {}", text::bench_refused(refused));
            }
        }
    }
    out
}

fn table(columns: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut out = format!("| {} |\n|{}\n", columns.join(" | "), "---|".repeat(columns.len()));
    for row in rows {
        let _ = writeln!(out, "| {} |", row.join(" | "));
    }
    out
}

#[component]
pub fn ReportCard(studio: Studio) -> impl IntoView {
    let report = Memo::new(move |_| markdown(studio));
    let copied = RwSignal::new(None::<bool>);
    let press = move |_| {
        spawn_local(async move {
            let done = copy(&report.get_untracked()).await;
            copied.set(Some(done));
        });
    };
    let row = |(name, value): (&'static str, String)| {
        view! {
            <div>
                <dt>{name}</dt>
                <dd>{value}</dd>
            </div>
        }
    };
    let said = move || match copied.get() {
        None => "",
        Some(true) => text::COPIED,
        Some(false) => text::NOT_COPIED,
    };
    view! {
        <section class="card" aria-labelledby="report-title">
            <h2 id="report-title">{text::VERSIONS}</h2>
            <dl class="pairs">{versions().into_iter().map(row).collect_view()}</dl>
            <p class="actions">
                <button type="button" id="copy-report" on:click=press>{text::COPY_REPORT}</button>
                <span role="status" id="copied">{said}</span>
            </p>
            <details prop:open=move || copied.get() == Some(false)>
                <summary>{text::REPORT_TEXT}</summary>
                <pre class="report" id="report" tabindex="0" role="region" aria-label=text::REPORT_TEXT>
                    {move || report.get()}
                </pre>
            </details>
        </section>
    }
}
