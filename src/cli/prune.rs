//! `oes prune`: masks by other methods than learning, to compare with.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use serde::Serialize;
use serde_json::{Value, json};

use super::adapter::Devices;
use super::error::{CliError, Done};
use super::network::{self, NetworkArgs};
use super::options::{DeviceArgs, MaskOutArgs, PictureArgs, ScopeName, word};
use super::progress::Counting;
use super::{imp, input, interrupt, output, unfinished};
use crate::mask::{Mask, Shuffle, shuffle};
use crate::network::{Connectivity, Hourglass};
use crate::picture::Padding;
use crate::prune::imp::{ImpSpec, Rounds, rounds_to};
use crate::prune::{Method, PruneSpec, Scope, prunable, prune};
use crate::train::{StateIn, Task};

const EXAMPLES: &str = "\
Examples:
  5% of the convolution weights by SNIP, compared over the whole network:
    oes prune lena.png --crop 192 --method snip --mask-out snip.safetensors
  SynFlow with the same fraction in every layer:
    oes prune lena.png --crop 192 --method synflow --scope layer --mask-out synflow.safetensors
  A control for a learned mask: other weights, on the same channels, in the same numbers:
    oes prune --method shuffle --from lena.safetensors --shuffle weights --seed 1 --mask-out twin.safetensors
  Iterative magnitude pruning, in fewer and shorter rounds than the authors' 13 of 40,000 steps:
    oes prune lena.png --crop 192 --method imp --rounds 5 --steps 1000 --mask-out imp.safetensors
  Then fit a picture with it:
    oes fit pepper.png --mask snip.safetensors --out restored.png

Scores, for the initial weights theta, the gradient g and the Hessian H of the mean squared error there; the largest stay:
  random     none: every choice is equally likely
  magnitude  |theta|
  snip       |theta * g|
  grasp      theta * Hg, g and H over the convolution weights
  synflow    |theta * dR/dtheta|, R the output for an input of ones and absolute weights, anew in every round
These prune convolution weights only; biases and normalisations stay. Random, magnitude and synflow do not look at the
picture, only --state-in is checked against it. GraSP computes once, on the CPU and in double precision: 4 s of processor
time at 192 x 192, 31 s and 1.7 GB of memory at 512 x 512 (measured with six levels on an AMD EPYC).

imp trains, removes a fifth of the kept parameters, the smallest trained ones, and starts again from the initial weights
with the rest. All parameters but the betas take part. A fit with the mask and the same --init-seed is the last training.
The file is written after every round; Ctrl-C ends imp with the rounds that are complete, and the same command with
--resume and the file goes on from there, also after a kill.";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct PruneArgs {
    /// PNG, JPEG, WebP, GIF, BMP or TIFF; not for shuffle
    #[arg(required_unless_present = "from")]
    image: Option<PathBuf>,

    /// What decides which weights stay
    #[arg(long, help_heading = "Method")]
    method: MethodName,
    /// Over what the scores are compared [default: global]
    #[arg(long, help_heading = "Method")]
    scope: Option<ScopeName>,
    #[arg(long, help_heading = "Method", value_name = "FRACTION", help = keep_help())]
    keep: Option<f64>,
    #[arg(long, help_heading = "Method", help = rounds_help(), value_parser = clap::value_parser!(u32).range(1..))]
    rounds: Option<u32>,
    #[arg(long, help_heading = "Method", help = steps_help())]
    steps: Option<u64>,
    #[arg(long, help_heading = "Method", help = lr_help())]
    lr: Option<f64>,
    /// The mask that shuffle redraws: a preset's name, or a file
    #[arg(long, help_heading = "Method", value_name = "FILE|PRESET", required_if_eq("method", "shuffle"), requires = "shuffle",
          conflicts_with_all = ["image", "scope", "keep", "rounds", "steps", "lr", "init_seed", "state_in", "sigma", "noise_seed", "crop",
                                "adapter", "cpu", "resume"])]
    from: Option<String>,
    /// What shuffle redraws
    #[arg(long, help_heading = "Method")]
    shuffle: Option<ShuffleName>,
    /// Draws ties between scores, the whole of a random mask, and what shuffle redraws [default: 0]
    #[arg(long, help_heading = "Method")]
    seed: Option<u64>,
    /// Draws the initial weights theta and the input z [default: 0]
    #[arg(long, help_heading = "Method", value_name = "SEED")]
    init_seed: Option<u64>,

    #[command(flatten, next_help_heading = "Picture")]
    picture: PictureArgs,
    #[command(flatten, next_help_heading = "Network")]
    network: NetworkArgs,
    #[command(flatten, next_help_heading = "Device")]
    device: DeviceArgs,

    #[command(flatten, next_help_heading = "Files")]
    out: MaskOutArgs,
    /// Replaces what the file holds: parameters by name, z, noisy, clean
    #[arg(long, help_heading = "Files", value_name = "FILE.safetensors")]
    state_in: Option<PathBuf>,
    /// Goes on from the file of an imp with the same picture and settings; only --rounds or --keep may differ
    #[arg(long, help_heading = "Files", value_name = "FILE.safetensors")]
    resume: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum MethodName {
    Random,
    Magnitude,
    Snip,
    Grasp,
    Synflow,
    /// Iterative magnitude pruning, after training
    Imp,
    /// Redraws the mask --from
    Shuffle,
}

impl MethodName {
    /// None for what does not score weights at initialisation.
    fn at_initialisation(self) -> Option<Method> {
        match self {
            Self::Random => Some(Method::Random),
            Self::Magnitude => Some(Method::Magnitude),
            Self::Snip => Some(Method::Snip),
            Self::Grasp => Some(Method::Grasp),
            Self::Synflow => Some(Method::Synflow),
            Self::Imp | Self::Shuffle => None,
        }
    }
}

/// [`Shuffle`] on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ShuffleName {
    /// Which weights are kept between the live channels, layer by layer
    Weights,
    /// Which channels live, too
    Channels,
    /// Also how many weights each layer keeps: one density for all
    Budgets,
}

impl From<ShuffleName> for Shuffle {
    fn from(name: ShuffleName) -> Self {
        match name {
            ShuffleName::Weights => Self::Weights,
            ShuffleName::Channels => Self::Channels,
            ShuffleName::Budgets => Self::Budgets,
        }
    }
}

/// With the defaults of every method.
fn defaults() -> PruneSpec {
    PruneSpec::new(Hourglass::default(), Method::Random)
}

fn keep_help() -> String {
    let keep = defaults().keep;
    format!(
        "The fraction of the convolution weights to keep [default: {keep}]; imp: in as many rounds as come closest to it, of \
         all parameters but the betas"
    )
}

fn imp_defaults() -> ImpSpec {
    ImpSpec::new(Hourglass::default())
}

fn rounds_help() -> String {
    let (synflow, imp) = (defaults().rounds, imp_defaults().rounds);
    format!(
        "synflow: round k keeps the fraction keep^(k/rounds) [default: {synflow}]; imp: prunings, each after a training \
         [default: {imp}]"
    )
}

fn steps_help() -> String {
    format!("Updates in each training of imp [default: {}]", imp_defaults().steps)
}

fn lr_help() -> String {
    format!("Learning rate of imp [default: {}]", imp_defaults().lr)
}

pub async fn execute(args: &PruneArgs) -> Result<Done, CliError> {
    let (mask, done) = match (&args.from, &args.image) {
        (Some(from), _) => (Some(args.shuffled(from)?), Done::Complete),
        (None, Some(image)) => args.of_picture(image).await?,
        // The parser asks for one of them.
        (None, None) => {
            return Err(CliError::Arguments(
                "give a picture, or a mask --from which to shuffle".into(),
            ));
        }
    };
    let Some(mut mask) = mask else {
        eprintln!(
            "oes: no round was complete yet: {} is not written",
            args.out.mask_out.display()
        );
        return Ok(done);
    };
    args.out.write(&mut mask)?;
    let network = network::build(&network::of_mask(&mask, None, &args.network)?)?;
    let found = Connectivity::of(&network, &mask.keep);
    output::say(format_args!(
        "{}: {}, {} of {} convolution weights kept, {} of {} parameters",
        args.out.mask_out.display(),
        mask.metadata.method,
        found.kept_weights,
        prunable(&network).flatten().count(),
        mask.kept(),
        network.n,
    ));
    if found.is_alive() {
        output::say(format_args!("{}", found.sentence()));
    } else {
        eprintln!("oes: {}", found.sentence());
    }
    Ok(done)
}

impl PruneArgs {
    fn shuffled(&self, from: &str) -> Result<Mask, CliError> {
        if self.method != MethodName::Shuffle {
            return Err(CliError::Arguments("--from is for --method shuffle".into()));
        }
        output::check(&[&self.out.mask_out], &[Path::new(from)])?;
        let what = self
            .shuffle
            .ok_or_else(|| CliError::Arguments("--method shuffle needs --shuffle".into()))?;
        let given = self.network.given()?;
        let mut mask = input::mask(from)?;
        let description = network::of_mask(&mask, given, &self.network)?;
        let network = network::build(&description)?;
        mask.metadata.network = Some(description);
        let shuffled = shuffle(&mask, &network, what.into(), self.seed.unwrap_or(0));
        let explain = |error| CliError::Mask {
            source_name: from.into(),
            error,
        };
        shuffled.map_err(explain)
    }

    /// Every method but the shuffle. There is no mask where Ctrl-C came before the first round of imp was complete.
    async fn of_picture(&self, image: &Path) -> Result<(Option<Mask>, Done), CliError> {
        self.refuse_what_means_nothing()?;
        let inputs: Vec<&Path> = [Some(image), self.state_in.as_deref()].into_iter().flatten().collect();
        output::check(&[&self.out.mask_out], &inputs)?;
        match self.method.at_initialisation() {
            Some(method) => Ok((Some(self.pruned(method, image).await?), Done::Complete)),
            None if self.method == MethodName::Imp => self.trained(image).await,
            None => Err(CliError::Arguments(
                "--method shuffle needs a mask, --from which to shuffle".into(),
            )),
        }
    }

    async fn pruned(&self, method: Method, image: &Path) -> Result<Mask, CliError> {
        let mut spec = PruneSpec::new(self.network.given()?.unwrap_or_default(), method);
        spec.scope = self.scope.map_or(spec.scope, Scope::from);
        spec.keep = self.keep.unwrap_or(spec.keep);
        spec.rounds = self.rounds.unwrap_or(spec.rounds);
        spec.init_seed = self.init_seed.unwrap_or(spec.init_seed);
        spec.seed = self.seed.unwrap_or(spec.seed);
        spec.check()?;
        let (task, state) = self.task(image, &spec.network)?;
        let backend = Devices::new(&self.device).for_scores(method).await?;
        let seen = method.sees_picture().then_some((image, task.padding));
        let mut counting = Counting::new(match method {
            Method::Grasp => "layers passed",
            Method::Synflow => "rounds",
            Method::Random | Method::Magnitude | Method::Snip => "kernels compiled",
        });
        let mut mask = prune(&spec, task, state, &backend, |done, total| counting.update(done, total)).await?;
        counting.finish();
        let mut settings = self.settings(&spec, seen)?;
        if method.needs_engine() {
            settings["adapter"] = json!(backend.adapter().name);
        }
        mask.metadata.image = seen.map(|(image, _)| input::file_name(image));
        mask.metadata.settings = Some(settings.to_string());
        Ok(mask)
    }

    async fn trained(&self, image: &Path) -> Result<(Option<Mask>, Done), CliError> {
        unfinished::check_replaced(&self.out.mask_out, self.resume.as_deref(), imp::unfinished)?;
        let mut spec = ImpSpec::new(self.network.given()?.unwrap_or_default());
        spec.rounds = match (self.rounds, self.keep) {
            (Some(rounds), _) => rounds,
            (None, Some(keep)) => rounds_to(keep)?,
            (None, None) => spec.rounds,
        };
        spec.steps = self.steps.unwrap_or(spec.steps);
        spec.lr = self.lr.unwrap_or(spec.lr);
        spec.init_seed = self.init_seed.unwrap_or(spec.init_seed);
        spec.seed = self.seed.unwrap_or(spec.seed);
        spec.check()?;
        let (task, state) = self.task(image, &spec.network)?;
        let mut settings = self.settings(&spec, Some((image, task.padding)))?;
        settings["picture"] = json!(task.checksum());
        let rounds = match &self.resume {
            Some(file) => imp::resume(file, spec.clone(), &settings)?,
            None => Rounds::new(spec.clone())?,
        };
        // All its trainings have a mask, the first one of nearly all weights.
        let training = spec.training(Arc::default());
        let backend = Devices::new(&self.device).for_run(&training).await?;
        settings["adapter"] = json!(backend.adapter().name);
        let describe = |mut mask: Mask, done: u32| {
            let mut settings = settings.clone();
            settings[imp::ROUNDS_DONE] = json!(done);
            mask.metadata.image = Some(input::file_name(image));
            mask.metadata.settings = Some(settings.to_string());
            mask
        };
        let mut complete = rounds.done();
        let save = |mask, done| {
            complete = done;
            self.out.write(&mut describe(mask, done))
        };
        interrupt::listen();
        let (mask, done) = imp::run(rounds, &task, &state, &backend, save).await?;
        Ok(((complete > 0).then(|| describe(mask, complete)), done))
    }

    fn task(&self, image: &Path, network: &Hourglass) -> Result<(Task, StateIn), CliError> {
        let picture = input::picture(image, &self.picture)?;
        let task = Task::new(&picture, self.picture.sigma(), self.picture.noise_seed, network)?;
        Ok((task, input::state(self.state_in.as_deref())?))
    }

    /// All that is needed to make the mask again but the device: the settings, and the picture if it counted.
    fn settings(&self, spec: &impl Serialize, seen: Option<(&Path, Padding)>) -> Result<Value, CliError> {
        let mut settings = serde_json::to_value(spec).map_err(|error| CliError::Encode(error.to_string()))?;
        settings["method"] = json!(word(self.method));
        settings["version"] = json!(env!("CARGO_PKG_VERSION"));
        settings["state_in"] = json!(self.state_in.as_deref().map(input::file_name));
        if let Some((image, padding)) = seen {
            for (key, value) in self.picture.settings(image, padding) {
                settings[key] = value;
            }
        }
        Ok(settings)
    }

    /// An option without effect is a mistake of the person who gives it. --cpu holds for every method.
    fn refuse_what_means_nothing(&self) -> Result<(), CliError> {
        let (synflow, imp) = (self.method == MethodName::Synflow, self.method == MethodName::Imp);
        let checks = [
            ("--shuffle", self.shuffle.is_some(), false),
            ("--scope", self.scope.is_some(), !imp),
            // IMP keeps what its rounds leave: given both, one would say nothing.
            ("--keep", self.keep.is_some(), !imp || self.rounds.is_none()),
            ("--rounds", self.rounds.is_some(), synflow || imp),
            ("--steps", self.steps.is_some(), imp),
            ("--lr", self.lr.is_some(), imp),
            ("--resume", self.resume.is_some(), imp),
            (
                "--adapter",
                self.device.adapter.is_some(),
                imp || self.method == MethodName::Snip,
            ),
        ];
        for (option, given, meant) in checks {
            if given && !meant {
                let name = word(self.method);
                let beside = if imp && option == "--keep" {
                    " beside --rounds"
                } else {
                    ""
                };
                return Err(CliError::Arguments(format!(
                    "{option} means nothing to --method {name}{beside}"
                )));
            }
        }
        Ok(())
    }
}
