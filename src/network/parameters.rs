//! The flat parameter vector: names, shapes and offsets in PyTorch's `model.parameters()` order.

/// What a parameter tensor does. Decides its initial value and whether it has a gradient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterKind {
    ConvWeight,
    ConvBias,
    BnWeight,
    BnBias,
}

impl ParameterKind {
    pub fn is_conv_weight(self) -> bool {
        self == Self::ConvWeight
    }
}

/// One tensor of the flat order.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// The name PyTorch's nested `Sequential` gives it, such as `1.7.1.4.1.weight`.
    pub name: String,
    pub kind: ParameterKind,
    /// `[Cout, Cin, k, k]` or `[C]`.
    pub shape: Vec<usize>,
    /// First element in the flat order.
    pub offset: usize,
    /// Cin * k * k of the convolution it belongs to; 0 for batch normalisation.
    pub fan_in: usize,
    /// Whether the loss depends on it at all. False for biases in front of a batch normalisation and for the
    /// shift of a batch normalisation in front of one (method section 7.4).
    pub has_gradient: bool,
}

impl Parameter {
    /// Number of elements.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn range(&self) -> std::ops::Range<usize> {
        self.offset..self.offset + self.len()
    }
}
