//! What fits with a mask reached on the sample pictures: as it shipped, and in this browser.

use std::collections::BTreeMap;

use leptos::prelude::*;

use super::Entry;
use crate::measured::{Measured, mean_and_spread};
use crate::page::state::Studio;
use crate::page::text;
use crate::picture::Noise;
use crate::worker::protocol::Framing;

/// A row of the table.
struct Row {
    sample: String,
    picture: String,
    sigma: f64,
    steps: u64,
    seeds: usize,
    mean: f64,
    spread: Option<f64>,
    here: bool,
}

/// What ships of a preset.
fn shipped(preset: &str) -> Vec<Row> {
    // The tests read the file, so a build that passed them has a good one.
    let measured = Measured::built_in().ok();
    let results = measured.iter().flat_map(|measured| measured.of(preset));
    let row = |result: &crate::measured::SampleResult| Row {
        sample: result.sample.clone(),
        picture: text::cropped(result.size),
        sigma: result.sigma,
        steps: result.steps,
        seeds: result.seeds.len(),
        mean: result.mean,
        spread: result.spread,
        here: false,
    };
    results.map(row).collect()
}

/// What was finished here with the mask of this SHA-256: fits that differ in their seeds together.
fn finished(studio: Studio, sha256: &str) -> Vec<Row> {
    let all = studio.gallery.finished.read();
    let mut groups: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for fit in all.iter().filter(|fit| fit.mask == sha256) {
        let setup = &fit.setup;
        let crop = setup.framing == Framing::Crop;
        // Only such are remembered.
        let Some(Noise::Gaussian { sigma }) = setup.noise else {
            continue;
        };
        let setting = (fit.sample.clone(), crop, setup.size, fit.steps, sigma.to_bits());
        groups.entry(setting).or_default().push(fit.psnr);
    }
    let row = |((sample, crop, size, steps, sigma), values): (_, Vec<f64>)| {
        let (mean, spread) = mean_and_spread(&values)?;
        Some(Row {
            sample,
            picture: match crop {
                true => text::cropped(Some(size as u64)),
                false => text::scaled(size),
            },
            sigma: f64::from_bits(sigma),
            steps,
            seeds: values.len(),
            mean,
            spread,
            here: true,
        })
    };
    groups.into_iter().filter_map(row).collect()
}

#[component]
pub fn Results(studio: Studio, entry: Entry) -> impl IntoView {
    let preset = entry
        .preset
        .with_value(|preset| preset.as_ref().map(|preset| preset.id.clone()));
    let rows = move || {
        let mut rows = preset.as_deref().map(shipped).unwrap_or_default();
        rows.extend(finished(studio, &entry.sha256.get_value()));
        rows
    };
    let title_of = move |id: &str| {
        let title = studio
            .catalogue
            .with_value(|all| all.sample(id).map(|sample| sample.title.clone()));
        title.unwrap_or_else(|| id.to_owned())
    };
    let row = move |row: Row| {
        view! {
            <tr>
                <th scope="row">{title_of(&row.sample)}", "{row.picture}</th>
                <td>"σ "{text::trimmed(row.sigma, 3)}</td>
                <td>{text::thousands(row.steps)}</td>
                <td>{text::with_spread(row.mean, row.spread)}</td>
                <td>{row.seeds}</td>
                <td>{text::measured_where(row.here)}</td>
            </tr>
        }
    };
    let heading = |name: &'static str| view! { <th scope="col">{name}</th> };
    move || {
        let rows = rows();
        if rows.is_empty() {
            return view! { <p class="hint results">{text::NOT_MEASURED}</p> }.into_any();
        }
        let named = move || text::of_fit(text::RESULTS, &entry.title.get());
        view! {
            <div class="scrolls results" tabindex="0" role="region" aria-label=named>
                <table>
                    <caption>{text::RESULTS}</caption>
                    <thead><tr>{text::RESULT_COLUMNS.into_iter().map(heading).collect_view()}</tr></thead>
                    <tbody>{rows.into_iter().map(row).collect_view()}</tbody>
                </table>
            </div>
        }
        .into_any()
    }
}
