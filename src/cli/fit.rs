//! `oes fit`: a picture, and the weights that a mask keeps or all of them.

use std::path::Path;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::adapter::Devices;
use super::checkpoint::{self, agree, contradiction, resumed_spec};
use super::error::{CliError, Done};
use super::network::GeneratorName;
use super::options::{RunArgs, word};
use super::returned::ReturnArgs;
use super::session::{self, Session};
use super::task::TaskArgs;
use super::{ensemble, input, network};
use crate::mask::Mask;
use crate::network::{Connectivity, Hourglass};
use crate::step::WeightPath;
use crate::train::{Checkpoint, FitSpec, Job, RunSpec};

const EXAMPLES: &str = "\
Examples:
  A noisy photograph of your own, with a mask:
    oes fit photo.jpg --sigma 0 --mask my-mask.safetensors --out restored.png
  How well a mask denoises: noise is added to a clean picture, the report has the PSNR of every step:
    oes fit lena.png --crop 192 --mask mask_pepper.pkl --report sparse.json
  The dense deep image prior, for comparison:
    oes fit lena.png --crop 192 --dense --report dense.json
  A better picture than the last one: the mean of what five sparse networks draw:
    oes fit photo.jpg --sigma 0 --mask my-mask.safetensors --return ensemble --out restored.png
  Fills in the black pixels of mask.png; makes a small picture four times as large:
    oes fit damaged.png --task inpaint --known mask.png --observed --mask my-mask.safetensors --out whole.png
    oes fit small.png --task sr4 --observed --mask my-mask.safetensors --out large.png
  Hours of work that can be interrupted, and gone on with:
    oes fit photo.png --dense --checkpoint run.ckpt
    oes fit photo.png --resume run.ckpt --checkpoint run.ckpt --out restored.png";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct FitArgs {
    /// The mask: a preset's name, or a file (.safetensors, .npy, the authors' .pkl)
    #[arg(long, value_name = "FILE|PRESET", help_heading = "Training", conflicts_with = "dense",
          required_unless_present_any = ["dense", "resume", "generator", "fit"])]
    mask: Option<String>,
    /// Fits all weights: the dense deep image prior
    #[arg(long, help_heading = "Training")]
    dense: bool,
    /// Fits all weights of this kind of network, with its own published settings
    #[arg(long, help_heading = "Training", value_enum, conflicts_with = "mask")]
    generator: Option<GeneratorName>,
    /// How the weights move [default: adam]
    #[arg(long, help_heading = "Training", value_enum, conflicts_with = "mask")]
    fit: Option<FitName>,
    /// Standard deviation of noise on the network's input, anew in each step; 0.0333 is usual [default: 0; 1/30 with --fit sgld and --generator skip]
    #[arg(long, help_heading = "Training", value_name = "SD")]
    jitter: Option<f64>,
    #[arg(long, help_heading = "Training", help = steps_help())]
    steps: Option<u64>,
    #[arg(long, help_heading = "Training", help = lr_help())]
    lr: Option<f64>,
    /// Which arithmetic a masked fit does: all give the same numbers [default: auto]
    #[arg(long, help_heading = "Training", conflicts_with = "dense")]
    path: Option<PathName>,

    #[command(flatten, next_help_heading = "Task")]
    pub task: TaskArgs,
    #[command(flatten, next_help_heading = "Result")]
    pub returned: ReturnArgs,
    #[command(flatten)]
    pub run: RunArgs,
}

/// How a dense fit goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FitName {
    /// By Adam alone
    Adam,
    /// By Adam and noise on the weights (Langevin dynamics), with the mean of the outputs after a burn-in for --return ema
    Sgld,
}

/// [`WeightPath`] on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum PathName {
    /// For each pass of each layer the faster of compact and sparse
    Auto,
    /// Kept weights only
    Sparse,
    /// Live channels only
    Compact,
    /// All of it, as without a mask
    Full,
}

impl From<PathName> for WeightPath {
    fn from(path: PathName) -> Self {
        match path {
            PathName::Auto => Self::Auto,
            PathName::Sparse => Self::Sparse,
            PathName::Compact => Self::Compact,
            PathName::Full => Self::Full,
        }
    }
}

fn defaults() -> (RunSpec, RunSpec) {
    let network = Hourglass::default();
    (
        RunSpec::sparse(network.clone(), Arc::default()),
        RunSpec::dense(network),
    )
}

fn steps_help() -> String {
    let (sparse, dense) = defaults();
    format!(
        "Updates in all [default: {} with a mask, {} dense]",
        sparse.steps, dense.steps
    )
}

fn lr_help() -> String {
    let (sparse, dense) = defaults();
    format!(
        "Learning rate [default: {} with a mask and for other generators, {} dense]",
        sparse.lr, dense.lr
    )
}

pub async fn execute(args: &FitArgs) -> Result<Done, CliError> {
    let mask_file = args.mask.as_deref().map(Path::new);
    session::prepare(&args.run, &[], &[mask_file, args.task.known_file()])?;
    let picture = input::picture(&args.run.image, &args.run.picture)?;
    let mask = args.mask.as_deref().map(input::mask).transpose()?;
    let resumed = args.run.files.resume.as_deref().map(checkpoint::load).transpose()?;
    let spec = match &resumed {
        Some(checkpoint) => args.resumed(checkpoint, mask.as_ref())?,
        None => args.spec(mask.as_ref())?,
    };
    spec.check()?;
    args.returned.check(&spec)?;
    let facts = check_life(&spec)?;
    let task = args.task.build(&picture, &args.run.picture, &spec.network)?;
    if let Some(count) = args.returned.members() {
        return ensemble::execute(args, &spec, mask.as_ref(), &task, count).await;
    }
    let described = args.task.settings(&task, &args.run.picture);
    let mut devices = Devices::new(&args.run.device);
    let mut session = Session::open("fit", &args.run, &mut devices, spec, task, resumed).await?;
    session.say("task", described);
    session.say("sigma", json!(args.task.sigma(&args.run.picture)));
    session.train(args.returned.ends_early()).await?;
    let which = args.returned.of(&session.run);
    session
        .finish(facts.as_ref().map(|facts| args.describe(facts)).as_ref(), Some(which))
        .await
}

/// Kept entries and parameters in all.
struct MaskFacts {
    kept: usize,
    n: usize,
}

/// Refuses a dead mask before anything is allocated.
fn check_life(spec: &RunSpec) -> Result<Option<MaskFacts>, CliError> {
    let Job::Fit(FitSpec { keep: Some(keep), .. }) = &spec.job else {
        return Ok(None);
    };
    let network = network::build(&spec.network)?;
    if keep.len() != network.n {
        let (mask, n) = (keep.len(), network.n);
        return Err(CliError::Input(format!(
            "the mask has {mask} entries but the network {n} parameters"
        )));
    }
    let found = Connectivity::of(&network, keep);
    if !found.is_alive() {
        return Err(CliError::DeadMask(found.sentence()));
    }
    let kept = keep.iter().filter(|kept| **kept).count();
    Ok(Some(MaskFacts { kept, n: network.n }))
}

impl FitArgs {
    /// The run that the options describe.
    fn spec(&self, mask: Option<&Mask>) -> Result<RunSpec, CliError> {
        let mut spec = match mask {
            Some(mask) => {
                let given = self.run.network.given()?;
                let network = network::of_mask(mask, given, &self.run.network)?;
                RunSpec::sparse(network, Arc::new(mask.keep.clone()))
            }
            None => {
                let kind = self.generator.unwrap_or(GeneratorName::Hourglass);
                let network = self.run.network.generator(kind)?;
                match self.fit.unwrap_or(FitName::Adam) {
                    FitName::Adam => RunSpec::dense(network),
                    FitName::Sgld => {
                        let steps = RunSpec::dense(network.clone()).steps;
                        RunSpec::langevin(network, self.steps.unwrap_or(steps))
                    }
                }
            }
        };
        spec.steps = self.steps.unwrap_or(spec.steps);
        spec.lr = self.lr.unwrap_or(spec.lr);
        self.run.seeds.apply(&mut spec);
        if let Job::Fit(fit) = &mut spec.job {
            fit.path = self.path.map_or(fit.path, WeightPath::from);
            fit.jitter = self.jitter.unwrap_or(fit.jitter);
            let posterior = fit.tracking.and_then(|tracking| tracking.burn_in);
            self.returned.apply(fit)?;
            if let Some(from) = posterior {
                fit.tracking.get_or_insert_default().burn_in = Some(from);
            }
        }
        Ok(spec)
    }

    /// The run of a checkpoint, unless an option contradicts it.
    fn resumed(&self, checkpoint: &Checkpoint, mask: Option<&Mask>) -> Result<RunSpec, CliError> {
        let spec = resumed_spec(checkpoint, &self.run, self.steps, self.lr)?;
        let Job::Fit(fit) = &spec.job else {
            return Err(contradiction("oes", "learn", "fit"));
        };
        if self.dense && fit.keep.is_some() {
            return Err(contradiction("a mask", "", "--dense"));
        }
        agree("--generator", self.generator.map(word), spec.network.name().to_owned())?;
        if let Some(mask) = mask
            && fit.keep.as_deref() != Some(&mask.keep)
        {
            let made = if fit.keep.is_some() { "another mask" } else { "--dense" };
            return Err(contradiction(made, "", "this mask"));
        }
        let made = if fit.langevin { FitName::Sgld } else { FitName::Adam };
        agree("--fit", self.fit.map(word), word(made))?;
        agree("--jitter", self.jitter, fit.jitter)?;
        let lower = |path: WeightPath| format!("{path:?}").to_lowercase();
        agree("--path", self.path.map(WeightPath::from).map(lower), lower(fit.path))?;
        self.returned.compare(fit)?;
        Ok(spec)
    }

    fn describe(&self, facts: &MaskFacts) -> Value {
        let name = self.mask.as_deref().map(|mask| input::file_name(Path::new(mask)));
        json!({ "source": name, "kept": facts.kept, "n": facts.n })
    }
}
