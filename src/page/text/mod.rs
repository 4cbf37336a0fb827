//! Every English text of the page, in one place.

mod about;
mod ensemble;
mod how;
mod learn;
mod link;
mod masks;
mod methods;
mod race;
mod recovery;
mod task;
mod update;

pub use about::*;
pub use ensemble::*;
pub use how::*;
pub use learn::*;
pub use link::*;
pub use masks::*;
pub use methods::*;
pub use race::*;
pub use recovery::*;
pub use task::*;
pub use update::*;

use super::route::Route;
use crate::catalogue::Made;
use crate::engine::AdapterDescription;
pub use crate::numbers::{small, thousands, trimmed};
use crate::worker::protocol::{EngineKind, FaultKind, RunFacts, RunState, Seen, View};

/// "1 step", "1,200 steps".
pub fn steps(count: u64) -> String {
    format!("{} step{}", thousands(count), if count == 1 { "" } else { "s" })
}

pub const TITLE: &str = "Optimal Eye Surgeon";
pub const TAGLINE: &str = "Denoise a photo with an untrained network.";
pub const WORK: &str = "The picture and its curves";
pub const SKIP: &str = "Skip to the content";
pub const VIEWS: &str = "Views";

pub const THEME_TO_DARK: &str = "Dark mode";
pub const THEME_TO_LIGHT: &str = "Light mode";
pub const THEME_HINT: &str = "Switch between light and dark colours";

pub const PICTURE: &str = "Picture";
pub const PICTURE_OWN: &str = "Your own";
pub const PICTURE_OWN_HINT: &str = "Choose a picture file of your own";
pub const PICTURE_DROP: &str = "Or drop or paste one anywhere on this page. It stays on this machine.";
pub const NO_PICTURE: &str = "There is no picture yet: choose one.";
pub const PICTURE_LOADING: &str = "Reading the picture…";
pub const OWN_AS_IT_IS: &str = "Taken as it is: no noise is added, and there is no PSNR without a clean picture.";

pub const MASK: &str = "Mask";
pub const MASK_NONE: &str = "No mask";
pub const MASK_NONE_HINT: &str = "Fits all weights; dense, in the end the noise too";
pub const UNMASKED: &str = "Fitted instead";
pub const MASK_OWN: &str = "Import a mask file…";
pub const MASK_OWN_HINT: &str = ".safetensors, .npy, or the authors' .pkl";
pub const MASK_LOADING: &str = "Reading the mask…";
pub const MASK_DEAD: &str = "Choose another mask, or none, to start.";

pub const SIZE: &str = "Size";
pub const FRAMING: &str = "How the picture is brought to that size";
pub const SIZE_LABEL: &str = "Longer side";
pub const FRAMING_SCALE: &str = "Smaller copy";
pub const FRAMING_CROP: &str = "Crop the middle";
pub const NOISE: &str = "Noise added";
pub const SIGMA_LABEL: &str = "Standard deviation of the noise";
pub const SIGMA_HINT: &str = "standard deviation σ; the picture has values from 0 to 1";
pub const MORE: &str = "Seeds, steps, engine";
pub const NOISE_SEED: &str = "Noise seed";
pub const INIT_SEED: &str = "Network seed";
pub const STEPS: &str = "Steps";
pub const ENGINE: &str = "Engine";
pub const ENGINE_GPU: &str = "GPU (WebGPU)";
pub const ENGINE_CPU: &str = "CPU";
pub const STARTS_OVER: &str = "Changing any of this starts over.";
pub const ENGINE_STARTING: &str = "Starting…";
pub const ENGINE_ABSENT: &str = "No engine";
pub const LOCKED: &str = "Pause to change these.";
pub const LOCKED_ELSEWHERE: &str = "Another view is training: pause it there, or start here, to change these.";

pub const START: &str = "Start";
pub const RESUME: &str = "Resume";
pub const SETTLES: &str = "Stop at the best moment";
pub const SETTLES_HINT: &str = "The outputs are calmest before they take up noise. In a race all fits run to the end, so that it shows who overfits.";
pub const GO_ON: &str = "Go on";
pub const PAUSE: &str = "Pause";
pub const PAUSING: &str = "Pausing…";
pub const STEP: &str = "Step";
pub const STEP_HINT: &str = "One step, then pause";
pub const RESET: &str = "Reset";
pub const DOWNLOAD: &str = "Download PNG";

pub const COMPARE_SLIDER: &str = "Boundary between the two pictures, in percent from the left";
pub const COMPARE_LEFT: &str = "Left";
pub const COMPARE_RIGHT: &str = "Right";
pub const WAITING_START: &str = "The result appears here once you start.";
pub const WAITING_RESULT: &str = "The first picture takes a moment…";

pub const READINGS: &str = "Readings";
pub const CURVES: &str = "Curves";
pub const PSNR: &str = "PSNR";
pub const AVERAGED: &str = "Averaged";
pub const BEST: &str = "Best PSNR";
pub const LOSS: &str = "Loss";
pub const LOSS_HINT: &str = "to what is observed";
pub const SPEED: &str = "Speed";
pub const PROGRESS: &str = "Progress";
pub const PSNR_PLOT: &str = "PSNR against the clean picture, in dB";
pub const OUTPUT_CURVE: &str = "Output";
pub const AVERAGED_CURVE: &str = "Averaged";
pub const STATISTIC: &str = "Stopping statistic";
pub const STATISTIC_PLOT: &str =
    "Stopping statistic (ES-EMV): least where the output is calmest, before it takes up noise";
pub const LOSS_PLOT: &str = "Loss, mean squared error to what is observed";
pub const RETURNED_MARK: &str = "returned";
pub const NOISY_LEVEL: &str = "noisy picture";
pub const NO_POINTS: &str = "No readings yet.";
pub const NO_PSNR: &str = "No PSNR: this picture has no clean original to compare with.";

pub const STALE: &str = "The picture or the settings chosen now are not those that this was started with. It can go on as it is; or start over with what is chosen now.";
pub const STALE_RESET: &str = "Start over";

pub const DISMISS: &str = "Dismiss";
pub const USE_CPU: &str = "Use the CPU engine";
pub const RESTART: &str = "Start the engine again";
pub const TRY_ANYWAY: &str = "Try anyway";
pub const CPU_OPENLY: &str =
    "The CPU engine runs on one core and takes seconds a step. Keep to small pictures and a sparse mask.";

pub const CRASH_TITLE: &str = "The program has failed";
pub const CRASH_ADVICE: &str = "Your files are untouched, and a run goes on from its last checkpoint, if it has one: start the engine again, or reload the page. If it happens twice, try a smaller picture, and report the text below.";

pub const PRIVACY: &str = "Nothing leaves this machine: your picture is read, computed on and saved here, in this tab.";
pub const WHAT_IT_IS: &str = "Optimal Eye Surgeon is a study of what an image prior is, not the strongest denoiser: CBM3D is about 1.7 to 2.3 dB better on two of the paper's pictures.";
pub const PAPER: &str = "The paper: “Optimal Eye Surgeon: Finding Image Priors through Sparse Generators at Initialization”, ICML 2024, arXiv 2406.05288.";
pub const PICTURES_BY: &str = "Sample pictures:";

pub fn view(view: View) -> &'static str {
    match view {
        View::Noisy => "Noisy",
        View::Result => "Result",
        View::Average => "Averaged",
        View::Ensemble => "Ensemble",
        View::Clean => "Clean",
        View::Best => "Best",
        View::Moment => "Earlier",
        View::MaskOnly => "By masking alone",
    }
}

pub fn route(route: Route) -> &'static str {
    match route {
        Route::Denoise => "Denoise",
        Route::Learn => "Learn",
        Route::Masks => "Masks",
        Route::Methods => "Methods",
        Route::How => "How it works",
        Route::About => "This device",
    }
}

/// What the browser's tab says.
pub fn page_title(route: Route) -> String {
    match route {
        Route::Denoise => TITLE.to_owned(),
        Route::Learn => format!("Learn a mask · {TITLE}"),
        Route::Masks => format!("Masks · {TITLE}"),
        Route::Methods => format!("Methods compared · {TITLE}"),
        Route::How => format!("How it works · {TITLE}"),
        Route::About => format!("About this device · {TITLE}"),
    }
}

/// What a fault is about.
pub fn fault(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::Picture => "This picture cannot be used.",
        FaultKind::Mask => "This mask cannot be used.",
        FaultKind::Link => "This link cannot be used as it is.",
        FaultKind::NoGpu => "There is no GPU to compute on.",
        FaultKind::DeviceLost => "The GPU is gone.",
        FaultKind::Diverged => "The fit went wrong.",
        FaultKind::Spiked => "The loss has jumped.",
        FaultKind::Memory => "The memory does not suffice.",
        FaultKind::Run => "That did not work.",
    }
}

/// What the run is doing, in a word or two.
pub fn state(state: RunState) -> &'static str {
    match state {
        RunState::Idle => "Ready",
        RunState::Compiling => "Preparing",
        RunState::Running => "Running",
        RunState::Paused => "Paused",
        RunState::Settled => "Done",
        RunState::Finished => "Finished",
        RunState::Failed => "Stopped",
    }
}

/// A fit paused by itself; the step of the picture that it returns.
pub fn settled(step: u64) -> String {
    format!("Done: calmest at step {}", thousands(step))
}

/// Which picture is downloaded.
pub fn averaged_hint(step: u64) -> String {
    format!("what is downloaded, of step {}", thousands(step))
}

pub fn compiling(done: usize, total: usize) -> String {
    format!("Preparing the GPU: kernel {done} of {total}")
}

/// Who computes: a label and a name.
pub fn engine(kind: EngineKind, adapter: &AdapterDescription) -> (&'static str, String) {
    match kind {
        EngineKind::Cpu => ("", adapter.name.clone()),
        EngineKind::Gpu if adapter.name.is_empty() => ("GPU:", "not disclosed by this browser".to_owned()),
        EngineKind::Gpu => ("GPU:", adapter.name.clone()),
    }
}

pub fn software_warning(adapter: &AdapterDescription) -> String {
    let name = if adapter.name.is_empty() {
        "A software adapter"
    } else {
        adapter.name.as_str()
    };
    format!(
        "{name} is a program on the CPU, not a graphics chip, so every step takes long. If this machine has a GPU, turn on hardware acceleration in the browser's settings and update the driver."
    )
}

pub fn size_option(size: usize, is_full: bool) -> String {
    if is_full {
        format!("{size} pixels, full size")
    } else {
        format!("{size} pixels")
    }
}

pub fn memory(bytes: u64) -> String {
    if bytes >= 1_000_000_000 {
        format!("{:.1} GB", bytes as f64 / 1e9)
    } else {
        format!("{} MB", bytes.div_ceil(1_000_000))
    }
}

pub fn needs(facts: &RunFacts, engine: EngineKind) -> String {
    if facts.bytes == 0 {
        return format!("{}.", sizes(facts));
    }
    let kind = if engine == EngineKind::Gpu {
        "graphics memory"
    } else {
        "memory"
    };
    format!("{}; needs {} of {kind}.", sizes(facts), memory(facts.bytes))
}

pub fn over_budget(bytes: u64, budget: u64) -> String {
    format!(
        "At this size it needs {}, more than the {} that is safe here: the browser may drop the device or close the tab.",
        memory(bytes),
        memory(budget)
    )
}

pub fn offer_copy(size: usize) -> String {
    format!("Smaller copy, {size} pixels")
}

pub fn offer_crop(size: usize) -> String {
    format!("Crop to {size} × {size}")
}

pub fn keeps(keep: f64) -> String {
    format!("keeps {} % of the weights", trimmed(100.0 * keep, 2))
}

pub fn made_on(made: Made, titles: &[&str]) -> String {
    let titles = titles.join(" and ");
    match made {
        Made::Learned => format!("learned on {titles}"),
        Made::Searched => format!("layers searched on {titles}"),
    }
}

pub fn mask_facts(kept: usize, n: usize) -> String {
    format!("{} of {} parameters kept", thousands(kept as u64), thousands(n as u64))
}

pub fn step_of(step: u64, steps: u64) -> String {
    format!("Step {} of {}", thousands(step), thousands(steps))
}

pub fn speed(steps_per_second: Option<f64>) -> String {
    match steps_per_second {
        None => "–".to_owned(),
        Some(rate) if rate >= 10.0 => format!("{rate:.0} steps/s"),
        Some(rate) if rate >= 1.0 => format!("{rate:.1} steps/s"),
        Some(rate) => format!("{:.1} s a step", 1.0 / rate),
    }
}

pub fn decibels(psnr: Option<f64>) -> String {
    psnr.map_or_else(|| "–".to_owned(), |psnr| format!("{psnr:.2} dB"))
}

pub fn gain(decibels: f64, seen: &Seen) -> String {
    gain_over(decibels, &observed(seen).to_lowercase())
}

pub fn gain_over(decibels: f64, other: &str) -> String {
    let sign = if decibels < 0.0 { '−' } else { '+' };
    format!("{sign}{:.1} dB against {other}", decibels.abs())
}

pub fn at_step(step: u64) -> String {
    format!("at step {}", thousands(step))
}

pub fn loss(loss: Option<f64>) -> String {
    loss.map_or_else(|| "–".to_owned(), |loss| format!("{loss:.5}"))
}

pub fn announce_progress(step: u64, psnr: Option<f64>) -> String {
    match psnr {
        Some(psnr) => format!("Step {}, {psnr:.1} decibels.", thousands(step)),
        None => format!("Step {}.", thousands(step)),
    }
}

/// A plot in words.
pub fn plot_summary(what: &str, unit: &str, first: (u64, f64), last: (u64, f64), best: Option<(u64, f64)>) -> String {
    let at = |(step, value): (u64, f64)| format!("{}{unit} at step {step}", small(value, 4));
    let mut text = format!("{what}: {}, {}", at(first), at(last));
    if let Some(best) = best {
        text.push_str("; best ");
        text.push_str(&at(best));
    }
    text.push('.');
    text
}

/// The moment whose picture is returned, behind a plot's summary.
pub fn plot_mark(step: f64) -> String {
    format!(" Returned: step {}.", thousands(step as u64))
}

pub fn sample_credit(title: &str, credit: &str, licence: &str) -> String {
    format!("{title}: {credit} ({licence})")
}

/// What stands behind the picture's name in that of the saved result.
pub fn result_file(seen: &Seen, step: u64) -> String {
    format!("{}-step-{step}", done(seen))
}

/// The name of a saved file: the picture's, and what of it.
pub fn export_name(picture: &str, what: &str, ending: &str) -> String {
    let stem = picture.rsplit_once('.').map_or(picture, |(stem, _)| stem);
    let safe: String = stem
        .chars()
        .map(|c| if c.is_alphanumeric() || c == '-' { c } else { '-' })
        .collect();
    format!("{safe}-{what}.{ending}")
}
