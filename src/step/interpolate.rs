//! What is stored between two convolutions of other networks than the hourglass: bilinear upsampling, ReLU, or both at once.

use super::TensorId;
use super::link::Plane;
use super::lowering::{Before, Lowering, Origin, Part, Resampling, Stage};
use crate::kernels::interpolate::Interpolate;
use crate::kernels::interpolate_adjoint::InterpolateAdjoint;

/// What was done, and where the gradient goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Interpolated {
    /// To twice the sides.
    doubled: bool,
    /// A ReLU on the result.
    rectified: bool,
    /// Border of zeros that the gradient of the map before it needs, and its width: that of a convolution's output where no
    /// normalisation stands between.
    pub(super) halo: usize,
    pub(super) w: usize,
}

impl Lowering<'_> {
    /// Stores what bilinear upsampling, if `doubled`, and ReLU, if `rectified`, make of a part.
    pub(super) fn interpolate(&mut self, stages: &[Stage], source: Part, doubled: bool, rectified: bool) -> Part {
        let Plane { id: src, h, w, .. } = source.plane;
        let factor = if doubled { 2 } else { 1 };
        let id = self.b.tensor("interpolated", source.words(factor * h, factor * w));
        let kernel = Interpolate {
            first: u32::from(source.first.is_some()),
            doubled: u32::from(doubled),
            rectified: u32::from(rectified),
            channels: source.channels.len() as u32,
            h: h as u32,
            w: w as u32,
        };
        let first = source.first.map_or(self.b.unused(), |norm| norm.tensor);
        self.b.push("upsample", kernel, &[src.into(), first.into(), id.into()]);
        let (halo, gradient_w) = match source.origin {
            Origin::Stage { stage, .. } if source.first.is_none() => {
                (stages[stage].halo, stages[stage].gradient_width(w))
            }
            _ => (0, w),
        };
        let by = Resampling::Interpolated(Interpolated {
            doubled,
            rectified,
            halo,
            w: gradient_w,
        });
        let plane = Plane {
            id,
            h: factor * h,
            w: factor * w,
            slack: 0,
        };
        Part {
            activated: true,
            before: Some(Box::new(Before {
                part: source.clone(),
                by,
            })),
            ..Part::stored(plane, source.channels, source.origin)
        }
    }

    /// From the gradient of `stored`, which [`Lowering::interpolate`] made of `before`, to that of the first normalisation's
    /// output of `before`, or of the convolution's where it has none. Added to `sum` if another node has read the map, too.
    pub(super) fn before_interpolation(
        &mut self,
        layer: &str,
        stored: &Part,
        (before, by): (&Part, Interpolated),
        grad: TensorId,
        sum: Option<TensorId>,
    ) -> TensorId {
        let Plane { id: src, h, w, .. } = before.plane;
        let words = before.words(h + 2 * by.halo, by.w);
        let dst = sum.unwrap_or_else(|| self.b.tensor("gradient before interpolation", words));
        let kernel = InterpolateAdjoint {
            first: u32::from(before.first.is_some()),
            doubled: u32::from(by.doubled),
            rectified: u32::from(by.rectified),
            accumulate: u32::from(sum.is_some()),
            channels: before.channels.len() as u32,
            h: h as u32,
            w: w as u32,
            halo: by.halo as u32,
            dst_w: by.w as u32,
        };
        let none = self.b.unused();
        let drawn = if by.rectified { stored.plane.id } else { none };
        let (src, first) = before.first.map_or((none, none), |norm| (src, norm.tensor));
        let operands = [grad.into(), drawn.into(), src.into(), first.into(), dst.into()];
        self.b.push(layer, kernel, &operands);
        dst
    }
}
