//! What a convolution reads: a stored map, normalised, activated and padded.

use super::shader::MAP_ROWS;
use super::{KernelOp, Slices, kernel, kernel_plumbing, leaky};

kernel! {
    /// `dst[c,i,j]` = mean over the sources of (i, j) of `f(src[c,y,x])`, where `f` is, as the constants say, a batch
    /// normalisation, LeakyReLU, and a second batch normalisation. Padding by reflection or clamping, the 2x2 box of a
    /// reflected map, upsampling and pooling are all tables of sources for each axis (see [`crate::step::AxisMap`]).
    Prepare, "prepare";
    constants {
        /// 1: apply the first normalisation (scale, shift) and LeakyReLU.
        first,
        /// 1: apply the second normalisation.
        second,
        /// 1: two sources an axis, averaged; 0: one.
        paired,
    }
    uniforms { channels: u32, src_h: u32, src_w: u32, dst_h: u32, dst_w: u32 }
    bindings { Read src: F32, Read first: Vec4, Read second: Vec4, Read sources: U32, Write dst: F32 }
}

impl KernelOp for Prepare {
    kernel_plumbing!();

    fn grid(&self) -> [u32; 3] {
        [self.dst_w, self.dst_h.div_ceil(MAP_ROWS), self.channels]
    }

    fn run(&self, slices: &mut Slices<'_>) {
        let (src, first, second) = (slices.read(0), slices.read(1), slices.read(2));
        let sources = slices.table(3);
        let dst = slices.write(4);
        let (src_h, src_w) = (self.src_h as usize, self.src_w as usize);
        let (dst_h, dst_w) = (self.dst_h as usize, self.dst_w as usize);
        let per = if self.paired == 1 { 2 } else { 1 };
        let (rows, columns) = sources.split_at(per * dst_h);
        super::for_each_chunk(
            &mut dst[..self.channels as usize * dst_h * dst_w],
            dst_h * dst_w,
            |c, plane| {
                let value = |y: u32, x: u32| {
                    let mut v = src[(c * src_h + y as usize) * src_w + x as usize];
                    if self.first == 1 {
                        v = leaky(first[4 * c] * v + first[4 * c + 1]);
                    }
                    if self.second == 1 {
                        v = second[4 * c] * v + second[4 * c + 1];
                    }
                    v
                };
                for (i, row) in plane.chunks_mut(dst_w).enumerate() {
                    for (j, out) in row.iter_mut().enumerate() {
                        *out = if self.paired == 1 {
                            let (y, x) = ([rows[2 * i], rows[2 * i + 1]], [columns[2 * j], columns[2 * j + 1]]);
                            0.25 * ((value(y[0], x[0]) + value(y[0], x[1])) + (value(y[1], x[0]) + value(y[1], x[1])))
                        } else {
                            value(rows[i], columns[j])
                        };
                    }
                }
            },
        );
    }
}
