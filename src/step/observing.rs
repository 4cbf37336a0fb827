//! What of the output the loss sees, and how observed values lie beside the maps. The operators themselves, on pictures, are
//! [`crate::picture::Observation`].

use super::Problem;
use crate::kernels::sigmoid_loss::SigmoidLoss;

/// What of the output is compared with what was observed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Observing {
    /// Every value.
    #[default]
    Whole,
    /// This many pixels; where [`super::Handles::observed`] is negative, nothing was observed.
    Known { pixels: usize },
    /// Means over windows of `factor` x `factor` pixels; the region's sides are multiples of it.
    Pooled { factor: usize },
}

impl Observing {
    /// Sides of the window that a value stands for.
    pub fn factor(self) -> usize {
        match self {
            Self::Whole | Self::Known { .. } => 1,
            Self::Pooled { factor } => factor,
        }
    }
}

/// How windows cover the maps: they begin where the region does, so the first may begin before the map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    pub rows: usize,
    pub columns: usize,
    /// Rows and columns that the first begins before the map.
    pub shift: (usize, usize),
    /// The region in windows: first column, first row, width, height.
    pub region: (usize, usize, usize, usize),
}

impl Problem {
    /// The kernel of the loss over `channels` of the output, each row of windows taken by `columns` invocations; `scale` is
    /// that of the gradient.
    pub fn loss_kernel(&self, channels: usize, columns: usize, scale: f32) -> SigmoidLoss {
        let windows = self.windows();
        let (x0, y0, region_w, region_h) = windows.region;
        SigmoidLoss {
            channels: channels as u32,
            factor: self.observing.factor() as u32,
            masked: u32::from(matches!(self.observing, Observing::Known { .. })),
            h: self.height as u32,
            w: self.width as u32,
            blocks_h: windows.rows as u32,
            blocks_w: windows.columns as u32,
            shift_y: windows.shift.0 as u32,
            shift_x: windows.shift.1 as u32,
            x0: x0 as u32,
            y0: y0 as u32,
            region_w: region_w as u32,
            region_h: region_h as u32,
            columns: columns as u32,
            scale,
        }
    }

    /// The windows that an observed value stands for each; for all but super-resolution the pixels.
    pub fn windows(&self) -> Windows {
        let factor = self.observing.factor();
        let (x0, y0, width, height) = self.region;
        let shift = |start: usize| (factor - start % factor) % factor;
        let shift = (shift(y0), shift(x0));
        Windows {
            rows: (self.height + shift.0).div_ceil(factor),
            columns: (self.width + shift.1).div_ceil(factor),
            shift,
            region: (
                (x0 + shift.1) / factor,
                (y0 + shift.0) / factor,
                width / factor,
                height / factor,
            ),
        }
    }

    /// Values of the region that were observed, in `channels` channels.
    pub fn observed_values(&self, channels: usize) -> usize {
        let (_, _, width, height) = self.windows().region;
        match self.observing {
            Observing::Known { pixels } => channels * pixels,
            Observing::Whole | Observing::Pooled { .. } => channels * width * height,
        }
    }

    /// Lays observed values `[channels, h, w]` of the region out as [`super::Handles::observed`] has them; what lies outside is never
    /// read.
    pub fn lay_out(&self, values: &[f32]) -> Vec<f32> {
        let windows = self.windows();
        let (x0, y0, width, height) = windows.region;
        let plane = windows.rows * windows.columns;
        let mut laid = vec![0.0; values.len() / (width * height) * plane];
        for (row, line) in values.chunks_exact(width).enumerate() {
            let (channel, y) = (row / height, row % height);
            let start = channel * plane + (y0 + y) * windows.columns + x0;
            laid[start..start + width].copy_from_slice(line);
        }
        laid
    }
}
