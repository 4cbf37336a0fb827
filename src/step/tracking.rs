//! Following the outputs of a fit: their exponential mean, and the picture of the step at which one should have stopped.

use super::lowering::{Ends, Lowering, threads};
use super::problem::{Statistic, Tracked, Tracking};
use crate::kernels::average_output::AverageOutput;
use crate::kernels::keep_stopped::KeepStopped;
use crate::kernels::stopping_update::StoppingUpdate;
use crate::kernels::window_variance::WindowVariance;

impl Lowering<'_> {
    /// Appends what follows the output, after the loss.
    pub(super) fn track(&mut self, ends: &Ends, tracking: Tracking) -> Tracked {
        let (x0, y0, region_w, region_h) = self.problem.region;
        let channels = self.network.description.output_channels;
        let (h, w) = (self.problem.height, self.problem.width);
        let picture = channels * h * w;
        let average = self.b.persistent("average output", picture);
        let mean = self.b.persistent("moving mean", picture);
        let stopped = self.b.persistent("stopped output", picture);
        let stopped_average = self.b.persistent("stopped average", picture);
        let stopping = self.b.persistent("stopping", 5);
        let mut state = vec![
            ("average", average),
            ("mean", mean),
            ("stopped", stopped),
            ("stopped_average", stopped_average),
            ("stopping", stopping),
        ];
        let columns = self.pixel_columns();
        let count = columns * h;
        let alpha = match tracking.statistic {
            Statistic::Emv { alpha } => alpha as f32,
            Statistic::Wmv { .. } => 0.0,
        };
        let partials = self.b.tensor("change sums", 2 * count);
        let average_kernel = AverageOutput {
            channels: channels as u32,
            h: h as u32,
            w: w as u32,
            x0: x0 as u32,
            y0: y0 as u32,
            region_w: region_w as u32,
            region_h: region_h as u32,
            columns: columns as u32,
            alpha,
        };
        let operands = [
            ends.output.into(),
            self.clean.into(),
            self.schedule.into(),
            self.counter.into(),
            stopping.into(),
            average.into(),
            mean.into(),
            partials.into(),
        ];
        self.b.push("tracking", average_kernel, &operands);

        let mut window_partials = self.b.unused();
        let mut window_length = 1;
        if let Statistic::Wmv { window: length } = tracking.statistic {
            let window = self.b.persistent("window", length as usize * h * w);
            let sums = self.b.persistent("window sums", 2 * picture);
            state.extend([("window", window), ("window_sums", sums)]);
            window_partials = self.b.tensor("window partial sums", count);
            window_length = length;
            let variance = WindowVariance {
                h: h as u32,
                w: w as u32,
                x0: x0 as u32,
                y0: y0 as u32,
                region_w: region_w as u32,
                region_h: region_h as u32,
                columns: columns as u32,
                length,
            };
            let operands = [
                ends.output.into(),
                self.counter.into(),
                stopping.into(),
                window.into(),
                sums.into(),
                window_partials.into(),
            ];
            self.b.push("tracking", variance, &operands);
        }

        let inverse = 1.0 / (channels * region_w * region_h) as f64;
        let update = StoppingUpdate {
            windowed: u32::from(matches!(tracking.statistic, Statistic::Wmv { .. })),
            count: count as u32,
            inverse: inverse as f32,
            inverse_window: (inverse / f64::from(window_length)) as f32,
            alpha,
            // A window says nothing before it is full.
            ignore: (tracking.ignore as u32).max(window_length - 1),
            ring_len: self.settings.ring_len as u32,
        };
        let operands = [
            partials.into(),
            window_partials.into(),
            self.counter.into(),
            stopping.into(),
            self.ring.into(),
        ];
        self.b.push("tracking", update, &operands);
        let keep = KeepStopped {
            count: picture as u32,
            threads: threads(picture),
        };
        let operands = [
            stopping.into(),
            ends.output.into(),
            average.into(),
            stopped.into(),
            stopped_average.into(),
        ];
        self.b.push("tracking", keep, &operands);
        Tracked {
            average,
            stopped,
            stopped_average,
            state,
        }
    }
}
