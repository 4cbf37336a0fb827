//! Texts of the view that explains how it works.

use super::{decibels, percent, thousands};
use crate::page::how::{Figure, Outcome};
use crate::worker::protocol::{Look, MaskOnly};

pub const HOW_INTRO: [&str; 2] = [
    "Optimal Eye Surgeon (OES) cuts an untrained network down to a few of its random weights, and what is left can draw a photograph but hardly its noise. This page shows why, step by step.",
    "Every figure is live: a real network trains here, on your device, when you press its button. All figures but the one on transfer use one picture, a cat of 64 × 43 pixels, and all use one network of three levels with 272,483 parameters, so that their numbers can be compared. The paper's network has six levels, for pictures of 512 pixels. One figure runs at a time; leaving this view pauses it.",
];
pub const CONTENTS: &str = "Contents";

/// The text around a figure.
pub struct Section {
    pub title: &'static str,
    pub before: &'static [&'static str],
    pub after: &'static [&'static str],
}

pub fn section(figure: Figure) -> Section {
    match figure {
        Figure::Prior => Section {
            title: "A network that has seen nothing",
            before: &[
                "Take a convolutional network with random weights and feed it fixed random numbers: it draws a blur. Now change its weights, step by step, so that what it draws comes closer to one noisy picture. The distance is the loss: the mean squared difference between the two, over all pixels and colours. No other picture is ever seen.",
                "Watch the picture. Large shapes and colours come first, then edges. The noise would lower the loss as well, but the network finds it hard to draw. That preference for natural pictures lies in how the network is built, and is called a deep image prior.",
            ],
            after: &[],
        },
        Figure::Overfitting => Section {
            title: "Why it overfits",
            before: &[
                "The network has 33 times as many parameters as the picture has values, so given time it learns the noise too. The loss cannot tell: it is measured against the noisy picture and keeps falling. The PSNR can, since it compares with the clean picture (in decibels; more is better). It rises, has a peak, and falls.",
            ],
            after: &[
                "With a real photograph there is no clean picture, and nobody knows when to stop. That is the trouble with a dense network.",
            ],
        },
        Figure::Pruning => Section {
            title: "What the mask removes",
            before: &[
                "A mask says which weights stay; the others are 0 for ever. Here two networks are fitted to the same picture: the dense one again, and a sparse one that keeps 1 % of its parameters, about a third as many as the picture has values. It has too few to store noise.",
                "The mask is learned first, which takes most of the time; the next section shows how. All later figures use it.",
            ],
            after: &[
                "Look at both plots. The dense network's loss falls furthest, and its PSNR falls with it. The sparse network's loss stops falling, and its PSNR stays close to its peak: no need to know when to stop.",
            ],
        },
        Figure::Masking => Section {
            title: "Masking without training",
            before: &[
                "Where does the mask come from? The random weights stay as they are. Each gets a keep probability, and these are what is learned. In every step a sample is drawn, nearly on or off for each weight (a Gumbel-softmax sample), and the probabilities move so that the picture drawn comes closer to the noisy one. A pull towards the fraction to keep makes most of them small.",
                "At the end the most probable of the weights that reach the picture stay, and all others go (top-k). What is left draws a picture, although no weight was ever trained: masking alone does it. At first that picture is a blur; as the probabilities part, it takes shape.",
            ],
            after: &[
                "Move the slider when the run is over. Nothing is trained for it: it only sets the threshold anew, and the picture is drawn again at once. More weights do not make a better picture for long; and the figures below fit with the mask at the fraction that is set here. Try 5 % there, and see the noise come back.",
                "This is the fast learner of this page, hurried for so small a picture. The paper's learner takes 60,000 steps and more.",
            ],
        },
        Figure::Fitting => Section {
            title: "Fitting the sparse network",
            before: &[
                "Now only the weights that the mask keeps are trained, on the same noisy picture, from the same random start. Step 0 is the picture by masking alone, so the fit begins with the cat already there.",
            ],
            after: &[
                "This is all that the Denoise view does, at full size: Adam on the kept weights, and the mean squared error to the noisy picture.",
            ],
        },
        Figure::Transfer => Section {
            title: "Taking the mask to another picture",
            before: &[
                "The mask was learned on the cat. Here it is taken to a cup of coffee, and to a network with fresh random weights. Step 0 is therefore a blur again. Still the fit works as before: the mask is not a memory of the cat.",
            ],
            after: &[
                "That is why masks are worth exchanging: learned once, a mask serves for pictures and weights that it has never met.",
            ],
        },
        Figure::Shuffling => Section {
            title: "Experiment: what in a mask matters?",
            before: &[
                "Four fits of the cat. The first uses the mask as learned. The second redraws by chance which weights are kept, with as many in each layer and the same channels alive. The third also redraws which channels live. The fourth keeps only the total: it spreads the kept weights evenly over all layers, and so changes the layers' budgets.",
                "Run it, then repeat it with other seeds: each repetition draws anew, and starts from other random weights. One run's end differs from the next by 0.1 to 0.6 dB for no other reason.",
            ],
            after: &[
                "For the fit it matters little which weights are kept, and which channels; how many are kept in each layer matters more. In three runs of our own, other weights ended between 0.5 dB below the learned mask and 0.2 dB above it, other channels between 0.2 dB below and 0.1 dB above, even budgets 0.7 to 1.3 dB below. The learned mask was ahead of both shuffles in the first run alone: only there it meets its own random weights.",
                "The paper's network says the same: on four pictures of 128 pixels, these two shuffles ended between 0.2 dB below the learned mask and 0.3 dB above it, in the mean level with it.",
                "The picture by masking alone is lost with any shuffle: it needs these very weights. Frankle et al. and Su et al. found the same of other ways to prune at the start, and speak of random tickets. So for fitting a mask is little more than a list of counts, and for drawing it is everything.",
            ],
        },
    }
}

pub const ARM_DENSE: &str = "Dense, all weights";
pub const ARM_SPARSE: &str = "Sparse, with the mask";
pub const ARM_LEARNER: &str = "Learner";
pub const ARM_LEARNED: &str = "As learned";
pub const ARM_WEIGHTS: &str = "Other weights";
pub const ARM_CHANNELS: &str = "Other channels";
pub const ARM_BUDGETS: &str = "Even budgets";

pub const FRAME_NOISY: &str = "Noisy: what is fitted";
pub const FRAME_CLEAN: &str = "Clean: never seen";
pub const FRAME_UNTRAINED: &str = "Before any training";
pub const FRAME_NOW: &str = "Now";
pub const FRAME_BEST: &str = "At its best";
pub const FRAME_DENSE: &str = "Dense, now";
pub const FRAME_SPARSE: &str = "Sparse, now";
pub const FRAME_SOFT: &str = "Under a soft sample";
pub const FRAME_MASKED: &str = "By masking alone";
pub const FRAME_LEARNED_MASKED: &str = "As learned, masking alone";
pub const FRAME_WEIGHTS_MASKED: &str = "Other weights, masking alone";
pub const FRAME_CHANNELS_MASKED: &str = "Other channels, masking alone";
pub const FRAME_BUDGETS_MASKED: &str = "Even budgets, masking alone";
pub const FRAME_LEARNED: &str = "As learned, fitted";
pub const FRAME_WEIGHTS: &str = "Other weights, fitted";
pub const FRAME_CHANNELS: &str = "Other channels, fitted";
pub const FRAME_BUDGETS: &str = "Even budgets, fitted";
pub const FRAME_EMPTY: &str = "Not drawn yet";
pub const FRAME_DEAD: &str = "Dead: one colour";

pub const FIGURE_READY: &str = "Ready";
pub const FIGURE_NO_ENGINE: &str = "Waits for the engine";
pub const FIGURE_LEARNS: &str = "Learning the mask first";
pub const FIGURE_AGAIN: &str = "Run again";
pub const FIGURE_NOTHING: &str = "Its numbers stand here once it runs.";
pub const FIGURE_DISPLACES: &str =
    "Something runs in another view. Starting a figure pauses it; you can resume it there.";
pub const FIGURE_DISPLACED: &str = "What ran in another view is paused for the figure. You can resume it there.";
pub const FIGURE_MASK_DEAD: &str =
    "At this fraction the mask is dead: set a larger one in the figure of masking without training, then run again.";
pub const FIGURE_DEVICE_LOST: &str = "The GPU was lost in the middle: run it again.";
pub const FIGURE_NO_ROOM: &str = "The browser has no room for the mask: close other tabs, then run again.";
pub const SOFT_PLOT: &str = "PSNR under a soft sample, in dB";

pub const SHUFFLE_TABLE: &str = "How the fits end";
pub const SHUFFLE_COLUMNS: [&str; 5] = ["Mask", "By masking alone", "Best", "End", "End of each run"];
pub const SHUFFLE_AGAIN: &str = "Repeat with other seeds";

pub const LIMITS_TITLE: &str = "What it is not";
pub const LIMITS: [&str; 2] = [
    "OES is a study of what an image prior is. It is not the strongest denoiser. Methods made for denoising, such as CBM3D, are better and much faster.",
    "The table has two of the paper's pictures with the same noise (σ 0.1). OES stands at its peak, which a real photograph does not show.",
];
pub const BASELINE_TABLE: &str = "OES beside two denoisers";
pub const BASELINE_COLUMNS: [&str; 3] = ["Method", "Lena", "Pepper"];
pub const BASELINES: [(&str, &str, &str); 3] = [
    ("CBM3D", "31.57 dB", "30.67 dB"),
    ("Non-local means", "30.25 dB", "29.83 dB"),
    ("OES mask, at its peak", "29.32 dB", "28.93 dB"),
];

pub const SOURCES_TITLE: &str = "Where it comes from";
/// What, its name, and its address.
pub const SOURCES: [(&str, &str, &str); 4] = [
    (
        "Ghosh et al., Optimal Eye Surgeon: Finding Image Priors through Sparse Generators at Initialization, ICML 2024.",
        "arXiv 2406.05288",
        "https://arxiv.org/abs/2406.05288",
    ),
    (
        "Ulyanov, Vedaldi and Lempitsky, Deep Image Prior, CVPR 2018.",
        "arXiv 1711.10925",
        "https://arxiv.org/abs/1711.10925",
    ),
    (
        "Frankle et al., Pruning Neural Networks at Initialization: Why Are We Missing the Mark?, ICLR 2021.",
        "arXiv 2009.08576",
        "https://arxiv.org/abs/2009.08576",
    ),
    (
        "Su et al., Sanity-Checking Pruning Methods: Random Tickets Can Win the Jackpot, NeurIPS 2020.",
        "arXiv 2009.11094",
        "https://arxiv.org/abs/2009.11094",
    ),
];

/// Behind a button's word, for those who do not see where it stands.
pub fn of_figure(number: usize) -> String {
    format!(" figure {number}")
}

/// In front of its numbers.
pub fn figure_name(number: usize) -> String {
    format!("Figure {number}.")
}

pub fn figure_progress(number: usize) -> String {
    format!("Progress of figure {number}")
}

pub fn figure_begins(number: usize) -> String {
    format!("Figure {number} runs.")
}

pub fn figure_ends(number: usize, words: &str) -> String {
    format!("Figure {number} has ended. {words}")
}

/// A fit so far.
pub fn outcome(name: Option<&str>, outcome: &Outcome) -> String {
    let name = name.map_or_else(String::new, |name| format!("{name}: "));
    let (best_step, best) = outcome.best;
    format!(
        "{name}PSNR {} at the start, at best {} (step {}), {} over the last tenth up to step {}; loss {:.4}.",
        decibels(Some(outcome.first)),
        decibels(Some(best)),
        thousands(best_step),
        decibels(Some(outcome.end)),
        thousands(outcome.step),
        outcome.loss
    )
}

pub fn noisy_words(psnr: f64) -> String {
    format!("The noisy picture itself has {}.", decibels(Some(psnr)))
}

pub fn masking_words(look: &Look, drawn: Option<&(u64, f64, MaskOnly)>) -> String {
    let mut text = format!(
        "After {} steps, {} kept ({} of {} parameters): ",
        thousands(look.step),
        percent(look.keep),
        thousands(look.kept as u64),
        thousands(look.n as u64)
    );
    match drawn {
        Some((step, keep, MaskOnly::Drawn { psnr })) if (*step, *keep) == (look.step, look.keep) => {
            text.push_str(&format!("by masking alone {}. ", decibels(*psnr)));
        }
        _ if !look.alive => text.push_str("still dead. "),
        _ => text.push_str("being drawn. "),
    }
    text.push_str(&look.sentence);
    text
}

/// The ends of a mask's fits, one for each repetition.
pub fn each_end(ends: &[f64]) -> String {
    if ends.is_empty() {
        return "–".to_owned();
    }
    let each: Vec<String> = ends.iter().map(|end| format!("{end:.2}")).collect();
    format!("{} dB", each.join(", "))
}

pub fn repetition(number: u64) -> String {
    format!("Run {number}. The end is the mean over the last tenth of the steps; best and end are means over the runs.")
}
