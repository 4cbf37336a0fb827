//! Convolution from the fine side of a link to its coarse side, dense.

use super::{KernelOp, Slices, kernel, kernel_plumbing};

kernel! {
    /// `coarse[c,i,j]` = sum over f, a, b of `V[c,f,a,b] * fine[f, s*i + a, s*j + b]`. The forward pass of an encoder or output
    /// convolution on its padded input, and the input gradient of a decoder convolution (see [`crate::step`], links).
    /// `fine_w` is a multiple of 4, and so is `strip`: rows are loaded in aligned fours.
    /// `weights` is packed in blocks of four coarse channels: `[C/4][F][k][k][4]`.
    Correlate, "correlate";
    constants {
        k,
        stride,
        /// Outputs along x and rows of them that an invocation computes, for each of four channels.
        strip, rows,
        /// 1: add to what the output holds, for the second and further parts of a sum over input channels.
        accumulate,
    }
    uniforms { fine_ch: u32, fine_h: u32, fine_w: u32, coarse_ch: u32, coarse_h: u32, coarse_w: u32 }
    bindings { Read fine: Vec4, Read weights: Vec4, Write coarse: F32 }
}

impl KernelOp for Correlate {
    kernel_plumbing!();

    fn grid(&self) -> [u32; 3] {
        [
            self.coarse_w.div_ceil(self.strip),
            self.coarse_h.div_ceil(self.rows),
            self.coarse_ch.div_ceil(4),
        ]
    }

    fn run(&self, slices: &mut Slices<'_>) {
        let (fine, weights) = (slices.read(0), slices.read(1));
        let coarse = slices.write(2);
        let (h, w) = (self.coarse_h as usize, self.coarse_w as usize);
        super::for_each_chunk(
            &mut coarse[..self.coarse_ch as usize * h * w],
            4 * h * w,
            |block, planes| {
                for i in 0..h {
                    super::for_each_strip(w, |j, width| match width {
                        16 => self.tile::<16>(fine, weights, block, i, j, planes),
                        4 => self.tile::<4>(fine, weights, block, i, j, planes),
                        _ => self.tile::<1>(fine, weights, block, i, j, planes),
                    });
                }
            },
        );
    }

    fn macs(&self) -> u64 {
        let taps = u64::from(self.k * self.k) * u64::from(self.fine_ch) * u64::from(self.coarse_ch);
        taps * u64::from(self.coarse_h) * u64::from(self.coarse_w)
    }

    fn tile_macs(&self) -> u64 {
        let tiles: u64 = self.grid().map(u64::from).iter().product();
        tiles * u64::from(4 * self.strip * self.rows) * u64::from(self.fine_ch * self.k * self.k)
    }
}

impl Correlate {
    /// WIDTH outputs along x from (i, j) for the four channels of a block, as in the shader.
    fn tile<const WIDTH: usize>(
        &self,
        fine: &[f32],
        weights: &[f32],
        block: usize,
        i: usize,
        j: usize,
        planes: &mut [f32],
    ) {
        let (k, stride) = (self.k as usize, self.stride as usize);
        let (fine_ch, fine_h, fine_w) = (self.fine_ch as usize, self.fine_h as usize, self.fine_w as usize);
        let mut sums = [[0.0; WIDTH]; 4];
        for f in 0..fine_ch {
            // Summed channel by channel: rounding grows with the longest sum.
            let mut part = [[0.0; WIDTH]; 4];
            for a in 0..k {
                let start = (f * fine_h + stride * i + a) * fine_w + stride * j;
                let row = &fine[start..start + stride * (WIDTH - 1) + k];
                let taps = &weights[4 * ((block * fine_ch + f) * k + a) * k..][..4 * k];
                let phases = super::phases(row, stride);
                for (b, tap) in taps.chunks_exact(4).enumerate() {
                    let mut x = [0.0; WIDTH];
                    x.copy_from_slice(&phases[b % stride][b / stride..][..WIDTH]);
                    super::add_products(&mut part, tap, &x);
                }
            }
            super::add(&mut sums, &part);
        }
        let (h, w) = (self.coarse_h as usize, self.coarse_w as usize);
        for (plane, sums) in planes.chunks_mut(h * w).zip(&sums) {
            super::store(&mut plane[i * w + j..][..WIDTH], sums, self.accumulate == 1);
        }
    }
}
