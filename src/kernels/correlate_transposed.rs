//! Convolution from the coarse side of a link to its fine side, dense: the adjoint of [`super::correlate`].

use super::{KernelOp, Slices, kernel, kernel_plumbing};

kernel! {
    /// `fine[f,y,x]` = sum over c and those a, b that hit a coarse pixel of `V[c,f,a,b] * coarse[c, (y + shift - a)/s, (x + shift - b)/s]`.
    /// The input gradient of an encoder or output convolution, and the forward pass of a decoder convolution with the
    /// upsampling in it (method section 7.3). `coarse_w` is a multiple of 4, and so is `strip`: rows are loaded in aligned fours.
    /// `weights` is packed in blocks of four fine channels: `[F/4][C][k][k][4]`.
    CorrelateTransposed, "correlate_transposed";
    constants {
        k,
        stride,
        /// Added to a fine index before the division by the stride.
        shift,
        /// Coarse pixels along x and rows of them whose outputs, stride^2 each, an invocation computes for each of four
        /// channels.
        strip, rows,
        /// 1: add to what the output holds, for the second and further parts of a sum over input channels.
        accumulate,
    }
    uniforms {
        coarse_ch: u32,
        /// Height and width of the stored coarse map, its border included.
        coarse_h: u32, coarse_w: u32,
        fine_ch: u32, fine_h: u32, fine_w: u32,
    }
    bindings { Read coarse: Vec4, Read weights: Vec4, Write fine: F32 }
}

impl KernelOp for CorrelateTransposed {
    kernel_plumbing!();

    fn grid(&self) -> [u32; 3] {
        let s = self.stride;
        [
            self.fine_w.div_ceil(s).div_ceil(self.strip),
            self.fine_h.div_ceil(s).div_ceil(self.rows),
            self.fine_ch.div_ceil(4),
        ]
    }

    fn run(&self, slices: &mut Slices<'_>) {
        let (coarse, weights) = (slices.read(0), slices.read(1));
        let fine = slices.write(2);
        let s = self.stride as usize;
        let (h, w) = (self.fine_h as usize, self.fine_w as usize);
        super::for_each_chunk(
            &mut fine[..self.fine_ch as usize * h * w],
            4 * h * w,
            |block, planes| {
                for y in 0..h {
                    for px in 0..s.min(w) {
                        super::for_each_strip((w - px).div_ceil(s), |t, width| match width {
                            16 => self.tile::<16>(coarse, weights, block, [y, s * t + px], planes),
                            4 => self.tile::<4>(coarse, weights, block, [y, s * t + px], planes),
                            _ => self.tile::<1>(coarse, weights, block, [y, s * t + px], planes),
                        });
                    }
                }
            },
        );
    }

    fn macs(&self) -> u64 {
        let taps = u64::from(self.k * self.k) * u64::from(self.fine_ch) * u64::from(self.coarse_ch);
        taps * u64::from(self.fine_h) * u64::from(self.fine_w) / u64::from(self.stride * self.stride)
    }

    fn tile_macs(&self) -> u64 {
        let tiles: u64 = self.grid().map(u64::from).iter().product();
        tiles * u64::from(4 * self.strip * self.rows) * u64::from(self.coarse_ch * self.k * self.k)
    }
}

impl CorrelateTransposed {
    /// WIDTH outputs of one phase along x, every stride-th from (y, x), for the four channels of a block, as in the shader.
    fn tile<const WIDTH: usize>(
        &self,
        coarse: &[f32],
        weights: &[f32],
        block: usize,
        [y, x]: [usize; 2],
        planes: &mut [f32],
    ) {
        let (k, s, shift) = (self.k as usize, self.stride as usize, self.shift as usize);
        let (coarse_ch, coarse_h, coarse_w) = (self.coarse_ch as usize, self.coarse_h as usize, self.coarse_w as usize);
        let mut sums = [[0.0; WIDTH]; 4];
        for c in 0..coarse_ch {
            let mut part = [[0.0; WIDTH]; 4];
            // Taps a with s | (y + shift - a), and b alike, are those that hit a coarse pixel.
            for a in ((y + shift) % s..k).step_by(s) {
                let row = (c * coarse_h + (y + shift - a) / s) * coarse_w;
                for b in ((x + shift) % s..k).step_by(s) {
                    let start = row + (x + shift - b) / s;
                    let mut values = [0.0; WIDTH];
                    values.copy_from_slice(&coarse[start..start + WIDTH]);
                    let tap = &weights[4 * (((block * coarse_ch + c) * k + a) * k + b)..][..4];
                    super::add_products(&mut part, tap, &values);
                }
            }
            super::add(&mut sums, &part);
        }
        let (h, w) = (self.fine_h as usize, self.fine_w as usize);
        for (plane, sums) in planes.chunks_mut(h * w).zip(&sums) {
            super::store(plane[y * w + x..].iter_mut().step_by(s), sums, self.accumulate == 1);
        }
    }
}
