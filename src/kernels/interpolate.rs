//! Bilinear upsampling and ReLU: what other networks than the hourglass store between two convolutions.

use super::shader::MAP_ROWS;
use super::{KernelOp, Slices, kernel, kernel_plumbing, leaky};

kernel! {
    /// `dst` = [ReLU of] `src`, [normalised and passed by LeakyReLU,] [upsampled to twice its sides: along each axis 3/4 of the
    /// nearest value and 1/4 of the next, the edge repeated].
    Interpolate, "interpolate";
    constants {
        /// 1: apply the first normalisation (scale, shift) and LeakyReLU before.
        first,
        /// 1: upsample.
        doubled,
        /// 1: ReLU on the result.
        rectified,
    }
    uniforms { channels: u32, h: u32, w: u32 }
    bindings { Read src: F32, Read first: Vec4, Write dst: F32 }
}

/// The nearest position on an axis of `n`, the next, and the share of the nearest.
fn sources(at: usize, n: usize, doubled: bool) -> ([usize; 2], f32) {
    if !doubled {
        return ([at, at], 1.0);
    }
    let near = at / 2;
    let next = if at.is_multiple_of(2) {
        near.saturating_sub(1)
    } else {
        (near + 1).min(n - 1)
    };
    ([near, next], 0.75)
}

impl KernelOp for Interpolate {
    kernel_plumbing!();

    fn grid(&self) -> [u32; 3] {
        let factor = 1 + self.doubled;
        [factor * self.w, (factor * self.h).div_ceil(MAP_ROWS), self.channels]
    }

    fn run(&self, slices: &mut Slices<'_>) {
        let (src, first) = (slices.read(0), slices.read(1));
        let dst = slices.write(2);
        let (h, w, doubled) = (self.h as usize, self.w as usize, self.doubled == 1);
        let factor = 1 + self.doubled as usize;
        let plane = factor * h * factor * w;
        super::for_each_chunk(&mut dst[..self.channels as usize * plane], plane, |c, plane| {
            let value = |y: usize, x: usize| {
                let v = src[(c * h + y) * w + x];
                if self.first == 1 {
                    leaky(first[4 * c] * v + first[4 * c + 1])
                } else {
                    v
                }
            };
            for (i, row) in plane.chunks_mut(factor * w).enumerate() {
                let ([y, next_y], down) = sources(i, h, doubled);
                for (j, out) in row.iter_mut().enumerate() {
                    let ([x, next_x], across) = sources(j, w, doubled);
                    let along = |y: usize| across * value(y, x) + (1.0 - across) * value(y, next_x);
                    let v = down * along(y) + (1.0 - down) * along(next_y);
                    *out = if self.rectified == 1 { v.max(0.0) } else { v };
                }
            }
        });
    }
}
