//! Which network a run trains.

use serde::{Deserialize, Serialize};

use super::{DeepDecoder, Hourglass, Network, NetworkError, SkipHourglass};

/// A description of a network, of any kind. Each kind has fields of its own, by which a file tells them apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Generator {
    Skip(SkipHourglass),
    DeepDecoder(DeepDecoder),
    Hourglass(Hourglass),
}

/// The smallest side a network takes that is not below another.
pub trait PaddedSide {
    fn padded_side(&self, side: usize) -> usize;
}

impl Default for Generator {
    fn default() -> Self {
        Self::Hourglass(Hourglass::default())
    }
}

impl Generator {
    /// The nodes and parameters of the description.
    ///
    /// # Errors
    /// [`NetworkError`] if a count is out of range.
    pub fn build(&self) -> Result<Network, NetworkError> {
        match self {
            Self::Skip(skip) => skip.build(),
            Self::DeepDecoder(decoder) => decoder.build(),
            Self::Hourglass(hourglass) => hourglass.build(),
        }
    }

    /// As plans and options name its kind.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Skip(_) => "skip",
            Self::DeepDecoder(_) => "deep-decoder",
            Self::Hourglass(_) => "hourglass",
        }
    }

    /// How often the sides of a map are halved on the way down, or doubled on the way up.
    pub fn levels(&self) -> usize {
        match self {
            Self::Skip(skip) => skip.channels.len(),
            Self::DeepDecoder(decoder) => decoder.doublings as usize,
            Self::Hourglass(hourglass) => hourglass.levels(),
        }
    }

    /// Channels of each level, outermost first; of a decoder those of all its maps.
    pub fn channels(&self) -> Vec<usize> {
        match self {
            Self::Skip(skip) => skip.channels.clone(),
            Self::DeepDecoder(decoder) => vec![decoder.width],
            Self::Hourglass(hourglass) => hourglass.channels.clone(),
        }
    }

    /// The hourglass that masks are for; `None` for other kinds.
    pub fn hourglass(&self) -> Option<&Hourglass> {
        match self {
            Self::Hourglass(hourglass) => Some(hourglass),
            Self::Skip(_) | Self::DeepDecoder(_) => None,
        }
    }

    /// The learning rate of a fit of all weights: the hourglass's (method section 8), or as published.
    pub fn learning_rate(&self) -> f64 {
        match self {
            Self::Hourglass(_) => 1e-3,
            Self::Skip(_) | Self::DeepDecoder(_) => 1e-2,
        }
    }

    /// The number that the sides of a picture are multiples of.
    pub fn multiple(&self) -> usize {
        match self {
            Self::Skip(skip) => 1 << skip.channels.len().max(2),
            Self::DeepDecoder(decoder) => 1 << decoder.doublings.max(2),
            Self::Hourglass(hourglass) => hourglass.multiple(),
        }
    }

    fn least_side(&self) -> usize {
        match self {
            // Reflection by 1 on the deepest map.
            Self::Skip(skip) => 2 << skip.channels.len(),
            Self::DeepDecoder(_) => 1,
            Self::Hourglass(hourglass) => hourglass.least_side(),
        }
    }
}

impl PaddedSide for Generator {
    fn padded_side(&self, side: usize) -> usize {
        side.max(self.least_side()).next_multiple_of(self.multiple())
    }
}

impl PaddedSide for Hourglass {
    fn padded_side(&self, side: usize) -> usize {
        self.padded_side(side)
    }
}

impl From<Hourglass> for Generator {
    fn from(hourglass: Hourglass) -> Self {
        Self::Hourglass(hourglass)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_agree_with_the_built_networks_and_kinds_with_their_files() {
        let small = SkipHourglass {
            channels: vec![8; 3],
            ..SkipHourglass::default()
        };
        let flat = DeepDecoder {
            doublings: 1,
            ..DeepDecoder::default()
        };
        for generator in [
            Generator::default(),
            Generator::Skip(SkipHourglass::default()),
            Generator::Skip(small),
            Generator::DeepDecoder(DeepDecoder::default()),
            Generator::DeepDecoder(flat),
        ] {
            let rule = generator.build().expect("builds").size;
            assert_eq!(rule.multiple, generator.multiple(), "{generator:?}");
            for side in [1, 17, 64, 65, 192, 200] {
                assert_eq!(
                    rule.padded_side(side),
                    generator.padded_side(side),
                    "{generator:?}, {side}"
                );
            }
            let text = serde_json::to_string(&generator).expect("JSON");
            assert_eq!(serde_json::from_str::<Generator>(&text).expect("the same"), generator);
        }
    }
}
