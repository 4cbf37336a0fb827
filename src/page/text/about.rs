//! Texts of the view on this device.

use super::{memory, thousands, trimmed};
use crate::bench::{BenchRow, BenchSummary, Path, Peak, Refused};
use crate::engine::AdapterDescription;
use crate::self_test::{Checked, Difference, SelfTestReport};
use crate::worker::protocol::{DeviceFacts, EngineKind, Measurement};

pub const ABOUT_WORK: &str = "What computes here, whether it computes rightly, and how fast";
pub const ABOUT_INTRO: &str = "Everything on this page is computed by this machine. Here is what with; whether it computes rightly; and how fast it is. Nothing of it is sent anywhere: to report a problem, copy the report at the end.";

pub const DEVICE_TITLE: &str = "What computes";
pub const ADAPTER: &str = "Adapter";
pub const ADAPTER_KIND: &str = "Kind";
pub const DRIVER: &str = "Driver";

pub const SPEED_TITLE: &str = "What is fast here, and what is slow";
pub const SPEED_WITHOUT: [&str; 1] = ["No engine is open, so nothing can be said about its speed."];
pub const SPEED_ON_CPU: [&str; 1] = [
    "Everything is slow: the CPU engine runs on one core. It is meant for browsers without WebGPU, with small pictures and a sparse mask.",
];
pub const SPEED_IN_SOFTWARE: [&str; 2] = [
    "Everything takes long: this adapter is a program on the CPU that plays a graphics chip. Keep to pictures of 192 pixels or less.",
    "The time goes with the arithmetic, so a sparse mask helps most of all here.",
];
pub const SPEED_ON_GPU: [&str; 2] = [
    "A small picture may not fill a large graphics chip: then starting the kernels of a step takes much of its time. The benchmark below says how far a step is from this chip's peak.",
    "In a browser with several GPUs the fastest was asked for; on a laptop that runs on its battery the browser may give the other.",
];
pub const SPEED_ANYWHERE: [&str; 3] = [
    "Fast: denoising with a mask. It keeps a few percent of the weights, and only those and the channels they reach are computed.",
    "Slow: learning a mask, and fitting without one. Both compute every weight at every step.",
    "Time and memory grow with the area: a picture twice as wide and high takes up to four times as much of both.",
];

pub const SELF_TEST: &str = "Self-test";
pub const SELF_TEST_WHAT: &str = "Runs every kind of training step of a small network on the GPU and on the plain reference program, and compares: each kernel by itself, then the losses, output, gradient and parameters of whole steps. It takes seconds on a GPU, and up to a minute on a software adapter; training pauses.";
pub const SELF_TEST_RUN: &str = "Run the self-test";
pub const SELF_TEST_TABLE: &str = "Results of the self-test";
pub const SELF_TEST_COLUMNS: [&str; 7] = [
    "Kind of step",
    "Kernels run",
    "Furthest kernel",
    "Gradient",
    "Loss",
    "Output",
    "Parameters",
];
pub const SELF_TEST_HINT: &str = "Differences are shares of the largest value; 0.0002 is allowed, since sums are formed in another order. The last four columns are after three steps, the gradient after the first; of a mask learner the last is that of the logits.";

pub const BENCH: &str = "Benchmark";
pub const BENCH_WHAT: &str = "Measures one training step of the paper's network in each way of computing it, in turn, so that whatever else this machine does falls on all alike. Training pauses, and starting a run stops the benchmark.";
pub const BENCH_SIZE: &str = "Picture";
pub const BENCH_RUN: &str = "Run the benchmark";
pub const BENCH_HINT: &str = "At 192 pixels it took under three minutes on a busy software adapter with two cores; a GPU is faster. Larger sizes take longer, as their area grows.";
pub const BENCH_TABLE: &str = "Results of the benchmark";
pub const BENCH_COLUMNS: [&str; 7] = [
    "Way",
    "Picture",
    "One step",
    "Speed-up",
    "Of peak arithmetic",
    "Of peak bandwidth",
    "Memory",
];

pub const STOP: &str = "Stop";
pub const STOPPING: &str = "Stopping after this piece…";
pub const UNMEASURED: &str = "It was not measured.";

pub const VERSIONS: &str = "Versions and report";
pub const PROGRAM: &str = "Program";
pub const BROWSER: &str = "Browser";
pub const COPY_REPORT: &str = "Copy report";
pub const COPIED: &str = "Copied: paste it into your report.";
pub const NOT_COPIED: &str = "The browser did not allow it: mark the text below and copy it by hand.";
pub const REPORT_TEXT: &str = "The report as text";
pub const REPORT_TITLE: &str = "Optimal Eye Surgeon on this device";
pub const NOT_RUN: &str = "Not run.\n";

pub fn adapter_kind(engine: EngineKind, adapter: &AdapterDescription) -> &'static str {
    match (engine, adapter.kind.as_str()) {
        (EngineKind::Cpu, _) => "one CPU core; no GPU",
        _ if adapter.software => "a program on the CPU: correct, but slow",
        (_, "discrete") => "a graphics card",
        (_, "integrated") => "a graphics chip that shares the CPU's memory",
        (_, "virtual") => "a virtual machine's graphics chip",
        _ => "a graphics chip; the browser does not say of which kind",
    }
}

/// Limits and features by name.
pub fn limits(facts: &DeviceFacts) -> [(&'static str, String); 5] {
    let timestamps = if facts.timestamps {
        "yes: kernels can be timed one by one"
    } else {
        "no: only whole steps can be timed"
    };
    [
        (
            "Largest binding",
            format!("{}; larger maps are computed in pieces", memory(facts.max_binding)),
        ),
        ("Largest buffer", memory(facts.max_buffer)),
        ("Buffers a kernel", facts.max_storage_buffers.to_string()),
        ("Workgroups a dimension", thousands(u64::from(facts.max_workgroups))),
        ("Timestamps", timestamps.to_owned()),
    ]
}

pub fn measuring(what: Measurement) -> &'static str {
    match what {
        Measurement::SelfTest => SELF_TEST,
        Measurement::Bench => BENCH,
    }
}

pub fn measuring_began(what: Measurement) -> &'static str {
    match what {
        Measurement::SelfTest => "The self-test runs.",
        Measurement::Bench => "The benchmark runs.",
    }
}

pub fn pieces(what: Measurement, done: usize, total: usize) -> String {
    match what {
        _ if total == 0 => "Starting…".to_owned(),
        Measurement::SelfTest => format!("{done} of {total} kinds of steps compared"),
        Measurement::Bench => format!("{done} of {total} pieces measured"),
    }
}

/// A way of computing a step.
pub fn path(path: Path) -> &'static str {
    match path {
        Path::Dense => "Every weight, as published",
        Path::Rewritten => "Every weight, exact rewrites",
        Path::Compact => "With a mask, live channels",
        Path::Lists => "With a mask, kept weights",
        Path::Sparse => "With a mask, as used here",
        Path::Learn => "Learning a mask",
    }
}

/// The same with the density of its mask.
pub fn path_at(of: Path, density: f64) -> String {
    if of.is_masked() {
        format!("{} ({} % kept)", path(of), trimmed(100.0 * density, 1))
    } else {
        path(of).to_owned()
    }
}

pub fn self_test_verdict(report: &SelfTestReport) -> String {
    let dispatches: usize = report.checked.iter().map(|checked| checked.dispatches).sum();
    let failures = report.failures().count();
    let runs = thousands(dispatches as u64);
    match (report.complete, failures) {
        (_, 1..) => {
            format!(
                "Failed: {failures} of the compared values are wrong here. Update the browser and the driver; until then, do not trust what this device computes, and please report it."
            )
        }
        (true, 0) => {
            format!("Passed: {runs} kernel runs and all whole steps agree with the reference program.")
        }
        (false, 0) => format!("Stopped early: so far {runs} kernel runs agree with the reference program."),
    }
}

/// A difference as a share of the largest value.
fn share(share: Option<f64>) -> String {
    match share {
        None => "not a number".to_owned(),
        Some(0.0) => "none".to_owned(),
        Some(share) => format!("{share:.1e}").replace('-', "−"),
    }
}

pub fn self_test_cells(checked: &Checked) -> [String; 6] {
    let furthest = checked.furthest.as_ref().map_or_else(
        || "–".to_owned(),
        |furthest| format!("{}, {}", share(furthest.share), furthest.kernel),
    );
    let step = |at: usize| {
        let found = checked.steps.get(at);
        found.map_or_else(|| "–".to_owned(), |difference| share(difference.share))
    };
    [
        checked.dispatches.to_string(),
        furthest,
        step(0),
        step(1),
        step(2),
        step(3),
    ]
}

pub fn failure(difference: &Difference) -> String {
    let Difference {
        kernel, layer, tensor, ..
    } = difference;
    let off = match difference.share {
        None => "is not a number, or not there".to_owned(),
        Some(value) => format!("differs by {} of the largest value", share(Some(value))),
    };
    if kernel.is_empty() {
        format!("After whole steps, {tensor} {off}.")
    } else {
        format!("Kernel {kernel} in layer {layer}: {tensor} {off}.")
    }
}

pub fn more_failures(count: usize) -> String {
    format!("{count} more")
}

/// Three significant digits.
fn significant(value: f64) -> String {
    let places = (2.0 - value.max(1e-9).log10().floor()).clamp(0.0, 4.0);
    format!("{value:.0$}", places as usize)
}

fn milliseconds(ms: f64) -> String {
    if ms >= 1000.0 {
        format!("{} s", significant(ms / 1000.0))
    } else {
        format!("{} ms", significant(ms))
    }
}

pub fn bench_cells(row: &BenchRow) -> [String; 6] {
    let none = || "–".to_owned();
    let of_peak = |share: Option<f64>| share.map_or_else(none, |share| format!("{} %", significant(100.0 * share)));
    [
        format!("{0} × {0}", row.size),
        milliseconds(row.median_ms),
        row.speedup_to_dense
            .map_or_else(none, |speedup| format!("{} ×", significant(speedup))),
        of_peak(row.arithmetic_share),
        of_peak(row.bandwidth_share),
        memory(row.peak_memory),
    ]
}

pub fn bench_refused(refused: &Refused) -> String {
    format!(
        "{}: {}.",
        path_at(refused.path, refused.density),
        refused.reason.trim_end_matches('.')
    )
}

/// What the table says, in a sentence.
pub fn bench_sentence(summary: &BenchSummary, complete: bool) -> String {
    let mut text = String::new();
    if !complete {
        text.push_str("Stopped early. ");
    }
    let sparse = summary.rows.iter().find(|row| row.path == Path::Sparse);
    match sparse.and_then(|row| Some((row, row.speedup_to_dense?))) {
        Some((row, speedup)) => text.push_str(&format!(
            "With a mask that keeps {} % of the weights, a step takes {}: {} times as fast as with every weight, computed as published.",
            trimmed(100.0 * row.density, 1),
            milliseconds(row.median_ms),
            significant(speedup)
        )),
        None if summary.rows.is_empty() => text.push_str("No step was measured."),
        None => text.push_str("What was measured so far stands below."),
    }
    text
}

pub fn peaks(peak: Peak) -> String {
    format!(
        "Peaks, measured in the same run: {} billion operations and {} GB moved a second. One step: the median of the windows; speed-up: against the first way, window by window; memory: as planned.",
        significant(peak.gflops),
        significant(peak.gbps)
    )
}
