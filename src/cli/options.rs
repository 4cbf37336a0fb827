//! The options that commands share.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::error::CliError;
use super::network::NetworkArgs;
use super::{input, output};
use crate::mask::{Mask, Scope};
use crate::picture::{MAX_SIDE, MIN_SIDE, Padding};
use crate::train::RunSpec;

/// How often a checkpoint is written.
const CHECKPOINT_EVERY: u64 = 500;

/// A value as it is written on the command line.
pub fn word(value: impl ValueEnum) -> String {
    value
        .to_possible_value()
        .map_or_else(String::new, |value| value.get_name().to_owned())
}

/// [`Scope`] on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ScopeName {
    /// All convolution weights together
    Global,
    /// Each convolution on its own: the same fraction everywhere
    Layer,
}

impl From<ScopeName> for Scope {
    fn from(name: ScopeName) -> Self {
        match name {
            ScopeName::Global => Self::Global,
            ScopeName::Layer => Self::Layer,
        }
    }
}

#[derive(Args)]
pub struct RunArgs {
    /// PNG, JPEG, WebP, GIF, BMP or TIFF
    pub image: PathBuf,

    #[command(flatten, next_help_heading = "Picture")]
    pub picture: PictureArgs,
    #[command(flatten, next_help_heading = "Network")]
    pub network: NetworkArgs,
    #[command(flatten, next_help_heading = "Training")]
    pub seeds: SeedArgs,
    #[command(flatten, next_help_heading = "Device")]
    pub device: DeviceArgs,
    #[command(flatten, next_help_heading = "Files")]
    pub files: FileArgs,
}

#[derive(Args)]
pub struct PictureArgs {
    /// Standard deviation of the noise that is added; 0 = the picture is already noisy [default: 0.1; 0 where a fit does not
    /// denoise]
    #[arg(long)]
    pub sigma: Option<f64>,
    /// Draws the noise, and the known pixels
    #[arg(long, default_value_t = 0, value_name = "SEED")]
    pub noise_seed: u64,
    /// Takes the middle N x N pixels only
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(MIN_SIDE as u64..=MAX_SIDE as u64))]
    pub crop: Option<u64>,
}

#[derive(Args)]
pub struct SeedArgs {
    /// Draws the initial weights theta and the input z [default: 0]
    #[arg(long, value_name = "SEED")]
    pub init_seed: Option<u64>,
    /// Draws the mask's samples and breaks ties between logits [default: 0]
    #[arg(long)]
    pub seed: Option<u64>,
    /// Computes without the exact rewrites, to measure what they bring
    #[arg(long)]
    pub no_rewrites: bool,
}

#[derive(Args)]
pub struct DeviceArgs {
    /// Index or part of a name from `oes devices` [default: the fastest kind; where that is a program on the CPU, fits with a
    /// mask run on the CPU engine]
    #[arg(long, value_name = "INDEX|NAME")]
    pub adapter: Option<String>,
    /// Computes on the CPU engine: fits with a mask faster than a software adapter does, all else slower
    #[arg(long, conflicts_with = "adapter")]
    pub cpu: bool,
}

#[derive(Args)]
pub struct FileArgs {
    /// The picture that the network draws after the last step, as PNG
    #[arg(long, value_name = "IMAGE.png")]
    pub out: Option<PathBuf>,
    /// Adapter, settings, curve and timing, as JSON
    #[arg(long, value_name = "FILE.json")]
    pub report: Option<PathBuf>,
    /// Saves what a run needs to go on: now and then, at the end, and on Ctrl-C; the last but one stays as FILE.previous
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
    /// Steps from one checkpoint to the next
    #[arg(long, value_name = "STEPS", default_value_t = CHECKPOINT_EVERY, requires = "checkpoint",
          value_parser = clap::value_parser!(u64).range(1..))]
    pub checkpoint_every: u64,
    /// Goes on from a checkpoint of this picture: its settings hold, only --steps may differ
    #[arg(long, value_name = "FILE")]
    pub resume: Option<PathBuf>,
    /// Replaces what the file holds: parameters by name, z, noisy, clean, logits, uniforms
    #[arg(long, value_name = "FILE.safetensors")]
    pub state_in: Option<PathBuf>,
    /// Writes parameters, output, z, noisy, the first step's gradients and logits
    #[arg(long, value_name = "FILE.safetensors")]
    pub state_out: Option<PathBuf>,
}

/// Where a mask goes that is made for nothing else.
#[derive(Args)]
pub struct MaskOutArgs {
    /// Where the mask goes
    #[arg(long, value_name = "FILE.safetensors")]
    pub mask_out: PathBuf,
    /// The licence that the mask's file names
    #[arg(long, value_name = "TEXT")]
    pub licence: Option<String>,
}

impl MaskOutArgs {
    /// Writes the file; a licence that the mask had stays where none is given.
    ///
    /// # Errors
    /// [`CliError::Encode`], [`CliError::Write`].
    pub fn write(&self, mask: &mut Mask) -> Result<(), CliError> {
        if self.licence.is_some() {
            mask.metadata.licence.clone_from(&self.licence);
        }
        let bytes = mask.to_bytes().map_err(|error| CliError::Encode(error.to_string()))?;
        output::write(&self.mask_out, &bytes)
    }
}

impl PictureArgs {
    /// Of the noise added for denoising and for learning a mask.
    pub fn sigma(&self) -> f64 {
        self.sigma.unwrap_or(0.1)
    }

    /// What reports and mask files say of the picture.
    pub fn settings(&self, image: &Path, padding: Padding) -> [(&'static str, Value); 8] {
        [
            ("image", json!(input::file_name(image))),
            ("width", json!(padding.width)),
            ("height", json!(padding.height)),
            ("padded_width", json!(padding.padded_width)),
            ("padded_height", json!(padding.padded_height)),
            ("crop", json!(self.crop)),
            ("sigma", json!(self.sigma())),
            ("noise_seed", json!(self.noise_seed)),
        ]
    }
}

impl SeedArgs {
    /// Sets what the options say about seeds and rewrites.
    pub fn apply(&self, spec: &mut RunSpec) {
        spec.init_seed = self.init_seed.unwrap_or(spec.init_seed);
        spec.seed = self.seed.unwrap_or(spec.seed);
        spec.rewrites = !self.no_rewrites;
    }
}
