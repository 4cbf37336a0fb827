//! The plots, as SVG: PSNR over steps, over keep, over sigma; layer densities; the transfer matrix.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use plotters::coord::ranged1d::{AsRangedCoord, Ranged, ValueFormatter};
use plotters::prelude::*;

use super::group::{Setting, figure, groups};
use crate::sweep::{Record, SweepError};

const SIZE: (u32, u32) = (760, 440);
/// Distinguishable with every common colour blindness (Okabe and Ito).
const COLOURS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(0, 0, 0),
];

/// A named line.
type Series = (String, Vec<(f64, f64)>);

/// Draws every plot for which there is more than one point; returns the files.
///
/// # Errors
/// [`SweepError::Plot`].
pub fn draw(records: &[Record], out: &Path) -> Result<Vec<PathBuf>, SweepError> {
    let groups = groups(records);
    let mut written = Vec::new();
    for ((size, steps, sigma), series) in over_steps(&groups) {
        let path = out.join(format!("psnr-over-steps-{size}-{steps}-sigma{sigma}.svg"));
        let title = format!("PSNR over steps, sigma {sigma}, {size} pixels");
        lines(&path, &title, "step", "PSNR, dB", &series, true)?;
        written.push(path);
    }
    for (name, x_label, x) in [
        (
            "keep",
            "fraction kept",
            (|setting: &Setting| setting.keep.parse().ok()) as fn(&Setting) -> Option<f64>,
        ),
        ("sigma", "sigma", |setting: &Setting| setting.sigma.parse().ok()),
    ] {
        let series = over(&groups, x);
        if series.iter().any(|(_, points)| points.len() > 1) {
            let path = out.join(format!("psnr-over-{name}.svg"));
            let title = format!("PSNR of the averaged output over {x_label}");
            lines(&path, &title, x_label, "PSNR, dB", &series, false)?;
            written.push(path);
        }
    }
    let series = densities(&groups);
    if !series.is_empty() {
        let path = out.join("layer-densities.svg");
        lines(
            &path,
            "Kept fraction of each convolution",
            "convolution",
            "fraction kept",
            &series,
            false,
        )?;
        written.push(path);
    }
    if let Some(path) = transfer(&groups, out)? {
        written.push(path);
    }
    Ok(written)
}

type Panel = (String, u64, String);

/// The mean curve of each method, by size, steps and sigma.
fn over_steps(groups: &BTreeMap<Setting, Vec<&Record>>) -> BTreeMap<Panel, Vec<Series>> {
    let mut panels: BTreeMap<Panel, Vec<Series>> = BTreeMap::new();
    for (setting, records) in groups {
        let mut sums: BTreeMap<u64, (f64, usize)> = BTreeMap::new();
        for row in records.iter().flat_map(|record| &record.curve) {
            if let Some(psnr) = row.psnr {
                let entry = sums.entry(row.step).or_default();
                *entry = (entry.0 + psnr, entry.1 + 1);
            }
        }
        // Step 0 has no place on a logarithmic axis.
        let points: Vec<(f64, f64)> = sums
            .into_iter()
            .filter(|(step, _)| *step > 0)
            .map(|(step, (sum, count))| (step as f64, sum / count as f64))
            .collect();
        if points.len() > 1 {
            let panel = (setting.size.clone(), setting.steps, setting.sigma.clone());
            panels.entry(panel).or_default().push((setting.label(), points));
        }
    }
    panels
}

/// The PSNR of what is returned over one number of the setting, a line for each method with all else equal.
fn over(groups: &BTreeMap<Setting, Vec<&Record>>, x: fn(&Setting) -> Option<f64>) -> Vec<Series> {
    let mut series: BTreeMap<String, Vec<(f64, f64)>> = BTreeMap::new();
    let all: Vec<&Setting> = groups.keys().collect();
    let differ = |part: fn(&Setting) -> String| all.iter().map(|s| part(s)).collect::<BTreeSet<_>>().len() > 1;
    for (setting, records) in groups {
        let (Some(x), Some(y)) = (x(setting), figure(records, |record| record.returned_psnr)) else {
            continue;
        };
        let mut label = setting.method.clone();
        for (part, shown) in [
            (setting.size.clone(), differ(|s| s.size.clone())),
            (format!("{} steps", setting.steps), differ(|s| s.steps.to_string())),
        ] {
            if shown {
                label += &format!(", {part}");
            }
        }
        series.entry(label).or_default().push((x, y.mean));
    }
    for points in series.values_mut() {
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
    }
    series.into_iter().collect()
}

/// The mean kept fraction of each convolution, by method.
fn densities(groups: &BTreeMap<Setting, Vec<&Record>>) -> Vec<Series> {
    let mut series: BTreeMap<String, Vec<(f64, usize)>> = BTreeMap::new();
    for (setting, records) in groups {
        for record in records.iter().filter(|record| !record.densities.is_empty()) {
            let sums = series.entry(setting.label()).or_default();
            sums.resize(sums.len().max(record.densities.len()), (0.0, 0));
            for (sum, (_, density)) in sums.iter_mut().zip(&record.densities) {
                *sum = (sum.0 + density, sum.1 + 1);
            }
        }
    }
    let line = |sums: Vec<(f64, usize)>| {
        let points = sums.into_iter().enumerate();
        points
            .map(|(at, (sum, count))| ((at + 1) as f64, sum / count as f64))
            .collect()
    };
    series.into_iter().map(|(label, sums)| (label, line(sums))).collect()
}

fn lines(
    path: &Path,
    title: &str,
    x_label: &str,
    y_label: &str,
    series: &[Series],
    log: bool,
) -> Result<(), SweepError> {
    let points = || series.iter().flat_map(|(_, points)| points);
    let range = |value: fn(&(f64, f64)) -> f64| {
        points()
            .map(value)
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
                (low.min(v), high.max(v))
            })
    };
    let ((left, right), (low, high)) = (range(|p| p.0), range(|p| p.1));
    let margin = (0.05 * (high - low)).max(1e-3);
    let y = low - margin..high + margin;
    let drawn = if log {
        chart(path, title, (x_label, y_label), (left..right).log_scale(), y, series)
    } else {
        let side = (0.02 * (right - left)).max(1e-6);
        chart(path, title, (x_label, y_label), left - side..right + side, y, series)
    };
    drawn.map_err(|reason| SweepError::Plot {
        path: path.into(),
        reason,
    })
}

fn chart<X: AsRangedCoord<Value = f64>>(
    path: &Path,
    title: &str,
    (x_label, y_label): (&str, &str),
    x: X,
    y: std::ops::Range<f64>,
    series: &[Series],
) -> Result<(), String>
where
    X::CoordDescType: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    let text = |error: DrawingAreaErrorKind<_>| error.to_string();
    let root = SVGBackend::new(path, SIZE).into_drawing_area();
    root.fill(&WHITE).map_err(text)?;
    let mut chart = ChartBuilder::on(&root)
        .caption(title, ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(42)
        .y_label_area_size(54)
        .build_cartesian_2d(x, y)
        .map_err(text)?;
    chart
        .configure_mesh()
        .x_desc(x_label)
        .y_desc(y_label)
        .light_line_style(TRANSPARENT)
        .draw()
        .map_err(text)?;
    for (at, (label, points)) in series.iter().enumerate() {
        let colour = COLOURS[at % COLOURS.len()];
        chart
            .draw_series(LineSeries::new(points.iter().copied(), colour.stroke_width(2)))
            .map_err(text)?
            .label(label)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerRight)
        .background_style(WHITE.mix(0.85))
        .border_style(BLACK.mix(0.3))
        .draw()
        .map_err(text)?;
    root.present().map_err(text)
}

/// The PSNR of what is returned with each mask on each picture as a heat map with numbers; none with fewer than two masks.
fn transfer(groups: &BTreeMap<Setting, Vec<&Record>>, out: &Path) -> Result<Option<PathBuf>, SweepError> {
    let mut cells: BTreeMap<(String, String), Vec<f64>> = BTreeMap::new();
    for (setting, records) in groups {
        let Some(mask) = setting.method.strip_prefix("mask:") else {
            continue;
        };
        for record in records {
            if let Some(psnr) = record.returned_psnr {
                cells
                    .entry((mask.to_string(), record.image.clone()))
                    .or_default()
                    .push(psnr);
            }
        }
    }
    let masks: BTreeSet<&String> = cells.keys().map(|(mask, _)| mask).collect();
    let images: BTreeSet<&String> = cells.keys().map(|(_, image)| image).collect();
    if masks.len() < 2 {
        return Ok(None);
    }
    let means: BTreeMap<&(String, String), f64> = cells
        .iter()
        .map(|(place, values)| (place, values.iter().sum::<f64>() / values.len() as f64))
        .collect();
    let low = means.values().copied().fold(f64::INFINITY, f64::min);
    let high = means.values().copied().fold(f64::NEG_INFINITY, f64::max);
    let path = out.join("transfer.svg");
    let (left, top, wide, tall) = (150, 60, 96, 40);
    let size = (
        left + wide * images.len() as i32 + 20,
        top + tall * masks.len() as i32 + 20,
    );
    let drawn = (|| {
        let text = |error: DrawingAreaErrorKind<_>| error.to_string();
        let root = SVGBackend::new(&path, (size.0 as u32, size.1 as u32)).into_drawing_area();
        root.fill(&WHITE).map_err(text)?;
        let style = |size: i32| ("sans-serif", size).into_font();
        let write =
            |words: String, x: i32, y: i32, size: i32| root.draw(&Text::new(words, (x, y), style(size))).map_err(text);
        write(
            "PSNR of the average, dB: mask (row) on picture (column)".into(),
            12,
            10,
            15,
        )?;
        for (column, image) in images.iter().enumerate() {
            write((*image).clone(), left + wide * column as i32 + 6, top - 18, 12)?;
        }
        for (row, mask) in masks.iter().enumerate() {
            let y = top + tall * row as i32;
            write((*mask).clone(), 12, y + 12, 12)?;
            for (column, image) in images.iter().enumerate() {
                let Some(mean) = means.get(&((*mask).clone(), (*image).clone())) else {
                    continue;
                };
                let share = (mean - low) / (high - low).max(1e-9);
                let x = left + wide * column as i32;
                let shade = RGBColor(
                    (235.0 - 150.0 * share) as u8,
                    (240.0 - 90.0 * share) as u8,
                    (245.0 - 60.0 * share) as u8,
                );
                let cell = Rectangle::new([(x, y), (x + wide - 2, y + tall - 2)], shade.filled());
                root.draw(&cell).map_err(text)?;
                write(format!("{mean:.2}"), x + 28, y + 12, 13)?;
            }
        }
        root.present().map_err(text)
    })();
    drawn.map_err(|reason: String| SweepError::Plot {
        path: path.clone(),
        reason,
    })?;
    Ok(Some(path))
}
