//! The texts of the view Learn.

use super::{decibels, steps, thousands, trimmed};

pub const LEARN_WORK: &str = "What the network draws, and its mask";
pub const LEARN_INTRO: &str = "The weights stay as they were drawn at random. What is learned is only which of them to keep: each has a keep probability, and at the end the most probable ones stay.";
pub const LEARN_WAITING_START: &str = "Drawn here once you start.";
pub const LEARN_FAILED: &str = "The learner has stopped. Reset to begin again.";

pub const SOFT_TITLE: &str = "Under the soft mask";
pub const SOFT_HINT: &str = "One sample, as the learner draws it at every step: each weight times a random factor from 0 to 1 that follows its keep probability.";
pub const MASK_ONLY_HINT: &str = "Only the most probable weights, at full strength; none of them is trained.";
pub const MASK_ONLY_SOON: &str = "Looking at the mask…";
pub const MASK_ONLY_DEAD: &str = "Still dead: with so few weights nothing passes through the network, so it draws one constant colour. It comes alive as the probabilities part.";

pub const KEEP_TITLE: &str = "The mask";
pub const KEEP: &str = "Keep";
pub const KEEP_HINT: &str =
    "The fraction of the weights that the mask keeps. Moving it trains nothing: it only sets the threshold anew.";
pub const KEEP_WAITING: &str = "There is a mask as soon as learning has started.";
pub const TAKE_TO_DENOISE: &str = "Denoise with this mask";
pub const SAVE_MASK: &str = "Download mask";

pub const MASKED_PSNR: &str = "PSNR by masking alone";
pub const SOFT_PSNR: &str = "PSNR under the soft mask";
pub const MEAN_LOGIT: &str = "Mean logit";
pub const KL: &str = "KL term";
pub const PULL: &str = "Mean pull";

pub const LEARNER: &str = "Learner";
pub const LEARNER_FAST: &str = "Fast";
pub const LEARNER_PAPER: &str = "As in the paper";
pub const LEARNER_FAST_HINT: &str = "Starts with every weight likely to stay and pulls all of them towards the target. Of the likeliest it keeps those that reach the picture.";
pub const LEARNER_PAPER_HINT: &str =
    "Starts at a probability of one half, with the paper's KL term in the loss. It needs tens of thousands of steps.";
pub const SCOPE: &str = "Which weights are compared";
pub const SCOPE_GLOBAL: &str = "Weights compared over all layers";
pub const SCOPE_LAYER: &str = "Within each layer";
pub const SCOPE_LAYER_HINT: &str = "Every layer keeps the same fraction of its weights, and all biases and normalisations: for comparison, since a few percent of the last layer are too little to draw with.";
pub const LEARN_MORE: &str = "Seeds, engine";
pub const TARGET: &str = "Target keep, %";

pub const LEARN_START: &str = "Start from";
pub const LEARN_START_NOTHING: &str = "No mask";

pub const LEARN_LOSS_PLOT: &str = "Loss under the soft mask";
pub const KL_PLOT: &str = "KL term of the loss";
pub const PULL_PLOT: &str = "Pull on the mean logit at each step";
pub const LOGIT_PLOT: &str = "Mean logit of the keep probabilities";
pub const LOGIT_AIM: &str = "target";
pub const HISTOGRAM: &str = "Keep probabilities: how many weights have which";
pub const THRESHOLD: &str = "kept from here";
pub const NO_LOOK: &str = "Nothing learned yet.";

pub const HOURGLASS: &str = "The network from input to picture. Width: channels. Height: size of the map, one step for each halving. Below: the share of its weights that each layer keeps.";
pub const LIVE: &str = "live channels";
pub const DEAD: &str = "dead channels";
pub const KEPT_SHARE: &str = "kept weights";
pub const HOURGLASS_TABLE: &str = "Layers in numbers";
pub const COLUMN_LAYER: &str = "Layer";
pub const COLUMN_CHANNELS: &str = "Live channels";
pub const COLUMN_WEIGHTS: &str = "Kept weights";
pub const COLUMN_SHARE: &str = "Share";

/// What starting from a mask means, whose file names the seed of its random weights or does not.
pub fn learn_start(seed: Option<u64>) -> String {
    let mut words = "The weights that this mask keeps begin likelier to stay. ".to_owned();
    match seed {
        Some(seed) => words.push_str(&format!(
            "It is of the random weights of network seed {seed}, so these are taken whatever seed is chosen."
        )),
        None => words.push_str("Its file does not say of which random weights it is; of others it means little."),
    }
    words
}

/// 0.05 as "5 %".
pub fn percent(fraction: f64) -> String {
    format!("{} %", trimmed(100.0 * fraction, 2))
}

pub fn mask_only_title(keep: f64) -> String {
    format!("By masking alone, keep {}", percent(keep))
}

pub fn mask_only_caption(step: u64, psnr: Option<f64>) -> String {
    let mut text = format!("Untrained weights, after {} of learning the mask", steps(step));
    if psnr.is_some() {
        text.push_str(": ");
        text.push_str(&decibels(psnr));
    }
    text.push('.');
    text
}

pub fn logit(logit: Option<f64>) -> String {
    logit.map_or_else(|| "–".to_owned(), |logit| format!("{logit:.2}").replace('-', "−"))
}

/// The keep probability of a logit.
pub fn as_probability(logit: f64) -> String {
    format!("a probability of {}", trimmed(1.0 / (1.0 + (-logit).exp()), 3))
}

pub fn announce_alive(alive: bool) -> &'static str {
    if alive {
        "The mask is alive: masking alone draws a picture."
    } else {
        "The mask is dead: masking alone draws one constant colour."
    }
}

/// A convolution by its place in an hourglass with so many levels.
pub fn layer(place: usize, levels: usize) -> String {
    if place < 2 * levels {
        let half = if place.is_multiple_of(2) { "first" } else { "second" };
        format!("Down {}, {half}", place / 2 + 1)
    } else if place < 3 * levels {
        format!("Up {}", 3 * levels - place)
    } else {
        "Picture".to_owned()
    }
}

/// A convolution by its name in the network's own terms where it is another than an hourglass, or else by its place.
pub fn layer_of(name: &str, place: usize, levels: usize) -> String {
    let other = || -> Option<String> {
        let (level, what) = name.split_once('.')?;
        let number = || level.parse::<usize>().ok().map(|level| level + 1);
        Some(match (level, what) {
            ("out", _) => "Picture".to_owned(),
            (_, "conv.weight") => format!("Map {}", number()?),
            (_, "skip.conv.weight") => format!("Level {}, around", number()?),
            (_, "down.conv.weight") => format!("Level {}, down", number()?),
            (_, "same.conv.weight") => format!("Level {}, second", number()?),
            (_, "up.conv.weight") => format!("Level {}, up", number()?),
            (_, "mix.conv.weight") => format!("Level {}, mixed", number()?),
            _ => return None,
        })
    };
    other().unwrap_or_else(|| layer(place, levels))
}

pub fn live_of(part: usize, all: usize) -> String {
    format!("{} of {}", thousands(part as u64), thousands(all as u64))
}

pub fn hourglass_summary(layers: usize, live: usize, all: usize, empty: usize) -> String {
    let mut text = format!("{layers} layers; {} channels live", live_of(live, all));
    if empty > 0 {
        text.push_str(&format!("; {empty} layers without a live channel"));
    }
    text.push_str(". The table below has each layer.");
    text
}

pub fn histogram_summary(step: u64, low: f64, high: f64, threshold: Option<f64>) -> String {
    let kept = match threshold {
        Some(threshold) => format!("kept from {} on", trimmed(threshold, 3)),
        None => "each layer has a threshold of its own".to_owned(),
    };
    format!(
        "At step {}: {} of the keep probabilities are below 0.1, {} above 0.9; {kept}.",
        thousands(step),
        percent(low),
        percent(high)
    )
}
