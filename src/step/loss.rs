//! The end of the network in the step: output bias, sigmoid, loss and its gradient, for each part of the picture.

use super::TensorId;
use super::lowering::{Ends, Lowering};
use crate::kernels::loss_finalise::LossFinalise;

impl Lowering<'_> {
    /// Invocations a row of a kernel that sums over the picture.
    pub(super) fn pixel_columns(&self) -> usize {
        (2048 / self.problem.height).clamp(1, self.problem.width)
    }

    /// 1 / the number of the picture's own values.
    pub(super) fn inverse_values(&self) -> f64 {
        let (_, _, width, height) = self.problem.region;
        1.0 / (self.network.output_channels * width * height) as f64
    }

    /// Appends the loss; `mask_partials` are the mask learner's `mask_count` partial sums.
    pub(super) fn loss(&mut self, ends: &Ends, mask_partials: TensorId, mask_count: usize, kl: f64) {
        let windows = self.problem.windows();
        let columns = (2048 / windows.rows).clamp(1, windows.columns);
        let count = columns * windows.rows;
        let observed = self.problem.observed_values(self.network.output_channels).max(1) as f64;
        let factor = self.problem.observing.factor();
        let scale = (2.0 / (observed * (factor * factor) as f64)) as f32;
        for (at, end) in ends.parts.iter().enumerate() {
            let channels = end.channels;
            let partials = self.b.tensor("loss sums", count * (2 + channels));
            let kernel = self.problem.loss_kernel(channels, columns, scale);
            self.b.push(
                "loss",
                kernel,
                &[
                    end.pre.id.into(),
                    self.q.into(),
                    end.biases.into(),
                    self.observed[at].into(),
                    self.clean[at].into(),
                    end.output.into(),
                    end.dpre.into(),
                    partials.into(),
                ],
            );
            let finalise = LossFinalise {
                channels: channels as u32,
                accumulate: u32::from(at > 0),
                count: count as u32,
                inverse: (1.0 / observed) as f32,
                inverse_clean: self.inverse_values() as f32,
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
                    end.biases.into(),
                    self.counter.into(),
                    self.grad.into(),
                    self.ring.into(),
                ],
            );
        }
    }
}
