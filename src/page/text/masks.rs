//! The texts of the view of masks.

use super::{percent, steps, thousands, trimmed};
use crate::mask::Overlap;
use crate::worker::protocol::{Channels, MaskFacts, MaskOrigin, MaskStart};

pub const MASKS_WORK: &str = "Masks";
pub const MASKS_INTRO: &str = "A mask says which weights of a random network stay. A learned one draws something by itself, with no weight trained: that is what its learner saw in the picture. Fitted to another picture, any of them denoises it.";
pub const PRESETS: &str = "Presets";
pub const OWN_MASKS: &str = "In this browser";
pub const LOOKING_FOR_MASKS: &str = "Looking for masks of yours…";
pub const NO_OWN_MASKS: &str =
    "No masks of yours yet. Import a file, or learn a mask and keep it: it stays in this browser, on this machine.";
pub const LEARN_ONE: &str = "Learn a mask";

pub const IMPORT: &str = "Add a mask";
pub const IMPORT_HINT: &str = ".safetensors, .npy, or the authors' .pkl; or drop files anywhere on this page";
pub const IMPORT_BROKEN_OFF: &str = "The engine was started again while the mask was loaded: load it again.";
pub const NO_ROOM: &str = "The browser has no room for it: close other tabs, then try again.";
pub const MASK_UNKEPT: &str = "This browser has no room for the mask, or keeps nothing: it is here until this tab is closed. Download it to keep it.";
pub const MASK_REFUSED: &str = "This mask cannot be used.";

pub const DRAWN_CAPTION: &str = "By masking alone";
pub const DRAWING_WAITS: &str = "Waiting to be drawn…";
pub const DRAWING_NOW: &str = "Drawing…";
pub const DRAWING_LATER: &str =
    "Something is training: pictures that have not been drawn before wait until it is paused.";
pub const DRAW_AGAIN: &str = "Try again";
pub const DRAWS_NOTHING: &str = "It is dead: by masking alone it draws one constant colour.";
pub const START_SUPPLIED: &str = "Not drawn: it was learned from weights that are not in the file.";
pub const START_UNKNOWN: &str = "Not drawn: the file names no random weights that it was learned with.";

pub const HOURGLASS_SHORT: &str =
    "The network from input to picture; below, the share of its weights that each layer keeps";
pub const EXPORT: &str = "Download";
pub const DELETE: &str = "Delete";
pub const UNDO: &str = "Undo";
pub const RENAME: &str = "Rename";
pub const NEW_NAME: &str = "New name";
pub const USE_AS_RIVAL: &str = "Use as rival";

pub const RESULTS: &str = "PSNR of fits of the sample pictures";
pub const RESULT_COLUMNS: [&str; 6] = ["Picture", "Noise", "Steps", "PSNR", "Seeds", "Measured"];
pub const NOT_MEASURED: &str = "PSNR on the sample pictures: not measured yet. Fits of a sample that finish in Denoise with this mask appear here.";

pub const COMPARE: &str = "Compare two masks";
pub const COMPARE_WITH: [&str; 2] = ["Mask A", "Mask B"];
pub const COMPARE_NOW: &str = "Compare";
pub const COMPARE_HINT: &str =
    "Which weights both keep, layer by layer, beside what two random masks of the same densities would share.";
pub const COMPARING: &str = "Comparing…";
pub const OVERLAP_PLOT: &str = "Layers from input to picture: what the two share, in times what chance gives";
pub const OVERLAP_TABLE: &str = "What the two masks share, by layer";
pub const ALL_PARAMETERS: &str = "All parameters";
pub const BY_CHANCE: &str = "by chance";

/// Beside a mask of one's own in a choice.
pub const OF_GALLERY: &str = "in this browser";

pub const KEEP_HERE: &str = "Keep in this browser's gallery";
pub const SEE_MASKS: &str = "See it in Masks";

pub fn mask_reading(name: &str) -> String {
    format!("Reading {name}…")
}

pub fn mask_unusable(name: &str) -> String {
    format!("{name} cannot be used as a mask.")
}

pub fn mask_is_there(title: &str) -> String {
    format!("This mask is in the gallery already, as “{title}”.")
}

pub fn mask_kept(title: &str) -> String {
    format!("“{title}” is in this browser's gallery now.")
}

pub fn mask_renamed(title: &str) -> String {
    format!("It is called “{title}” now.")
}

pub fn mask_removed(title: &str) -> String {
    format!("“{title}” is deleted.")
}

pub fn mask_back(title: &str) -> String {
    format!("“{title}” is back.")
}

pub fn drawn_by(title: &str) -> String {
    format!("What “{title}” draws by masking alone")
}

/// "51,371 of 150,443 (34.15 %)"
fn share_of(part: usize, all: usize) -> String {
    let share = percent(part as f64 / all.max(1) as f64);
    format!("{} of {} ({share})", thousands(part as u64), thousands(all as u64))
}

/// The facts of a mask as names and values; `sample` is the title of the sample picture that it was learned on.
pub fn mask_rows(facts: &MaskFacts, sample: Option<&str>) -> Vec<(&'static str, String)> {
    let count = |f: fn(&Channels) -> usize| facts.layers.iter().map(|layer| f(&layer.channels)).sum();
    let origin = &facts.origin;
    let mut rows = vec![
        ("Kept parameters", share_of(facts.kept, facts.n)),
        (
            "Kept weights on live channels",
            share_of(facts.reachable_weights, facts.kept_weights),
        ),
        ("Live channels", share_of(count(|c| c.live), count(|c| c.all))),
        ("Made by", made_by(origin)),
    ];
    rows.extend(learned_from(origin, sample).map(|words| ("Picture", words)));
    let sum: String = facts.sha256.chars().take(12).collect();
    let mut file = format!("{} bytes, SHA-256 {sum}…", thousands(facts.bytes as u64));
    if let Some(licence) = &origin.licence {
        file.push_str(&format!(", {licence}"));
    }
    rows.push(("File", file));
    rows
}

/// The method with its settings.
fn made_by(origin: &MaskOrigin) -> String {
    let steps = origin.steps.map(steps);
    let number = |name: &str, value: Option<f64>| {
        let value = value.filter(|value| *value != 0.0)?;
        // Weights of terms are small: as they were written.
        Some(format!("{name} {value}"))
    };
    let seed = |name: &str, seed: Option<u64>| seed.map(|seed| format!("{name} {seed}"));
    let parts = [
        Some(origin.method.clone()),
        steps,
        Some(format!("keep {}", percent(origin.keep))),
        number("learning rate", origin.lr),
        number("τ", origin.tau),
        number("KL", origin.kl),
        number("pull", origin.pull),
        seed("network seed", origin.init_seed()),
        seed("mask seed", origin.seed),
        origin.adapter.as_ref().map(|adapter| format!("on {adapter}")),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn learned_from(origin: &MaskOrigin, sample: Option<&str>) -> Option<String> {
    let image = origin.image.as_ref()?;
    let mut words = sample.map_or_else(|| image.clone(), |title| format!("{title} ({image})"));
    if let MaskStart::Known { width, height, .. } = origin.start {
        words.push_str(&format!(", {width} × {height} pixels"));
    }
    if let Some(sigma) = origin.sigma {
        words.push_str(&format!(", noise σ {}", trimmed(sigma, 3)));
    }
    Some(words)
}

pub fn cropped(size: Option<u64>) -> String {
    size.map_or_else(|| "whole".to_owned(), |size| format!("{size} × {size} crop"))
}

pub fn scaled(size: usize) -> String {
    format!("copy of {size} pixels")
}

pub fn with_spread(mean: f64, spread: Option<f64>) -> String {
    match spread {
        Some(spread) => format!("{mean:.2} ± {spread:.2} dB"),
        None => format!("{mean:.2} dB"),
    }
}

pub fn measured_where(here: bool) -> &'static str {
    if here { "here" } else { "for this release" }
}

fn maybe_percent(share: Option<f64>) -> String {
    share.map_or_else(|| "–".to_owned(), percent)
}

pub fn overlap_columns(names: &[String; 2]) -> [String; 6] {
    let keeps = |name: &String| format!("{name} keeps");
    [
        "Layer".to_owned(),
        keeps(&names[0]),
        keeps(&names[1]),
        "Both keep".to_owned(),
        "Of what either keeps".to_owned(),
        "By chance".to_owned(),
    ]
}

/// The cells of a row, but for its name.
pub fn overlap_cells(overlap: &Overlap) -> [String; 5] {
    let share = |kept: usize| percent(kept as f64 / overlap.entries.max(1) as f64);
    [
        share(overlap.first),
        share(overlap.second),
        thousands(overlap.both as u64),
        maybe_percent(overlap.shared()),
        maybe_percent(overlap.by_chance()),
    ]
}

pub fn overlap_words(all: &Overlap) -> String {
    format!(
        "Of the parameters that either keeps, both keep {} ({}); two random masks of these densities would share {}.",
        maybe_percent(all.shared()),
        thousands(all.both as u64),
        maybe_percent(all.by_chance())
    )
}

/// 1.5 as "1.5 ×".
pub fn times(times: f64) -> String {
    format!("{} ×", trimmed(times, 2))
}

/// The layers that share least and most, in times what chance gives.
pub fn overlap_described(least: Option<(String, f64)>, most: Option<(String, f64)>) -> String {
    let (Some(least), Some(most)) = (least, most) else {
        return "In no layer do the two share anything.".to_owned();
    };
    format!(
        "They share most, measured against chance, in {} ({}), least in {} ({}). The table has each layer.",
        most.0,
        times(most.1),
        least.0,
        times(least.1)
    )
}
