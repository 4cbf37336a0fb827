//! `oes bench`: what a training step costs on an adapter, and what a mask saves.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::adapter::Devices;
use super::bench_table::print;
use super::error::{CliError, Done};
use super::network::{self, NetworkArgs};
use super::options::DeviceArgs;
use super::progress::Counting;
use super::{input, interrupt, output};
use crate::bench::{Bench, BenchPlan, Path, Pattern};
use crate::catalogue::Catalogue;
use crate::mask::random;
use crate::network::{Hourglass, Network};
use crate::picture::{MAX_SIDE, MIN_SIDE};

const EXAMPLES: &str = "\
Examples:
  What each way to compute a step costs here:
    oes bench
    oes bench --size 512 --mask mask_lena.pkl --json bench.json
  How the cost grows with the picture:
    oes bench --sizes 192,256,384,512 --path rewritten,sparse --json growth.json
  Up to which density a mask pays:
    oes bench --density 1,2,5,10,20,50,100 --json density.json
  Another device:
    oes bench --adapter 1
    oes bench --cpu --windows 3

Windows of all paths alternate, so that their ratios hold on a busy machine. Warm-up is left out.";

/// Per cent kept where neither a mask nor a preset fits the network.
const DEFAULT_DENSITY: f64 = 5.0;
/// The name of all random masks: one kind, so one curve.
const RANDOM: &str = "random, every channel alive";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct BenchArgs {
    /// The picture's side in pixels, one or several
    #[arg(long, visible_alias = "sizes", value_name = "N,...", value_delimiter = ',', default_value = "192",
          help_heading = "Cases", value_parser = clap::value_parser!(u64).range(MIN_SIDE as u64..=MAX_SIDE as u64))]
    size: Vec<u64>,
    /// The mask of the masked paths: a preset's name, or a file [default: the first preset; for another network a
    /// random one of 5%]
    #[arg(long, value_name = "FILE|PRESET", help_heading = "Cases")]
    mask: Option<String>,
    /// Random masks that keep so many per cent of each convolution's weights, every channel alive; with --mask beside it
    #[arg(long, value_name = "PERCENT,...", value_delimiter = ',', help_heading = "Cases", value_parser = per_cent)]
    density: Vec<f64>,
    /// Ways to compute a step [default: dense,rewritten,compact,sparse,learn; with --density rewritten,sparse,lists]
    #[arg(long, value_name = "PATH,...", value_delimiter = ',', help_heading = "Cases")]
    path: Vec<PathName>,
    /// Windows of which the median counts
    #[arg(long, value_name = "COUNT", default_value_t = 7, help_heading = "Measurement",
          value_parser = clap::value_parser!(u64).range(1..=100))]
    windows: u64,
    /// Steps of a window [default: as many as take half a second]
    #[arg(long, value_name = "COUNT", help_heading = "Measurement", value_parser = clap::value_parser!(u64).range(1..=16))]
    steps: Option<u64>,
    /// Everything that was measured, as JSON
    #[arg(long, value_name = "FILE.json", help_heading = "Files")]
    json: Option<PathBuf>,
    #[command(flatten, next_help_heading = "Network")]
    network: NetworkArgs,
    #[command(flatten, next_help_heading = "Device")]
    device: DeviceArgs,
}

/// [`Path`] on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum PathName {
    /// The dense fit without the exact rewrites
    Dense,
    /// The dense fit with them
    Rewritten,
    /// A masked fit on live channels only
    Compact,
    /// A masked fit as `oes fit` runs it: for each pass of each layer the better of compact and lists
    Sparse,
    /// A masked fit with lists of kept weights in every layer
    Lists,
    /// Learning a mask
    Learn,
}

impl From<PathName> for Path {
    fn from(name: PathName) -> Self {
        match name {
            PathName::Dense => Self::Dense,
            PathName::Rewritten => Self::Rewritten,
            PathName::Compact => Self::Compact,
            PathName::Sparse => Self::Sparse,
            PathName::Lists => Self::Lists,
            PathName::Learn => Self::Learn,
        }
    }
}

fn per_cent(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(number) if number > 0.0 && number <= 100.0 => Ok(number),
        _ => Err("a density lies above 0 and is at most 100".into()),
    }
}

pub async fn execute(args: &BenchArgs) -> Result<Done, CliError> {
    if let Some(path) = &args.json {
        let mask = args.mask.as_deref().map(std::path::Path::new);
        output::check(&[path], &Vec::from_iter(mask))?;
    }
    let plan = args.plan()?;
    let backend = Devices::new(&args.device).adapter().await?;
    interrupt::listen();
    let mut counter = Counting::new("pieces measured");
    let mut bench = Bench::new(plan, backend);
    let mut done = Done::Complete;
    while let Some(progress) = bench.advance().await? {
        counter.update(progress.done, progress.total);
        if interrupt::asked() {
            done = Done::Interrupted;
            break;
        }
    }
    counter.finish();
    let report = bench.report();
    output::say_all(format_args!("{}", print(&report)));
    if let Some(path) = &args.json {
        let mut json = serde_json::to_vec_pretty(&report).map_err(|error| CliError::Encode(error.to_string()))?;
        json.push(b'\n');
        output::write(path, &json)?;
    }
    Ok(done)
}

impl BenchArgs {
    fn plan(&self) -> Result<BenchPlan, CliError> {
        let (description, patterns) = self.patterns()?;
        let sizes: Vec<usize> = self.size.iter().map(|size| *size as usize).collect();
        let network = network::build(&description)?;
        for &size in &sizes {
            network
                .size
                .check(size, size)
                .map_err(|error| CliError::Arguments(error.to_string()))?;
        }
        let paths: Vec<Path> = match (self.path.is_empty(), self.density.is_empty()) {
            (false, _) => self.path.iter().copied().map(Path::from).collect(),
            (true, true) => vec![Path::Dense, Path::Rewritten, Path::Compact, Path::Sparse, Path::Learn],
            (true, false) => vec![Path::Rewritten, Path::Sparse, Path::Lists],
        };
        Ok(BenchPlan {
            network: description,
            cases: BenchPlan::cases(&sizes, &paths, &patterns),
            windows: self.windows as usize,
            steps: self.steps,
            window: Duration::from_millis(500),
        })
    }

    /// The network and the masks to measure it with.
    fn patterns(&self) -> Result<(Hourglass, Vec<Arc<Pattern>>), CliError> {
        let given = self.network.given()?;
        let ours = given.as_ref().is_none_or(|given| *given == Hourglass::default());
        let preset = Catalogue::built_in()
            .ok()
            .and_then(|catalogue| catalogue.presets.into_iter().next());
        let name = match (&self.mask, preset) {
            (Some(name), _) => Some(name.clone()),
            (None, Some(preset)) if self.density.is_empty() && ours => Some(preset.id),
            (None, _) => None,
        };
        let Some(name) = name else {
            let description = given.unwrap_or_default();
            let network = network::build(&description)?;
            return Ok((description, self.random(&network, &[DEFAULT_DENSITY])));
        };
        let mask = input::mask(&name)?;
        let description = network::of_mask(&mask, given, &self.network)?;
        let network = network::build(&description)?;
        let own = Pattern::new(input::file_name(std::path::Path::new(&name)), &network, mask.keep);
        let mut patterns = vec![Arc::new(own)];
        patterns.extend(self.random(&network, &[]));
        Ok((description, patterns))
    }

    /// Random masks of the densities asked for, or else of `otherwise`.
    fn random(&self, network: &Network, otherwise: &[f64]) -> Vec<Arc<Pattern>> {
        let densities = if self.density.is_empty() {
            otherwise
        } else {
            &self.density
        };
        let draw = |density: &f64| Arc::new(Pattern::new(RANDOM, network, random(network, density / 100.0, 0)));
        densities.iter().map(draw).collect()
    }
}
