//! The end of the network: output bias, sigmoid, the mean squared error of what is seen of the output, and the loss's
//! gradient.

use super::{KernelOp, Slices, kernel, kernel_plumbing};

kernel! {
    /// `out` = sigmoid(pre + bias) everywhere. What is seen of it is A out: the mean over each `factor` x `factor` block, or
    /// with factor 1 the output itself. In the picture's region r = A out - observed, and
    /// `dpre` = scale * r * out * (1 - out) for each pixel of the block with scale = 2 / (observed values * factor^2);
    /// 0 outside (padding has no loss). With `masked` 1, values below 0 were not observed: r is 0.
    /// `partials[t]` = (sum r^2, sum (out - clean)^2, then sum dpre for each channel: the biases' gradient).
    /// An invocation takes every `columns`-th block of one row of blocks.
    SigmoidLoss, "sigmoid_loss";
    constants {
        channels,
        /// Sides of a block in pixels.
        factor,
        /// 1: values below 0 were not observed.
        masked,
    }
    uniforms {
        h: u32, w: u32,
        /// Blocks that cover the map, and by how much the first begins before it, so that blocks start where the region does.
        blocks_h: u32, blocks_w: u32, shift_y: u32, shift_x: u32,
        /// The picture's region in blocks: first column and row, width, height.
        x0: u32, y0: u32, region_w: u32, region_h: u32,
        columns: u32,
        scale: f32,
    }
    bindings {
        Read pre: F32, Read q: F32, Read biases: U32, Read observed: F32, Read clean: F32,
        Write out: F32, Write dpre: F32, Write partials: F32
    }
}

impl SigmoidLoss {
    /// The pixels of a block that lie in the map, as places in a channel.
    fn pixels(&self, block_y: usize, block_x: usize) -> impl Iterator<Item = usize> + '_ {
        let factor = self.factor as usize;
        let inside = move |block: usize, shift: u32, n: u32| {
            let start = block * factor;
            (start..start + factor)
                .filter_map(move |at| at.checked_sub(shift as usize))
                .filter(move |at| *at < n as usize)
        };
        inside(block_y, self.shift_y, self.h)
            .flat_map(move |y| inside(block_x, self.shift_x, self.w).map(move |x| y * self.w as usize + x))
    }
}

impl KernelOp for SigmoidLoss {
    kernel_plumbing!();

    fn grid(&self) -> [u32; 3] {
        [self.columns, self.blocks_h, 1]
    }

    fn run(&self, slices: &mut Slices<'_>) {
        let (pre, q) = (slices.read(0), slices.read(1));
        let biases = slices.table(2);
        let (observed, clean) = (slices.read(3), slices.read(4));
        let (out, dpre, partials) = (slices.write(5), slices.write(6), slices.write(7));
        let channels = self.channels as usize;
        let (blocks_h, blocks_w) = (self.blocks_h as usize, self.blocks_w as usize);
        let plane = (self.h * self.w) as usize;
        let columns = self.columns as usize;
        let rows = self.y0 as usize..(self.y0 + self.region_h) as usize;
        let inside = self.x0 as usize..(self.x0 + self.region_w) as usize;
        let share = 1.0 / (self.factor * self.factor) as f32;
        for block_y in 0..blocks_h {
            for column in 0..columns {
                let sums = &mut partials[(block_y * columns + column) * (2 + channels)..][..2 + channels];
                sums.fill(0.0);
                for block_x in (column..blocks_w).step_by(columns) {
                    let seen = rows.contains(&block_y) && inside.contains(&block_x);
                    for c in 0..channels {
                        let start = c * plane;
                        let mut sum = 0.0;
                        for at in self.pixels(block_y, block_x) {
                            let o = 1.0 / (1.0 + (-(pre[start + at] + q[biases[c] as usize])).exp());
                            out[start + at] = o;
                            sum += o;
                            if seen {
                                let e = o - clean[start + at];
                                sums[1] += e * e;
                            }
                        }
                        let value = observed[(c * blocks_h + block_y) * blocks_w + block_x];
                        let counts = seen && (self.masked == 0 || value >= 0.0);
                        let r = if counts { share * sum - value } else { 0.0 };
                        sums[0] += r * r;
                        for at in self.pixels(block_y, block_x) {
                            let o = out[start + at];
                            dpre[start + at] = self.scale * r * o * (1.0 - o);
                            sums[2 + c] += dpre[start + at];
                        }
                    }
                }
            }
        }
    }
}
