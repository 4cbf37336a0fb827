//! The authors' hourglass as one description of a [`Network`] (method section 2).

use serde::{Deserialize, Serialize};

use super::{Graph, Interpolation, Network, NetworkError, ValueId};

/// An encoder-decoder without skip connections: `channels[i]` at level i.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hourglass {
    /// Channels of the fixed input z.
    pub input_channels: usize,
    /// Channels of each level, outermost first; its length is the number of levels.
    pub channels: Vec<usize>,
    /// Channels of the picture.
    pub output_channels: usize,
}

impl Default for Hourglass {
    /// The six-level network of the paper: 3,008,867 parameters.
    fn default() -> Self {
        Self {
            input_channels: 32,
            channels: vec![16, 32, 64, 128, 128, 128],
            output_channels: 3,
        }
    }
}

impl Hourglass {
    /// The paper's channels cut to, or continued with 128 for, another number of levels.
    pub fn with_levels(levels: usize) -> Self {
        let paper = Self::default();
        let channels = (0..levels)
            .map(|i| paper.channels.get(i).copied().unwrap_or(128))
            .collect();
        Self { channels, ..paper }
    }

    pub fn levels(&self) -> usize {
        self.channels.len()
    }

    /// Sides must be multiples of this: every level halves the map, and kernels load rows in fours.
    pub fn multiple(&self) -> usize {
        1 << self.levels().max(2)
    }

    /// The smallest side: reflection by 2 needs 3 pixels on the deepest map.
    pub fn least_side(&self) -> usize {
        3 << self.levels()
    }

    /// The smallest side the network takes that is not below `side`; the built network's [`super::SizeRule`] agrees.
    pub fn padded_side(&self, side: usize) -> usize {
        side.max(self.least_side()).next_multiple_of(self.multiple())
    }

    /// The nodes and parameters of this description.
    ///
    /// # Errors
    /// [`NetworkError`] if a count is out of range.
    pub fn build(&self) -> Result<Network, NetworkError> {
        if !(1..=10).contains(&self.levels()) {
            return Err(NetworkError::Levels(self.levels()));
        }
        let counts = self
            .channels
            .iter()
            .chain([&self.input_channels, &self.output_channels]);
        if let Some(&bad) = counts.clone().find(|c| !(1..=1024).contains(*c)) {
            return Err(NetworkError::Channels(bad));
        }
        let mut graph = Graph::new(self.input_channels);
        let top = self.level(&mut graph, Graph::INPUT, 0, "");
        let picture = graph.conv(top, "6.1", self.output_channels, 1, 1);
        graph.finish(picture)
    }

    /// Appends level `i`: its way down, the levels inside it, its way up. Names nest as PyTorch's `Sequential`s do.
    fn level(&self, graph: &mut Graph, input: ValueId, i: usize, prefix: &str) -> ValueId {
        let width = self.channels[i];
        let inner = format!("{prefix}1.");
        let activated = |graph: &mut Graph, value: ValueId, name: &str| {
            let normalised = graph.batch_norm(value, name);
            graph.leaky_relu(normalised)
        };

        let value = graph.conv(input, &format!("{inner}1.1"), width, 5, 1);
        let value = graph.average_pool(value);
        let value = activated(graph, value, &format!("{inner}2"));
        let value = graph.conv(value, &format!("{inner}4.1"), width, 5, 1);
        let mut value = activated(graph, value, &format!("{inner}5"));
        if i + 1 < self.levels() {
            value = self.level(graph, value, i + 1, &format!("{inner}7."));
        }
        let value = graph.upsample(value, Interpolation::Nearest);
        let value = graph.batch_norm(value, &format!("{prefix}2"));
        let value = graph.conv(value, &format!("{prefix}3.1"), width, 3, 1);
        activated(graph, value, &format!("{prefix}4"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Parameter, ParameterKind};

    #[test]
    fn the_papers_network_has_its_counts() {
        let net = Hourglass::default().build().expect("the default builds");
        assert_eq!(net.parameters.len(), 86);
        assert_eq!(net.n, 3_008_867);
        let count = |kind| -> usize {
            net.parameters
                .iter()
                .filter(|p| p.kind == kind)
                .map(Parameter::len)
                .sum()
        };
        assert_eq!(count(ParameterKind::ConvWeight), 3_003_184);
        assert_eq!(count(ParameterKind::ConvBias), 1_491);
        assert_eq!(count(ParameterKind::BnWeight), 2_096);
        assert_eq!(count(ParameterKind::BnBias), 2_096);
        let frozen = net.parameters.iter().filter(|p| !p.has_gradient).count();
        assert_eq!(frozen, 24, "18 conv biases and 6 shifts after an upsample");
    }

    #[test]
    fn names_and_offsets_are_pytorchs() {
        let net = Hourglass::default().build().expect("the default builds");
        let at = |name: &str| {
            let p = net.parameters.iter().find(|p| p.name == name).expect(name);
            (p.offset, p.shape.clone())
        };
        assert_eq!(at("1.1.1.weight"), (0, vec![16, 32, 5, 5]));
        assert_eq!(at("1.7.1.4.1.weight"), (32_192, vec![32, 32, 5, 5]));
        assert_eq!(at("1.7.1.7.1.7.1.7.1.7.3.1.weight"), (2_467_232, vec![128, 128, 3, 3]));
        assert_eq!(at("1.7.2.weight"), (2_985_440, vec![64]));
        assert_eq!(at("2.weight"), (3_004_096, vec![32]));
        assert_eq!(at("6.1.bias"), (3_008_864, vec![3]));
    }

    #[test]
    fn sizes_that_fit_and_that_do_not() {
        let net = Hourglass::default();
        assert_eq!(net.padded_side(100), 192);
        assert_eq!(net.padded_side(193), 256);
        let size = net.build().expect("the default builds").size;
        assert!(size.check(192, 256).is_ok());
        assert!(size.check(192, 200).is_err());
        assert!(Hourglass::with_levels(0).build().is_err());
        for levels in 1..7 {
            let net = Hourglass::with_levels(levels);
            let rule = net.build().expect("builds").size;
            assert_eq!(
                (rule.multiple, rule.least),
                (net.multiple(), net.least_side()),
                "{levels} levels"
            );
        }
    }
}
