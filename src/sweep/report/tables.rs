//! The tables: one line a run (CSV), and means by method (Markdown).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::group::{Figure, Setting, failures, figure, groups};
use crate::sweep::{Outcome, Record, SweepError};

/// Columns of the summary: title, figure, decimal places.
type Column = (&'static str, fn(&Record) -> Option<f64>, usize);
const COLUMNS: [Column; 7] = [
    ("by masking alone, dB", |record| record.masked_psnr, 2),
    ("peak, dB", |record| record.peak_psnr, 2),
    ("last, dB", |record| record.last_psnr, 2),
    ("average, dB", |record| record.average_psnr, 2),
    ("stopped, dB", |record| record.stopped_psnr, 2),
    ("returned, dB", |record| record.returned_psnr, 2),
    ("SSIM of what is returned", |record| record.returned_ssim, 3),
];

/// Every run's settings and figures.
///
/// # Errors
/// [`SweepError::File`] if the writer refuses.
pub fn csv(records: &[Record]) -> Result<Vec<u8>, SweepError> {
    let refuse = |error: csv::Error| SweepError::file("results.csv", error);
    let mut writer = csv::Writer::from_writer(Vec::new());
    let titles = [
        "id",
        "image",
        "method",
        "keep",
        "sigma",
        "seed",
        "size",
        "steps",
        "learn_steps",
        "imp_steps",
        "lr",
        "lr_drop_at",
        "lr_drop",
        "network",
        "channels",
        "outcome",
        "kept",
        "macs",
        "masked_psnr",
        "peak_step",
        "peak_psnr",
        "last_psnr",
        "average_psnr",
        "stopped_step",
        "stopped_psnr",
        "returned_psnr",
        "last_ssim",
        "returned_ssim",
        "seconds",
        "adapter",
    ];
    writer.write_record(titles).map_err(refuse)?;
    for record in records {
        let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
        let count = |value: Option<u64>| value.map_or_else(String::new, |value| value.to_string());
        let channels: Vec<String> = record.network.channels().iter().map(usize::to_string).collect();
        let row = [
            record.id.clone(),
            record.image.clone(),
            record.method.clone(),
            number(record.keep),
            record.sigma.to_string(),
            record.seed.to_string(),
            count(record.size),
            record.steps.to_string(),
            count(record.learn_steps),
            count(record.imp_steps),
            record.lr.to_string(),
            count(record.lr_drop.map(|drop| drop.from)),
            number(record.lr_drop.map(|drop| drop.factor)),
            record.network.name().into(),
            channels.join(" "),
            outcome(record.outcome).into(),
            count(record.kept.map(|kept| kept as u64)),
            record.macs.to_string(),
            number(record.masked_psnr),
            count(record.peak_step),
            number(record.peak_psnr),
            number(record.last_psnr),
            number(record.average_psnr),
            count(record.stopped_step),
            number(record.stopped_psnr),
            number(record.returned_psnr),
            number(record.last_ssim),
            number(record.returned_ssim),
            record.seconds.to_string(),
            record.adapter.name.clone(),
        ];
        writer.write_record(row).map_err(refuse)?;
    }
    writer
        .into_inner()
        .map_err(|error| SweepError::file("results.csv", error))
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Fitted => "fitted",
        Outcome::Collapsed => "collapsed",
        Outcome::Diverged => "diverged",
    }
}

/// The report: means by method, then picture by picture, and the transfer of masks between pictures.
pub fn markdown(records: &[Record], plots: &[String]) -> String {
    let images: BTreeSet<&str> = records.iter().map(|record| record.image.as_str()).collect();
    let seeds: BTreeSet<u64> = records.iter().map(|record| record.seed).collect();
    let adapters: BTreeSet<&str> = records.iter().map(|record| record.adapter.name.as_str()).collect();
    let mut text = format!(
        "# Results\n\n{} runs, {} pictures ({}), {} seeds, on {}.\n\nPSNR against the clean picture. Means over pictures, then over \
         seeds; ± is the standard deviation over seeds. *Average* is the exponential mean of the outputs at the end, \
         *stopped* the output at the step that ES-EMV chooses, *returned* the average as it was then.\n",
        records.len(),
        images.len(),
        escaped(&images.iter().copied().collect::<Vec<_>>().join(", ")),
        seeds.len(),
        adapters.iter().copied().collect::<Vec<_>>().join(", "),
    );
    let groups = groups(records);
    text += &summary(&groups);
    text += &by_picture(&groups, &images);
    text += &ensembles(&groups);
    text += &transfer(&groups, &images);
    for plot in plots {
        let _ = write!(text, "\n![{plot}]({plot})\n");
    }
    text
}

fn summary(groups: &BTreeMap<Setting, Vec<&Record>>) -> String {
    let titles: Vec<&str> = COLUMNS.iter().map(|(title, _, _)| *title).collect();
    let mut text = format!(
        "\n## By method\n\n| size | steps | sigma | method | runs | collapsed | diverged | {} | multiply-adds a step |\n|{}\n",
        titles.join(" | "),
        "---|".repeat(8 + COLUMNS.len()),
    );
    for (setting, records) in groups {
        let cells: Vec<String> = COLUMNS
            .iter()
            .map(|(_, value, digits)| cell(figure(records, value), *digits))
            .collect();
        let macs = figure(records, |record| (record.macs > 0).then_some(record.macs as f64 / 1e9));
        let macs = macs.map_or_else(|| "-".into(), |figure| format!("{:.2} G", figure.mean));
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} | {} | {macs} |",
            setting.size,
            setting.steps,
            setting.sigma,
            escaped(&setting.label()),
            records.len(),
            failures(records, Outcome::Collapsed),
            failures(records, Outcome::Diverged),
            cells.join(" | "),
        );
    }
    text
}

/// A name as a table's cell holds it.
fn escaped(name: &str) -> String {
    name.replace('|', "\\|")
}

fn cell(figure: Option<Figure>, digits: usize) -> String {
    figure.map_or_else(|| "-".into(), |figure| format!("{figure:.digits$}"))
}

/// Peak and what is returned of each picture.
fn by_picture(groups: &BTreeMap<Setting, Vec<&Record>>, images: &BTreeSet<&str>) -> String {
    let both = |records: &[&Record]| {
        let peak = figure(records, |record| record.peak_psnr);
        let returned = figure(records, |record| record.returned_psnr);
        match (peak, returned) {
            (Some(peak), Some(returned)) => format!("{:.2} / {:.2}", peak.mean, returned.mean),
            _ if failures(records, Outcome::Collapsed) > 0 => "collapsed".into(),
            _ => "-".into(),
        }
    };
    picture_table("By picture: peak / returned, dB", groups.iter(), images, both)
}

/// Ensembles by the number of their networks; nothing without any.
fn ensembles(groups: &BTreeMap<Setting, Vec<&Record>>) -> String {
    let of = |records: &[&Record], count: usize| figure(records, |record| record.members_psnr.get(count).copied());
    let counted = groups.values().flatten().map(|record| record.members_psnr.len());
    let most = counted.max().unwrap_or(0);
    if most == 0 {
        return String::new();
    }
    let counts: Vec<String> = (1..=most).map(|count| count.to_string()).collect();
    let mut text = format!(
        "\n## Ensembles: mean of what the first networks return, dB\n\n| size | steps | sigma | method | {} |\n|{}\n",
        counts.join(" | "),
        "---|".repeat(4 + most),
    );
    for (setting, records) in groups {
        if of(records, 0).is_none() {
            continue;
        }
        let cells: Vec<String> = (0..most).map(|count| cell(of(records, count), 2)).collect();
        let Setting { size, steps, sigma, .. } = setting;
        let _ = writeln!(
            text,
            "| {size} | {steps} | {sigma} | {} | {} |",
            escaped(&setting.label()),
            cells.join(" | ")
        );
    }
    text
}

/// What is returned for each mask on each picture; nothing with fewer than two masks.
fn transfer(groups: &BTreeMap<Setting, Vec<&Record>>, images: &BTreeSet<&str>) -> String {
    let masks = groups.iter().filter(|(setting, _)| setting.is_transfer());
    if masks.clone().count() < 2 {
        return String::new();
    }
    let returned = |records: &[&Record]| cell(figure(records, |record| record.returned_psnr), 2);
    let title = "Transfer: what is returned with a mask (row) on a picture (column), dB";
    picture_table(title, masks, images, returned)
}

/// A row for each setting, a column for each picture.
fn picture_table<'a>(
    title: &str,
    groups: impl Iterator<Item = (&'a Setting, &'a Vec<&'a Record>)>,
    images: &BTreeSet<&str>,
    cell: impl Fn(&[&Record]) -> String,
) -> String {
    let titles: Vec<String> = images.iter().map(|image| escaped(image)).collect();
    let mut text = format!(
        "\n## {title}\n\n| size | steps | sigma | method | {} |\n|{}\n",
        titles.join(" | "),
        "---|".repeat(4 + titles.len()),
    );
    for (setting, records) in groups {
        let of_image = |image: &&str| -> Vec<&Record> {
            let of_image = records.iter().filter(|record| record.image == **image);
            of_image.copied().collect()
        };
        let cells: Vec<String> = images.iter().map(|image| cell(&of_image(image))).collect();
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} |",
            setting.size,
            setting.steps,
            setting.sigma,
            escaped(&setting.label()),
            cells.join(" | ")
        );
    }
    text
}
