//! The network as data: a list of typed nodes. Shapes, parameters, backward and memory derive from it.

mod decoder;
mod error;
mod generator;
mod graph;
mod hourglass;
mod init;
mod live;
mod order;
mod parameters;
mod size;
mod skip;
mod stage;
mod trained;

pub use decoder::DeepDecoder;
pub use error::NetworkError;
pub use generator::{Generator, PaddedSide};
pub use graph::Graph;
pub use hourglass::Hourglass;
pub use init::{draw_input, draw_theta};
pub use live::{Connectivity, LiveChannels};
pub use parameters::{Parameter, ParameterKind};
pub use size::SizeRule;
pub use skip::SkipHourglass;
pub(crate) use stage::{Stage, stages};
pub(crate) use trained::trained_entries;

use std::ops::Range;

/// The negative slope of every LeakyReLU (method section 2).
pub const LEAKY_SLOPE: f32 = 0.2;
/// The epsilon of every batch normalisation.
pub const BN_EPS: f32 = 1e-5;

/// How a map is extended before a convolution reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reflect(pub usize);

/// A value of the network: 0 is the fixed input z, v + 1 the output of node v.
pub type ValueId = usize;

/// A layer and what it reads: earlier values.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub layer: Layer,
    /// One value; for a concatenation all of its parts, in order.
    pub inputs: Vec<ValueId>,
}

/// Where an upsampling by 2 takes its values from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Interpolation {
    /// The nearest pixel: each is repeated.
    #[default]
    Nearest,
    /// Along each axis 3/4 of the nearest pixel and 1/4 of the next, the edge repeated: PyTorch's bilinear with
    /// `align_corners` false.
    Bilinear,
}

/// What a node does. Channel counts and parameter offsets are absolute; sizes follow from the picture's.
#[derive(Clone, Debug, PartialEq)]
pub enum Layer {
    /// Reflection padding, then a k x k cross-correlation.
    Conv {
        weight: Param,
        bias: Option<Param>,
        inputs: usize,
        outputs: usize,
        kernel: usize,
        /// 1 or 2.
        stride: usize,
        pad: Reflect,
    },
    /// Mean over 2x2 windows, stride 2.
    AveragePool,
    /// To twice the sides.
    Upsample(Interpolation),
    /// Batch normalisation with batch statistics.
    BatchNorm {
        gamma: Param,
        beta: Param,
        channels: usize,
    },
    LeakyRelu,
    Relu,
    /// All channels of its inputs, one after another.
    Concat,
    Sigmoid,
}

impl Layer {
    /// For messages.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Conv { .. } => "convolution",
            Self::AveragePool => "average pooling",
            Self::Upsample(_) => "upsampling",
            Self::BatchNorm { .. } => "batch normalisation",
            Self::LeakyRelu => "LeakyReLU",
            Self::Relu => "ReLU",
            Self::Concat => "concatenation",
            Self::Sigmoid => "sigmoid",
        }
    }

    /// How many times it halves the sides of a map; -1 where it doubles them.
    fn halvings(&self) -> i32 {
        match self {
            Self::AveragePool | Self::Conv { stride: 2, .. } => 1,
            Self::Upsample(_) => -1,
            _ => 0,
        }
    }

    /// The parameters that add a constant to a channel.
    fn shifts(&self) -> Option<Param> {
        match self {
            Self::Conv { bias, .. } => *bias,
            Self::BatchNorm { beta, .. } => Some(*beta),
            _ => None,
        }
    }
}

/// A parameter tensor of a node: its index in [`Network::parameters`] and its place in the flat order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Param {
    pub index: usize,
    pub offset: usize,
    pub len: usize,
}

impl Param {
    pub fn range(self) -> Range<usize> {
        self.offset..self.offset + self.len
    }

    /// The entries of some neighbouring channels, if it has one for each.
    fn slice(self, start: usize, len: usize) -> Self {
        Self {
            offset: self.offset + start,
            len,
            ..self
        }
    }
}

/// A network: its nodes in order of execution and its parameters in PyTorch's flat order.
#[derive(Clone, Debug)]
pub struct Network {
    pub input_channels: usize,
    /// How many times the sides of z are halved against the picture's.
    pub input_halvings: u32,
    /// z is drawn from 0 to this.
    pub input_amplitude: f32,
    pub output_channels: usize,
    pub size: SizeRule,
    pub nodes: Vec<Node>,
    pub parameters: Vec<Parameter>,
    /// Number of parameters N.
    pub n: usize,
}

impl Network {
    /// (height, width) of z for maps of this size.
    pub fn input_size(&self, height: usize, width: usize) -> (usize, usize) {
        (height >> self.input_halvings, width >> self.input_halvings)
    }

    /// Whether a ReLU may turn a constant channel into one that no normalisation takes away: what is known about channels
    /// that a mask leaves dead (method section 6) then does not hold.
    pub(crate) fn is_rectified(&self) -> bool {
        self.nodes.iter().any(|node| matches!(node.layer, Layer::Relu))
    }
}
