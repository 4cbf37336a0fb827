//! The backward pass, convolution by convolution from the loss to the first one's weights.

use std::collections::HashMap;

use super::TensorId;
use super::axis::{AxisMap, FoldTable};
use super::link::{Pass, Plane};
use super::lowering::{Ends, Lowering, Norm, Origin, Part, Resampling, Stage, StageInput};
use super::normalise::Gradient;
use crate::kernels::fold::Fold;

impl Stage {
    /// Width at which the gradient of a convolution's output, `w` wide, is stored: with its border, and as far as the
    /// gradients of its padded inputs read.
    pub(super) fn gradient_width(&self, w: usize) -> usize {
        let reach = self.inputs.iter().flat_map(|input| {
            let padded = input.padded.w;
            input.links.iter().map(move |link| {
                if link.widened {
                    link.stride * (padded - 1) + link.k
                } else {
                    padded.div_ceil(link.stride) + self.halo
                }
            })
        });
        reach.fold(w + 2 * self.halo, usize::max).next_multiple_of(4)
    }
}

/// For each part of a convolution's output, the part as it was loaded and the gradient of its first normalisation's output.
type Gradients = HashMap<Origin, (Part, TensorId)>;

impl Lowering<'_> {
    pub(super) fn backward(&mut self, ends: &Ends) {
        let mut gradients = Gradients::new();
        let last = ends.stages.len() - 1;
        for (j, stage) in ends.stages.iter().enumerate().rev() {
            // The gradient of each part of the stage's output, its border of zeros included.
            let mut dz: Vec<Plane> = if j == last {
                let plane = |id, pre| Plane { id, ..pre };
                ends.parts.iter().map(|end| plane(end.dpre, end.pre)).collect()
            } else {
                (0..stage.outputs.len())
                    .map(|part| self.before_norm(stage, &mut gradients, Origin::Stage { stage: j, part }))
                    .collect()
            };
            if stage.pooled {
                let outputs = dz.iter().zip(&stage.outputs);
                dz = outputs
                    .map(|(dz, channels)| self.unpool(stage, *channels, *dz))
                    .collect();
            }
            for input in &stage.inputs {
                self.weight_grads(stage, input, &dz);
                if input.source.origin == Origin::Input || dz.is_empty() {
                    continue;
                }
                let dpadded = self.input_grad(input, &dz);
                let table = FoldTable::adjoint(&input.rows, &input.columns);
                let sum = gradients.get(&input.source.origin).map(|(_, g)| *g);
                let g = self.before_activation(&stage.layer, &input.source, dpadded, &table, sum);
                gradients.insert(input.source.origin, (input.source.clone(), g));
            }
        }
    }

    fn weight_grads(&mut self, stage: &Stage, input: &StageInput, dz: &[Plane]) {
        for (link, dz) in input.links.iter().zip(dz) {
            let (coarse, halo, fine) = if link.widened {
                (input.padded, 0, *dz)
            } else {
                (*dz, stage.halo, input.padded)
            };
            link.weight_grad(&mut self.b, self.grad, self.settings.tuning, coarse, halo, fine);
        }
    }

    /// The gradient of a convolution's padded input: the sum over its output's parts.
    fn input_grad(&mut self, input: &StageInput, dz: &[Plane]) -> Plane {
        let words = input.source.words(input.padded.h, input.padded.w);
        let id = self.b.tensor("gradient of prepared", words);
        let dpadded = Plane { id, ..input.padded };
        for (nth, (link, dz)) in input.links.iter().zip(dz).enumerate() {
            let pass = Pass {
                q: self.q,
                tuning: self.settings.tuning,
                accumulate: nth > 0,
            };
            if link.widened {
                link.to_coarse(&mut self.b, pass, *dz, dpadded);
            } else {
                link.to_fine(&mut self.b, pass, *dz, dpadded);
            }
        }
        dpadded
    }

    /// From the gradient of what a convolution or an upsampling loaded of `source`, by `table`, to that of the batch
    /// normalisation before the LeakyReLU in front of it, at the size of its map. Added to `sum` if another node has
    /// read the map, too.
    fn before_activation(
        &mut self,
        layer: &str,
        source: &Part,
        loaded: Plane,
        table: &FoldTable,
        sum: Option<TensorId>,
    ) -> TensorId {
        // The last of the kernels adds to the sum.
        let here = sum.filter(|_| source.before.is_none());
        let g = match source.second {
            None => self.fold(layer, source, loaded, table, source.first, here),
            Some(second) => {
                let g = self.fold(layer, source, loaded, table, None, None);
                let gradient = Gradient {
                    g,
                    halo: 0,
                    w: source.plane.w,
                    sum: here,
                };
                self.bn_backward(layer, source, source.first, second, gradient).id
            }
        };
        let Some(before) = &source.before else { return g };
        match before.by {
            Resampling::Interpolated(by) => self.before_interpolation(layer, source, (&before.part, by), g, sum),
            Resampling::Repeated => {
                let before = &before.part;
                let rows = AxisMap::upsample(before.plane.h);
                let columns = AxisMap::upsample(before.plane.w);
                let table = FoldTable::adjoint(&rows, &columns);
                let dup = Plane { id: g, ..source.plane };
                self.before_activation(layer, before, dup, &table, sum)
            }
        }
    }

    /// From the gradient of a batch normalisation's output to that of the part of a convolution's output before it.
    fn before_norm(&mut self, stage: &Stage, gradients: &mut Gradients, origin: Origin) -> Plane {
        let Some((loaded, g)) = gradients.remove(&origin) else {
            unreachable!("every convolution but the last is read by a later one");
        };
        let (mut part, by) = match loaded.before {
            Some(before) => (before.part, Some(before.by)),
            None => (loaded, None),
        };
        let first = match (part.first.take(), by) {
            (Some(first), _) => first,
            (None, Some(Resampling::Interpolated(by))) => {
                return Plane {
                    id: g,
                    h: part.plane.h + 2 * by.halo,
                    w: by.w,
                    slack: by.w - part.plane.w - 2 * by.halo,
                };
            }
            _ => unreachable!("every convolution but the last is followed by a batch normalisation or a ReLU"),
        };
        // Pooling doubles the border with the map.
        let halo = if stage.pooled { stage.halo / 2 } else { stage.halo };
        let w = if stage.pooled {
            stage.gradient_width(2 * part.plane.w) / 2
        } else {
            stage.gradient_width(part.plane.w)
        };
        let gradient = Gradient { g, halo, w, sum: None };
        self.bn_backward(&stage.layer, &part, None, first, gradient)
    }

    fn fold(
        &mut self,
        layer: &str,
        source: &Part,
        grad: Plane,
        table: &FoldTable,
        leaky_after: Option<Norm>,
        sum: Option<TensorId>,
    ) -> TensorId {
        let words = source.words(source.plane.h, source.plane.w);
        let dst = sum.unwrap_or_else(|| self.b.tensor("folded", words));
        let readers = self.b.table(&table.table);
        let none = self.b.unused();
        let kernel = Fold {
            first: u32::from(leaky_after.is_some()),
            accumulate: u32::from(sum.is_some()),
            most: table.most,
            channels: source.channels.len() as u32,
            h: source.plane.h as u32,
            w: source.plane.w as u32,
            grad_h: grad.h as u32,
            grad_w: grad.w as u32,
            columns: table.columns,
            scale: table.scale,
        };
        let (src, first) = match leaky_after {
            Some(norm) => (source.plane.id, norm.tensor),
            None => (none, none),
        };
        self.b.push(
            layer,
            kernel,
            &[grad.id.into(), src.into(), first.into(), readers.into(), dst.into()],
        );
        dst
    }

    /// Through the pooling that follows a convolution, border included; only without rewrites.
    fn unpool(&mut self, stage: &Stage, channels: usize, dz: Plane) -> Plane {
        let (h, w) = (2 * dz.h, 2 * dz.w);
        let id = self.b.tensor("gradient of full convolved", channels * h * w);
        let slack = 2 * dz.slack;
        let full = Plane { id, h, w, slack };
        let table = FoldTable::unpool(dz.h, dz.w);
        let readers = self.b.table(&table.table);
        let none = self.b.unused();
        let kernel = Fold {
            first: 0,
            accumulate: 0,
            most: table.most,
            channels: channels as u32,
            h: h as u32,
            w: w as u32,
            grad_h: dz.h as u32,
            grad_w: dz.w as u32,
            columns: table.columns,
            scale: table.scale,
        };
        let operands = [dz.id.into(), none.into(), none.into(), readers.into(), id.into()];
        self.b.push(&stage.layer, kernel, &operands);
        full
    }
}
