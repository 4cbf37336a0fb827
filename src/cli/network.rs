//! Which network: from the options, from a mask, or the paper's.

use clap::Args;

use super::error::CliError;
use crate::mask::Mask;
use crate::network::{Hourglass, Network};
use crate::picture::Picture;

#[derive(Args)]
pub struct NetworkArgs {
    /// Number of levels [default: the mask's, else 6]
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=10))]
    pub levels: Option<u64>,
    /// Channels of each level, outermost first [default: the mask's, else 16,32,64,128,128,128]
    #[arg(long, value_delimiter = ',', value_name = "16,32,...")]
    pub channels: Option<Vec<usize>>,
}

impl NetworkArgs {
    /// What the options ask for, if they ask for anything.
    ///
    /// # Errors
    /// [`CliError::Arguments`] if levels and channels contradict each other or give no network.
    pub fn given(&self) -> Result<Option<Hourglass>, CliError> {
        let levels = self.levels.map(|levels| levels as usize);
        let description = match (levels, &self.channels) {
            (None, None) => return Ok(None),
            (Some(levels), None) => Hourglass::with_levels(levels),
            (Some(levels), Some(channels)) if levels != channels.len() => {
                let count = channels.len();
                return Err(CliError::Arguments(format!(
                    "--levels {levels} needs {levels} numbers in --channels, not {count}"
                )));
            }
            (_, Some(channels)) => Hourglass {
                channels: channels.clone(),
                ..Hourglass::default()
            },
        };
        build(&description)?;
        Ok(Some(description))
    }
}

/// # Errors
/// [`CliError::Arguments`] if it is no network.
pub fn build(description: &Hourglass) -> Result<Network, CliError> {
    description
        .build()
        .map_err(|error| CliError::Arguments(error.to_string()))
}

/// A network in a few words.
pub fn words(description: &Hourglass) -> String {
    let channels: Vec<String> = description.channels.iter().map(usize::to_string).collect();
    format!("{} levels with channels {}", description.levels(), channels.join(","))
}

/// The mask's own network; of a mask that names none, that of the options.
///
/// # Errors
/// [`CliError::Input`] if the options or the picture do not agree with the mask.
pub fn of_mask(mask: &Mask, given: Option<Hourglass>, args: &NetworkArgs) -> Result<Hourglass, CliError> {
    let Some(own) = &mask.metadata.network else {
        let network = given.unwrap_or_default();
        let n = build(&network)?.n;
        if n == mask.keep.len() {
            return Ok(network);
        }
        return Err(CliError::Input(format!(
            "the mask has {} entries, but a network of {} has {n} parameters: give the mask's --levels and --channels",
            mask.keep.len(),
            words(&network),
        )));
    };
    if own.output_channels != Picture::CHANNELS {
        let channels = own.output_channels;
        return Err(CliError::Input(format!(
            "the mask's network draws {channels} channels, a picture has 3"
        )));
    }
    // --levels alone must agree in number only: the channels are the mask's.
    let agrees = match (&given, &args.channels) {
        (None, _) => true,
        (Some(given), None) => given.levels() == own.levels(),
        (Some(given), Some(_)) => given.channels == own.channels,
    };
    if agrees {
        return Ok(own.clone());
    }
    let given = given.unwrap_or_default();
    Err(CliError::Input(format!(
        "the mask is for a network of {}, not of {}: leave --levels and --channels out, or choose another mask",
        words(own),
        words(&given),
    )))
}
