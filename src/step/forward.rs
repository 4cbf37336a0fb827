//! The forward pass, node by node, with the exact rewrites of method section 7.

use super::TensorId;
use super::axis::AxisMap;
use super::convolve::Convolution;
use super::link::Plane;
use super::lowering::{End, Ends, Lowering, Part, Stage};
use crate::network::{Node, Param};

impl Lowering<'_> {
    /// Appends the forward pass up to the sigmoid. `q` holds the parameters it uses.
    pub(super) fn forward(&mut self, q: TensorId) -> Ends {
        self.q = q;
        let mut value = self.input.clone();
        let mut stages: Vec<Stage> = Vec::new();
        let mut biases = Param {
            index: 0,
            offset: 0,
            len: 0,
        };
        let nodes = &self.network.nodes;
        for (at, node) in nodes.iter().enumerate() {
            match node {
                Node::Conv {
                    weight,
                    bias,
                    inputs,
                    outputs,
                    kernel,
                    pad,
                } => {
                    let convolution = Convolution {
                        weight: *weight,
                        inputs: *inputs,
                        outputs: *outputs,
                        kernel: *kernel,
                        pad: pad.0,
                        pooled: matches!(nodes.get(at + 1), Some(Node::AveragePool)),
                        // Without rewrites an upsampled map is stored.
                        grown: !self.settings.rewrites && upsampled_next(&nodes[at + 1..]),
                    };
                    value = self.convolve(&mut stages, value, &convolution);
                    biases = *bias;
                }
                // Pooling is part of the convolution before it.
                Node::AveragePool | Node::Sigmoid => {}
                Node::Upsample if self.settings.rewrites => {
                    value.parts.iter_mut().for_each(|part| part.upsampled = true);
                }
                Node::Upsample => value.parts = value.parts.into_iter().map(|part| self.upsample(part)).collect(),
                Node::BatchNorm { gamma, beta, .. } => {
                    for part in &mut value.parts {
                        self.batch_norm(part, *gamma, *beta);
                    }
                }
                Node::LeakyRelu => value.parts.iter_mut().for_each(|part| part.activated = true),
            }
        }
        let parts = value.parts.iter().map(|part| self.end(part, biases));
        Ends {
            parts: parts.collect(),
            stages,
        }
    }

    /// The tensors behind some channels of the last convolution.
    fn end(&mut self, part: &Part, biases: Param) -> End {
        let words = part.words(part.plane.h, part.plane.w);
        let places: Vec<u32> = part
            .channels
            .iter()
            .map(|c| self.entries.place(biases.offset + c))
            .collect();
        End {
            channels: part.channels.len(),
            pre: part.plane,
            output: self.b.persistent("output", words),
            dpre: self.b.tensor("gradient before the sigmoid", words),
            biases: self.b.table(&places),
        }
    }

    /// Stores the upsampled map; only without rewrites.
    fn upsample(&mut self, source: Part) -> Part {
        let (rows, columns) = (AxisMap::upsample(source.plane.h), AxisMap::upsample(source.plane.w));
        let id = self.b.tensor("upsampled", source.words(rows.len(), columns.len()));
        let plane = Plane {
            id,
            h: rows.len(),
            w: columns.len(),
        };
        self.prepare("upsample", &source, &rows, &columns, plane, false);
        Part {
            activated: true,
            before_upsample: Some(Box::new(source.clone())),
            ..Part::stored(plane, source.channels, source.origin)
        }
    }
}

/// Whether the value behind a convolution is upsampled before the next one.
fn upsampled_next(after: &[Node]) -> bool {
    after
        .iter()
        .take_while(|node| !matches!(node, Node::Conv { .. }))
        .any(|node| matches!(node, Node::Upsample))
}
