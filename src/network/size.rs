//! The sizes of pictures that a network takes.

use super::{Layer, NetworkError, Node};

/// A side has to be a multiple of one number and at least another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SizeRule {
    /// Every map is a whole number of pixels.
    pub multiple: usize,
    /// Every reflection by `pad` has a map of more than `pad` pixels.
    pub least: usize,
}

impl SizeRule {
    /// Follows the nodes: pooling and strides halve a map, upsampling doubles it.
    pub(super) fn of(nodes: &[Node]) -> Result<Self, NetworkError> {
        // By value, how many times it was halved.
        let mut halved: Vec<u32> = vec![0];
        let mut rule = Self { multiple: 1, least: 1 };
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
                Layer::Upsample => from
                    .checked_sub(1)
                    .ok_or_else(|| fault("it makes the map larger than the picture"))?,
                Layer::Concat if node.inputs.iter().any(|value| halved[*value] != from) => {
                    return Err(fault("it joins maps of different sizes"));
                }
                Layer::Sigmoid if from != 0 => return Err(fault("the picture has another size than z")),
                Layer::BatchNorm { .. } | Layer::LeakyRelu | Layer::Concat | Layer::Sigmoid => from,
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
