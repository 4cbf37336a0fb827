//! Batch normalisation, backward, last stage: the gradient of its input, inside a border of zeros.

use super::shader::MAP_ROWS;
use super::{KernelOp, Slices, kernel, kernel_plumbing, leaky, leaky_slope};

kernel! {
    /// `dst[c, y + halo, x + halo]` = gamma / std * (g - mean g - xhat * mean(g * xhat)), times LeakyReLU's slope
    /// if `first` is 1 (the normalisation then follows a LeakyReLU, which is passed in the same go); 0 in the border,
    /// so that the convolutions that read `dst` need no border test.
    BnBackward, "bn_backward";
    constants {
        first,
        /// 1: add to what `dst` holds, for the second and further readers of a map.
        accumulate,
    }
    uniforms { channels: u32, h: u32, w: u32, halo: u32 }
    bindings {
        Read grad: F32, Read src: F32, Read first: Vec4, Read norm: Vec4, Read means: Vec4, Write dst: F32
    }
}

impl KernelOp for BnBackward {
    kernel_plumbing!();

    fn grid(&self) -> [u32; 3] {
        [
            self.w + 2 * self.halo,
            (self.h + 2 * self.halo).div_ceil(MAP_ROWS),
            self.channels,
        ]
    }

    fn run(&self, slices: &mut Slices<'_>) {
        let (grad, src, first) = (slices.read(0), slices.read(1), slices.read(2));
        let (norm, means) = (slices.read(3), slices.read(4));
        let dst = slices.write(5);
        let (h, w, halo) = (self.h as usize, self.w as usize, self.halo as usize);
        let (full_h, full_w) = (h + 2 * halo, w + 2 * halo);
        super::for_each_chunk(
            &mut dst[..self.channels as usize * full_h * full_w],
            full_h * full_w,
            |c, plane| {
                let (scale, mean, inv_std) = (norm[4 * c], norm[4 * c + 2], norm[4 * c + 3]);
                for i in 0..full_h {
                    for j in 0..full_w {
                        let inside = (halo..h + halo).contains(&i) && (halo..w + halo).contains(&j);
                        let value = if inside {
                            let at = (c * h + i - halo) * w + j - halo;
                            let mut x = src[at];
                            let mut slope = 1.0;
                            if self.first == 1 {
                                let v = first[4 * c] * x + first[4 * c + 1];
                                slope = leaky_slope(v);
                                x = leaky(v);
                            }
                            let xhat = (x - mean) * inv_std;
                            slope * (scale * (grad[at] - means[4 * c] - xhat * means[4 * c + 1]))
                        } else {
                            0.0
                        };
                        let out = &mut plane[i * full_w + j];
                        *out = if self.accumulate == 1 { *out + value } else { value };
                    }
                }
            },
        );
    }
}
