//! What a fit restores: the operator and the noise of the observation.

use std::path::Path;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::error::CliError;
use super::input;
use super::options::{PictureArgs, word};
use crate::network::PaddedSide;
use crate::picture::{Noise, Observation, Picture};
use crate::train::Task;

/// Photons of a white pixel.
const PEAK: f64 = 30.0;
/// Of the pixels.
const KNOWN: f64 = 0.5;

#[derive(Args)]
pub struct TaskArgs {
    /// What is asked of the network
    #[arg(long, value_enum, default_value_t = TaskName::Denoise)]
    task: TaskName,
    /// The pixels that are known, with --task inpaint: a fraction, drawn by --noise-seed, or a picture that is white where they
    /// are [default: 0.5]
    #[arg(long, value_name = "FRACTION|FILE.png")]
    known: Option<String>,
    /// Which noise is added
    #[arg(long, value_enum, default_value_t = NoiseName::Gaussian)]
    noise: NoiseName,
    /// Photons that a white pixel counts, with --noise poisson [default: 30]
    #[arg(long)]
    peak: Option<f64>,
    /// The picture itself is what was observed (noisy, damaged, or for super-resolution small), and there is no clean one
    #[arg(long)]
    observed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum TaskName {
    /// Removes noise
    Denoise,
    /// Fills in pixels that are not known
    Inpaint,
    /// Doubles the sides: the network's picture, pooled by 2, is compared with the small one
    Sr2,
    /// Makes the sides four times as long
    Sr4,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum NoiseName {
    /// Of standard deviation --sigma
    Gaussian,
    /// Of counted photons, --peak of them for white
    Poisson,
}

impl TaskArgs {
    /// A mask of known pixels, where a file was given.
    pub fn known_file(&self) -> Option<&Path> {
        let known = self.known.as_deref()?;
        known.parse::<f64>().is_err().then(|| Path::new(known))
    }

    /// The task that a fit of `network` to `picture` is given.
    ///
    /// # Errors
    /// [`CliError::Arguments`] for options that mean nothing together, [`CliError::Input`] for a mask of known pixels that does
    /// not fit, [`CliError::Train`] for settings out of their range.
    pub fn build(&self, picture: &Picture, args: &PictureArgs, network: &impl PaddedSide) -> Result<Task, CliError> {
        let observation = self.observation(picture, args)?;
        let useless = [
            ("--peak", self.peak.is_some() && self.noise != NoiseName::Poisson),
            (
                "--sigma",
                args.sigma.is_some() && (self.noise == NoiseName::Poisson || self.observed),
            ),
            ("--noise poisson", self.noise == NoiseName::Poisson && self.observed),
        ];
        if let Some((option, _)) = useless.iter().find(|(_, useless)| *useless) {
            let with = if self.observed { "--observed" } else { "this --noise" };
            return Err(CliError::Arguments(format!("{option} means nothing with {with}")));
        }
        Ok(match self.noise(args) {
            None => Task::given(picture, observation, network)?,
            Some(noise) => Task::observed(picture, observation, noise, args.noise_seed, network)?,
        })
    }

    /// The noise that is added; `None` where the picture is itself what was observed.
    fn noise(&self, args: &PictureArgs) -> Option<Noise> {
        let denoising = self.task == TaskName::Denoise;
        match self.noise {
            _ if self.observed => None,
            NoiseName::Poisson => Some(Noise::Poisson {
                peak: self.peak.unwrap_or(PEAK),
            }),
            NoiseName::Gaussian => match args.sigma {
                Some(0.0) if denoising => None,
                None if denoising => Some(Noise::Gaussian { sigma: args.sigma() }),
                sigma => Some(Noise::Gaussian {
                    sigma: sigma.unwrap_or_default(),
                }),
            },
        }
    }

    /// Standard deviation of the Gaussian noise; 0 where none is added, `None` where it is another.
    pub fn sigma(&self, args: &PictureArgs) -> Option<f64> {
        match self.noise(args) {
            None => Some(0.0),
            Some(Noise::Gaussian { sigma }) => Some(sigma),
            Some(Noise::Poisson { .. }) => None,
        }
    }

    fn observation(&self, picture: &Picture, args: &PictureArgs) -> Result<Observation, CliError> {
        if self.known.is_some() && self.task != TaskName::Inpaint {
            return Err(CliError::Arguments("--known is for --task inpaint".into()));
        }
        match self.task {
            TaskName::Denoise => Ok(Observation::Whole),
            TaskName::Sr2 => Ok(Observation::Pooled { factor: 2 }),
            TaskName::Sr4 => Ok(Observation::Pooled { factor: 4 }),
            TaskName::Inpaint => match self.known_file() {
                Some(path) => known_in_file(path, picture, args),
                None => {
                    let known = self.known.as_deref().and_then(|known| known.parse().ok());
                    let fraction: f64 = known.unwrap_or(KNOWN);
                    if !(fraction > 0.0 && fraction < 1.0) {
                        return Err(CliError::Arguments(format!(
                            "--known must be between 0 and 1, not {fraction}"
                        )));
                    }
                    let (width, height) = (picture.width, picture.height);
                    Ok(Observation::random(width, height, fraction, args.noise_seed))
                }
            },
        }
    }

    /// What the report says of it.
    pub fn settings(&self, task: &Task, args: &PictureArgs) -> Value {
        let name = word(self.task);
        let known = match &task.observation {
            Observation::Known(known) => {
                let count = known.iter().filter(|known| **known).count();
                Some(count as f64 / known.len() as f64)
            }
            Observation::Whole | Observation::Pooled { .. } => None,
        };
        json!({
            "kind": name,
            "noise": self.noise(args),
            "known": known,
            "known_file": self.known_file().map(input::file_name),
            "observed_width": task.noisy.width,
            "observed_height": task.noisy.height,
        })
    }
}

/// Pixels that are white, or nearer to it than to black; cropped as the picture was.
fn known_in_file(path: &Path, picture: &Picture, args: &PictureArgs) -> Result<Observation, CliError> {
    let mask = input::picture(path, args)?;
    if (mask.width, mask.height) != (picture.width, picture.height) {
        return Err(CliError::Input(format!(
            "the mask of known pixels is {}x{}, the picture {}x{}",
            mask.width, mask.height, picture.width, picture.height
        )));
    }
    let known: Vec<bool> = (0..mask.pixels())
        .map(|i| (0..Picture::CHANNELS).map(|c| mask.plane(c)[i]).sum::<f32>() >= 1.5)
        .collect();
    if !known.contains(&true) {
        return Err(CliError::Input(format!(
            "{} knows no pixel: white are the known ones",
            path.display()
        )));
    }
    Ok(Observation::Known(known.into()))
}
