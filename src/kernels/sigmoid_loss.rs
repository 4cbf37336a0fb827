//! The end of the network: output bias, sigmoid, mean squared error, and the loss's gradient.

use super::{KernelOp, Slices, kernel, kernel_plumbing};

kernel! {
    /// `out` = sigmoid(pre + bias) everywhere; inside the picture's region, d = out - noisy and
    /// `dpre` = scale * d * out * (1 - out) with scale = 2 / (channels * region), 0 outside (padding has no loss).
    /// `partials[t]` = (sum d^2, sum (out - clean)^2, then sum dpre for each channel: the biases' gradient).
    /// An invocation takes every `columns`-th pixel of one row.
    SigmoidLoss, "sigmoid_loss";
    constants { channels }
    uniforms {
        h: u32, w: u32,
        /// The picture's region in the padded map: first column and row, width, height.
        x0: u32, y0: u32, region_w: u32, region_h: u32,
        columns: u32,
        scale: f32,
    }
    bindings {
        Read pre: F32, Read q: F32, Read biases: U32, Read noisy: F32, Read clean: F32,
        Write out: F32, Write dpre: F32, Write partials: F32
    }
}

impl KernelOp for SigmoidLoss {
    kernel_plumbing!();

    fn grid(&self) -> [u32; 3] {
        [self.columns, self.h, 1]
    }

    fn run(&self, slices: &mut Slices<'_>) {
        let (pre, q) = (slices.read(0), slices.read(1));
        let biases = slices.table(2);
        let (noisy, clean) = (slices.read(3), slices.read(4));
        let (out, dpre, partials) = (slices.write(5), slices.write(6), slices.write(7));
        let (h, w, channels) = (self.h as usize, self.w as usize, self.channels as usize);
        let columns = self.columns as usize;
        let rows = self.y0 as usize..(self.y0 + self.region_h) as usize;
        let inside = self.x0 as usize..(self.x0 + self.region_w) as usize;
        for y in 0..h {
            for column in 0..columns {
                let sums = &mut partials[(y * columns + column) * (2 + channels)..][..2 + channels];
                sums.fill(0.0);
                for x in (column..w).step_by(columns) {
                    for c in 0..channels {
                        let at = (c * h + y) * w + x;
                        let o = 1.0 / (1.0 + (-(pre[at] + q[biases[c] as usize])).exp());
                        out[at] = o;
                        dpre[at] = 0.0;
                        if rows.contains(&y) && inside.contains(&x) {
                            let d = o - noisy[at];
                            let e = o - clean[at];
                            dpre[at] = self.scale * d * o * (1.0 - o);
                            sums[0] += d * d;
                            sums[1] += e * e;
                            sums[2 + c] += dpre[at];
                        }
                    }
                }
            }
        }
    }
}
