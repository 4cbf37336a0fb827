//! The adjoint of [`super::interpolate`], through its activations.

use super::shader::MAP_ROWS;
use super::{KernelOp, Slices, kernel, kernel_plumbing, leaky_slope};

kernel! {
    /// `dst[c,y,x]` = sum of `grad` over the positions that (y, x) was a source of, each with its share (1/4, 3/4, 3/4, 1/4
    /// along an axis, what would lie outside added to the edge), those only where `drawn`, the result of the ReLU, is above 0;
    /// times LeakyReLU's slope at `first(src[c,y,x])` if the constant says so. In `dst` a border of `halo` zeros lies around the
    /// map, and zeros right of it up to `dst_w`.
    InterpolateAdjoint, "interpolate_adjoint";
    constants {
        /// 1: multiply by the slope of LeakyReLU after the first normalisation.
        first,
        /// 1: of an upsampling by 2.
        doubled,
        /// 1: through a ReLU.
        rectified,
        /// 1: add to what `dst` holds, for the second and further readers of a map.
        accumulate,
    }
    uniforms {
        channels: u32,
        /// Of the map before.
        h: u32, w: u32,
        halo: u32,
        dst_w: u32,
    }
    bindings { Read grad: F32, Read drawn: F32, Read src: F32, Read first: Vec4, Write dst: F32 }
}

/// The readers of a position on an axis of `n`, and their shares.
fn readers(at: usize, n: usize, doubled: bool) -> impl Iterator<Item = (usize, f32)> + Clone {
    let shares: &[f32] = if doubled { &[0.25, 0.75, 0.75, 0.25] } else { &[1.0] };
    shares.iter().enumerate().map(move |(k, share)| {
        let reader = if doubled {
            (2 * at + k).saturating_sub(1).min(2 * n - 1)
        } else {
            at
        };
        (reader, *share)
    })
}

impl KernelOp for InterpolateAdjoint {
    kernel_plumbing!();

    fn grid(&self) -> [u32; 3] {
        [self.dst_w, (self.h + 2 * self.halo).div_ceil(MAP_ROWS), self.channels]
    }

    fn run(&self, slices: &mut Slices<'_>) {
        let (grad, drawn) = (slices.read(0), slices.read(1));
        let (src, first) = (slices.read(2), slices.read(3));
        let dst = slices.write(4);
        let (h, w, doubled) = (self.h as usize, self.w as usize, self.doubled == 1);
        let (halo, dst_w) = (self.halo as usize, self.dst_w as usize);
        let factor = 1 + self.doubled as usize;
        let plane = (h + 2 * halo) * dst_w;
        super::for_each_chunk(&mut dst[..self.channels as usize * plane], plane, |c, plane| {
            for (i, row) in plane.chunks_mut(dst_w).enumerate() {
                for (j, out) in row.iter_mut().enumerate() {
                    let mut sum = 0.0;
                    if (halo..halo + h).contains(&i) && (halo..halo + w).contains(&j) {
                        let (y, x) = (i - halo, j - halo);
                        for (from_y, down) in readers(y, h, doubled) {
                            for (from_x, across) in readers(x, w, doubled) {
                                let at = (c * factor * h + from_y) * factor * w + from_x;
                                if self.rectified == 0 || drawn[at] > 0.0 {
                                    sum += down * across * grad[at];
                                }
                            }
                        }
                        if self.first == 1 {
                            let v = src[(c * h + y) * w + x];
                            sum *= leaky_slope(first[4 * c] * v + first[4 * c + 1]);
                        }
                    }
                    *out = if self.accumulate == 1 { *out + sum } else { sum };
                }
            }
        });
    }
}
