//! The sizes of pictures that a network takes.

use super::{Layer, NetworkError, Node};

/// A side has to be a multiple of one number and at least another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SizeRule {
    /// Every map is a whole number of pixels, and the picture's rows are loaded in fours.
    pub multiple: usize,
    /// Every reflection by `pad` has a map of more than `pad` pixels.
    pub least: usize,
}

impl SizeRule {
    /// Follows the nodes from a z of sides halved so many times: pooling and strides halve a map, upsampling doubles it.
    pub(super) fn of(nodes: &[Node], halvings: u32) -> Result<Self, NetworkError> {
        // By value, how many times it was halved.
        let mut halved: Vec<u32> = vec![halvings];
        let multiple = 4.max(1 << halvings);
        let mut rule = Self { multiple, least: 1 };
        for (at, node) in nodes.iter().enumerate() {
            let from = halved[node.inputs[0]];
            let fault = |reason| NetworkError::Order {
                node: at,
                layer: node.layer.name(),
                reason,
            };
            let to = match node.layer {
                Layer::Conv { stride, pad, .. } => {
                    rule.least = rule.least.max((pad.0 + 1) << from);
                    match stride {
                        1 => from,
                        2 => from + 1,
                        _ => return Err(fault("strides are 1 or 2")),
                    }
                }
                Layer::AveragePool => from + 1,
                Layer::Upsample(_) => from
                    .checked_sub(1)
                    .ok_or_else(|| fault("it makes the map larger than the picture"))?,
                Layer::Concat if node.inputs.iter().any(|value| halved[*value] != from) => {
                    return Err(fault("it joins maps of different sizes"));
                }
                Layer::Sigmoid if from != 0 => return Err(fault("it ends on maps of another size than the picture's")),
                Layer::BatchNorm { .. } | Layer::LeakyRelu | Layer::Relu | Layer::Concat | Layer::Sigmoid => from,
            };
            rule.multiple = rule.multiple.max(1 << to);
            halved.push(to);
        }
        Ok(rule)
    }

    /// The smallest side the network takes that is not below `side`.
    pub fn padded_side(self, side: usize) -> usize {
        side.max(self.least).next_multiple_of(self.multiple)
    }

    /// # Errors
    /// [`NetworkError::Size`] if the network does not take a picture of this size.
    pub fn check(self, width: usize, height: usize) -> Result<(), NetworkError> {
        if self.padded_side(width) == width && self.padded_side(height) == height {
            return Ok(());
        }
        Err(NetworkError::Size {
            width,
            height,
            multiple: self.multiple,
            least: self.least.next_multiple_of(self.multiple),
        })
    }
}
