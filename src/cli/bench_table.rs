//! A benchmark's report as text.

use std::fmt::Write;

use crate::bench::{BenchReport, BreakEven, Path, RunReport};

/// Kernels named for each run.
const MOST_KERNELS: usize = 6;

/// The table, where the time goes, and the break-even densities.
pub fn print(report: &BenchReport) -> String {
    let mut text = String::new();
    // Writing into a String cannot fail.
    let _ = write(report, &mut text);
    text
}

fn write(report: &BenchReport, text: &mut String) -> std::fmt::Result {
    let adapter = &report.adapter;
    let kind = if adapter.software { ", software" } else { "" };
    writeln!(text, "{} ({}{kind})", adapter.name, adapter.backend)?;
    let peak = report.peak;
    writeln!(
        text,
        "measured peaks: {} GFLOP/s in multiply-adds, {} GB/s in a copy\n",
        figure(peak.gflops),
        figure(peak.gbps)
    )?;
    writeln!(
        text,
        "{:>5} {:9} {:>7} {:>6} {:>10} {:>9} {:>9} {:>7} {:>8} {:>7} {:>8} {:>7} {:>8} {:>9}",
        "size",
        "path",
        "kept",
        "live",
        "ms/step",
        "to dense",
        "to rewr.",
        "GMAC",
        "GFLOP/s",
        "of peak",
        "MB moved",
        "of peak",
        "memory",
        "encode ms"
    )?;
    for run in &report.runs {
        row(run, text)?;
    }
    for mask in masks(report) {
        writeln!(text, "\nmask: {mask}")?;
    }
    for run in report.runs.iter().filter(|run| run.path.is_masked()) {
        ceiling(run, text)?;
    }
    for run in &report.runs {
        kernels(run, text)?;
    }
    for refused in &report.refused {
        let density = 100.0 * refused.density;
        writeln!(
            text,
            "{} {} {density:.1}%: not measured, {}",
            refused.size,
            name(refused.path),
            refused.reason
        )?;
    }
    for curve in &report.break_even {
        writeln!(text, "{}", verdict(curve))?;
    }
    Ok(())
}

fn row(run: &RunReport, text: &mut String) -> std::fmt::Result {
    let times = |speedup: Option<f64>| speedup.map_or_else(|| "-".into(), |speedup| format!("{speedup:.2}x"));
    let share = |share: f64| format!("{:.1}%", 100.0 * share);
    let encode = run.encode_ms.map_or_else(|| "-".into(), |ms| format!("{ms:.3}"));
    let (kept, live) = match run.mask {
        Some(_) => (share(run.density), share(run.live_density)),
        None => ("-".into(), "-".into()),
    };
    writeln!(
        text,
        "{:>5} {:9} {kept:>7} {live:>6} {:>10} {:>9} {:>9} {:>7.3} {:>8} {:>7} {:>8.0} {:>7} {:>5.0} MB {encode:>9}",
        run.size,
        name(run.path),
        figure(run.median_ms),
        times(run.speedup_to_dense),
        times(run.speedup_to_rewritten),
        run.gmac,
        figure(run.gflops),
        share(run.arithmetic_share),
        1e-6 * run.bytes as f64,
        share(run.bandwidth_share),
        1e-6 * run.peak_memory as f64,
    )
}

/// The names of the masks, each once.
fn masks(report: &BenchReport) -> Vec<&str> {
    let mut names: Vec<&str> = report.runs.iter().filter_map(|run| run.mask.as_deref()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// How much of the saved arithmetic became saved time.
fn ceiling(run: &RunReport, text: &mut String) -> std::fmt::Result {
    let (Some(ceiling), Some(speedup)) = (run.ceiling_to_rewritten, run.speedup_to_rewritten) else {
        return Ok(());
    };
    writeln!(
        text,
        "{}: {ceiling:.1} times fewer multiply-adds than rewritten, {speedup:.2} times faster: {:.0}% of that",
        title(run),
        100.0 * speedup / ceiling
    )
}

/// Where the time of a step goes, by timestamps.
fn kernels(run: &RunReport, text: &mut String) -> std::fmt::Result {
    let Some(groups) = &run.kernels else {
        return Ok(());
    };
    let shares: Vec<String> = groups
        .iter()
        .take(MOST_KERNELS)
        .map(|group| format!("{} {:.0}%", group.kernel, 100.0 * group.share))
        .collect();
    writeln!(text, "{}: {}", title(run), shares.join(", "))
}

/// Size, path, and density of a masked one.
fn title(run: &RunReport) -> String {
    let density = match run.mask {
        Some(_) => format!(" {:.1}%", 100.0 * run.density),
        None => String::new(),
    };
    format!("{} {}{density}", run.size, name(run.path))
}

/// A sentence on one density curve.
fn verdict(curve: &BreakEven) -> String {
    let start = format!("{} {}: ", curve.size, name(curve.path));
    let ends = curve.curve.first().zip(curve.curve.last());
    start
        + &match (curve.density, ends) {
            (Some(density), _) => format!(
                "faster than the rewritten dense step up to a density of {:.1}%",
                100.0 * density
            ),
            (None, Some((&(from, first), &(to, last)))) if first > 1.0 => format!(
                "faster than the rewritten dense step from {:.1}% ({first:.2}x) to {:.1}% ({last:.2}x)",
                100.0 * from,
                100.0 * to
            ),
            (None, _) => "slower than the rewritten dense step at the lowest density measured".into(),
        }
}

fn name(path: Path) -> &'static str {
    match path {
        Path::Dense => "dense",
        Path::Rewritten => "rewritten",
        Path::Compact => "compact",
        Path::Sparse => "sparse",
        Path::Lists => "lists",
        Path::Learn => "learn",
    }
}

/// Three digits.
fn figure(value: f64) -> String {
    match value {
        v if v >= 100.0 => format!("{v:.0}"),
        v if v >= 10.0 => format!("{v:.1}"),
        v if v >= 1.0 => format!("{v:.2}"),
        v => format!("{v:.3}"),
    }
}
