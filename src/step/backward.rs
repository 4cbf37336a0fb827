//! The backward pass, stage by stage from the loss to the first convolution's weights.

use super::TensorId;
use super::axis::{AxisMap, FoldTable};
use super::link::Plane;
use super::lowering::{Ends, Lowering, Norm, Stage, Value, splits};
use crate::kernels::bn_backward::BnBackward;
use crate::kernels::bn_grad_finalise::BnGradFinalise;
use crate::kernels::bn_sums::BnSums;
use crate::kernels::fold::Fold;

impl Lowering<'_> {
    pub(super) fn backward(&mut self, ends: &Ends) {
        let tuning = self.settings.tuning;
        // The gradient of the output of the stage in hand, its border of zeros included.
        let mut dz = Plane {
            id: ends.dpre,
            h: ends.pre.h,
            w: ends.pre.w,
        };
        for (j, stage) in ends.stages.iter().enumerate().rev() {
            let link = &stage.link;
            if stage.pooled {
                dz = self.unpool(stage, dz);
            }
            let (coarse, halo, fine) = if link.widened {
                (stage.padded, 0, dz)
            } else {
                (dz, stage.halo, stage.padded)
            };
            link.weight_grad(&mut self.b, self.grad, tuning, coarse, halo, fine);
            if j == 0 {
                break;
            }
            let id = self.b.tensor(
                "gradient of prepared",
                stage.source.channels * stage.padded.h * stage.padded.w,
            );
            let dpadded = Plane { id, ..stage.padded };
            if link.widened {
                link.to_coarse(&mut self.b, self.q, tuning, dz, dpadded);
            } else {
                link.to_fine(&mut self.b, self.q, tuning, dz, dpadded);
            }
            let g = self.before_activation(stage, dpadded);
            let previous = &ends.stages[j - 1];
            // Pooling doubles the border with the map.
            let halo = if previous.pooled {
                previous.halo / 2
            } else {
                previous.halo
            };
            dz = self.before_norm(previous, &stage.source, g, halo);
        }
    }

    /// From the gradient of a convolution's padded input to that of the batch normalisation before the LeakyReLU in front
    /// of it, at the size of its map.
    fn before_activation(&mut self, stage: &Stage, dpadded: Plane) -> TensorId {
        let source = &stage.source;
        let layer = &stage.link.layer;
        let table = FoldTable::adjoint(&stage.rows, &stage.columns);
        let Some(second) = source.second else {
            return self.fold(layer, source, dpadded, &table, source.first);
        };
        let g = self.fold(layer, source, dpadded, &table, None);
        let g = self.bn_backward(layer, source, source.first, second, g, 0).id;
        match &source.before_upsample {
            None => g,
            Some(before) => {
                let rows = AxisMap::upsample(before.plane.h);
                let columns = AxisMap::upsample(before.plane.w);
                let table = FoldTable::adjoint(&rows, &columns);
                let dup = Plane { id: g, ..source.plane };
                self.fold(layer, before, dup, &table, before.first)
            }
        }
    }

    /// From the gradient of a batch normalisation's output to that of the convolution before it.
    fn before_norm(&mut self, previous: &Stage, source: &Value, g: TensorId, halo: usize) -> Plane {
        let mut value = source.before_upsample.as_deref().unwrap_or(source).clone();
        let Some(first) = value.first.take() else {
            unreachable!("every convolution but the last is followed by a batch normalisation");
        };
        let layer = previous.link.layer.clone();
        self.bn_backward(&layer, &value, None, first, g, halo)
    }

    fn fold(
        &mut self,
        layer: &str,
        source: &Value,
        grad: Plane,
        table: &FoldTable,
        leaky_after: Option<Norm>,
    ) -> TensorId {
        let dst = self
            .b
            .tensor("folded", source.channels * source.plane.h * source.plane.w);
        let readers = self.b.table(&table.table);
        let none = self.b.unused();
        let kernel = Fold {
            first: u32::from(leaky_after.is_some()),
            channels: source.channels as u32,
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

    /// The gradient through a normalisation of `source`: of its stored map, or, if `first` is given, of what stands before
    /// the LeakyReLU on it.
    fn bn_backward(
        &mut self,
        layer: &str,
        source: &Value,
        first: Option<Norm>,
        norm: Norm,
        g: TensorId,
        halo: usize,
    ) -> Plane {
        let (h, w, channels) = (source.plane.h, source.plane.w, source.channels);
        let plane = h * w;
        let splits = splits(plane);
        let none = self.b.unused();
        let first_tensor = first.map_or(none, |n| n.tensor);
        let partials = self.b.tensor("gradient sums", 2 * splits * channels);
        let sums = BnSums {
            first: u32::from(first.is_some()),
            gradient: 1,
            channels: channels as u32,
            plane: plane as u32,
            splits: splits as u32,
        };
        let src = source.plane.id;
        self.b.push(
            layer,
            sums,
            &[
                src.into(),
                first_tensor.into(),
                norm.tensor.into(),
                g.into(),
                partials.into(),
            ],
        );
        let means = self.b.tensor("gradient means", 4 * channels);
        let finalise = BnGradFinalise {
            beta: u32::from(norm.beta_has_gradient),
            channels: channels as u32,
            plane: plane as u32,
            splits: splits as u32,
        };
        self.b.push(
            layer,
            finalise,
            &[partials.into(), norm.parameters.into(), self.grad.into(), means.into()],
        );
        let (full_h, full_w) = (h + 2 * halo, w + 2 * halo);
        let id = self.b.tensor("gradient of convolved", channels * full_h * full_w);
        let kernel = BnBackward {
            first: u32::from(first.is_some()),
            channels: channels as u32,
            h: h as u32,
            w: w as u32,
            halo: halo as u32,
        };
        self.b.push(
            layer,
            kernel,
            &[
                g.into(),
                src.into(),
                first_tensor.into(),
                norm.tensor.into(),
                means.into(),
                id.into(),
            ],
        );
        Plane {
            id,
            h: full_h,
            w: full_w,
        }
    }

    /// Through the pooling that follows a convolution, border included; only without rewrites.
    fn unpool(&mut self, stage: &Stage, dz: Plane) -> Plane {
        let (h, w) = (2 * dz.h, 2 * dz.w);
        let id = self.b.tensor("gradient of full convolved", stage.outputs * h * w);
        let full = Plane { id, h, w };
        let table = FoldTable::unpool(dz.h, dz.w);
        let readers = self.b.table(&table.table);
        let none = self.b.unused();
        let kernel = Fold {
            first: 0,
            channels: stage.outputs as u32,
            h: h as u32,
            w: w as u32,
            grad_h: dz.h as u32,
            grad_w: dz.w as u32,
            columns: table.columns,
            scale: table.scale,
        };
        let operands = [dz.id.into(), none.into(), none.into(), readers.into(), id.into()];
        self.b.push(&stage.link.layer, kernel, &operands);
        full
    }
}
