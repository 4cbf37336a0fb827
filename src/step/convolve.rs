//! A convolution of the forward pass: from each part of what it reads to each part of what it writes, by links.

use std::rc::Rc;

use super::Entries;
use super::axis::AxisMap;
use super::link::{Link, Pass, Plane, Storage};
use super::lowering::{Lowering, Origin, Part, Stage, StageInput, Value, cut};
use super::problem::WeightPath;
use super::taps::Taps;
use crate::kernels::prepare::Prepare;
use crate::network::Param;

/// A convolution node's numbers.
pub(super) struct Convolution {
    pub(super) weight: Param,
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    pub(super) kernel: usize,
    pub(super) stride: usize,
    pub(super) pad: usize,
    /// A pooling follows, and becomes part of it.
    pub(super) pooled: bool,
    /// A map of twice its sides is made of its output.
    pub(super) grown: bool,
}

/// How a convolution runs on a part of what it reads.
#[derive(Clone, Copy)]
struct Form {
    k: usize,
    stride: usize,
    /// 4x4 taps on the map before an upsampling (method section 7.3).
    widened: bool,
    /// Stride 2 on the boxed map in place of a pooling (method section 7.1).
    boxed: bool,
    /// Border that the coarse side needs in the gradient: of the output, or if widened of the input.
    border: usize,
}

impl Form {
    fn new(convolution: &Convolution, source: &Part, rewrites: bool) -> Self {
        let widened = source.upsampled;
        let boxed = convolution.boxed(rewrites);
        let (k, stride) = if widened {
            (4, 2)
        } else {
            (convolution.kernel, if boxed { 2 } else { convolution.stride })
        };
        let border = if widened { 3 } else { (k - 1) / stride };
        Self {
            k,
            stride,
            widened,
            boxed,
            border,
        }
    }

    /// How the convolution extends an axis of `n` pixels.
    fn axis(self, n: usize, pad: usize) -> AxisMap {
        if self.widened {
            AxisMap::clamp(n)
        } else if self.boxed {
            AxisMap::boxed_reflect(n)
        } else {
            AxisMap::reflect(n, pad)
        }
    }
}

impl Convolution {
    /// Whether the pooling behind it becomes a stride (method section 7.1).
    fn boxed(&self, rewrites: bool) -> bool {
        rewrites && self.pooled && self.stride == 1 && self.pad == 2
    }
}

impl Lowering<'_> {
    /// Appends a convolution of all of `value`.
    pub(super) fn convolve(&mut self, stages: &mut Vec<Stage>, value: Value, convolution: &Convolution) -> Value {
        let j = stages.len();
        let layer = self.network.parameters[convolution.weight.index].name.clone();
        let forms: Vec<Form> = value
            .parts
            .iter()
            .map(|source| Form::new(convolution, source, self.settings.rewrites))
            .collect();
        let boxed = convolution.boxed(self.settings.rewrites);
        let stride = if boxed { 2 } else { convolution.stride };
        let (out_h, out_w) = (value.h / stride, value.w / stride);
        let pooled = convolution.pooled && !boxed;
        let grown = if convolution.grown && !pooled { 2 } else { 1 };
        let outputs = cut(
            &self.sets[j + 1],
            grown * out_h,
            grown * out_w,
            self.settings.binding_limit,
        );
        // The fixed input has no gradient, which alone needs the border.
        let needs_border = |source: &Part| source.origin != Origin::Input;
        let borders = value
            .parts
            .iter()
            .zip(&forms)
            .filter(|(source, _)| needs_border(source));
        let halo = borders.map(|(_, form)| form.border).max().unwrap_or(0);

        let inputs: Vec<StageInput> = value
            .parts
            .into_iter()
            .zip(&forms)
            .map(|(source, form)| {
                let links = outputs
                    .iter()
                    .map(|out| self.link(convolution, *form, halo, &source, out));
                let links = links.collect();
                self.stage_input(convolution, *form, source, links)
            })
            .collect();
        let mut parts = Vec::with_capacity(outputs.len());
        for (at, channels) in outputs.iter().enumerate() {
            let origin = Origin::Stage { stage: j, part: at };
            let words = channels.len() * out_h * out_w;
            let id = if inputs.is_empty() {
                // Channels that only a shift keeps: nothing is ever written over the zeros the memory starts with.
                self.b.persistent("convolved", words)
            } else {
                self.b.tensor("convolved", words)
            };
            let mut output = Plane {
                id,
                h: out_h,
                w: out_w,
                slack: 0,
            };
            for (nth, input) in inputs.iter().enumerate() {
                let link = &input.links[at];
                let pass = Pass {
                    q: self.q,
                    tuning: self.settings.tuning,
                    accumulate: nth > 0,
                };
                if link.widened {
                    link.to_fine(&mut self.b, pass, input.padded, output);
                } else {
                    link.to_coarse(&mut self.b, pass, input.padded, output);
                }
            }
            if pooled {
                output = self.pool(&layer, &Part::stored(output, channels.clone(), origin));
            }
            parts.push(Part::stored(output, channels.clone(), origin));
        }
        stages.push(Stage {
            layer,
            inputs,
            outputs: outputs.iter().map(Vec::len).collect(),
            halo,
            pooled,
        });
        let shrunk = if pooled { 2 } else { 1 };
        Value {
            h: out_h / shrunk,
            w: out_w / shrunk,
            parts,
        }
    }

    /// The link from a part of the input to some output channels.
    fn link(&self, convolution: &Convolution, form: Form, halo: usize, source: &Part, outputs: &[usize]) -> Link {
        let Form { k, stride, widened, .. } = form;
        let (inputs, outputs) = (source.channels.clone(), outputs.to_vec());
        let (coarse, fine) = if widened { (inputs, outputs) } else { (outputs, inputs) };
        let mut link = Link {
            layer: self.network.parameters[convolution.weight.index].name.clone(),
            offset: convolution.weight.offset,
            coarse_total: if widened {
                convolution.inputs
            } else {
                convolution.outputs
            },
            fine_total: if widened {
                convolution.outputs
            } else {
                convolution.inputs
            },
            coarse,
            fine,
            k,
            stride,
            widened,
            shift: if widened { 3 } else { halo * stride },
            storage: self.storage(),
            taps: Rc::default(),
        };
        link.taps = Rc::new(Taps::of(&link, &self.entries));
        link
    }

    /// How a link's weights are stored.
    fn storage(&self) -> Storage {
        match (&self.entries, self.path) {
            (Entries::All { .. }, _) | (_, WeightPath::Full) => Storage::Full,
            (_, WeightPath::Compact) => Storage::Compact,
            (_, WeightPath::Sparse) => Storage::Sparse,
            (_, WeightPath::Auto) => Storage::Faster,
        }
    }

    /// Loads a part as the convolution reads it. The fixed input's is loaded once.
    fn stage_input(&mut self, convolution: &Convolution, form: Form, source: Part, links: Vec<Link>) -> StageInput {
        let rows = form.axis(source.plane.h, convolution.pad);
        let columns = form.axis(source.plane.w, convolution.pad);
        let w = columns.len().next_multiple_of(4);
        let words = source.words(rows.len(), w);
        let constant = source.origin == Origin::Input && self.disturbance.jitter == 0.0;
        let id = if constant {
            self.b.persistent("prepared input", words)
        } else {
            self.b.tensor("prepared", words)
        };
        let padded = Plane {
            id,
            h: rows.len(),
            w,
            slack: w - columns.len(),
        };
        let layer = self.network.parameters[convolution.weight.index].name.as_str();
        self.prepare(layer, &source, &rows, &columns, padded, constant);
        StageInput {
            source,
            padded,
            rows,
            columns,
            links,
        }
    }

    /// Pools a convolution's output; only without rewrites.
    fn pool(&mut self, layer: &str, full: &Part) -> Plane {
        let (rows, columns) = (AxisMap::pool(full.plane.h), AxisMap::pool(full.plane.w));
        let id = self.b.tensor("pooled", full.words(rows.len(), columns.len()));
        let small = Plane {
            id,
            h: rows.len(),
            w: columns.len(),
            slack: 0,
        };
        self.prepare(layer, full, &rows, &columns, small, false);
        small
    }

    /// Appends the load of a part: normalised, activated and gathered by the two axes.
    pub(super) fn prepare(
        &mut self,
        layer: &str,
        source: &Part,
        rows: &AxisMap,
        columns: &AxisMap,
        dst: Plane,
        prologue: bool,
    ) {
        let mut table = rows.table();
        let columns = columns.table();
        table.extend(&columns);
        // What stands right of the map is never used, but it has to be a number.
        table.extend(std::iter::repeat_n(
            columns[0],
            dst.slack * if rows.paired { 2 } else { 1 },
        ));
        let table = self.b.table(&table);
        let kernel = Prepare {
            first: u32::from(source.first.is_some()),
            second: u32::from(source.second.is_some()),
            paired: u32::from(rows.paired),
            channels: source.channels.len() as u32,
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
}
