//! An hourglass with skip connections, as another description of a [`Network`].

use serde::{Deserialize, Serialize};

use super::{Graph, Interpolation, Network, NetworkError, ValueId};

/// The network of Deep Image Prior (Ulyanov et al. 2018, supplementary material): at each level a 1x1 branch goes around everything deeper, and both are concatenated.
///
/// ```text
/// level(i): skip: conv 1x1 -> BN -> LeakyReLU
///           deep: conv 3x3 stride 2 -> BN -> LeakyReLU -> conv 3x3 -> BN -> LeakyReLU -> level(i + 1) -> upsample x2
///           concat(skip, deep) -> BN -> conv 3x3 -> BN -> LeakyReLU -> conv 1x1 -> BN -> LeakyReLU
/// out:      conv 1x1 -> sigmoid
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkipHourglass {
    /// Channels of the fixed input z.
    pub input_channels: usize,
    /// Channels of each level, outermost first; its length is the number of levels.
    pub channels: Vec<usize>,
    /// Channels of each level's skip connection.
    pub skip_channels: usize,
    /// Channels of the picture.
    pub output_channels: usize,
    pub interpolation: Interpolation,
}

impl Default for SkipHourglass {
    /// As published for denoising: five levels of 128 channels, skip connections of 4, bilinear upsampling.
    fn default() -> Self {
        Self {
            input_channels: 32,
            channels: vec![128; 5],
            skip_channels: 4,
            output_channels: 3,
            interpolation: Interpolation::Bilinear,
        }
    }
}

impl SkipHourglass {
    /// The nodes and parameters of this description.
    ///
    /// # Errors
    /// [`NetworkError`] if a count is out of range.
    pub fn build(&self) -> Result<Network, NetworkError> {
        if !(1..=10).contains(&self.channels.len()) {
            return Err(NetworkError::Levels(self.channels.len()));
        }
        let mut graph = Graph::new(self.input_channels);
        let top = self.level(&mut graph, Graph::INPUT, 0);
        let picture = graph.conv(top, "out", self.output_channels, 1, 1);
        graph.finish(picture)
    }

    fn level(&self, graph: &mut Graph, input: ValueId, i: usize) -> ValueId {
        let width = self.channels[i];
        let name = |layer: &str| format!("{i}.{layer}");
        let skip = graph.conv(input, &name("skip.conv"), self.skip_channels, 1, 1);
        let skip = activated(graph, skip, &name("skip.norm"));
        let deep = graph.conv(input, &name("down.conv"), width, 3, 2);
        let deep = activated(graph, deep, &name("down.norm"));
        let deep = graph.conv(deep, &name("same.conv"), width, 3, 1);
        let mut deep = activated(graph, deep, &name("same.norm"));
        if i + 1 < self.channels.len() {
            deep = self.level(graph, deep, i + 1);
        }
        let deep = graph.upsample(deep, self.interpolation);
        let both = graph.concat(&[skip, deep]);
        let both = graph.batch_norm(both, &name("joined"));
        let up = graph.conv(both, &name("up.conv"), width, 3, 1);
        let up = activated(graph, up, &name("up.norm"));
        let mixed = graph.conv(up, &name("mix.conv"), width, 1, 1);
        activated(graph, mixed, &name("mix.norm"))
    }
}

fn activated(graph: &mut Graph, convolved: ValueId, norm: &str) -> ValueId {
    let normalised = graph.batch_norm(convolved, norm);
    graph.leaky_relu(normalised)
}
