//! Following the outputs of a fit: their exponential mean, and the picture of the step at which one should have stopped.

use super::TensorId;
use super::lowering::{Ends, Lowering, threads};
use super::problem::{Statistic, Tracked, Tracking};
use crate::kernels::average_output::AverageOutput;
use crate::kernels::keep_stopped::KeepStopped;
use crate::kernels::stopping_update::StoppingUpdate;
use crate::kernels::window_variance::WindowVariance;

impl Lowering<'_> {
    /// Appends what follows the output, after the loss.
    pub(super) fn track(&mut self, ends: &Ends, tracking: Tracking) -> Tracked {
        let stopping = self.b.persistent("stopping", 5);
        let mut tracked = Tracked {
            average: Vec::new(),
            stopped: Vec::new(),
            stopped_average: Vec::new(),
            state: vec![("stopping".into(), stopping)],
        };
        let partials = self.average(ends, tracking.statistic, stopping, &mut tracked);
        let mut window_partials = self.b.unused();
        let mut window_length = 1;
        if let Statistic::Wmv { window } = tracking.statistic {
            window_partials = self.window_variance(ends, window, stopping, &mut tracked);
            window_length = window;
        }
        let inverse = self.inverse_values();
        let update = StoppingUpdate {
            windowed: u32::from(matches!(tracking.statistic, Statistic::Wmv { .. })),
            count: (self.pixel_columns() * self.problem.height) as u32,
            inverse: inverse as f32,
            inverse_window: (inverse / f64::from(window_length)) as f32,
            alpha: alpha(tracking.statistic),
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
        for (at, end) in ends.parts.iter().enumerate() {
            let count = end.channels * self.problem.height * self.problem.width;
            let keep = KeepStopped {
                count: count as u32,
                threads: threads(count),
            };
            let operands = [
                stopping.into(),
                end.output.into(),
                tracked.average[at].into(),
                tracked.stopped[at].into(),
                tracked.stopped_average[at].into(),
            ];
            self.b.push("tracking", keep, &operands);
        }
        tracked
    }

    /// Appends the averages of each part of the picture; returns their partial sums.
    fn average(&mut self, ends: &Ends, statistic: Statistic, stopping: TensorId, tracked: &mut Tracked) -> TensorId {
        let (x0, y0, region_w, region_h) = self.problem.region;
        let (h, w) = (self.problem.height, self.problem.width);
        let columns = self.pixel_columns();
        let partials = self.b.tensor("change sums", 2 * columns * h);
        for (at, end) in ends.parts.iter().enumerate() {
            let len = end.channels * h * w;
            let mut followed = |label: &'static str| {
                let tensor = self.b.persistent(label, len);
                let part = if at == 0 { String::new() } else { format!(".{at}") };
                tracked.state.push((format!("{label}{part}"), tensor));
                tensor
            };
            let (average, mean) = (followed("average"), followed("mean"));
            tracked.stopped.push(followed("stopped"));
            tracked.stopped_average.push(followed("stopped_average"));
            tracked.average.push(average);
            let kernel = AverageOutput {
                channels: end.channels as u32,
                accumulate: u32::from(at > 0),
                h: h as u32,
                w: w as u32,
                x0: x0 as u32,
                y0: y0 as u32,
                region_w: region_w as u32,
                region_h: region_h as u32,
                columns: columns as u32,
                alpha: alpha(statistic),
            };
            let operands = [
                end.output.into(),
                self.clean[at].into(),
                self.schedule.into(),
                self.counter.into(),
                stopping.into(),
                average.into(),
                mean.into(),
                partials.into(),
            ];
            self.b.push("tracking", kernel, &operands);
        }
        partials
    }

    /// Appends the variance of the last `length` outputs; returns its partial sums. A picture in parts has a window beyond any
    /// binding, which the planner refuses, so the output is whole here.
    fn window_variance(&mut self, ends: &Ends, length: u32, stopping: TensorId, tracked: &mut Tracked) -> TensorId {
        let (x0, y0, region_w, region_h) = self.problem.region;
        let (h, w) = (self.problem.height, self.problem.width);
        let columns = self.pixel_columns();
        let window = self.b.persistent("window", length as usize * h * w);
        let channels = self.network.output_channels;
        let sums = self.b.persistent("window sums", 2 * channels * h * w);
        tracked
            .state
            .extend([("window".into(), window), ("window_sums".into(), sums)]);
        let partials = self.b.tensor("window partial sums", columns * h);
        let kernel = WindowVariance {
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
            ends.parts[0].output.into(),
            self.counter.into(),
            stopping.into(),
            window.into(),
            sums.into(),
            partials.into(),
        ];
        self.b.push("tracking", kernel, &operands);
        partials
    }
}

/// The rate of ES-EMV's mean; ES-WMV has none.
fn alpha(statistic: Statistic) -> f32 {
    match statistic {
        Statistic::Emv { alpha } => alpha as f32,
        Statistic::Wmv { .. } => 0.0,
    }
}
