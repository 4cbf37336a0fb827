//! `oes learn`: which weights of a random network to keep.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::adapter::Devices;
use super::checkpoint::{self, agree, contradiction, resumed_spec};
use super::error::{CliError, Done};
use super::options::{RunArgs, ScopeName};
use super::session::{self, Session};
use super::{input, network, output};
use crate::mask::{Mask, Scope};
use crate::network::{Connectivity, Hourglass};
use crate::train::{Checkpoint, Job, LearnSpec, Learner, RunSpec, StartMask, Task};

const EXAMPLES: &str = "\
Examples:
  A mask of 5% of the weights, in minutes on a GPU:
    oes learn lena.png --crop 192 --mask-out lena.safetensors --licence 'CC0 1.0'
  As the paper does it:
    oes learn lena.png --learner paper --mask-out lena.safetensors --checkpoint lena.ckpt
  Then fit another picture with it:
    oes fit pepper.png --mask lena.safetensors --out restored.png";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct LearnArgs {
    /// fast: 30 to 50 times fewer steps; paper: as published [default: fast]
    #[arg(long, help_heading = "Training")]
    learner: Option<LearnerName>,
    #[arg(long, help_heading = "Training", value_name = "FRACTION", help = keep_help())]
    keep: Option<f64>,
    /// Over what the logits are compared in the end; per layer all that is no convolution weight stays [default: global]
    #[arg(long, help_heading = "Training")]
    scope: Option<ScopeName>,
    #[arg(long, help_heading = "Training", help = tau_help())]
    tau: Option<f64>,
    #[arg(long, help_heading = "Training", help = kl_help())]
    kl: Option<f64>,
    #[arg(long, help_heading = "Training", help = pull_help())]
    pull: Option<f64>,
    /// Begins with the weights of this mask likelier to stay: a preset's name, or a file. They mean something with the mask's
    /// own --init-seed
    #[arg(long, help_heading = "Training", value_name = "FILE|PRESET")]
    start_from: Option<String>,
    #[arg(long, help_heading = "Training", help = steps_help())]
    steps: Option<u64>,
    #[arg(long, help_heading = "Training", help = lr_help())]
    lr: Option<f64>,
    /// Where the learned mask goes
    #[arg(long, help_heading = "Files", value_name = "FILE.safetensors")]
    mask_out: Option<PathBuf>,
    /// The licence that the mask's file names
    #[arg(long, help_heading = "Files", value_name = "TEXT")]
    licence: Option<String>,

    #[command(flatten)]
    run: RunArgs,
}

/// [`Learner`] on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum LearnerName {
    Paper,
    Fast,
}

impl From<LearnerName> for Learner {
    fn from(name: LearnerName) -> Self {
        match name {
            LearnerName::Paper => Self::Paper,
            LearnerName::Fast => Self::Fast,
        }
    }
}

fn default_of(value: impl Fn(&RunSpec, &LearnSpec) -> f64) -> String {
    let of = |learner| {
        let learn = LearnSpec::new(learner);
        value(&RunSpec::learn(Hourglass::default(), learner), &learn)
    };
    let (fast, paper) = (of(Learner::Fast), of(Learner::Paper));
    if fast == paper {
        return format!("[default: {fast}]");
    }
    format!("[default: {} fast, {} paper]", short(fast), short(paper))
}

/// A number with few digits: 0.001, 1e-9.
fn short(value: f64) -> String {
    if value != 0.0 && value < 1e-4 {
        format!("{value:e}")
    } else {
        value.to_string()
    }
}

fn keep_help() -> String {
    format!(
        "The fraction of the weights to keep {}",
        default_of(|_, learn| learn.keep)
    )
}

fn tau_help() -> String {
    format!("Temperature of the Gumbel-softmax {}", default_of(|_, learn| learn.tau))
}

fn kl_help() -> String {
    format!("Weight of the KL term in the loss {}", default_of(|_, learn| learn.kl))
}

fn pull_help() -> String {
    format!(
        "Share of the way to logit(keep) that every step takes {}",
        default_of(|_, learn| learn.pull)
    )
}

fn steps_help() -> String {
    let steps = |learner| RunSpec::learn(Hourglass::default(), learner).steps;
    format!(
        "Updates in all [default: {} fast, {} paper]",
        steps(Learner::Fast),
        steps(Learner::Paper)
    )
}

fn lr_help() -> String {
    format!("Learning rate {}", default_of(|spec, _| spec.lr))
}

pub async fn execute(args: &LearnArgs) -> Result<Done, CliError> {
    let from_file = args.start_from.as_deref().map(Path::new);
    session::prepare(&args.run, &[args.mask_out.as_deref()], &[from_file])?;
    let picture = input::picture(&args.run.image, &args.run.picture)?;
    let from = args.start_from.as_deref().map(input::mask).transpose()?;
    let resumed = args.run.files.resume.as_deref().map(checkpoint::load).transpose()?;
    let spec = match &resumed {
        Some(checkpoint) => args.resumed(checkpoint, from.as_ref())?,
        None => args.spec(from.as_ref())?,
    };
    let picture_args = &args.run.picture;
    let task = Task::new(&picture, picture_args.sigma(), picture_args.noise_seed, &spec.network)?;
    let mut devices = Devices::new(&args.run.device);
    let mut session = Session::open("learn", &args.run, &mut devices, spec, task, resumed).await?;
    session.train(false).await?;
    let mask = args.mask(&mut session).await?;
    if let Some(path) = &args.mask_out {
        let bytes = mask.to_bytes().map_err(|error| CliError::Encode(error.to_string()))?;
        output::write(path, &bytes)?;
    }
    let facts = describe(&mask, &session);
    session.finish(Some(&facts), None).await
}

/// What the report says about the mask; a dead one is told on stderr too.
fn describe(mask: &Mask, session: &Session<'_>) -> Value {
    let found = Connectivity::of(session.run.network(), &mask.keep);
    if !found.is_alive() {
        eprintln!("oes: {}", found.sentence());
    }
    json!({ "kept": mask.kept(), "n": mask.keep.len(), "alive": found.is_alive() })
}

impl LearnArgs {
    /// The run that the options describe.
    fn spec(&self, from: Option<&Mask>) -> Result<RunSpec, CliError> {
        let given = self.run.network.given()?;
        let network = match from {
            Some(mask) => network::of_mask(mask, given, &self.run.network)?,
            None => given.unwrap_or_default(),
        };
        let learner = self.learner.map_or(Learner::Fast, Learner::from);
        let mut spec = RunSpec::learn(network, learner);
        spec.steps = self.steps.unwrap_or(spec.steps);
        spec.lr = self.lr.unwrap_or(spec.lr);
        self.run.seeds.apply(&mut spec);
        if let Job::Learn(learn) = &mut spec.job {
            learn.keep = self.keep.unwrap_or(learn.keep);
            learn.scope = self.scope.map_or(learn.scope, Scope::from);
            learn.tau = self.tau.unwrap_or(learn.tau);
            learn.kl = self.kl.unwrap_or(learn.kl);
            learn.pull = self.pull.unwrap_or(learn.pull);
            learn.from = from.zip(self.start_from.as_deref()).map(|(mask, name)| StartMask {
                name: input::file_name(Path::new(name)),
                keep: Arc::new(mask.keep.clone()),
            });
        }
        Ok(spec)
    }

    /// The run of a checkpoint, unless an option contradicts it.
    fn resumed(&self, checkpoint: &Checkpoint, from: Option<&Mask>) -> Result<RunSpec, CliError> {
        let spec = resumed_spec(checkpoint, &self.run, self.steps, self.lr)?;
        let Job::Learn(learn) = &spec.job else {
            return Err(contradiction("oes", "fit", "learn"));
        };
        let lower = |learner: Learner| format!("{learner:?}").to_lowercase();
        agree(
            "--learner",
            self.learner.map(Learner::from).map(lower),
            lower(learn.learner),
        )?;
        if let Some(mask) = from
            && learn.from.as_ref().map(|from| from.keep.as_slice()) != Some(mask.keep.as_slice())
        {
            return Err(contradiction("another start", "", "this mask"));
        }
        agree("--keep", self.keep, learn.keep)?;
        let scope = |scope: Scope| format!("{scope:?}").to_lowercase();
        agree("--scope", self.scope.map(Scope::from).map(scope), scope(learn.scope))?;
        agree("--tau", self.tau, learn.tau)?;
        agree("--kl", self.kl, learn.kl)?;
        agree("--pull", self.pull, learn.pull)?;
        Ok(spec)
    }

    /// The mask, with all that is needed to learn it again.
    async fn mask(&self, session: &mut Session<'_>) -> Result<Mask, CliError> {
        let Job::Learn(LearnSpec { keep, .. }) = session.run.spec().job else {
            return Err(contradiction("oes", "fit", "learn"));
        };
        let image = input::file_name(&self.run.image);
        let mut mask = session.run.mask(keep, &image).await?;
        let mut settings = session.settings().clone();
        settings.insert("adapter".into(), json!(session.run.adapter().name));
        settings.insert("version".into(), json!(env!("CARGO_PKG_VERSION")));
        mask.metadata.settings = Some(Value::Object(settings).to_string());
        mask.metadata.licence.clone_from(&self.licence);
        Ok(mask)
    }
}
