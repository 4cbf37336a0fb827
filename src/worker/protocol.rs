//! Everything that page and worker say to each other.
//!
//! A message is the JSON text of a [`Request`] (page to worker) or a [`Reply`] (worker to page), and beside it at most one
//! attachment that JSON cannot hold: a `File`, an `OffscreenCanvas` or an `ArrayBuffer`, as the variant says. The page
//! first posts the compiled module alone, and sends nothing else before [`Reply::Started`].

use serde::{Deserialize, Serialize};

pub use super::fault::{Fault, FaultKind};
use crate::bench::BenchSummary;
use crate::engine::AdapterDescription;
use crate::self_test::SelfTestReport;
use crate::train::Learner;

/// Chosen by the page, never used again after [`Request::Drop`].
pub type RunId = u32;
/// Chosen by the page, one for each canvas element.
pub type CanvasId = u32;
/// A place for a mask in the worker; chosen by the page.
pub type SlotId = u32;

/// What the page asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// Opens an engine; answered by [`Reply::Ready`] or a fault. It drops all runs and the engine before.
    Open {
        engine: EngineKind,
    },
    /// Reads a picture, from the attached `File` if there is no address; answered by [`Reply::Picture`]. The picture
    /// before it is forgotten, but for the runs that use it.
    LoadPicture {
        name: String,
        address: Option<String>,
    },
    /// Reads a mask into a slot, from the attached `File` if there is no address; answered by [`Reply::Mask`] or
    /// [`Reply::MaskRefused`], after which the slot holds what it held before.
    LoadMask {
        slot: SlotId,
        name: String,
        address: Option<String>,
        /// Of the file, in lower-case hexadecimal, where it is known.
        sha256: Option<String>,
    },
    /// Makes a run on the picture read last; answered by [`Reply::Created`]. Nothing is compiled yet.
    Create {
        run: RunId,
        job: Job,
        /// Updates in all.
        steps: u64,
        setup: Setup,
        /// Whether it goes on from the checkpoint that is attached (an `ArrayBuffer`); it is then paused there.
        resumes: bool,
    },
    /// Compiles if needed, then trains until the last step, [`Request::Pause`] or [`Request::Drop`].
    Play {
        run: RunId,
    },
    /// Trains this many steps, then pauses.
    Step {
        run: RunId,
        steps: u64,
    },
    Pause {
        run: RunId,
    },
    /// Frees all that the run holds.
    Drop {
        run: RunId,
    },
    /// Shows a view of a run on a canvas, whose `OffscreenCanvas` is attached the first time.
    Attach {
        canvas: CanvasId,
        run: RunId,
        view: View,
    },
    /// Forgets a canvas: its element is gone.
    Detach {
        canvas: CanvasId,
    },
    /// The run's state, to go on from; answered by [`Reply::Checkpoint`], as it also comes now and then by itself.
    Checkpoint {
        run: RunId,
    },
    /// The present result as a PNG file; answered by [`Reply::Png`].
    Result {
        run: RunId,
    },
    /// Looks back at a fit's picture at a step from now on, or at the last that was kept before it.
    Recall {
        run: RunId,
        step: u64,
    },
    /// Looks at a learner's mask at another `keep` from now on; answered by [`Reply::Look`], then [`Reply::MaskOnly`].
    Look {
        run: RunId,
        keep: f64,
    },
    /// The mask as learned so far, as a file; answered by [`Reply::MaskFile`].
    TakeMask {
        run: RunId,
        keep: f64,
        purpose: MaskPurpose,
    },
    /// Compares the device with the CPU twins. This and a benchmark pause all runs, and the next [`Request::Play`] or
    /// [`Request::Step`] stops them. Answered by [`Reply::Measuring`], then [`Reply::SelfTested`] or
    /// [`Reply::Unmeasured`].
    SelfTest,
    /// Measures steps at a size in pixels, masked ones with the slot's mask; answered by [`Reply::Measuring`], then
    /// [`Reply::Benched`] or [`Reply::Unmeasured`].
    Bench {
        size: usize,
        mask: SlotId,
    },
    /// Ends either; what was measured so far is told.
    StopMeasuring,
    /// Loses the device on purpose (tests).
    LoseDevice,
    /// Takes a run's loss for no number (tests).
    Diverge {
        run: RunId,
    },
    /// Panics on purpose (tests).
    Panic,
}

/// What computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EngineKind {
    Gpu,
    Cpu,
}

/// What is measured of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Measurement {
    SelfTest,
    Bench,
}

/// Limits and features of a device that matter here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceFacts {
    /// Bytes of the largest storage binding.
    pub max_binding: u64,
    /// Bytes of the largest buffer.
    pub max_buffer: u64,
    /// Storage buffers that one kernel may bind.
    pub max_storage_buffers: u32,
    /// Workgroups of a dispatch in each dimension.
    pub max_workgroups: u32,
    /// Timestamp queries, for times by kernel.
    pub timestamps: bool,
}

/// What a canvas shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum View {
    /// The picture that the network is fitted to.
    Noisy,
    /// The network's output, as it is now.
    Result,
    /// The picture before noise was added; the noisy one where that is not known.
    Clean,
    /// The result with the highest PSNR so far, of those that were looked at.
    Best,
    /// The result at the step of [`Request::Recall`].
    Moment,
    /// What a learner's network draws by masking alone.
    MaskOnly,
}

/// What a run trains.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Job {
    /// The weights that the slot's mask keeps, or all of them, to draw the picture.
    Fit { mask: Option<SlotId> },
    /// The mask itself; `keep` is the fraction that the keep probabilities are drawn to.
    Learn { learner: Learner, keep: f64 },
}

/// What the page wants a learned mask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MaskPurpose {
    Save,
    Denoise,
}

/// What defines a run, beside its picture, its job and its steps.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setup {
    pub framing: Framing,
    /// Pixels; see [`Framing`].
    pub size: usize,
    /// Standard deviation of the added noise, of a picture from 0 to 1; at 0 the picture is already noisy.
    pub sigma: f64,
    pub noise_seed: u64,
    /// Of the network's start and its input.
    pub init_seed: u64,
    /// Levels of a network without a mask; a mask knows its own.
    pub levels: usize,
}

/// How a picture is brought to a size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Framing {
    /// A smaller copy whose longer side has `size` pixels.
    Scale,
    /// The middle, at most `size` pixels a side.
    Crop,
}

/// What the worker tells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Reply {
    /// The worker runs and takes requests.
    Started,
    /// An engine is open.
    Ready {
        engine: EngineKind,
        adapter: AdapterDescription,
    },
    /// What the GPU that was just opened may be asked for.
    Device {
        facts: DeviceFacts,
    },
    Picture {
        name: String,
        width: usize,
        height: usize,
        /// Sentences on how the file was read.
        notes: Vec<String>,
    },
    /// How much of a picture's or, where there is a slot, of a mask's file is there; a few times a second.
    Loading {
        slot: Option<SlotId>,
        bytes: u64,
        total: Option<u64>,
    },
    Mask {
        slot: SlotId,
        facts: MaskFacts,
    },
    /// The file is no mask that could be used.
    MaskRefused {
        slot: SlotId,
        fault: Fault,
    },
    /// A run is made, and its canvases show its picture.
    Created {
        run: RunId,
        facts: RunFacts,
    },
    /// A run went over into another state.
    State {
        run: RunId,
        state: RunState,
    },
    /// Kernels compiled so far.
    Compiling {
        run: RunId,
        done: usize,
        total: usize,
    },
    /// What training has measured since the last such message; at most ten a second.
    Progress {
        run: RunId,
        /// Updates made.
        step: u64,
        /// Over the last seconds; none until it can be told.
        steps_per_second: Option<f64>,
        points: Vec<Point>,
    },
    /// The pictures that can be looked back at: after each new one.
    Moments {
        run: RunId,
        moments: Vec<Moment>,
        best: Option<Moment>,
    },
    /// A PNG file; its `ArrayBuffer` is attached.
    Png {
        run: RunId,
        step: u64,
    },
    /// A learner's mask at the `keep` that is looked at: now and then while it runs.
    Look {
        run: RunId,
        look: Look,
    },
    /// What became of drawing by masking alone, for the last [`Reply::Look`] at that step and `keep`.
    MaskOnly {
        run: RunId,
        step: u64,
        keep: f64,
        outcome: MaskOnly,
    },
    /// The run's state after `step` updates; its `ArrayBuffer` is attached.
    Checkpoint {
        run: RunId,
        step: u64,
    },
    /// A mask file; its `ArrayBuffer` is attached.
    MaskFile {
        run: RunId,
        name: String,
        purpose: MaskPurpose,
    },
    /// Pieces of a measurement done so far.
    Measuring {
        what: Measurement,
        done: usize,
        total: usize,
    },
    SelfTested {
        report: SelfTestReport,
    },
    /// `complete`: it was not stopped before the end.
    Benched {
        summary: BenchSummary,
        complete: bool,
    },
    /// A measurement was refused, or failed.
    Unmeasured {
        what: Measurement,
        fault: Fault,
    },
    /// What was asked for failed. `run` is the run that it stopped.
    Fault {
        run: Option<RunId>,
        fault: Fault,
    },
    /// The program itself failed: the worker is dead, and the page must start another.
    Panic {
        message: String,
    },
}

/// What a run is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RunState {
    /// Made, not yet compiled.
    Idle,
    Compiling,
    Running,
    Paused,
    /// All steps are done.
    Finished,
    /// A fault stopped it; it cannot go on.
    Failed,
}

/// A run, before it starts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunFacts {
    /// Of the picture that is fitted.
    pub width: usize,
    pub height: usize,
    /// What the memory plan needs; 0 with a dead mask, which has no plan.
    pub bytes: u64,
    /// Bytes that the engine may take without being asked; more needs a smaller picture.
    pub budget: u64,
    /// The longest side that fits into the budget, where this picture does not.
    pub fitting_size: Option<usize>,
    /// Of the noisy picture against the clean one, in dB.
    pub noisy_psnr: Option<f64>,
}

/// A reading of the curves: after `step` updates.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    pub step: u64,
    pub loss: f64,
    /// In dB; none without a clean picture.
    pub psnr: Option<f64>,
    /// Learners only: the KL term of the loss, and the mean logit.
    pub kl: Option<f64>,
    pub mean_logit: Option<f64>,
}

/// A picture of the past, after `step` updates.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Moment {
    pub step: u64,
    /// In dB; none without a clean picture.
    pub psnr: Option<f64>,
}

/// What a learner's logits say, thresholded so that a fraction `keep` stays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Look {
    /// Updates made.
    pub step: u64,
    pub keep: f64,
    pub kept: usize,
    /// Parameters in all.
    pub n: usize,
    /// Parameters by keep probability: bins of equal width from 0 to 1.
    pub histogram: Vec<u32>,
    /// The lowest keep probability that is kept.
    pub threshold: f64,
    /// The fixed input's channels.
    pub input: Channels,
    /// The convolutions, from the input to the picture.
    pub layers: Vec<Layer>,
    /// Whether masking alone draws anything but a constant.
    pub alive: bool,
    /// One sentence on what is connected.
    pub sentence: String,
}

/// A convolution under a mask.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Layer {
    /// Of the weight, as in PyTorch.
    pub name: String,
    pub weights: usize,
    pub kept: usize,
    /// Its outputs.
    pub channels: Channels,
}

/// The channels of a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channels {
    pub all: usize,
    /// Those that lie on a path from the input to the picture.
    pub live: usize,
}

/// What became of drawing by masking alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum MaskOnly {
    /// It is on its canvases. PSNR in dB, where the clean picture is known.
    Drawn { psnr: Option<f64> },
    /// The mask is dead, as [`Look::sentence`] explains.
    Dead,
    /// One sentence on why not.
    Failed(String),
}

/// What a mask file says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MaskFacts {
    pub name: String,
    /// Of the file, in lower-case hexadecimal.
    pub sha256: String,
    pub kept: usize,
    pub n: usize,
    /// Whether its network draws anything but a constant.
    pub alive: bool,
    /// One sentence on what is connected.
    pub sentence: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measure_that_is_not_a_number_arrives_as_none() {
        // JSON has no NaN, so an absent PSNR must be an absent value.
        let point = Point {
            step: 3,
            loss: 0.25,
            psnr: None,
            kl: None,
            mean_logit: None,
        };
        let text = serde_json::to_string(&point).expect("plain data");
        assert_eq!(serde_json::from_str::<Point>(&text).expect("as written"), point);
    }
}
