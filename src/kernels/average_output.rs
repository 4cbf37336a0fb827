//! Exponential means of the outputs: the one that is returned, and the one that says when to stop.

use super::{KernelOp, Slices, kernel, kernel_plumbing};

kernel! {
    /// `average` += rate * (out - average), rate = `schedule[step].w`: an exponential mean, with a rate of 1 at step 0.
    /// `mean` += alpha * d with d = out - mean, and `mean` = out, d = 0 at step 0 (ES-EMV, method section 9).
    /// `partials[t]` = (sum d^2, sum (average - clean)^2) over the picture's region.
    /// Both stay as they are where `state[4]`, the step to be tracked next, is past this one: a run that goes on from a
    /// checkpoint of its end draws that output a second time. An invocation takes every `columns`-th pixel of one row.
    AverageOutput, "average_output";
    constants {
        channels,
        /// 1: add to the sums, for the second and further parts of a picture split by channel.
        accumulate,
    }
    uniforms {
        h: u32, w: u32,
        /// The picture's region in the padded map: first column and row, width, height.
        x0: u32, y0: u32, region_w: u32, region_h: u32,
        columns: u32,
        alpha: f32,
    }
    bindings {
        Read out: F32, Read clean: F32, Read schedule: Vec4, Read counter: F32, Read state: F32,
        Write average: F32, Write mean: F32, Write partials: F32
    }
}

impl KernelOp for AverageOutput {
    kernel_plumbing!();

    fn grid(&self) -> [u32; 3] {
        [self.columns, self.h, 1]
    }

    fn run(&self, slices: &mut Slices<'_>) {
        let (out, clean, schedule, counter) = (slices.read(0), slices.read(1), slices.read(2), slices.read(3));
        let state = slices.read(4);
        let (average, mean, partials) = (slices.write(5), slices.write(6), slices.write(7));
        let (h, w, columns) = (self.h as usize, self.w as usize, self.columns as usize);
        let step = counter[0] as usize;
        let again = state[4] > counter[0];
        let rate = if again { 0.0 } else { schedule[4 * step + 3] };
        let alpha = if again { 0.0 } else { self.alpha };
        let rows = self.y0 as usize..(self.y0 + self.region_h) as usize;
        let inside = self.x0 as usize..(self.x0 + self.region_w) as usize;
        for y in 0..h {
            for column in 0..columns {
                let mut sums = [0.0; 2];
                for x in (column..w).step_by(columns) {
                    for c in 0..self.channels as usize {
                        let at = (c * h + y) * w + x;
                        let d = if step == 0 { 0.0 } else { out[at] - mean[at] };
                        mean[at] = if step == 0 { out[at] } else { mean[at] + alpha * d };
                        average[at] += rate * (out[at] - average[at]);
                        if rows.contains(&y) && inside.contains(&x) {
                            let e = average[at] - clean[at];
                            sums[0] += d * d;
                            sums[1] += e * e;
                        }
                    }
                }
                let row = &mut partials[2 * (y * columns + column)..][..2];
                super::store(row, &sums, self.accumulate == 1);
            }
        }
    }
}
