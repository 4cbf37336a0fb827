//! The plots, as SVG: PSNR over steps; peak and what is returned over keep and over sigma; layer densities.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use plotters::coord::ranged1d::{AsRangedCoord, Ranged, ValueFormatter};
use plotters::element::DashedPathElement;
use plotters::prelude::*;

use super::group::{Panel, Setting, failures, figure, groups, panel};
use super::transfer;
use crate::sweep::{Outcome, Record, SweepError};

/// Of a plot without its legend, in pixels.
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
#[derive(Default)]
struct Series {
    label: String,
    points: Vec<(f64, f64)>,
    /// Those of the points that are means of what is left: some masks collapsed, or some fits diverged.
    partial: Vec<(f64, f64)>,
}

/// The number of a setting that a plot goes over.
#[derive(Clone, Copy)]
enum Axis {
    Keep,
    Sigma,
}

impl Axis {
    const ALL: [Self; 2] = [Self::Keep, Self::Sigma];

    /// In file names, and beside the axis.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Keep => ("keep", "fraction kept"),
            Self::Sigma => ("sigma", "sigma"),
        }
    }

    /// The setting's place; none where the method does not choose what it keeps.
    fn of(self, setting: &Setting) -> Option<f64> {
        match self {
            Self::Keep => setting.keep.parse().ok(),
            Self::Sigma => setting.sigma.parse().ok(),
        }
    }

    /// The setting without its place: equal for the points of one line.
    fn line(self, setting: &Setting) -> Setting {
        let mut line = setting.clone();
        match self {
            Self::Keep => line.keep.clear(),
            Self::Sigma => line.sigma.clear(),
        }
        line
    }
}

/// A measured value, by its file's beginning and its title.
type Value = (&'static str, &'static str, fn(&Record) -> Option<f64>);
const VALUES: [Value; 2] = [
    ("psnr", "PSNR of what is returned", |record| record.returned_psnr),
    ("peak", "Highest PSNR of the output", |record| record.peak_psnr),
];

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
    for axis in Axis::ALL {
        let (name, x_label) = axis.names();
        for (file, title, value) in VALUES {
            let series = over(&groups, axis, value);
            if series.is_empty() {
                continue;
            }
            let path = out.join(format!("{file}-over-{name}.svg"));
            let circled = series.iter().any(|line| !line.partial.is_empty());
            let circled = if circled { " (circled: not all masks alive)" } else { "" };
            let title = format!("{title} over {x_label}{circled}");
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
    let panels = transfer::matrices(&groups);
    for ((size, steps, sigma), cells) in &panels {
        let name = match panels.len() {
            1 => "transfer.svg".to_owned(),
            _ => format!("transfer-{size}-{steps}-sigma{sigma}.svg"),
        };
        let path = out.join(name);
        transfer::draw(&path, &format!("sigma {sigma}, {size} pixels, {steps} steps"), cells)?;
        written.push(path);
    }
    Ok(written)
}

/// Names for the legend: the label, and of size, steps and sigma what tells settings apart.
fn names<'a>(settings: impl Iterator<Item = &'a Setting> + Clone) -> BTreeMap<&'a Setting, String> {
    let parts: [fn(&Setting) -> String; 3] = [
        |setting| format!(", {} pixels", setting.size),
        |setting| format!(", {} steps", setting.steps),
        |setting| format!(", sigma {}", setting.sigma),
    ];
    let told = parts.map(|part| settings.clone().map(part).collect::<BTreeSet<_>>().len() > 1);
    let name = |setting: &Setting| {
        let parts = parts.iter().zip(told).filter(|(_, told)| *told);
        setting.label() + &parts.map(|(part, _)| part(setting)).collect::<String>()
    };
    settings.map(|setting| (setting, name(setting))).collect()
}

/// The mean curve of each method, by size, steps and sigma.
fn over_steps(groups: &BTreeMap<Setting, Vec<&Record>>) -> BTreeMap<Panel, Vec<Series>> {
    let mut panels: BTreeMap<Panel, Vec<Series>> = BTreeMap::new();
    for (setting, records) in groups {
        let mut sums: BTreeMap<u64, (f64, usize)> = BTreeMap::new();
        let fitted = records.iter().filter(|record| record.outcome == Outcome::Fitted);
        for row in fitted.flat_map(|record| &record.curve) {
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
            panels.entry(panel(setting)).or_default().push(Series {
                label: setting.label(),
                points,
                ..Series::default()
            });
        }
    }
    panels
}

/// A value over one number of the setting: a line for all that is equal but for it, and a level for what has no such number. None where
/// no line has two points.
fn over(groups: &BTreeMap<Setting, Vec<&Record>>, axis: Axis, value: fn(&Record) -> Option<f64>) -> Vec<Series> {
    /// A place, its value, and whether that is of a part of the runs.
    type Point = (f64, f64, bool);
    let mut lines: BTreeMap<Setting, Vec<Point>> = BTreeMap::new();
    let mut levels: BTreeMap<Setting, f64> = BTreeMap::new();
    for (setting, records) in groups {
        let Some(y) = figure(records, value) else {
            continue;
        };
        let lost = failures(records, Outcome::Collapsed) + failures(records, Outcome::Diverged);
        match axis.of(setting) {
            Some(x) => lines.entry(axis.line(setting)).or_default().push((x, y.mean, lost > 0)),
            None => drop(levels.insert(setting.clone(), y.mean)),
        }
    }
    if lines.values().all(|points| points.len() < 2) {
        return Vec::new();
    }
    let places = || lines.values().flatten().map(|(x, _, _)| *x);
    let ends = [
        places().fold(f64::INFINITY, f64::min),
        places().fold(f64::NEG_INFINITY, f64::max),
    ];
    let names = names(lines.keys().chain(levels.keys()));
    let name = |setting: &Setting| names.get(setting).cloned().unwrap_or_default();
    let line = |(setting, points): (&Setting, &Vec<Point>)| {
        let mut points = points.clone();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let partial = points.iter().filter(|(_, _, partial)| *partial);
        Series {
            label: name(setting),
            partial: partial.map(|(x, y, _)| (*x, *y)).collect(),
            points: points.iter().map(|(x, y, _)| (*x, *y)).collect(),
        }
    };
    let level = |(setting, y): (&Setting, &f64)| Series {
        label: name(setting),
        points: ends.map(|x| (x, *y)).to_vec(),
        ..Series::default()
    };
    lines.iter().map(line).chain(levels.iter().map(level)).collect()
}

/// The mean kept fraction of each convolution, by method and what its mask depends on.
fn densities(groups: &BTreeMap<Setting, Vec<&Record>>) -> Vec<Series> {
    let mut sums: BTreeMap<Setting, Vec<(f64, usize)>> = BTreeMap::new();
    for (setting, records) in groups {
        // Fits of any length have the same mask.
        let mask = Setting {
            steps: 0,
            ..setting.clone()
        };
        for record in records.iter().filter(|record| !record.densities.is_empty()) {
            let sums = sums.entry(mask.clone()).or_default();
            sums.resize(sums.len().max(record.densities.len()), (0.0, 0));
            for (sum, (_, density)) in sums.iter_mut().zip(&record.densities) {
                *sum = (sum.0 + density, sum.1 + 1);
            }
        }
    }
    let line = |(setting, label): (&Setting, String)| {
        let means = sums[setting].iter().map(|(sum, count)| sum / *count as f64);
        Series {
            label,
            points: (1..).map(f64::from).zip(means).collect(),
            ..Series::default()
        }
    };
    names(sums.keys()).into_iter().map(line).collect()
}

fn lines(
    path: &Path,
    title: &str,
    x_label: &str,
    y_label: &str,
    series: &[Series],
    log: bool,
) -> Result<(), SweepError> {
    let points = || series.iter().flat_map(|line| &line.points);
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
    // To the right of the plot, as wide and as tall as its names need.
    let longest = series.iter().map(|line| line.label.chars().count()).max().unwrap_or(0) as u32;
    let legend = (60 + 7 * longest, 60 + 16 * series.len() as u32);
    let size = (SIZE.0 + legend.0, SIZE.1.max(legend.1));
    let root = SVGBackend::new(path, size).into_drawing_area();
    root.fill(&WHITE).map_err(text)?;
    let mut chart = ChartBuilder::on(&root)
        .caption(title, ("sans-serif", 18))
        .margin(12)
        .margin_right(legend.0)
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
    for (at, line) in series.iter().enumerate() {
        let style = COLOURS[at % COLOURS.len()].stroke_width(2);
        let points = line.points.iter().copied();
        let y = 40 + 16 * at as i32;
        let left = SIZE.0 as i32 + 12;
        let key = [(left, y), (left + 24, y)];
        // The second round of colours is dashed, the third more finely.
        match (at / COLOURS.len()) as u32 {
            0 => {
                chart.draw_series(LineSeries::new(points, style)).map_err(text)?;
                root.draw(&PathElement::new(key, style)).map_err(text)?;
            }
            round => {
                let (dash, gap) = ((12 / round).max(2), 4);
                let dashed = DashedLineSeries::new(points, dash, gap, style);
                chart.draw_series(dashed).map_err(text)?;
                let key = DashedPathElement::new(key, dash, gap, style);
                root.draw(&key).map_err(text)?;
            }
        }
        let circles = line.partial.iter().map(|place| Circle::new(*place, 6, style));
        chart.draw_series(circles).map_err(text)?;
        let name = Text::new(line.label.as_str(), (left + 32, y - 6), ("sans-serif", 12));
        root.draw(&name).map_err(text)?;
    }
    root.present().map_err(text)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::record;
    use super::*;

    fn of_keep(method: &str, keep: f64, sigma: f64, psnr: f64) -> Record {
        Record {
            keep: Some(keep),
            sigma,
            returned_psnr: Some(psnr),
            ..record(method, "coffee.png", 0)
        }
    }

    fn returned(record: &Record) -> Option<f64> {
        record.returned_psnr
    }

    #[test]
    fn a_line_is_of_one_setting() {
        let mut records: Vec<Record> = [0.1, 0.2]
            .into_iter()
            .flat_map(|sigma| [0.05, 0.5].map(|keep| of_keep("oes", keep, sigma, 30.0 - 10.0 * sigma + keep)))
            .collect();
        let dense = Record {
            returned_psnr: Some(25.0),
            ..record("dense", "coffee.png", 0)
        };
        records.push(dense);
        let groups = groups(&records);
        let lines = |axis| -> Vec<(String, Vec<(f64, f64)>)> {
            let series = over(&groups, axis, returned).into_iter();
            series.map(|line| (line.label, line.points)).collect()
        };
        let named = |name: &str, points: [(f64, f64); 2]| (name.to_owned(), points.to_vec());
        assert_eq!(
            lines(Axis::Keep),
            [
                named("oes, sigma 0.1", [(0.05, 29.05), (0.5, 29.5)]),
                named("oes, sigma 0.2", [(0.05, 28.05), (0.5, 28.5)]),
                named("dense, sigma 0.1", [(0.05, 25.0), (0.5, 25.0)]),
            ]
        );
        let over_sigma = lines(Axis::Sigma);
        assert_eq!(over_sigma[1], named("oes 0.05", [(0.1, 29.05), (0.2, 28.05)]));
        assert_eq!(over_sigma[2], named("oes 0.5", [(0.1, 29.5), (0.2, 28.5)]));
    }

    #[test]
    fn a_mean_of_what_is_left_is_marked() {
        let mut dead = of_keep("oes", 0.05, 0.1, 0.0);
        (dead.outcome, dead.returned_psnr, dead.seed) = (Outcome::Collapsed, None, 1);
        let records = [of_keep("oes", 0.05, 0.1, 29.0), dead, of_keep("oes", 0.5, 0.1, 28.0)];
        let groups = groups(&records);
        let lines = over(&groups, Axis::Keep, returned);
        assert_eq!(lines[0].points, [(0.05, 29.0), (0.5, 28.0)]);
        assert_eq!(lines[0].partial, [(0.05, 29.0)]);
    }
}
