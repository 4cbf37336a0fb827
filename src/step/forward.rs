//! The forward pass, node by node, with the exact rewrites of method section 7.

use super::TensorId;
use super::axis::AxisMap;
use super::convolve::Convolution;
use super::link::Plane;
use super::lowering::{Before, End, Ends, Lowering, Part, Resampling, Stage, Value};
use crate::network::{Interpolation, Layer, Node, Param, ValueId};

impl Lowering<'_> {
    /// Appends the forward pass up to the sigmoid. `q` holds the parameters it uses.
    pub(super) fn forward(&mut self, q: TensorId) -> Ends {
        self.q = q;
        let nodes = &self.network.nodes;
        let stored = self.stored_upsamplings();
        let mut values: Vec<Value> = vec![self.jittered_input()];
        let mut stages: Vec<Stage> = Vec::new();
        let mut parts = Vec::new();
        for (at, node) in nodes.iter().enumerate() {
            let mut value = values[node.inputs[0]].clone();
            match &node.layer {
                Layer::Conv {
                    weight,
                    bias,
                    inputs,
                    outputs,
                    kernel,
                    stride,
                    pad,
                } => {
                    let out = at + 1;
                    let convolution = Convolution {
                        weight: *weight,
                        inputs: *inputs,
                        outputs: *outputs,
                        kernel: *kernel,
                        stride: *stride,
                        pad: pad.0,
                        pooled: is_pooled(nodes, at),
                        grown: grows(nodes, &stored, out),
                    };
                    value = self.convolve(&mut stages, value, &convolution);
                    if matches!(nodes.get(out).map(|node| &node.layer), Some(Layer::Sigmoid)) {
                        parts = value.parts.iter().map(|part| self.end(part, *bias)).collect();
                    }
                }
                // Pooling is part of the convolution before it.
                Layer::AveragePool | Layer::Sigmoid => {}
                Layer::Upsample(Interpolation::Bilinear) => {
                    (value.h, value.w) = (2 * value.h, 2 * value.w);
                    // Both at once.
                    let rectified = is_rectified(nodes, at);
                    let parts = value.parts.into_iter();
                    let parts = parts.map(|part| self.interpolate(&stages, part, true, rectified));
                    value.parts = parts.collect();
                }
                Layer::Relu => {
                    let done = node.inputs[0]
                        .checked_sub(1)
                        .is_some_and(|from| is_rectified(nodes, from));
                    if !done {
                        let parts = value.parts.into_iter();
                        let parts = parts.map(|part| self.interpolate(&stages, part, false, true));
                        value.parts = parts.collect();
                    }
                }
                Layer::Upsample(Interpolation::Nearest) => {
                    (value.h, value.w) = (2 * value.h, 2 * value.w);
                    value.parts.iter_mut().for_each(|part| part.upsampled = true);
                    if stored[at] {
                        value.parts = value.parts.into_iter().map(|part| self.upsample(part)).collect();
                    }
                }
                Layer::BatchNorm { gamma, beta, .. } => {
                    for part in &mut value.parts {
                        self.batch_norm(part, *gamma, *beta);
                    }
                }
                Layer::LeakyRelu => value.parts.iter_mut().for_each(|part| part.activated = true),
                Layer::Concat => {
                    let mut start = self.channels(node.inputs[0]);
                    for input in &node.inputs[1..] {
                        for part in &values[*input].parts {
                            let channels = part.channels.iter().map(|c| start + c).collect();
                            value.parts.push(Part {
                                channels,
                                ..part.clone()
                            });
                        }
                        start += self.channels(*input);
                    }
                }
            }
            values.push(value);
        }
        Ends { stages, parts }
    }

    /// Channels of a value, dead ones included.
    fn channels(&self, value: ValueId) -> usize {
        let Some(node) = value.checked_sub(1).map(|at| &self.network.nodes[at]) else {
            return self.network.input_channels;
        };
        match node.layer {
            Layer::Conv { outputs, .. } => outputs,
            _ => node.inputs.iter().map(|input| self.channels(*input)).sum(),
        }
    }

    /// For each node, whether it is an upsampling whose result is stored: without rewrites, or where a convolution reads it
    /// that cannot take it into its taps (method section 7.3: 3x3, and nothing else changes the size).
    fn stored_upsamplings(&self) -> Vec<bool> {
        let nodes = &self.network.nodes;
        let mut stored = vec![false; nodes.len()];
        // By value: whether it is read by such a convolution.
        let mut plain = vec![false; nodes.len() + 1];
        for (at, node) in nodes.iter().enumerate().rev() {
            let reads = match node.layer {
                Layer::Conv { kernel, stride, .. } => kernel != 3 || stride != 1 || is_pooled(nodes, at),
                _ => plain[at + 1],
            };
            if let Layer::Upsample(interpolation) = node.layer {
                let bilinear = interpolation == Interpolation::Bilinear;
                stored[at] = bilinear || plain[at + 1] || !self.settings.rewrites;
            }
            for input in &node.inputs {
                plain[*input] |= reads;
            }
        }
        stored
    }

    /// The tensors behind some channels of the last convolution.
    fn end(&mut self, part: &Part, biases: Option<Param>) -> End {
        let words = part.words(part.plane.h, part.plane.w);
        let places: Vec<u32> = part
            .channels
            .iter()
            .map(|c| {
                biases.map_or(self.entries.len() as u32, |biases| {
                    self.entries.place(biases.offset + c)
                })
            })
            .collect();
        End {
            channels: part.channels.len(),
            pre: part.plane,
            output: self.b.persistent("output", words),
            dpre: self.b.tensor("gradient before the sigmoid", words),
            biases: self.b.table(&places),
        }
    }

    /// Stores the upsampled map.
    fn upsample(&mut self, source: Part) -> Part {
        let (rows, columns) = (AxisMap::upsample(source.plane.h), AxisMap::upsample(source.plane.w));
        let id = self.b.tensor("upsampled", source.words(rows.len(), columns.len()));
        let plane = Plane {
            id,
            h: rows.len(),
            w: columns.len(),
            slack: 0,
        };
        self.prepare("upsample", &source, &rows, &columns, plane, false);
        Part {
            activated: true,
            before: Some(Box::new(Before {
                part: source.clone(),
                by: Resampling::Repeated,
            })),
            ..Part::stored(plane, source.channels, source.origin)
        }
    }
}

/// Whether the node `at` is a bilinear upsampling that a ReLU reads.
fn is_rectified(nodes: &[Node], at: usize) -> bool {
    let upsamples = matches!(nodes[at].layer, Layer::Upsample(Interpolation::Bilinear));
    let rectifies = |node: &Node| matches!(node.layer, Layer::Relu) && node.inputs == [at + 1];
    upsamples && nodes.iter().any(rectifies)
}

/// Whether a pooling reads the convolution `at`.
fn is_pooled(nodes: &[Node], at: usize) -> bool {
    let pools = |node: &Node| matches!(node.layer, Layer::AveragePool) && node.inputs == [at + 1];
    nodes.iter().any(pools)
}

/// Whether a map of twice its sides is made of a value before the next convolution.
fn grows(nodes: &[Node], stored: &[bool], value: ValueId) -> bool {
    let readers = nodes
        .iter()
        .enumerate()
        .filter(|(_, node)| node.inputs.contains(&value));
    let mut readers = readers.filter(|(_, node)| !matches!(node.layer, Layer::Conv { .. }));
    readers.any(|(at, _)| stored[at] || grows(nodes, stored, at + 1))
}
