//! The network as data: a list of typed nodes. Shapes, parameters, backward and memory derive from it.

mod hourglass;
mod init;
mod live;
mod parameters;

pub use hourglass::{Hourglass, NetworkError};
pub use init::{draw_input, draw_theta};
pub use live::{Connectivity, LiveChannels};
pub(crate) use live::{Stage, stages};
pub use parameters::{Parameter, ParameterKind};

use std::ops::Range;

/// The negative slope of every LeakyReLU (method section 2).
pub const LEAKY_SLOPE: f32 = 0.2;
/// The epsilon of every batch normalisation.
pub const BN_EPS: f32 = 1e-5;

/// How a map is extended before a convolution reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reflect(pub usize);

/// One layer. Channel counts and parameter offsets are absolute; sizes follow from the picture's.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// Reflection padding, then a k x k cross-correlation with stride 1.
    Conv {
        weight: Param,
        bias: Param,
        inputs: usize,
        outputs: usize,
        kernel: usize,
        pad: Reflect,
    },
    /// Mean over 2x2 windows, stride 2.
    AveragePool,
    /// Nearest-neighbour upsampling by 2.
    Upsample,
    /// Batch normalisation with batch statistics.
    BatchNorm {
        gamma: Param,
        beta: Param,
        channels: usize,
    },
    LeakyRelu,
    Sigmoid,
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
}

/// A network: its nodes in order of execution and its parameters in PyTorch's flat order.
#[derive(Clone, Debug)]
pub struct Network {
    pub description: Hourglass,
    pub nodes: Vec<Node>,
    pub parameters: Vec<Parameter>,
    /// Number of parameters N.
    pub n: usize,
}
