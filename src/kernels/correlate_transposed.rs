//! Convolution from the coarse side of a link to its fine side, dense: the adjoint of [`super::correlate`].

use super::{KernelOp, Slices, kernel, kernel_plumbing};

kernel! {
    /// `fine[f,y,x]` = sum over c and those a, b that hit a coarse pixel of `V[c,f,a,b] * coarse[c, (y + shift - a)/s, (x + shift - b)/s]`.
    /// The input gradient of an encoder or output convolution, and the forward pass of a decoder convolution with the
    /// upsampling in it (method section 7.3). `weights` is packed in blocks of four fine channels: `[F/4][C][k][k][4]`.
    CorrelateTransposed, "correlate_transposed";
    constants {
        k,
        stride,
        /// Outputs of one phase along x that an invocation computes, for each of four channels.
        strip,
    }
    uniforms {
        coarse_ch: u32,
        /// Height and width of the stored coarse map, its border included.
        coarse_h: u32, coarse_w: u32,
        fine_ch: u32, fine_h: u32, fine_w: u32,
        shift: u32,
    }
    bindings { Read coarse: F32, Read weights: Vec4, Write fine: F32 }
}

impl KernelOp for CorrelateTransposed {
    kernel_plumbing!();

    fn grid(&self) -> [u32; 3] {
        let s = self.stride;
        [self.fine_w.div_ceil(s).div_ceil(self.strip), self.fine_h.div_ceil(s), self.fine_ch.div_ceil(4) * s * s]
    }

    fn run(&self, slices: &mut Slices<'_>) {
        let (coarse, weights) = (slices.read(0), slices.read(1));
        let fine = slices.write(2);
        let (k, s, shift) = (self.k as usize, self.stride as usize, self.shift as usize);
        let (coarse_ch, coarse_h, coarse_w) =
            (self.coarse_ch as usize, self.coarse_h as usize, self.coarse_w as usize);
        let (h, w) = (self.fine_h as usize, self.fine_w as usize);
        super::for_each_chunk(&mut fine[..self.fine_ch as usize * h * w], h * w, |f, plane| {
            plane.fill(0.0);
            for c in 0..coarse_ch {
                for a in 0..k {
                    for b in 0..k {
                        let weight = weights[4 * (((f / 4 * coarse_ch + c) * k + a) * k + b) + f % 4];
                        // The first fine row and column that tap (a, b) reaches; every s-th after it.
                        let (y0, x0) = ((a + s * k - shift % s) % s, (b + s * k - shift % s) % s);
                        for y in (y0..h).step_by(s) {
                            let row = (c * coarse_h + (y + shift - a) / s) * coarse_w;
                            let source = &coarse[row + (x0 + shift - b) / s..];
                            for (out, v) in plane[y * w..(y + 1) * w][x0.min(w)..].iter_mut().step_by(s).zip(source) {
                                *out += weight * v;
                            }
                        }
                    }
                }
            }
        });
    }

    fn macs(&self) -> u64 {
        let taps = u64::from(self.k * self.k) * u64::from(self.fine_ch) * u64::from(self.coarse_ch);
        taps * u64::from(self.fine_h) * u64::from(self.fine_w) / u64::from(self.stride * self.stride)
    }
}
