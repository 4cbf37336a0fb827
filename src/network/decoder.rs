//! Deep Decoder, as another description of a [`Network`] (method section 8).

use serde::{Deserialize, Serialize};

use super::{Graph, Interpolation, Network, NetworkError};

/// The under-parameterised decoder of Heckel and Hand 2019: from a small fixed z up, with 1x1 convolutions without biases.
///
/// ```text
/// doublings + 1 times: conv 1x1 -> bilinear upsample x2 (not in the last) -> ReLU -> BN
/// out:                 conv 1x1 -> sigmoid
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeepDecoder {
    /// Channels of z and of every map, k in its paper's tables.
    pub width: usize,
    /// How often the sides double: z has sides 2^doublings times smaller than the picture's.
    pub doublings: u32,
    /// Channels of the picture.
    pub output_channels: usize,
}

impl Default for DeepDecoder {
    /// 100,224 parameters.
    fn default() -> Self {
        Self {
            width: 128,
            doublings: 5,
            output_channels: 3,
        }
    }
}

impl DeepDecoder {
    /// The nodes and parameters of this description.
    ///
    /// # Errors
    /// [`NetworkError`] if a count is out of range.
    pub fn build(&self) -> Result<Network, NetworkError> {
        if !(1..=10).contains(&self.doublings) {
            return Err(NetworkError::Levels(self.doublings as usize));
        }
        let mut graph = Graph::with_input(self.width, self.doublings, 1.0);
        let mut value = Graph::INPUT;
        for i in 0..=self.doublings {
            value = graph.mix(value, &format!("{i}.conv"), self.width);
            if i < self.doublings {
                value = graph.upsample(value, Interpolation::Bilinear);
            }
            value = graph.relu(value);
            value = graph.batch_norm(value, &format!("{i}.norm"));
        }
        let picture = graph.mix(value, "out", self.output_channels);
        graph.finish(picture)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_decoder_has_its_counts() {
        let network = DeepDecoder::default().build().expect("builds");
        assert_eq!((network.n, network.parameters.len()), (100_224, 6 * 3 + 1));
        assert!(
            network.parameters.iter().all(|p| p.has_gradient),
            "no normalisation follows another's shift"
        );
        assert_eq!(network.input_size(192, 256), (6, 8));
        assert_eq!((network.size.multiple, network.size.least), (32, 32));
    }
}
