//! A convolution over the kept weights only, in either direction of a link.

use super::{KernelOp, Slices, kernel, kernel_plumbing};

kernel! {
    /// `dst[o, out_step*i + py, out_step*j + px]` = sum over the list of (o, phase) of `w_e * src[offset_e + in_step*(i*src_w + j)]`.
    /// From fine to coarse: one phase, out_step 1, in_step = stride. From coarse to fine: stride^2 phases, out_step = stride,
    /// in_step 1. `table` holds a start for each list, (o * phases + phase), one more, then the offsets; `weights` has the
    /// lists' weights. An offset holds the input channel and the tap, so there is no border test and no index arithmetic.
    SparseApply, "sparse_apply";
    constants {
        out_step,
        in_step,
        /// Rows an invocation computes.
        rows,
        /// 1: add to what the output holds, for the second and further parts of a sum over input channels.
        accumulate,
    }
    uniforms {
        channels: u32, out_h: u32, out_w: u32, src_w: u32,
        /// Length of all lists together; for plans and benchmarks.
        entries: u32,
    }
    bindings { Read src: F32, Read weights: F32, Read table: U32, Write dst: F32 }
}

impl KernelOp for SparseApply {
    kernel_plumbing!();

    fn grid(&self) -> [u32; 3] {
        let step = self.out_step;
        [
            self.out_w.div_ceil(step),
            self.out_h.div_ceil(step).div_ceil(self.rows),
            self.channels * step * step,
        ]
    }

    fn run(&self, slices: &mut Slices<'_>) {
        let (src, weights) = (slices.read(0), slices.read(1));
        let table = slices.table(2);
        let dst = slices.write(3);
        let (step, in_step) = (self.out_step as usize, self.in_step as usize);
        let (h, w, src_w) = (self.out_h as usize, self.out_w as usize, self.src_w as usize);
        let lists = self.channels as usize * step * step;
        let (starts, offsets) = table.split_at(lists + 1);
        super::for_each_chunk(&mut dst[..self.channels as usize * h * w], h * w, |o, plane| {
            if self.accumulate == 0 {
                plane.fill(0.0);
            }
            for phase in 0..step * step {
                let (py, px) = (phase / step, phase % step);
                let list = o * step * step + phase;
                for e in starts[list] as usize..starts[list + 1] as usize {
                    for (i, y) in (py..h).step_by(step).enumerate() {
                        let source = &src[offsets[e] as usize + in_step * i * src_w..];
                        let row = plane[y * w..(y + 1) * w][px.min(w)..].iter_mut().step_by(step);
                        for (out, v) in row.zip(source.iter().step_by(in_step)) {
                            *out += weights[e] * v;
                        }
                    }
                }
            }
        });
    }

    fn macs(&self) -> u64 {
        let pixels = u64::from(self.out_h) * u64::from(self.out_w);
        u64::from(self.entries) * pixels / u64::from(self.out_step * self.out_step)
    }

    fn tile_macs(&self) -> u64 {
        let [columns, strips, _] = self.grid().map(u64::from);
        u64::from(self.entries) * columns * strips * u64::from(self.rows)
    }
}
