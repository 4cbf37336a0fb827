//! `oes fit`: a picture, and the weights that a mask keeps or all of them.

use std::path::Path;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::checkpoint::{self, contradiction, resumed_spec};
use super::error::{CliError, Done};
use super::options::RunArgs;
use super::returned::ReturnArgs;
use super::session::{self, Session};
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
  Hours of work that can be interrupted, and gone on with:
    oes fit photo.png --dense --checkpoint run.ckpt
    oes fit photo.png --resume run.ckpt --checkpoint run.ckpt --out restored.png";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct FitArgs {
    /// The mask: a preset's name, or a file (.safetensors, .npy, the authors' .pkl)
    #[arg(long, value_name = "FILE|PRESET", help_heading = "Training", conflicts_with = "dense",
          required_unless_present_any = ["dense", "resume"])]
    mask: Option<String>,
    /// Fits all weights: the dense deep image prior
    #[arg(long, help_heading = "Training")]
    dense: bool,
    #[arg(long, help_heading = "Training", help = steps_help())]
    steps: Option<u64>,
    #[arg(long, help_heading = "Training", help = lr_help())]
    lr: Option<f64>,
    /// Which arithmetic a masked fit does: all give the same numbers [default: auto]
    #[arg(long, help_heading = "Training", conflicts_with = "dense")]
    path: Option<PathName>,

    #[command(flatten, next_help_heading = "Result")]
    returned: ReturnArgs,
    #[command(flatten)]
    pub run: RunArgs,
}

/// [`WeightPath`] on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum PathName {
    /// For each layer the faster of compact and sparse
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
    format!("Learning rate [default: {} with a mask, {} dense]", sparse.lr, dense.lr)
}

pub async fn execute(args: &FitArgs) -> Result<Done, CliError> {
    let mask_file = args.mask.as_deref().map(Path::new);
    session::prepare(&args.run, &[], &[mask_file])?;
    let picture = input::picture(&args.run.image, &args.run.picture)?;
    let mask = args.mask.as_deref().map(input::mask).transpose()?;
    let resumed = args.run.files.resume.as_deref().map(checkpoint::load).transpose()?;
    let spec = match &resumed {
        Some(checkpoint) => args.resumed(checkpoint, mask.as_ref())?,
        None => args.spec(mask.as_ref())?,
    };
    let facts = check_life(&spec)?;
    if let Some(count) = args.returned.members() {
        return ensemble::execute(args, &spec, mask.as_ref(), &picture, count).await;
    }
    let mut session = Session::open("fit", &args.run, spec, &picture, resumed).await?;
    session.train(args.returned.ends_early()).await?;
    session
        .finish(
            facts.as_ref().map(|facts| args.describe(facts)).as_ref(),
            Some(args.returned.which()),
        )
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
        let given = self.run.network.given()?;
        let mut spec = match mask {
            Some(mask) => {
                let network = network::of_mask(mask, given, &self.run.network)?;
                RunSpec::sparse(network, Arc::new(mask.keep.clone()))
            }
            None => RunSpec::dense(given.unwrap_or_default()),
        };
        spec.steps = self.steps.unwrap_or(spec.steps);
        spec.lr = self.lr.unwrap_or(spec.lr);
        self.run.seeds.apply(&mut spec);
        if let Job::Fit(fit) = &mut spec.job {
            fit.path = self.path.map_or(fit.path, WeightPath::from);
            self.returned.apply(fit)?;
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
        if let Some(mask) = mask
            && fit.keep.as_deref() != Some(&mask.keep)
        {
            let made = if fit.keep.is_some() { "another mask" } else { "--dense" };
            return Err(contradiction(made, "", "this mask"));
        }
        if let Some(path) = self.path.map(WeightPath::from)
            && path != fit.path
        {
            let [made, given] = [fit.path, path].map(|path| format!("{path:?}").to_lowercase());
            return Err(contradiction("--path", made, given));
        }
        if self.returned.which.is_some() {
            let mut asked = FitSpec::default();
            self.returned.apply(&mut asked)?;
            if asked.tracking != fit.tracking && asked.tracking.is_some() {
                return Err(contradiction("another --return", "", "this one"));
            }
        }
        Ok(spec)
    }

    fn describe(&self, facts: &MaskFacts) -> Value {
        let name = self.mask.as_deref().map(|mask| input::file_name(Path::new(mask)));
        json!({ "source": name, "kept": facts.kept, "n": facts.n })
    }
}
