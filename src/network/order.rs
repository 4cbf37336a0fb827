//! Which orders of nodes a step can be made of.
//!
//! Normalisations, activations and upsampling are not computed by themselves: they are applied where a convolution loads the
//! value. So between two convolutions there is this, in this order: [pool], batch normalisation, LeakyReLU, and then any of
//! concatenation, one upsampling and one more batch normalisation. Or this: [bilinear upsampling], ReLU, batch normalisation.
//! What bilinear upsampling and ReLU give is stored. From the LeakyReLU to that normalisation a value may be read
//! several times.

use super::{Interpolation, Layer, NetworkError, Node};

/// How far a value has come since the convolution that computed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Input,
    Convolved,
    Pooled,
    /// Upsampled, with a ReLU to follow.
    Stretched,
    Rectified,
    Normalised,
    Activated {
        upsampled: bool,
        normalised: bool,
    },
    Picture,
}

/// # Errors
/// [`NetworkError::Order`] naming the first node that stands where it cannot.
pub(super) fn check(nodes: &[Node]) -> Result<(), NetworkError> {
    let mut stages = vec![Stage::Input];
    let mut readers = vec![0; nodes.len() + 1];
    for (at, node) in nodes.iter().enumerate() {
        let last = at + 1 == nodes.len();
        let fault = |reason: &'static str| NetworkError::Order {
            node: at,
            layer: node.layer.name(),
            reason,
        };
        let inputs: Vec<Stage> = node.inputs.iter().map(|value| stages[*value]).collect();
        for value in &node.inputs {
            readers[*value] += 1;
            let shared = matches!(
                stages[*value],
                Stage::Activated { normalised: false, .. } | Stage::Input
            );
            if readers[*value] > 1 && !shared {
                return Err(fault("what several nodes read ends in an activation"));
            }
        }
        let one = inputs.first().copied().ok_or_else(|| fault("it reads nothing"))?;
        stages.push(match (&node.layer, one) {
            (Layer::Conv { .. }, Stage::Input | Stage::Activated { .. }) => Stage::Convolved,
            (Layer::Conv { .. }, _) => return Err(fault("a convolution reads z or an activated value")),
            (Layer::AveragePool, Stage::Convolved) => Stage::Pooled,
            (Layer::AveragePool, _) => return Err(fault("pooling follows a convolution")),
            (Layer::BatchNorm { .. }, Stage::Convolved | Stage::Pooled) => Stage::Normalised,
            (
                Layer::BatchNorm { .. },
                Stage::Activated {
                    upsampled,
                    normalised: false,
                },
            ) => Stage::Activated {
                upsampled,
                normalised: true,
            },
            (Layer::LeakyRelu, Stage::Normalised) => Stage::Activated {
                upsampled: false,
                normalised: false,
            },
            (Layer::LeakyRelu, _) => return Err(fault("LeakyReLU follows the normalisation of a convolution")),
            (Layer::BatchNorm { .. }, Stage::Rectified) => Stage::Activated {
                upsampled: false,
                normalised: true,
            },
            (
                Layer::Upsample(interpolation),
                Stage::Activated {
                    upsampled: false,
                    normalised,
                },
            ) if !normalised || *interpolation == Interpolation::Nearest => Stage::Activated {
                upsampled: true,
                normalised,
            },
            (Layer::Upsample(Interpolation::Bilinear), Stage::Convolved) => Stage::Stretched,
            (Layer::Relu, Stage::Convolved | Stage::Stretched) => Stage::Rectified,
            (Layer::BatchNorm { .. }, _) => return Err(fault("the value is normalised already, or is z")),
            (Layer::Relu, _) => return Err(fault("ReLU follows a convolution or its upsampling")),
            (Layer::Upsample(_), _) => return Err(fault("upsampling reads an activated value, once")),
            (Layer::Concat, _) => {
                // As far as the furthest of them.
                let mut all = (false, false);
                for input in &inputs {
                    let Stage::Activated { upsampled, normalised } = *input else {
                        return Err(fault("concatenation reads activated values"));
                    };
                    all = (all.0 || upsampled, all.1 || normalised);
                }
                Stage::Activated {
                    upsampled: all.0,
                    normalised: all.1,
                }
            }
            (Layer::Sigmoid, Stage::Convolved) if last => Stage::Picture,
            (Layer::Sigmoid, _) => return Err(fault("the sigmoid ends the network, after a convolution")),
        });
    }
    match readers[..nodes.len()].iter().position(|count| *count == 0) {
        Some(value) => Err(NetworkError::Unread(value)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Graph, Network, ValueId};

    /// A network of what `middle` makes of an activated value of 4 channels.
    fn with(middle: impl Fn(&mut Graph, ValueId) -> ValueId) -> Result<Network, NetworkError> {
        let mut graph = Graph::new(2);
        let value = graph.conv(Graph::INPUT, "a", 4, 3, 1);
        let value = graph.batch_norm(value, "b");
        let value = graph.leaky_relu(value);
        let value = middle(&mut graph, value);
        let picture = graph.conv(value, "c", 3, 1, 1);
        graph.finish(picture)
    }

    #[test]
    fn what_a_step_cannot_be_made_of_is_named() {
        assert!(with(|_, value| value).is_ok());
        let twice = with(|graph, value| {
            let once = graph.batch_norm(value, "d");
            graph.batch_norm(once, "e")
        });
        assert!(matches!(twice, Err(NetworkError::Order { node: 4, .. })), "{twice:?}");
        let bare = with(|graph, value| graph.conv(value, "d", 4, 3, 1));
        assert!(matches!(bare, Err(NetworkError::Order { node: 4, .. })), "{bare:?}");
        let sizes = with(|graph, value| {
            let small = graph.conv(value, "d", 4, 3, 2);
            let small = graph.batch_norm(small, "e");
            let small = graph.leaky_relu(small);
            graph.concat(&[value, small])
        });
        assert!(matches!(sizes, Err(NetworkError::Order { node: 6, .. })), "{sizes:?}");
        let large = with(|graph, value| graph.upsample(value, Interpolation::Nearest));
        assert!(matches!(large, Err(NetworkError::Order { node: 3, .. })), "{large:?}");
        let loose = with(|graph, value| {
            graph.upsample(value, Interpolation::Nearest);
            value
        });
        assert!(matches!(loose, Err(NetworkError::Unread(4))), "{loose:?}");
        let twice = with(|graph, value| {
            let rectified = graph.relu(value);
            graph.batch_norm(rectified, "d")
        });
        assert!(matches!(twice, Err(NetworkError::Order { node: 3, .. })), "{twice:?}");
    }
}
