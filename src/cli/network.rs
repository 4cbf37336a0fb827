//! Which network: from the options, from a mask, or the paper's.

use clap::Args;

use super::error::CliError;
use crate::network::{Hourglass, Network};

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
            (_, Some(channels)) => Hourglass { channels: channels.clone(), ..Hourglass::default() },
        };
        build(&description)?;
        Ok(Some(description))
    }
}

/// # Errors
/// [`CliError::Arguments`] if it is no network.
pub fn build(description: &Hourglass) -> Result<Network, CliError> {
    description.build().map_err(|error| CliError::Arguments(error.to_string()))
}

/// A network in a few words.
pub fn words(description: &Hourglass) -> String {
    let channels: Vec<String> = description.channels.iter().map(usize::to_string).collect();
    format!("{} levels with channels {}", description.levels(), channels.join(","))
}
