//! Everything that page and worker say to each other.
//!
//! A message is a [`Request`] (page to worker) or a [`Reply`] (worker to page) in the postcard format, and beside it at most one
//! attachment that is no plain data: a `File`, an `OffscreenCanvas` or an `ArrayBuffer`, as the variant says. The page first
//! posts the compiled module alone, and sends nothing else before [`Reply::Started`]. Both ends are the same module, so a field
//! needs no name on the way: types here must do without what serde asks a format to find out (`flatten`, `untagged`, `tag`).

use serde::{Deserialize, Serialize};

pub use super::ensemble_facts::{EnsembleFacts, EnsembleState, Mean, Member};
pub use super::fault::{Fault, FaultKind};
pub use super::job::{Framing, Job, MaskMethod, Pace, Seen, Setup};
pub use super::mask_facts::{Channels, Layer, Look, MaskFacts, MaskOnly, MaskOrigin, MaskStart};
pub use super::run_facts::{Missing, Moment, Point, RunFacts, RunState, is_past_best, returned, thin};
use crate::bench::BenchSummary;
use crate::engine::AdapterDescription;
use crate::mask::{LayerOverlap, Overlap};
use crate::self_test::SelfTestReport;

/// Chosen by the page, never used again after [`Request::Drop`].
pub type RunId = u32;
/// Chosen by the page, one for each canvas element.
pub type CanvasId = u32;
/// A place for a mask, or for a picture, in the worker; chosen by the page.
pub type SlotId = u32;
/// The slot of the picture that a person chose: only how that one loads is told.
pub const CHOSEN_PICTURE: SlotId = 0;

/// What the page asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// Opens an engine; answered by [`Reply::Ready`] or a fault. It drops all runs and the engine before.
    Open {
        engine: EngineKind,
    },
    /// Reads a picture into a slot, from the attached `File` if there is no address; answered by [`Reply::Picture`] or
    /// [`Reply::PictureRefused`], after which the slot holds what it held before. Runs keep the picture that they use.
    LoadPicture {
        slot: SlotId,
        name: String,
        address: Option<String>,
    },
    /// Reads a mask into a slot, or draws it from a recipe (its text): from the attached `File` if there is neither that
    /// nor an address; answered by [`Reply::Mask`] or
    /// [`Reply::MaskRefused`], after which the slot holds what it held before.
    LoadMask {
        slot: SlotId,
        name: String,
        address: Option<String>,
        /// Of the file, in lower-case hexadecimal, where it is known.
        sha256: Option<String>,
        /// Whether the file's bytes are wanted (an `ArrayBuffer` attached to the reply).
        returns: bool,
        recipe: Option<String>,
    },
    /// Makes a mask in a slot for the network and the picture of a run; `seed` draws what the method leaves to chance. On its
    /// way [`Reply::Making`]; answered by [`Reply::Mask`], with its file (an `ArrayBuffer`) where there is one, or
    /// [`Reply::MaskRefused`].
    MakeMask {
        slot: SlotId,
        picture: SlotId,
        setup: Setup,
        method: MaskMethod,
        seed: u64,
    },
    /// Pauses the making of a slot's mask, where that takes turns.
    PauseMaking {
        slot: SlotId,
    },
    /// Draws what a slot's mask draws by masking alone, as its file says that it was learned; answered by
    /// [`Reply::MaskDrawn`].
    DrawMask {
        slot: SlotId,
    },
    /// Compares the masks of two slots; answered by [`Reply::Compared`].
    CompareMasks {
        first: SlotId,
        second: SlotId,
    },
    /// Frees a slot, and gives up what is made for it.
    ForgetMask {
        slot: SlotId,
    },
    /// Makes a run on the slot's picture; answered by [`Reply::Created`]. Nothing is compiled yet.
    Create {
        run: RunId,
        picture: SlotId,
        job: Job,
        /// Updates in all.
        steps: u64,
        setup: Setup,
        /// Whether it goes on from the checkpoint that is attached (an `ArrayBuffer`); it is then paused there.
        resumes: bool,
        /// Whether a spike of the loss stops it, with a fault that says so.
        watched: bool,
    },
    /// Compiles if needed, then trains until the last step, [`Request::Pause`] or [`Request::Drop`].
    Play {
        run: RunId,
        /// Whether a fit that is past its best moment settles there.
        settles: bool,
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
    /// What a fit returns (see [`crate::train::Run::default_returned`]), or a learner's present output, as a PNG file; answered by [`Reply::Png`].
    Result {
        run: RunId,
    },
    /// Trains further networks as a fit was trained, one after the other, until so many, the fit among them, are in the mean of what
    /// they return; told by [`Reply::Ensemble`]. Asked again, it goes on, perhaps to more of them.
    TrainEnsemble {
        run: RunId,
        members: u64,
        /// Whether a network ends past its best moment.
        settles: bool,
    },
    PauseEnsemble {
        run: RunId,
    },
    /// Frees all that a fit's ensemble holds; the fit stays.
    DropEnsemble {
        run: RunId,
    },
    /// The mean so far as a PNG file; answered by [`Reply::EnsemblePng`].
    EnsembleResult {
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
    /// Takes the loss of a run, or of the network that its ensemble trains, for no number (tests).
    Diverge {
        run: RunId,
    },
    /// Makes a run's loss jump (tests).
    Disturb {
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
    /// The exponential mean of a fit's outputs: what it returns.
    Average,
    /// The mean of what a fit's ensemble has returned so far.
    Ensemble,
    /// The picture before noise was added; the noisy one where that is not known.
    Clean,
    /// The result with the highest PSNR so far, of those that were looked at.
    Best,
    /// The result at the step of [`Request::Recall`].
    Moment,
    /// What a learner's network draws by masking alone.
    MaskOnly,
}

/// What the page wants a learned mask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MaskPurpose {
    Save,
    Denoise,
    /// For the gallery of this browser.
    Keep,
    /// For the figures that explain how it works.
    Explain,
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
        slot: SlotId,
        name: String,
        width: usize,
        height: usize,
        /// Sentences on how the file was read.
        notes: Vec<String>,
    },
    /// The file is no picture that could be used.
    PictureRefused {
        slot: SlotId,
        fault: Fault,
    },
    /// How much of the chosen picture's or, where there is a slot, of a mask's file is there; a few times a second.
    Loading {
        slot: Option<SlotId>,
        bytes: u64,
        total: Option<u64>,
    },
    Mask {
        slot: SlotId,
        facts: Box<MaskFacts>,
    },
    /// How much of making a slot's mask is done, in units of its method; a few times a second.
    Making {
        slot: SlotId,
        done: usize,
        total: usize,
    },
    /// What a mask draws by masking alone, with a PNG file (an `ArrayBuffer`) where it draws; or one sentence on why not.
    MaskDrawn {
        slot: SlotId,
        problem: Option<String>,
    },
    /// All entries and each convolution's weights of the two masks that were compared; or one sentence on why not.
    Compared {
        result: Result<(Overlap, Vec<LayerOverlap>), String>,
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
        missing: Option<Missing>,
    },
    /// A PNG file; its `ArrayBuffer` is attached.
    Png {
        run: RunId,
        step: u64,
    },
    /// There is no such file: the browser could not make it. The run goes on.
    PngRefused {
        run: RunId,
        fault: Fault,
    },
    /// How far a fit's ensemble is: at each change, and while it trains at most ten times a second.
    Ensemble {
        run: RunId,
        facts: EnsembleFacts,
    },
    /// What paused a fit's ensemble.
    EnsembleFault {
        run: RunId,
        fault: Fault,
    },
    /// The mean of so many networks as a PNG file; its `ArrayBuffer` is attached.
    EnsemblePng {
        run: RunId,
        members: u64,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::{Mark, Noise};

    /// As it travels from one end to the other.
    fn sent<T: Serialize + serde::de::DeserializeOwned>(message: &T) -> T {
        let bytes = postcard::to_allocvec(message).expect("plain data");
        postcard::from_bytes(&bytes).expect("as written")
    }

    #[test]
    fn requests_and_replies_arrive_as_they_were_sent() {
        let path = vec![(1, 2), (10_000, 0)];
        let marks = vec![Mark::Stroke { radius: 3, path }];
        for (seen, noise) in [
            (Seen::Whole, Some(Noise::Gaussian { sigma: 0.1 })),
            (Seen::Unpainted { marks }, None),
            (Seen::Pooled { factor: 4 }, Some(Noise::Poisson { peak: 30.0 })),
        ] {
            let create = Request::Create {
                run: 7,
                picture: CHOSEN_PICTURE,
                job: Job::Fit { mask: 3 },
                steps: 2000,
                setup: Setup {
                    framing: Framing::Crop,
                    size: 256,
                    seen,
                    noise,
                    noise_seed: u64::MAX,
                    init_seed: 1,
                    levels: 6,
                },
                resumes: true,
                watched: false,
            };
            assert_eq!(sent(&create), create);
        }
        let progress = Reply::Progress {
            run: 7,
            step: 3,
            steps_per_second: Some(0.5),
            points: vec![Point {
                step: 3,
                loss: 0.25,
                psnr: None,
                average_psnr: Some(20.0),
                statistic: None,
                kl: None,
                mean_logit: None,
            }],
        };
        assert_eq!(sent(&progress), progress);
        let ready = Reply::Ready {
            engine: EngineKind::Cpu,
            adapter: AdapterDescription::cpu(),
        };
        assert_eq!(sent(&ready), ready);
    }
}
