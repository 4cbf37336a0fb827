//! `oes budgets`: searches how many channels and weights each layer should have, by many short fits.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use serde_json::{Value, json};

use super::adapter::Devices;
use super::error::{CliError, Done};
use super::judging::Judging;
use super::network::{self, NetworkArgs};
use super::options::{DeviceArgs, MaskOutArgs, PictureArgs};
use super::unfinished::{self, Progress};
use super::{input, interrupt, output};
use crate::mask::{RECIPE, Recipe};
use crate::network::Hourglass;
use crate::prune::budgets::{Generation, Objective, Search, SearchSpec};
use crate::train::{Backend, RunSpec, TrainError};

const EXAMPLES: &str = "\
Examples:
  From a preset's counts, no dearer than half as much again, on two pictures:
    oes budgets cat.png coffee.png --crop 192 --start-from chelsea --macs-at-most 1.5 --mask-out searched.safetensors
  From SynFlow's:
    oes prune cat.png --method synflow --mask-out synflow.safetensors
    oes budgets cat.png coffee.png --crop 192 --start-from synflow.safetensors --mask-out searched.safetensors
  Then fit a picture that the search has not seen:
    oes fit camera.png --mask searched.safetensors --out restored.png

For a fit it matters how many channels live and how many weights are kept in each layer, hardly which. The search moves these
numbers along smooth curves over the layers, by an evolution strategy (separable CMA-ES), towards a higher mean PSNR of what short
fits return. The pictures must be clean: noise is added. All candidates of a generation have the same noise and initial weights,
the next generation has others. The file is written after every generation; Ctrl-C ends the search with those that are complete,
and the same command with --resume and the file goes on from there, also after a kill.";

/// Updates of each fit, where nobody says otherwise.
const STEPS: u64 = 400;

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct BudgetsArgs {
    /// Clean pictures: PNG, JPEG, WebP, GIF, BMP or TIFF
    #[arg(required = true, value_name = "IMAGE")]
    images: Vec<PathBuf>,

    /// The mask whose counts the search starts from: a preset's name, or a file
    #[arg(long, help_heading = "Search", value_name = "FILE|PRESET")]
    start_from: String,
    #[arg(long, help_heading = "Search", value_name = "FRACTION", help = help("The fraction of all parameters to keep", |spec| spec.keep))]
    keep: Option<f64>,
    #[arg(long, help_heading = "Search", help = format!("Updates of each fit [default: {STEPS}]"))]
    steps: Option<u64>,
    #[arg(long, help_heading = "Search", value_name = "N",
          help = help("Candidates in all, each fitted to every picture; 0 only brings the start to --keep and --macs-at-most", |spec| spec.evaluations))]
    evaluations: Option<u64>,
    #[arg(long, help_heading = "Search", value_name = "N",
          help = help("Cosines of the curve over the layers that the channels follow, and as many for the weights", |spec| spec.waves))]
    waves: Option<usize>,
    #[arg(long, help_heading = "Search",
          help = help("How far the first candidates lie apart: standard deviation of the logarithm of a layer's counts", |spec| spec.spread))]
    spread: Option<f64>,
    /// Allows no candidate that needs more multiply-adds than the start times this [default: no limit]
    #[arg(long, help_heading = "Search", value_name = "FACTOR")]
    macs_at_most: Option<f64>,
    /// Draws candidates, masks, initial weights and inputs [default: 0]
    #[arg(long, help_heading = "Search")]
    seed: Option<u64>,

    #[command(flatten, next_help_heading = "Pictures")]
    picture: PictureArgs,
    #[command(flatten, next_help_heading = "Network")]
    network: NetworkArgs,
    #[command(flatten, next_help_heading = "Device")]
    device: DeviceArgs,

    #[command(flatten, next_help_heading = "Files")]
    out: MaskOutArgs,
    /// Goes on from the file of a search with the same pictures and settings; only --evaluations may differ
    #[arg(long, help_heading = "Files", value_name = "FILE.safetensors")]
    resume: Option<PathBuf>,
}

/// What a search's file says of how far it has come; the rest of its settings defines the search.
const MAY_DIFFER: [&str; 6] = ["evaluations", "generations", "macs", "compared", "adapter", "version"];

fn help<T: ToString>(what: &str, value: impl Fn(&SearchSpec) -> T) -> String {
    format!("{what} [default: {}]", value(&SearchSpec::default()).to_string())
}

pub async fn execute(args: &BudgetsArgs) -> Result<Done, CliError> {
    let mut inputs: Vec<&Path> = args.images.iter().map(PathBuf::as_path).collect();
    inputs.push(Path::new(&args.start_from));
    output::check(&[&args.out.mask_out], &inputs)?;
    unfinished::check_replaced(&args.out.mask_out, args.resume.as_deref(), unfinished_search)?;
    let (network, start) = args.start()?;
    let objective = args.objective()?;
    objective.check(&start)?;
    let mut search = Search::new(args.spec(), start)?;
    if let Some(file) = &args.resume {
        args.go_on(file, &mut search, &objective)?;
    }
    let begun = search.generations().len();
    let backend = Devices::new(&args.device)
        .for_run(&RunSpec::sparse(network, Arc::default()))
        .await?;
    interrupt::listen();
    // The start and what was found are compared at the end.
    let judgements = search.generations_in_all() * search.population() - search.judged() + 2;
    let judging = Judging::new(&objective, judgements);
    while !search.is_finished() {
        let draw = search.generations().len() as u64;
        let Some(values) = judging.judge(&search.candidates()?, draw, &backend).await? else {
            break;
        };
        search.advance(&values);
        if let Some(generation) = search.generations().last() {
            output::say(format_args!(
                "generation {} of {}: {:.2} dB in the mean of {} candidates, {:.2} dB the best",
                draw + 1,
                search.generations_in_all(),
                generation.mean(),
                search.population(),
                generation.best(),
            ));
        }
        // This is long work: what it has come to is there if it is killed.
        args.write(&search, &objective, &backend, None)?;
    }
    let compared = args.compare(&search, &judging, &backend).await?;
    judging.finish();
    let done = if interrupt::asked() {
        Done::Interrupted
    } else {
        Done::Complete
    };
    // The file may hold another search: nothing to show is no reason to replace it.
    if done == Done::Complete || args.resume.is_some() || search.generations().len() > begun {
        args.write(&search, &objective, &backend, compared)?;
    } else {
        eprintln!(
            "oes: no generation was complete yet: {} is not written",
            args.out.mask_out.display()
        );
    }
    Ok(done)
}

/// The generations of a search that a file holds.
fn generations(progress: &Progress) -> Option<Vec<Generation>> {
    serde_json::from_value(progress.settings["generations"].clone()).ok()
}

/// A search in words that has generations and not been compared with its start, which is the last that it does.
fn unfinished_search(progress: &Progress) -> Option<String> {
    let count = generations(progress)?.len();
    let goes_on = count > 0 && progress.settings["compared"].is_null();
    goes_on.then(|| format!("an unfinished search, {count} generations of it"))
}

impl BudgetsArgs {
    fn spec(&self) -> SearchSpec {
        let default = SearchSpec::default();
        SearchSpec {
            keep: self.keep.unwrap_or(default.keep),
            evaluations: self.evaluations.unwrap_or(default.evaluations),
            waves: self.waves.unwrap_or(default.waves),
            spread: self.spread.unwrap_or(default.spread),
            macs_at_most: self.macs_at_most,
            seed: self.seed.unwrap_or(default.seed),
        }
    }

    fn objective(&self) -> Result<Objective, CliError> {
        let pictures = self.images.iter().map(|image| input::picture(image, &self.picture));
        Ok(Objective {
            pictures: pictures.collect::<Result<_, _>>()?,
            sigma: self.picture.sigma(),
            steps: self.steps.unwrap_or(STEPS),
            seed: self.seed.unwrap_or_default(),
            noise_seed: self.picture.noise_seed,
        })
    }

    fn start(&self) -> Result<(Hourglass, Recipe), CliError> {
        let given = self.network.given()?;
        let mask = input::mask(&self.start_from)?;
        let network = network::of_mask(&mask, given, &self.network)?;
        let recipe = Recipe::of(&mask, &network, 0).map_err(|error| CliError::Mask {
            source_name: self.start_from.clone(),
            error,
        })?;
        Ok((network, recipe))
    }

    /// What the start and what was found are worth for noise and networks that no generation had, in dB; `None` after Ctrl-C.
    async fn compare(
        &self,
        search: &Search,
        judging: &Judging<'_>,
        backend: &Backend,
    ) -> Result<Option<(f64, f64)>, CliError> {
        let recipes = [search.start()?, search.found()?];
        let values = judging.judge(&recipes, search.generations_in_all(), backend).await?;
        let Some(&[start, found]) = values.as_deref() else {
            return Ok(None);
        };
        let giga = |recipe| Ok::<_, CliError>(judging.objective.macs(recipe, backend)? as f64 / 1e9);
        output::say(format_args!(
            "same pictures, new noise and networks: {start:.2} dB at the start, {found:.2} dB now; multiply-adds of a step: {:.2} G and {:.2} G",
            giga(&recipes[0])?,
            giga(&recipes[1])?,
        ));
        output::say(format_args!("{RECIPE}{}", recipes[1]));
        Ok(Some((start, found)))
    }

    /// Writes the mask of what the search has come to, with all that is needed to make it again.
    fn write(
        &self,
        search: &Search,
        objective: &Objective,
        backend: &Backend,
        compared: Option<(f64, f64)>,
    ) -> Result<(), CliError> {
        let mut settings = self.settings(search, objective)?;
        settings["macs"] = json!({
            "start": objective.macs(&search.start()?, backend)?,
            "found": objective.macs(&search.found()?, backend)?,
        });
        settings["compared"] = json!(compared.map(|(start, found)| json!({ "start": start, "found": found })));
        settings["adapter"] = json!(backend.adapter().name);
        settings["version"] = json!(env!("CARGO_PKG_VERSION"));
        let mut mask = search.mask()?;
        mask.metadata.steps = Some(search.judged() * objective.updates());
        mask.metadata.image = Some(self.names().join(", "));
        mask.metadata.settings = Some(settings.to_string());
        self.out.write(&mut mask)
    }

    /// What defines the search, and its generations.
    fn settings(&self, search: &Search, objective: &Objective) -> Result<Value, CliError> {
        let mut settings = search.settings()?;
        settings["images"] = json!(self.names());
        settings["pictures"] = json!(objective.checksums());
        settings["crop"] = json!(self.picture.crop);
        settings["sigma"] = json!(objective.sigma);
        settings["noise_seed"] = json!(objective.noise_seed);
        settings["steps"] = json!(objective.steps);
        settings["start_from"] = json!(input::file_name(Path::new(&self.start_from)));
        Ok(settings)
    }

    fn names(&self) -> Vec<String> {
        self.images.iter().map(|image| input::file_name(image)).collect()
    }

    /// Takes over the generations of a file that this search wrote.
    fn go_on(&self, file: &Path, search: &mut Search, objective: &Objective) -> Result<(), CliError> {
        let progress = Progress::read(file)?;
        let generations = generations(&progress).ok_or_else(|| TrainError::Checkpoint("it holds no search".into()))?;
        progress.compare(&self.settings(search, objective)?, &MAY_DIFFER)?;
        Ok(search.replay(&generations)?)
    }
}
