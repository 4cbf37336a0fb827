//! Batch normalisation in the step: statistics forward, the gradient through them backward. A normalisation works by
//! channel, so that a value in several parts is normalised part by part.

use super::TensorId;
use super::link::Plane;
use super::lowering::{Lowering, Norm, Part};
use crate::kernels::bn_backward::BnBackward;
use crate::kernels::bn_finalise::BnFinalise;
use crate::kernels::bn_grad_finalise::BnGradFinalise;
use crate::kernels::bn_sums::BnSums;
use crate::network::Param;

/// The gradient of a normalisation's output, and where that of its input goes.
#[derive(Clone, Copy)]
pub(super) struct Gradient {
    pub(super) g: TensorId,
    /// Border of zeros around the result.
    pub(super) halo: usize,
    /// Width of the result; more zeros stand right of the border.
    pub(super) w: usize,
    /// Add to this.
    pub(super) sum: Option<TensorId>,
}

/// Partial sums a channel for a plane.
fn splits(plane: usize) -> usize {
    plane.div_ceil(256).clamp(1, 256)
}

impl Lowering<'_> {
    /// Appends the statistics of a batch normalisation; it is applied when the value is loaded next.
    pub(super) fn batch_norm(&mut self, value: &mut Part, gamma: Param, beta: Param) {
        let layer = self.network.parameters[gamma.index].name.clone();
        let places: Vec<u32> = [gamma, beta]
            .iter()
            .flat_map(|param| value.channels.iter().map(|c| self.entries.place(param.offset + c)))
            .collect();
        let parameters = self.b.table(&places);
        let channels = value.channels.len();
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

    /// The gradient through a normalisation of `source`: of its stored map, or, if `first` is given, of what stands before
    /// the LeakyReLU on it.
    pub(super) fn bn_backward(
        &mut self,
        layer: &str,
        source: &Part,
        first: Option<Norm>,
        norm: Norm,
        gradient: Gradient,
    ) -> Plane {
        let Gradient { g, halo, w: dst_w, sum } = gradient;
        let (h, w, channels) = (source.plane.h, source.plane.w, source.channels.len());
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
        let full_h = h + 2 * halo;
        let words = channels * full_h * dst_w;
        let id = sum.unwrap_or_else(|| self.b.tensor("gradient of convolved", words));
        let kernel = BnBackward {
            first: u32::from(first.is_some()),
            accumulate: u32::from(sum.is_some()),
            channels: channels as u32,
            h: h as u32,
            w: w as u32,
            halo: halo as u32,
            dst_w: dst_w as u32,
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
            w: dst_w,
            slack: dst_w - w - 2 * halo,
        }
    }
}
