//! `oes mask`: facts about mask files, masks of other programs as files of this one, and masks as recipes.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::error::{CliError, Done};
use super::network::{self, NetworkArgs};
use super::{input, output};
use crate::mask::{Mask, MaskError, MaskInfo, RECIPE, Recipe, info};
use crate::network::Hourglass;

#[derive(Subcommand)]
pub enum MaskCommand {
    /// Says what a mask keeps, where, and whether anything reaches the picture
    Info(InfoArgs),
    /// Writes a mask of another program as a file of this one
    Import(ImportArgs),
    /// Prints a mask's recipe: a hundred letters that stand for it wherever a mask is named
    Recipe(RecipeArgs),
}

#[derive(Args)]
#[command(after_help = "Examples:\n  oes mask info lena.safetensors\n  oes mask info mask_lena.pkl --json")]
pub struct InfoArgs {
    /// .safetensors, .npy or the authors' .pkl; a preset's name; or recipe:TEXT
    #[arg(value_name = "FILE")]
    mask: String,
    /// Prints JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    network: NetworkArgs,
}

#[derive(Args)]
#[command(after_help = "Examples:\n  oes mask import mask_lena.pkl --out lena.safetensors\n  \
                        oes mask import keep.npy --channels 8,16,32 --out small.safetensors")]
pub struct ImportArgs {
    /// A uint8 or bool .npy or .safetensors with one entry a parameter, or the authors' .pkl
    #[arg(value_name = "FILE")]
    mask: String,
    /// The new file
    #[arg(long, value_name = "FILE.safetensors")]
    out: PathBuf,
    /// The licence that the new file names
    #[arg(long, value_name = "TEXT")]
    licence: Option<String>,
    #[command(flatten)]
    network: NetworkArgs,
}

#[derive(Args)]
#[command(
    after_help = "A recipe holds how many channels live and how many weights are kept in each layer; which ones is drawn from \
                        its seed. Masks drawn from it are for fitting: the picture by masking alone is lost.\n\n\
                        Examples:\n  oes mask recipe chelsea\n  \
                        oes fit photo.png --sigma 0 --mask $(oes mask recipe lena.safetensors) --out clean.png"
)]
pub struct RecipeArgs {
    /// .safetensors, .npy or the authors' .pkl; or a preset's name
    #[arg(value_name = "FILE")]
    mask: String,
    /// Draws the channels and weights
    #[arg(long, default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    network: NetworkArgs,
}

pub fn execute(command: &MaskCommand) -> Result<Done, CliError> {
    match command {
        MaskCommand::Info(args) => {
            let (mask, description) = read(&args.mask, &args.network)?;
            let facts = facts(&mask, &description)?;
            if args.json {
                let json = serde_json::to_string_pretty(&facts).map_err(|e| CliError::Encode(e.to_string()))?;
                output::say(format_args!("{json}"));
            } else {
                output::say_all(format_args!("{facts}"));
            }
        }
        MaskCommand::Import(args) => {
            output::check(&[&args.out], &[Path::new(&args.mask)])?;
            let (mut mask, description) = read(&args.mask, &args.network)?;
            let facts = facts(&mask, &description)?;
            mask.metadata.network = Some(description);
            if args.licence.is_some() {
                mask.metadata.licence.clone_from(&args.licence);
            }
            let bytes = mask.to_bytes().map_err(|error| explain(&args.mask, error))?;
            output::write(&args.out, &bytes)?;
            output::say(format_args!(
                "{}: {} of {} parameters kept. {}",
                args.out.display(),
                facts.kept,
                facts.n,
                facts.connectivity
            ));
        }
        MaskCommand::Recipe(args) => {
            let (mask, description) = read(&args.mask, &args.network)?;
            let recipe = Recipe::of(&mask, &description, args.seed).map_err(|error| explain(&args.mask, error))?;
            output::say(format_args!("{RECIPE}{recipe}"));
        }
    }
    Ok(Done::Complete)
}

fn explain(name: &str, error: MaskError) -> CliError {
    CliError::Mask {
        source_name: name.into(),
        error,
    }
}

/// The mask and the network that it is for.
fn read(name: &str, args: &NetworkArgs) -> Result<(Mask, Hourglass), CliError> {
    let given = args.given()?;
    let mask = input::mask(name)?;
    let description = network::of_mask(&mask, given, args)?;
    Ok((mask, description))
}

fn facts(mask: &Mask, description: &Hourglass) -> Result<MaskInfo, CliError> {
    info(mask, description, &network::build(description)?).map_err(|error| CliError::Input(error.to_string()))
}
