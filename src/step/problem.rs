//! What a step is built from and what it hands out: sizes, settings, handles.

use super::{Entries, Observing, TensorId};
use crate::network::NetworkError;

/// Why a step cannot be built.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum StepError {
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// One channel of a map is beyond it, or the parameters are.
    #[error("a tensor of {} MB does not fit into one binding of {} MB; choose a crop or a smaller copy of the picture", bytes / 1_000_000, limit / 1_000_000)]
    TensorTooLarge { bytes: u64, limit: u64 },
    #[error("{0}")]
    DeadMask(String),
    #[error("the mask is for {mask} parameters, the network has {network}")]
    MaskLength { mask: usize, network: usize },
}

/// The maps' size and where the picture lies in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Padded size: what the network takes.
    pub height: usize,
    pub width: usize,
    /// The picture inside: first column, first row, width, height.
    pub region: (usize, usize, usize, usize),
    /// What of the picture the loss sees.
    pub observing: Observing,
}

/// Which arithmetic a masked network does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WeightPath {
    /// All of it, as without a mask.
    Full,
    /// Live channels only.
    Compact,
    /// Kept weights only.
    Sparse,
    /// For each pass of each layer the faster of compact and sparse.
    #[default]
    Auto,
}

/// Adam's constants (method section 4).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamSettings {
    pub beta1: f64,
    pub beta2: f64,
    pub eps: f64,
}

impl Default for AdamSettings {
    fn default() -> Self {
        Self {
            beta1: 0.9,
            beta2: 0.999,
            eps: 1e-8,
        }
    }
}

/// How work is cut up, by class of adapter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tuning {
    /// Outputs along x in a register tile of the dense convolutions, a multiple of 4.
    pub strip: u32,
    /// Rows of such a tile at stride 1; at stride 2 it has half as many.
    pub strip_rows: u32,
    /// Whether an invocation of the dense weight gradient sums all rows of taps, or one.
    pub all_taps: bool,
    /// Rows that an invocation of the sparse convolution computes.
    pub rows: u32,
    /// Entries that share a coarse channel in the sparse weight gradient.
    pub group: u32,
    /// Invocations that a weight gradient aims at by splitting over bands of rows.
    pub gradient_threads: usize,
    /// What says whether lists or dense arithmetic on live channels are faster.
    pub costs: Costs,
}

/// What work costs, in multiply-adds of a dense tile.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Costs {
    /// A multiply-add of a list, whose loads nothing shares.
    pub list: f64,
    /// A weight of a dense convolution: small maps use what is loaded for a few pixels only.
    pub weight: f64,
    /// An entry of a dense weight gradient, stored and added up.
    pub gradient: f64,
}

impl Default for Tuning {
    /// What was fastest on software adapters, where a load costs many times a multiply-add: see docs/performance.md.
    fn default() -> Self {
        Self {
            strip: 4,
            strip_rows: 4,
            all_taps: true,
            rows: 16,
            group: 8,
            gradient_threads: 8192,
            costs: Costs {
                list: 7.0,
                weight: 120.0,
                gradient: 20.0,
            },
        }
    }
}

impl Tuning {
    /// (number of bands, rows in each) that cut a weight gradient so that about `gradient_threads` invocations run,
    /// `threads_each` in a band.
    pub(super) fn bands(&self, threads_each: usize, rows: usize) -> (usize, usize) {
        let wanted = self.gradient_threads.div_ceil(threads_each.max(1)).clamp(1, rows);
        let band = rows.div_ceil(wanted);
        (rows.div_ceil(band), band)
    }
}

/// What both kinds of steps need to know.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepSettings {
    pub adam: AdamSettings,
    /// Rows of the schedule: updates in the run, and one for the forward pass after the last.
    pub schedule_len: usize,
    /// Rows of the ring of losses.
    pub ring_len: usize,
    /// Whether the exact rewrites are applied; off only to measure what they bring.
    pub rewrites: bool,
    pub tuning: Tuning,
    /// The longest binding in bytes. Maps beyond it are split by channel.
    pub binding_limit: u64,
}

/// What a fit trains and how.
#[derive(Clone, Copy, Debug)]
pub struct Fitting<'a> {
    /// The kept parameters, flat; `None` is the dense baseline.
    pub keep: Option<&'a [bool]>,
    pub path: WeightPath,
    /// What follows the outputs, to return a better picture than the last.
    pub tracking: Option<Tracking>,
    pub disturbance: Disturbance,
}

/// Noise that a fit draws in each step (method section 8).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Disturbance {
    /// Standard deviation of what is added to z.
    pub jitter: f64,
    /// Langevin dynamics: after each update noise on every convolution weight; its standard deviation is the schedule's third
    /// column.
    pub langevin: bool,
    pub seed: u64,
}

/// How the outputs of a fit are averaged and watched (method section 9).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tracking {
    pub statistic: Statistic,
    /// The first steps, whose outputs change for other reasons.
    pub ignore: u64,
}

/// What says when to stop: it is least where the picture is there and the noise is not yet.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Statistic {
    /// ES-EMV: an exponential moving variance of the outputs with this rate.
    Emv { alpha: f64 },
    /// ES-WMV: the variance of this many outputs, at most [`LONGEST_WINDOW`].
    Wmv { window: u32 },
}

impl Statistic {
    /// The rate of ES-EMV that returns the best pictures, see docs/results.md; 0.1 as published.
    pub const EMV_ALPHA: f64 = 0.02;
}

/// Sums of squares of 8-bit values are exact in f32 up to this many.
pub const LONGEST_WINDOW: u32 = 257;

/// The mask learner's constants (method section 4).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Learning {
    /// The fraction to keep, p0.
    pub keep: f64,
    /// Weight of the KL term in the loss; the paper's 1e-9, 0 in the fast learner.
    pub kl: f64,
    /// Pull towards logit(p0) after each update; 0 in the paper's.
    pub pull: f64,
    pub seed: u64,
    /// Steps whose uniform numbers are supplied from outside.
    pub supplied: usize,
}

/// The tensors that the outside writes before the start and reads now and then.
#[derive(Clone, Debug)]
pub struct Handles {
    /// What `parameters`, `m`, `v` and `gradient` hold.
    pub entries: Entries,
    /// Trained parameters and a zero: `q` of a fit, `theta` of a learner (constant there).
    pub parameters: TensorId,
    /// dL/dq, or dL/dw for a learner.
    pub gradient: TensorId,
    pub m: TensorId,
    pub v: TensorId,
    /// Fixed input, channels `live_inputs` of z only; written before the prologue. This and each picture is a list of
    /// parts, in channel order: more than one where it would not fit into one binding.
    pub input: Vec<TensorId>,
    pub live_inputs: Vec<usize>,
    /// What was observed, `[channels, rows, columns]` of [`Problem::windows`]; [`Problem::lay_out`] makes it.
    pub observed: Vec<TensorId>,
    /// The clean picture at padded size, or anything where there is none.
    pub clean: Vec<TensorId>,
    /// Rows (a, b, tau or the weights' noise, averaging rate): see [`Adam`], [`GumbelSample`] and [`AverageOutput`].
    pub schedule: TensorId,
    /// The number of updates done, as f32.
    pub counter: TensorId,
    /// Rows (MSE to what was observed, MSE to clean, KL term, mean logit); where outputs are tracked the last two are the statistic and
    /// the MSE of the average to clean.
    pub ring: TensorId,
    /// The network's output at padded size.
    pub output: Vec<TensorId>,
    /// Learner only.
    pub logits: Option<TensorId>,
    /// Learner only, where uniforms are supplied: `[min(T, SUPPLIED_WINDOW), N]`, rewritten as the steps go on.
    pub uniforms: Option<TensorId>,
    /// Learner only: dw/dp of the last sample.
    pub slope: Option<TensorId>,
    /// Where outputs are tracked.
    pub tracked: Option<Tracked>,
}

/// What follows the outputs; pictures at padded size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tracked {
    /// The exponential mean of the outputs; in parts, as the output is.
    pub average: Vec<TensorId>,
    /// The output, and the average, of the step with the least statistic.
    pub stopped: Vec<TensorId>,
    pub stopped_average: Vec<TensorId>,
    /// Everything that a checkpoint needs to go on, the three above included, by name.
    pub state: Vec<(String, TensorId)>,
}
