//! Which network: from the options, from a mask, or the paper's.

use clap::{Args, ValueEnum};

use super::error::CliError;
use crate::mask::Mask;
use crate::network::{DeepDecoder, Generator, Hourglass, Network, SkipHourglass};
use crate::picture::Picture;

/// The kinds of [`Generator`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GeneratorName {
    /// The paper's, without skip connections: masks are for it
    Hourglass,
    /// The standard network of Deep Image Prior, with skip connections
    Skip,
    /// Deep Decoder: 1x1 convolutions only, under-parameterised without a mask
    DeepDecoder,
}

#[derive(Args, Default)]
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

    /// A network of this kind, as published or as the options have it; its levels are a decoder's doublings, its one number
    /// of channels the decoder's width.
    ///
    /// # Errors
    /// [`CliError::Arguments`] if levels and channels contradict each other or give no network.
    pub fn generator(&self, kind: GeneratorName) -> Result<Generator, CliError> {
        let description = match kind {
            GeneratorName::Hourglass => self.given()?.unwrap_or_default().into(),
            GeneratorName::Skip => {
                let mut skip = SkipHourglass::default();
                if let Some(given) = self.given()? {
                    skip.channels = match &self.channels {
                        Some(_) => given.channels,
                        None => vec![skip.channels[0]; given.levels()],
                    };
                }
                Generator::Skip(skip)
            }
            GeneratorName::DeepDecoder => {
                let mut decoder = DeepDecoder::default();
                decoder.doublings = self.levels.map_or(decoder.doublings, |levels| levels as u32);
                decoder.width = match self.channels.as_deref() {
                    None => decoder.width,
                    Some([width]) => *width,
                    Some(_) => {
                        return Err(CliError::Arguments(
                            "--generator deep-decoder needs one number in --channels: all its maps have as many".into(),
                        ));
                    }
                };
                Generator::DeepDecoder(decoder)
            }
        };
        build(&description)?;
        Ok(description)
    }

    /// As [`NetworkArgs::generator`], of the kind that `made` is; none if the options ask for nothing.
    ///
    /// # Errors
    /// [`CliError::Arguments`] if levels and channels contradict each other or give no network.
    pub fn given_as(&self, made: &Generator) -> Result<Option<Generator>, CliError> {
        if self.levels.is_none() && self.channels.is_none() {
            return Ok(None);
        }
        let kind = match made {
            Generator::Hourglass(_) => GeneratorName::Hourglass,
            Generator::Skip(_) => GeneratorName::Skip,
            Generator::DeepDecoder(_) => GeneratorName::DeepDecoder,
        };
        self.generator(kind).map(Some)
    }
}

/// # Errors
/// [`CliError::Arguments`] if it is no network.
pub fn build<D: Clone + Into<Generator>>(description: &D) -> Result<Network, CliError> {
    let description: Generator = description.clone().into();
    description
        .build()
        .map_err(|error| CliError::Arguments(error.to_string()))
}

/// A network in a few words.
pub fn words(description: &Generator) -> String {
    let channels: Vec<String> = description.channels().iter().map(usize::to_string).collect();
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
            "the mask has {} entries, but a network of {} has {n} parameters: give the mask's --levels and --channels, or, in a plan, its channels",
            mask.keep.len(),
            words(&network.into()),
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
        words(&own.clone().into()),
        words(&given.into()),
    )))
}
