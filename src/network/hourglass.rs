//! The authors' hourglass as one description of a [`Network`] (method section 2).

use serde::{Deserialize, Serialize};

use super::{Network, Node, Param, Parameter, ParameterKind, Reflect};

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

/// Why a description is not a network, or a picture does not fit one.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NetworkError {
    #[error("a network needs 1 to 10 levels, got {0}")]
    Levels(usize),
    #[error("every level needs 1 to 1024 channels, got {0}")]
    Channels(usize),
    #[error(
        "the network takes pictures whose sides are multiples of {multiple} and at least {least}, got {width}x{height}"
    )]
    Size {
        width: usize,
        height: usize,
        multiple: usize,
        least: usize,
    },
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
        3 * self.multiple()
    }

    /// The smallest side the network takes that is not below `side`.
    pub fn padded_side(&self, side: usize) -> usize {
        side.next_multiple_of(self.multiple()).max(self.least_side())
    }

    /// # Errors
    /// [`NetworkError::Size`] if the network does not take a picture of this size.
    pub fn check_size(&self, width: usize, height: usize) -> Result<(), NetworkError> {
        if self.padded_side(width) == width && self.padded_side(height) == height {
            return Ok(());
        }
        let (multiple, least) = (self.multiple(), self.least_side());
        Err(NetworkError::Size {
            width,
            height,
            multiple,
            least,
        })
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
        let mut builder = Builder::default();
        builder.level(self, 0, "");
        builder.conv("6.1", self.channels[0], self.output_channels, 1, false);
        builder.nodes.push(Node::Sigmoid);
        Ok(Network {
            description: self.clone(),
            nodes: builder.nodes,
            parameters: builder.parameters,
            n: builder.n,
        })
    }
}

#[derive(Default)]
struct Builder {
    nodes: Vec<Node>,
    parameters: Vec<Parameter>,
    n: usize,
}

impl Builder {
    /// Appends level `i`: its way down, the levels inside it, its way up. Names nest as PyTorch's `Sequential`s do.
    fn level(&mut self, net: &Hourglass, i: usize, prefix: &str) {
        let width = net.channels[i];
        let inputs = if i == 0 {
            net.input_channels
        } else {
            net.channels[i - 1]
        };
        let deepest = i + 1 == net.levels();
        let inner = format!("{prefix}1.");

        self.conv(&format!("{inner}1.1"), inputs, width, 5, true);
        self.nodes.push(Node::AveragePool);
        self.batch_norm(&format!("{inner}2"), width, true);
        self.nodes.push(Node::LeakyRelu);
        self.conv(&format!("{inner}4.1"), width, width, 5, true);
        self.batch_norm(&format!("{inner}5"), width, true);
        self.nodes.push(Node::LeakyRelu);
        if !deepest {
            self.level(net, i + 1, &format!("{inner}7."));
        }
        self.nodes.push(Node::Upsample);

        let below = if deepest { width } else { net.channels[i + 1] };
        self.batch_norm(&format!("{prefix}2"), below, false);
        self.conv(&format!("{prefix}3.1"), below, width, 3, true);
        self.batch_norm(&format!("{prefix}4"), width, true);
        self.nodes.push(Node::LeakyRelu);
    }

    fn conv(&mut self, name: &str, inputs: usize, outputs: usize, kernel: usize, before_bn: bool) {
        let fan_in = inputs * kernel * kernel;
        let shape = vec![outputs, inputs, kernel, kernel];
        let weight = self.parameter(name, ParameterKind::ConvWeight, shape, fan_in, true);
        let bias = self.parameter(name, ParameterKind::ConvBias, vec![outputs], fan_in, !before_bn);
        self.nodes.push(Node::Conv {
            weight,
            bias,
            inputs,
            outputs,
            kernel,
            pad: Reflect(kernel / 2),
        });
    }

    fn batch_norm(&mut self, name: &str, channels: usize, beta_has_gradient: bool) {
        let gamma = self.parameter(name, ParameterKind::BnWeight, vec![channels], 0, true);
        let beta = self.parameter(name, ParameterKind::BnBias, vec![channels], 0, beta_has_gradient);
        self.nodes.push(Node::BatchNorm { gamma, beta, channels });
    }

    fn parameter(
        &mut self,
        layer: &str,
        kind: ParameterKind,
        shape: Vec<usize>,
        fan_in: usize,
        has_gradient: bool,
    ) -> Param {
        let suffix = match kind {
            ParameterKind::ConvWeight | ParameterKind::BnWeight => "weight",
            ParameterKind::ConvBias | ParameterKind::BnBias => "bias",
        };
        let name = format!("{layer}.{suffix}");
        let parameter = Parameter {
            name,
            kind,
            shape,
            offset: self.n,
            fan_in,
            has_gradient,
        };
        let param = Param {
            index: self.parameters.len(),
            offset: self.n,
            len: parameter.len(),
        };
        self.n += param.len;
        self.parameters.push(parameter);
        param
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(net.check_size(192, 256).is_ok());
        assert!(net.check_size(192, 200).is_err());
        assert!(Hourglass::with_levels(0).build().is_err());
    }
}
