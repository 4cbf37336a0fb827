//! The forward pass and the loss, with the exact rewrites of method section 7.

use std::rc::Rc;

use super::axis::AxisMap;
use super::link::{Link, Plane, Storage};
use super::lowering::{Ends, Lowering, Norm, Stage, Value, splits};
use super::problem::WeightPath;
use super::taps::Taps;
use super::{Entries, TensorId};
use crate::kernels::bn_finalise::BnFinalise;
use crate::kernels::bn_sums::BnSums;
use crate::kernels::loss_finalise::LossFinalise;
use crate::kernels::prepare::Prepare;
use crate::kernels::sigmoid_loss::SigmoidLoss;
use crate::network::{Node, Param};

/// Below this density of nonzero taps on live channels, lists are faster than compact dense arithmetic.
const SPARSE_BELOW: f64 = 0.5;

/// A convolution node's numbers.
struct ConvShape {
    weight: Param,
    inputs: usize,
    outputs: usize,
    kernel: usize,
    pad: usize,
    pooled: bool,
}

impl Lowering<'_> {
    /// Appends the forward pass up to the sigmoid. `q` holds the parameters it uses.
    pub(super) fn forward(&mut self, q: TensorId) -> Ends {
        self.q = q;
        let (h, w) = (self.problem.height, self.problem.width);
        let mut value = Value {
            plane: Plane { id: self.input, h, w },
            channels: self.sets[0].len(),
            first: None,
            activated: true,
            second: None,
            upsampled: false,
            before_upsample: None,
        };
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
                    let pool_next = matches!(nodes.get(at + 1), Some(Node::AveragePool));
                    let shape = ConvShape {
                        weight: *weight,
                        inputs: *inputs,
                        outputs: *outputs,
                        kernel: *kernel,
                        pad: pad.0,
                        pooled: pool_next,
                    };
                    value = self.conv(&mut stages, value, shape);
                    biases = *bias;
                }
                // Pooling is part of the convolution before it.
                Node::AveragePool | Node::Sigmoid => {}
                Node::Upsample if self.settings.rewrites => value.upsampled = true,
                Node::Upsample => value = self.upsample(value),
                Node::BatchNorm { gamma, beta, .. } => {
                    self.batch_norm(&mut value, stages.len(), *gamma, *beta);
                }
                Node::LeakyRelu => value.activated = true,
            }
        }
        let picture = self.network.description.output_channels * h * w;
        let output = self.b.persistent("output", picture);
        let dpre = self.b.tensor("gradient before the sigmoid", picture);
        let places: Vec<u32> = biases.range().map(|i| self.entries.place(i)).collect();
        let biases = self.b.table(&places);
        Ends {
            stages,
            pre: value.plane,
            output,
            dpre,
            biases,
        }
    }

    fn conv(&mut self, stages: &mut Vec<Stage>, source: Value, shape: ConvShape) -> Value {
        let j = stages.len();
        let (h, w) = (source.plane.h, source.plane.w);
        let widened = source.upsampled;
        let boxed = shape.pooled && self.settings.rewrites;
        let (k, stride) = if widened {
            (4, 2)
        } else {
            (shape.kernel, if boxed { 2 } else { 1 })
        };
        let axis = |n: usize| {
            if widened {
                AxisMap::clamp(n)
            } else if boxed {
                AxisMap::boxed_reflect(n)
            } else {
                AxisMap::reflect(n, shape.pad)
            }
        };
        let (rows, columns) = (axis(h), axis(w));
        let (inputs, outputs) = (self.sets[j].clone(), self.sets[j + 1].clone());
        let first = j == 0;
        let border = if widened { 3 } else { (k - 1) / stride };
        // The first convolution has no input gradient, which alone needs the border.
        let halo = if first { 0 } else { border };
        let mut link = Link {
            layer: self.network.parameters[shape.weight.index].name.clone(),
            offset: shape.weight.offset,
            coarse_total: if widened { shape.inputs } else { shape.outputs },
            fine_total: if widened { shape.outputs } else { shape.inputs },
            coarse: if widened { inputs.clone() } else { outputs.clone() },
            fine: if widened { outputs.clone() } else { inputs.clone() },
            k,
            stride,
            widened,
            shift: if widened { 3 } else { border * stride },
            storage: Storage::Full,
            taps: Rc::default(),
        };
        link.taps = Rc::new(Taps::of(&link, &self.entries));
        link.storage = self.storage(&link);

        let len = inputs.len() * rows.len() * columns.len();
        let id = if first {
            self.b.persistent("prepared input", len)
        } else {
            self.b.tensor("prepared", len)
        };
        let padded = Plane {
            id,
            h: rows.len(),
            w: columns.len(),
        };
        self.prepare(&link.layer, &source, &rows, &columns, padded, first);

        let (out_h, out_w) = if widened {
            (2 * h, 2 * w)
        } else if boxed {
            (h / 2, w / 2)
        } else {
            (h, w)
        };
        let id = self.b.tensor("convolved", outputs.len() * out_h * out_w);
        let mut output = Plane { id, h: out_h, w: out_w };
        let tuning = self.settings.tuning;
        if widened {
            link.to_fine(&mut self.b, self.q, tuning, padded, output);
        } else {
            link.to_coarse(&mut self.b, self.q, tuning, padded, output);
        }
        let pooled = shape.pooled && !boxed;
        if pooled {
            let (rows, columns) = (AxisMap::pool(out_h), AxisMap::pool(out_w));
            let id = self.b.tensor("pooled", outputs.len() * out_h * out_w / 4);
            let small = Plane {
                id,
                h: out_h / 2,
                w: out_w / 2,
            };
            let full = Value::plain(output, outputs.len());
            self.prepare(&link.layer, &full, &rows, &columns, small, false);
            output = small;
        }
        let channels = outputs.len();
        stages.push(Stage {
            link,
            source,
            padded,
            rows,
            columns,
            halo,
            pooled,
            outputs: channels,
        });
        Value::plain(output, channels)
    }

    /// The faster storage for a link: lists win where few of the live weights are kept.
    fn storage(&self, link: &Link) -> Storage {
        match (&self.entries, self.path) {
            (Entries::All { .. }, _) | (_, WeightPath::Full) => Storage::Full,
            (_, WeightPath::Compact) => Storage::Compact,
            (_, WeightPath::Sparse) => Storage::Sparse,
            (_, WeightPath::Auto) if link.density() < SPARSE_BELOW => Storage::Sparse,
            (_, WeightPath::Auto) => Storage::Compact,
        }
    }

    fn prepare(&mut self, layer: &str, source: &Value, rows: &AxisMap, columns: &AxisMap, dst: Plane, prologue: bool) {
        let mut table = rows.table();
        table.extend(columns.table());
        let table = self.b.table(&table);
        let kernel = Prepare {
            first: u32::from(source.first.is_some()),
            second: u32::from(source.second.is_some()),
            paired: u32::from(rows.paired),
            channels: source.channels as u32,
            src_h: source.plane.h as u32,
            src_w: source.plane.w as u32,
            dst_h: dst.h as u32,
            dst_w: dst.w as u32,
        };
        let none = self.b.unused();
        let first = source.first.map_or(none, |n| n.tensor);
        let second = source.second.map_or(none, |n| n.tensor);
        let operands = [
            source.plane.id.into(),
            first.into(),
            second.into(),
            table.into(),
            dst.id.into(),
        ];
        if prologue {
            self.b.push_prologue(layer, kernel, &operands);
        } else {
            self.b.push(layer, kernel, &operands);
        }
    }

    /// Stores the upsampled map; only without rewrites.
    fn upsample(&mut self, source: Value) -> Value {
        let (rows, columns) = (AxisMap::upsample(source.plane.h), AxisMap::upsample(source.plane.w));
        let id = self.b.tensor("upsampled", source.channels * rows.len() * columns.len());
        let plane = Plane {
            id,
            h: rows.len(),
            w: columns.len(),
        };
        self.prepare("upsample", &source, &rows, &columns, plane, false);
        let mut value = Value::plain(plane, source.channels);
        value.activated = true;
        value.before_upsample = Some(Box::new(source));
        value
    }

    /// Appends the statistics of a batch normalisation; it is applied when the value is loaded next.
    fn batch_norm(&mut self, value: &mut Value, set: usize, gamma: Param, beta: Param) {
        let layer = self.network.parameters[gamma.index].name.clone();
        let place = |param: Param, entries: &Entries| {
            self.sets[set]
                .iter()
                .map(|c| entries.place(param.offset + c))
                .collect::<Vec<u32>>()
        };
        let mut places = place(gamma, &self.entries);
        places.extend(place(beta, &self.entries));
        let parameters = self.b.table(&places);
        let channels = value.channels;
        let plane = value.plane.h * value.plane.w;
        let splits = splits(plane);
        let first = value.first.filter(|_| value.activated);
        let none = self.b.unused();
        let first_tensor = first.map_or(none, |n| n.tensor);
        let partials = self.b.tensor("normalisation sums", 2 * splits * channels);
        let sums = BnSums {
            first: u32::from(first.is_some()),
            gradient: 0,
            channels: channels as u32,
            plane: plane as u32,
            splits: splits as u32,
        };
        let src = value.plane.id;
        self.b.push(
            &layer,
            sums,
            &[
                src.into(),
                first_tensor.into(),
                none.into(),
                none.into(),
                partials.into(),
            ],
        );
        let tensor = self.b.tensor("normalisation", 4 * channels);
        let finalise = BnFinalise {
            first: u32::from(first.is_some()),
            channels: channels as u32,
            plane: plane as u32,
            splits: splits as u32,
        };
        self.b.push(
            &layer,
            finalise,
            &[
                partials.into(),
                src.into(),
                first_tensor.into(),
                self.q.into(),
                parameters.into(),
                tensor.into(),
            ],
        );
        let beta_has_gradient = self.network.parameters[beta.index].has_gradient;
        let norm = Norm {
            tensor,
            parameters,
            beta_has_gradient,
        };
        if value.activated {
            value.second = Some(norm);
        } else {
            value.first = Some(norm);
        }
    }

    /// Invocations a row of a kernel that sums over the picture.
    pub(super) fn pixel_columns(&self) -> usize {
        (2048 / self.problem.height).clamp(1, self.problem.width)
    }

    pub(super) fn loss(&mut self, ends: &Ends, mask_partials: TensorId, mask_count: usize, kl: f64) {
        let (x0, y0, region_w, region_h) = self.problem.region;
        let channels = self.network.description.output_channels;
        let (h, w) = (self.problem.height, self.problem.width);
        let columns = self.pixel_columns();
        let count = columns * h;
        let inverse = 1.0 / (channels * region_w * region_h) as f64;
        let partials = self.b.tensor("loss sums", count * (2 + channels));
        let kernel = SigmoidLoss {
            channels: channels as u32,
            h: h as u32,
            w: w as u32,
            x0: x0 as u32,
            y0: y0 as u32,
            region_w: region_w as u32,
            region_h: region_h as u32,
            columns: columns as u32,
            scale: (2.0 * inverse) as f32,
        };
        self.b.push(
            "loss",
            kernel,
            &[
                ends.pre.id.into(),
                self.q.into(),
                ends.biases.into(),
                self.noisy.into(),
                self.clean.into(),
                ends.output.into(),
                ends.dpre.into(),
                partials.into(),
            ],
        );
        let finalise = LossFinalise {
            channels: channels as u32,
            count: count as u32,
            inverse: inverse as f32,
            mask_count: mask_count as u32,
            kl_scale: kl as f32,
            inverse_n: (1.0 / self.network.n as f64) as f32,
            ring_len: self.settings.ring_len as u32,
        };
        self.b.push(
            "loss",
            finalise,
            &[
                partials.into(),
                mask_partials.into(),
                ends.biases.into(),
                self.counter.into(),
                self.grad.into(),
                self.ring.into(),
            ],
        );
    }
}
