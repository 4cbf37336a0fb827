//! The variance of the last outputs, which falls while the picture forms and rises when noise comes in (ES-WMV).

use super::{KernelOp, Slices, kernel, kernel_plumbing};

kernel! {
    /// The last `length` outputs are kept with 8 bits a channel, three channels in one exact f32 (r + 256 g + 65536 b), with
    /// their running sums and sums of squares, exact integers that start at 0. `partials[t]` = the sum over region and channels of
    /// the squared distances to the window's mean, in units of 1: what ES-WMV calls the windowed moving variance, times
    /// `length`. Nothing is added where `state[4]`, the step to be tracked next, is past this one. Meaningful from step `length` - 1 on. An invocation takes every `columns`-th pixel of one row.
    WindowVariance, "window_variance";
    constants {}
    uniforms {
        h: u32, w: u32,
        /// The picture's region in the padded map: first column and row, width, height.
        x0: u32, y0: u32, region_w: u32, region_h: u32,
        columns: u32,
        /// Outputs in the window, at most 257, so that sums of squares are exact.
        length: u32,
    }
    bindings {
        Read out: F32, Read counter: F32, Read state: F32,
        Write window: F32, Write sums: F32, Write partials: F32
    }
}

/// Colour channels of a picture; they share a word of the window.
const CHANNELS: usize = 3;

/// An output in [0, 1] as 0 to 255.
fn level(x: f32) -> f32 {
    (x * 255.0 + 0.5).floor()
}

impl KernelOp for WindowVariance {
    kernel_plumbing!();

    fn grid(&self) -> [u32; 3] {
        [self.columns, self.h, 1]
    }

    fn run(&self, slices: &mut Slices<'_>) {
        let (out, counter) = (slices.read(0), slices.read(1));
        let again = slices.read(2)[4] > counter[0];
        let (window, sums, partials) = (slices.write(3), slices.write(4), slices.write(5));
        let (h, w, columns) = (self.h as usize, self.w as usize, self.columns as usize);
        let plane = h * w;
        let (step, length) = (counter[0] as usize, self.length as usize);
        let slot = step % length;
        let full = step >= length;
        let rows = self.y0 as usize..(self.y0 + self.region_h) as usize;
        let inside = self.x0 as usize..(self.x0 + self.region_w) as usize;
        for y in 0..h {
            for column in 0..columns {
                let mut total = 0.0;
                for x in (column..w).step_by(columns) {
                    let pixel = y * w + x;
                    let old = if full { window[slot * plane + pixel] as u32 } else { 0 };
                    let mut packed = 0.0;
                    for c in 0..CHANNELS {
                        let new = level(out[c * plane + pixel]);
                        let gone = (old >> (8 * c) & 255) as f32;
                        let at = 2 * (c * plane + pixel);
                        let weight = if again { 0.0 } else { 1.0 };
                        let sum = sums[at] + weight * (new - gone);
                        let squares = sums[at + 1] + weight * (new * new - gone * gone);
                        (sums[at], sums[at + 1]) = (sum, squares);
                        packed += new * (1 << (8 * c)) as f32;
                        if rows.contains(&y) && inside.contains(&x) {
                            total += squares - sum * (sum / length as f32);
                        }
                    }
                    window[slot * plane + pixel] = packed;
                }
                partials[y * columns + column] = total / (255.0 * 255.0);
            }
        }
    }
}
