//! Builds a [`Network`] node by node, and derives what follows from the nodes: channel counts, parameters in order, which of
//! them have a gradient, and the sizes of pictures that the network takes.

use super::{
    Interpolation, Layer, Network, NetworkError, Node, Param, Parameter, ParameterKind, Reflect, SizeRule, ValueId,
};

/// A network under construction. Parameters come in the order in which their nodes are added.
#[derive(Debug)]
pub struct Graph {
    nodes: Vec<Node>,
    parameters: Vec<Parameter>,
    /// Channels of each value, the input's first.
    channels: Vec<usize>,
    n: usize,
    /// Of z: how many times its sides are halved, and what it is drawn up to.
    halvings: u32,
    amplitude: f32,
}

impl Graph {
    /// The fixed input z.
    pub const INPUT: ValueId = 0;

    pub fn new(input_channels: usize) -> Self {
        Self {
            nodes: Vec::new(),
            parameters: Vec::new(),
            channels: vec![input_channels],
            n: 0,
            halvings: 0,
            amplitude: 0.1,
        }
    }

    /// With a z whose sides are halved so many times against the picture's, drawn from 0 to `amplitude`.
    pub fn with_input(input_channels: usize, halvings: u32, amplitude: f32) -> Self {
        Self {
            halvings,
            amplitude,
            ..Self::new(input_channels)
        }
    }

    /// Reflection padding by kernel / 2, then a convolution with a bias. `name` is the layer's, as PyTorch would have it.
    pub fn conv(&mut self, from: ValueId, name: &str, outputs: usize, kernel: usize, stride: usize) -> ValueId {
        self.convolution(from, name, outputs, (kernel, stride), true)
    }

    /// A 1x1 convolution without a bias.
    pub fn mix(&mut self, from: ValueId, name: &str, outputs: usize) -> ValueId {
        self.convolution(from, name, outputs, (1, 1), false)
    }

    fn convolution(
        &mut self,
        from: ValueId,
        name: &str,
        outputs: usize,
        (kernel, stride): (usize, usize),
        biased: bool,
    ) -> ValueId {
        let inputs = self.channels[from];
        let fan_in = inputs * kernel * kernel;
        let shape = vec![outputs, inputs, kernel, kernel];
        let weight = self.parameter(name, ParameterKind::ConvWeight, shape, fan_in);
        let bias = biased.then(|| self.parameter(name, ParameterKind::ConvBias, vec![outputs], fan_in));
        let layer = Layer::Conv {
            weight,
            bias,
            inputs,
            outputs,
            kernel,
            stride,
            pad: Reflect(kernel / 2),
        };
        self.node(layer, vec![from], outputs)
    }

    pub fn average_pool(&mut self, from: ValueId) -> ValueId {
        self.node(Layer::AveragePool, vec![from], self.channels[from])
    }

    pub fn upsample(&mut self, from: ValueId, interpolation: Interpolation) -> ValueId {
        self.node(Layer::Upsample(interpolation), vec![from], self.channels[from])
    }

    pub fn batch_norm(&mut self, from: ValueId, name: &str) -> ValueId {
        let channels = self.channels[from];
        let gamma = self.parameter(name, ParameterKind::BnWeight, vec![channels], 0);
        let beta = self.parameter(name, ParameterKind::BnBias, vec![channels], 0);
        self.node(Layer::BatchNorm { gamma, beta, channels }, vec![from], channels)
    }

    pub fn leaky_relu(&mut self, from: ValueId) -> ValueId {
        self.node(Layer::LeakyRelu, vec![from], self.channels[from])
    }

    pub fn relu(&mut self, from: ValueId) -> ValueId {
        self.node(Layer::Relu, vec![from], self.channels[from])
    }

    /// Along the channels, in this order.
    pub fn concat(&mut self, from: &[ValueId]) -> ValueId {
        let channels = from.iter().map(|value| self.channels[*value]).sum();
        self.node(Layer::Concat, from.to_vec(), channels)
    }

    /// The picture; the last node.
    ///
    /// # Errors
    /// [`NetworkError`] if a count is out of range or the nodes are not in an order that a step can be made of.
    pub fn finish(mut self, picture: ValueId) -> Result<Network, NetworkError> {
        let outputs = self.channels[picture];
        self.node(Layer::Sigmoid, vec![picture], outputs);
        if let Some(&bad) = self.channels.iter().find(|c| !(1..=2048).contains(*c)) {
            return Err(NetworkError::Channels(bad));
        }
        super::order::check(&self.nodes)?;
        let erased = self.erased();
        for (parameter, erased) in self.parameters.iter_mut().zip(erased) {
            parameter.has_gradient = !erased;
        }
        Ok(Network {
            size: SizeRule::of(&self.nodes, self.halvings)?,
            input_channels: self.channels[0],
            input_halvings: self.halvings,
            input_amplitude: self.amplitude,
            output_channels: outputs,
            nodes: self.nodes,
            parameters: self.parameters,
            n: self.n,
        })
    }

    fn node(&mut self, layer: Layer, inputs: Vec<ValueId>, channels: usize) -> ValueId {
        self.nodes.push(Node { layer, inputs });
        self.channels.push(channels);
        self.channels.len() - 1
    }

    fn parameter(&mut self, layer: &str, kind: ParameterKind, shape: Vec<usize>, fan_in: usize) -> Param {
        let suffix = match kind {
            ParameterKind::ConvWeight | ParameterKind::BnWeight => "weight",
            ParameterKind::ConvBias | ParameterKind::BnBias => "bias",
        };
        let parameter = Parameter {
            name: format!("{layer}.{suffix}"),
            kind,
            shape,
            offset: self.n,
            fan_in,
            has_gradient: true,
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

    /// For each parameter, whether it only adds a constant to channels that a later batch normalisation takes away
    /// again, convolutions, pooling, upsampling and concatenation between them or not (method section 7.4).
    fn erased(&self) -> Vec<bool> {
        // By value: whether a constant added to a channel of it has no effect.
        let mut constant = vec![true; self.nodes.len() + 1];
        let mut erased = vec![false; self.parameters.len()];
        for (at, node) in self.nodes.iter().enumerate().rev() {
            let out = constant[at + 1];
            if let Some(param) = node.layer.shifts() {
                erased[param.index] = out;
            }
            let passes = match node.layer {
                Layer::BatchNorm { .. } => true,
                Layer::LeakyRelu | Layer::Relu | Layer::Sigmoid => false,
                Layer::Conv { .. } | Layer::AveragePool | Layer::Upsample(_) | Layer::Concat => out,
            };
            for input in &node.inputs {
                constant[*input] &= passes;
            }
        }
        erased
    }
}
