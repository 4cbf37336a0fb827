//! Texts of the view that compares methods.

use super::{cropped, decibels, layer, live_of, over_budget, percent, steps, thousands, trimmed};
use crate::mask::Shuffle;
use crate::measured::Matrix;
use crate::network::Generator;
use crate::page::bars::levels;
use crate::page::methods::{Kind, Standings, Status};
use crate::prune::{Method, Scope};
use crate::train::Unmasked;
use crate::worker::protocol::{Layer, MaskFacts};

pub const METHODS_WORK: &str = "Methods side by side";
pub const METHODS_INTRO: &str = "One picture, one number of steps; what differs is which weights are trained, and how, or of which network. The methods run here one after the other. No claim about a learned mask means much without its shuffled twin and random pruning beside it.";
pub const METHODS_SIDE_BY_SIDE: &str = "The pictures of the methods";
pub const METHODS_PROGRESS: &str = "Progress of all methods";
pub const METHODS_AGAIN: &str = "Run again";
pub const METHODS_LOST: &str = "The GPU was lost in the middle. Resume to go on with the methods that are left.";
pub const METHODS_FAILED: &str = "Finished, but not every method could run";
pub const METHODS_NONE: &str = "Choose a method to start";
pub const METHODS_END: &str = "All methods have ended.";
pub const FINISHED: &str = "Finished";
pub const PAUSED: &str = "Paused";
pub const METHOD_NOT_RUN: &str = "Collapsed, so not run";
pub const NOTHING: &str = "–";

pub const METHODS_CHOSEN: &str = "Methods";
pub const NO_METHOD: &str = "None";
pub const GROUP_LEARNED: &str = "From a learned mask";
pub const GROUP_GLOBAL: &str = "Pruned before training, over the whole network";
pub const GROUP_LAYER: &str = "Pruned before training, each layer by itself";
pub const GROUP_AFTER: &str = "Pruned after training";
pub const GROUP_WHOLE: &str = "No mask";
pub const GROUP_NETWORKS: &str = "Other networks, no mask";
pub const METHOD_KEEP: &str = "Pruning keeps, in %";
pub const METHOD_KEEP_HINT: &str = "Of the convolution weights; pruning before training leaves biases and normalisations. IMP comes close to it, by steps of a fifth, and counts all. A learned mask, its shuffles and its recipe keep what they keep.";
pub const METHOD_NETWORK_HINT: &str = "The methods share one hourglass, that of the learned mask where one starts from it. Other networks are as published.";
pub const METHOD_MASK: &str = "Learned mask";
pub const METHOD_STEPS: &str = "Steps of each";

pub const METHOD_LAYERS: &str = "Layer by layer";
pub const RACE_METHOD: &str = "Race it in Denoise";
pub const KEEP_METHOD: &str = "Keep this mask";
pub const METHODS_TABLE: &str = "The methods in numbers";
pub const METHOD_COLUMNS: [&str; 7] = [
    "Method",
    "Kept weights",
    "Live channels",
    "Multiply-adds a step",
    "Best",
    "Last",
    "Returned",
];
pub const METHODS_TABLE_HINT: &str = "Kept weights are those of convolutions. A live channel lies on a path of kept weights from the input to the picture. PSNR is against the clean picture; returned is the mean of the outputs when they were calmest, which is what Denoise saves; SGLD's is of all outputs after its burn-in. One run each: differences of 0.3 dB are chance. The bars under each picture are the fractions that the layers keep, from the input on the left to the picture on the right; their scale is logarithmic, from 0.1 % to 100 %.";

pub const TRANSFER: &str = "A mask on another picture";
pub const TRANSFER_TABLE: &str = "Masks by pictures";
pub const TRANSFER_INTRO: &str = "Each preset was made with one picture, or two, and serves for all. A cell opens its mask and its picture in Denoise, as a run that you can start.";
pub const TRANSFER_NONE: &str = "No figures ship with this build: these pairs have not been measured yet.";
pub const TRANSFER_CORNER: &str = "Mask";
pub const TRANSFER_OPEN: &str = "Open";

pub const GLOSSARY: &str = "What each method does";
pub const GLOSSARY_INTRO: &str = "θ are the random weights that the network starts from, z is its random input, L is the mean squared error to the noisy picture, g = dL/dθ its gradient there, H its second derivative. Pruning keeps the weights with the largest scores.";

/// Words, a link's name and its address.
type Source = (&'static str, &'static str, &'static str);

/// What is told of a method.
pub struct MethodText {
    pub name: &'static str,
    /// Its score, if it has one.
    pub formula: Option<&'static str>,
    pub words: &'static str,
    pub sources: &'static [Source],
}

const OES: Source = (
    "Ghosh et al., Optimal Eye Surgeon, ICML 2024.",
    "arXiv 2406.05288",
    "https://arxiv.org/abs/2406.05288",
);
const DIP: Source = (
    "Ulyanov, Vedaldi and Lempitsky, Deep Image Prior, CVPR 2018.",
    "arXiv 1711.10925",
    "https://arxiv.org/abs/1711.10925",
);
const MISSING: Source = (
    "Frankle et al., Pruning Neural Networks at Initialization: Why Are We Missing the Mark?, ICLR 2021.",
    "arXiv 2009.08576",
    "https://arxiv.org/abs/2009.08576",
);
const JACKPOT: Source = (
    "Su et al., Sanity-Checking Pruning Methods: Random Tickets Can Win the Jackpot, NeurIPS 2020.",
    "arXiv 2009.11094",
    "https://arxiv.org/abs/2009.11094",
);

pub const METHOD_TEXTS: [MethodText; 13] = [
    MethodText {
        name: "Learned mask",
        formula: Some(
            "m ~ Gumbel-softmax(p),  loss of G(θ · m) to the noisy picture,  p drawn towards the fraction to keep",
        ),
        words: "The weights stay as they are and each learns a keep probability p, so that what is left draws the picture; the most probable stay. A preset was learned on another picture than the one that is there at first.",
        sources: &[OES],
    },
    MethodText {
        name: "Shuffled weights, shuffled channels, even budgets, redrawn from its recipe",
        formula: None,
        words: "Controls. The learned mask's kept weights are redrawn among its live channels; or its live channels, too; or each layer's number of kept weights is made the same fraction. The recipe has nothing but counts: channels and weights are all drawn anew. What a control reaches was not learned.",
        sources: &[MISSING, JACKPOT],
    },
    MethodText {
        name: "Random",
        formula: Some("no score: every choice is equally likely"),
        words: "What any other way of pruning has to beat.",
        sources: &[MISSING],
    },
    MethodText {
        name: "Magnitude",
        formula: Some("|θ|"),
        words: "Initial weights lie within 1/√(inputs of the layer), so over the whole network it prefers layers with few inputs, and may empty the others.",
        sources: &[MISSING],
    },
    MethodText {
        name: "SNIP",
        formula: Some("|θ · g|"),
        words: "To first order, how much the loss changes when the weight goes. It sees the picture, and takes one step of a dense network.",
        sources: &[(
            "Lee, Ajanthan and Torr, SNIP: Single-shot Network Pruning based on Connection Sensitivity, ICLR 2019.",
            "arXiv 1810.02340",
            "https://arxiv.org/abs/1810.02340",
        )],
    },
    MethodText {
        name: "GraSP",
        formula: Some("θ · Hg"),
        words: "Keeps the weights without which the gradient would shrink most. It sees the picture. Hg is exact; it is computed on the processor, in double precision, which takes a while: Pause waits for it.",
        sources: &[(
            "Wang, Zhang and Grosse, Picking Winning Tickets Before Training by Preserving Gradient Flow, ICLR 2020.",
            "arXiv 2002.07376",
            "https://arxiv.org/abs/2002.07376",
        )],
    },
    MethodText {
        name: "SynFlow",
        formula: Some("|θ · dR/dθ|,  R = sum of the outputs for an input of ones and absolute weights"),
        words: "Sees no picture. It prunes in 100 rounds and scores anew what is left, so that layers are emptied evenly; only where some dozens of weights a layer are left can one run dry.",
        sources: &[(
            "Tanaka et al., Pruning neural networks without any data by iteratively conserving synaptic flow, NeurIPS 2020.",
            "arXiv 2006.05467",
            "https://arxiv.org/abs/2006.05467",
        )],
    },
    MethodText {
        name: "IMP",
        formula: Some("|θ| after training,  four fifths of what is left stay,  θ back to its start,  and again"),
        words: "Iterative magnitude pruning, the lottery ticket. It sees the picture, and unlike the others trains before the fit that is shown: its rounds, 13 to keep 5 %, together make as many steps as that fit. The paper has 40,000 in each round. Biases and normalisations are pruned like weights; normalisations' shifts are left out from the start.",
        sources: &[
            (
                "Frankle and Carbin, The Lottery Ticket Hypothesis: Finding Sparse, Trainable Neural Networks, ICLR 2019.",
                "arXiv 1803.03635",
                "https://arxiv.org/abs/1803.03635",
            ),
            OES,
        ],
    },
    MethodText {
        name: "Dense",
        formula: None,
        words: "No mask: the deep image prior, at its own learning rate, a tenth of that of the masked fits. In the end it fits the noise as well.",
        sources: &[DIP],
    },
    MethodText {
        name: "Dense, jittered",
        formula: Some("z + ε,  ε ~ N(0, (1/30)²) anew in each step"),
        words: "As dense, with another noise on the input in each step. This is how deep image priors are usually regularised.",
        sources: &[DIP],
    },
    MethodText {
        name: "SGLD",
        formula: Some("θ ← Adam(θ) + η,  η ~ N(0, (lr/2)²),  lr = 0.01"),
        words: "Stochastic gradient Langevin dynamics on the dense network: each step adds noise to every convolution weight, and its input is jittered as well. The steps are then samples of a posterior, and their mean is returned: of all outputs after the first 35 % of the steps, the burn-in.",
        sources: &[(
            "Cheng, Gadelha, Maji and Sheldon, A Bayesian Perspective on the Deep Image Prior, CVPR 2019.",
            "arXiv 1904.07457",
            "https://arxiv.org/abs/1904.07457",
        )],
    },
    MethodText {
        name: "Skip connections",
        formula: None,
        words: "All weights of the network that Deep Image Prior is usually fitted with: at each level a narrow branch goes around everything deeper. Five levels of 128 channels, 4 in each branch, lr 0.01; its input gets fresh noise (standard deviation 1/30) in each step.",
        sources: &[DIP],
    },
    MethodText {
        name: "Deep Decoder",
        formula: Some("k times conv 1×1 → upsample × 2 → ReLU → normalise,  once more without upsampling,  conv 1×1"),
        words: "All weights of a network that is small by itself, so it needs no mask: no convolution is wider than a pixel, and only upsampling ties neighbours together. 128 channels, lr 0.01. It starts from a random map whose sides are 2ᵏ times smaller than the picture's, with k = 5; Deep Decoder 4 has k = 4, for finer detail.",
        sources: &[(
            "Heckel and Hand, Deep Decoder: Concise Image Representations from Untrained Non-convolutional Networks, ICLR 2019.",
            "arXiv 1810.03982",
            "https://arxiv.org/abs/1810.03982",
        )],
    },
];

pub fn method(kind: Kind) -> &'static str {
    match kind {
        Kind::Learned => "Learned mask",
        Kind::Shuffled(Shuffle::Weights) => "Shuffled weights",
        Kind::Shuffled(Shuffle::Channels) => "Shuffled channels",
        Kind::Shuffled(Shuffle::Budgets) => "Even budgets",
        Kind::Recipe => "Redrawn from its recipe",
        Kind::Pruned(Method::Random, Scope::Global) => "Random",
        Kind::Pruned(Method::Magnitude, Scope::Global) => "Magnitude",
        Kind::Pruned(Method::Snip, Scope::Global) => "SNIP",
        Kind::Pruned(Method::Grasp, Scope::Global) => "GraSP",
        Kind::Pruned(Method::Synflow, Scope::Global) => "SynFlow",
        Kind::Pruned(Method::Random, Scope::Layer) => "Random, per layer",
        Kind::Pruned(Method::Magnitude, Scope::Layer) => "Magnitude, per layer",
        Kind::Pruned(Method::Snip, Scope::Layer) => "SNIP, per layer",
        Kind::Pruned(Method::Grasp, Scope::Layer) => "GraSP, per layer",
        Kind::Pruned(Method::Synflow, Scope::Layer) => "SynFlow, per layer",
        Kind::Imp => "IMP",
        Kind::Unmasked(fit) => unmasked(fit),
    }
}

pub fn unmasked(fit: Unmasked) -> &'static str {
    match fit {
        Unmasked::Dense => "Dense",
        Unmasked::Jittered => "Dense, jittered",
        Unmasked::Langevin => "SGLD",
        Unmasked::Skip => "Skip connections",
        Unmasked::DeepDecoder => "Deep Decoder",
        Unmasked::DeepDecoder4 => "Deep Decoder 4",
    }
}

/// What another network than the hourglass is.
pub fn other_network(network: &Generator, facts: Option<&MaskFacts>) -> String {
    let mut text = "Its own network, as published: ".to_owned();
    text.push_str(&match network {
        Generator::Skip(skip) => format!(
            "{} levels of {} channels, skip connections of {}",
            skip.channels.len(),
            skip.channels.first().unwrap_or(&0),
            skip.skip_channels
        ),
        decoder => format!(
            "{} channels, doubled {} times",
            decoder.channels().first().unwrap_or(&0),
            decoder.levels()
        ),
    });
    if let Some(facts) = facts {
        text.push_str(&format!("; {} parameters", thousands(facts.n as u64)));
    }
    text.push('.');
    text
}

pub fn method_place(number: usize) -> String {
    format!("Method {number}")
}

/// What a method is doing, or how it ended.
pub fn method_status(status: Status, step: u64) -> String {
    match status {
        Status::Waiting => "Not started".to_owned(),
        Status::Making => making_mask(None),
        Status::Preparing => "Preparing".to_owned(),
        Status::Running => format!("Running, at step {}", thousands(step)),
        Status::Paused => format!("Paused, at step {}", thousands(step)),
        Status::Finished => format!("Returned after {}", steps(step)),
        Status::Collapsed => "Collapsed".to_owned(),
        Status::Failed => "Failed".to_owned(),
    }
}

pub fn making_mask(progress: Option<(usize, usize)>) -> String {
    match progress {
        Some((done, total)) if total > 0 => format!("Choosing weights, {} %", 100 * done / total),
        _ => "Choosing weights".to_owned(),
    }
}

/// Which of the methods runs, and what it does.
pub fn method_of(number: usize, all: usize, name: &str, words: &str) -> String {
    format!("{number} of {all}, {name}: {words}")
}

pub fn method_begins(name: &str) -> String {
    format!("{name} begins.")
}

pub fn method_ends(name: &str, status: Status, standings: &Standings) -> String {
    match status {
        Status::Collapsed => format!("{name} has collapsed and is not run."),
        Status::Failed => format!("{name} has failed."),
        _ if standings.returned.is_none() => format!("{name} has ended."),
        _ => format!("{name} has ended: {}.", decibels(standings.returned)),
    }
}

/// Why a dead mask is not fitted.
pub fn collapsed(facts: &MaskFacts) -> String {
    let levels = levels(facts.layers.len());
    let empty: Vec<String> = facts
        .layers
        .iter()
        .enumerate()
        .filter(|(_, of)| of.kept == 0)
        .map(|(place, of)| {
            format!(
                "{} (0 of {} weights)",
                layer(place, levels),
                thousands(of.weights as u64)
            )
        })
        .collect();
    let cause = match &empty[..] {
        [] => "No path of kept weights leads from the input to the picture.".to_owned(),
        [one] => format!("A layer has kept nothing: {one}. Nothing passes through it."),
        several => format!(
            "{} layers have kept nothing, first {}. Nothing passes through them.",
            several.len(),
            several[0]
        ),
    };
    format!(
        "{cause} The network would draw one colour, so it is not fitted. Keep more, or choose another method. Pruned layer by layer it lives, but of a small fraction too little is left of the last layer to fit with."
    )
}

pub fn method_too_large(bytes: u64, budget: u64) -> String {
    format!("{} Choose a smaller size.", over_budget(bytes, budget))
}

/// What the figures of the transfer table are.
pub fn transfer_setting(matrix: &Matrix<'_>) -> String {
    let result = matrix.setting;
    let seeds = match matrix.seeds() {
        (1, 1) => "one seed".to_owned(),
        (fewest, most) if fewest == most => format!("mean over {most} seeds"),
        (fewest, most) => format!("mean over {fewest} to {most} seeds"),
    };
    format!(
        "PSNR of what a fit returns after {} steps, in dB; σ {}, {}; {}.",
        thousands(result.steps),
        trimmed(result.sigma, 3),
        cropped(result.size),
        seeds
    )
}

/// Behind a cell's figure, for those who do not see where it stands.
pub fn transfer_cell(mask: &str, sample: &str) -> String {
    format!(": {mask} on {sample}, in Denoise")
}

pub fn too_many_methods(most: usize) -> String {
    format!("It names more than {most} methods: the first {most} are used.")
}

/// Behind a word, for those who do not see where it stands.
pub fn of_method(name: &str) -> String {
    format!(": {name}")
}

pub fn layers_of(name: &str) -> String {
    format!("What {name} keeps, layer by layer")
}

pub fn returned_by(name: &str) -> String {
    format!("The picture that {name} returned")
}

/// The bars in words.
pub fn densities(layers: &[Layer]) -> String {
    let share = |of: &Layer| of.kept as f64 / of.weights.max(1) as f64;
    let (least, most) = layers
        .iter()
        .map(share)
        .fold((f64::INFINITY, 0.0), |(least, most): (f64, f64), share| {
            (least.min(share), most.max(share))
        });
    let least = if layers.is_empty() { 0.0 } else { least };
    format!(
        "{} layers keep {} to {} of their weights.",
        layers.len(),
        percent(least),
        percent(most)
    )
}

pub fn kept_weights(facts: &MaskFacts) -> String {
    let all: usize = facts.layers.iter().map(|of| of.weights).sum();
    let share = facts.kept_weights as f64 / all.max(1) as f64;
    format!("{} ({})", thousands(facts.kept_weights as u64), percent(share))
}

pub fn live_channels(facts: &MaskFacts) -> String {
    let live = facts.layers.iter().map(|of| of.channels.live).sum();
    let all = facts.layers.iter().map(|of| of.channels.all).sum();
    live_of(live, all)
}

/// Multiply-adds of a step; none is known of a network that is not fitted.
pub fn macs(macs: Option<u64>) -> String {
    match macs {
        Some(macs) if macs >= 100_000_000 => format!("{:.2} G", macs as f64 / 1e9),
        Some(macs) if macs > 0 => format!("{:.4} G", macs as f64 / 1e9),
        _ => NOTHING.to_owned(),
    }
}

pub fn best_at(best: Option<(u64, f64)>) -> String {
    best.map_or_else(
        || NOTHING.to_owned(),
        |(step, best)| format!("{} at {}", decibels(Some(best)), thousands(step)),
    )
}
