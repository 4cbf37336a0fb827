//! The adjoint of [`super::prepare`]'s padding: a padded map's gradient folded back onto the map.

use super::shader::MAP_ROWS;
use super::{KernelOp, Slices, kernel, kernel_plumbing, leaky_slope};

kernel! {
    /// `dst[c,y,x]` = scale * sum of `grad[c,i,j]` over the (i, j) that (y, x) was a source of, times LeakyReLU's slope at
    /// `first(src[c,y,x])` if the constant says so. The table lists, for each row, then for each column, its readers (see
    /// [`crate::step::FoldTable`]).
    Fold, "fold";
    constants {
        /// 1: multiply by the slope of LeakyReLU after the first normalisation.
        first,
        /// 1: add to what `dst` holds, for the second and further readers of a map.
        accumulate,
        /// The most readers of a row or a column.
        most,
    }
    uniforms {
        channels: u32, h: u32, w: u32, grad_h: u32, grad_w: u32,
        /// Where the columns' part of the table starts.
        columns: u32,
        scale: f32,
    }
    bindings { Read grad: F32, Read src: F32, Read first: Vec4, Read readers: U32, Write dst: F32 }
}

impl KernelOp for Fold {
    kernel_plumbing!();

    fn grid(&self) -> [u32; 3] {
        [self.w, self.h.div_ceil(MAP_ROWS), self.channels]
    }

    fn run(&self, slices: &mut Slices<'_>) {
        let (grad, src, first) = (slices.read(0), slices.read(1), slices.read(2));
        let readers = slices.table(3);
        let dst = slices.write(4);
        let (h, w) = (self.h as usize, self.w as usize);
        let (grad_h, grad_w) = (self.grad_h as usize, self.grad_w as usize);
        let (rows, columns) = readers.split_at(self.columns as usize);
        super::for_each_chunk(&mut dst[..self.channels as usize * h * w], h * w, |c, plane| {
            for y in 0..h {
                for x in 0..w {
                    let mut sum = 0.0;
                    for i in list(rows, h, y) {
                        for j in list(columns, w, x) {
                            sum += grad[(c * grad_h + *i as usize) * grad_w + *j as usize];
                        }
                    }
                    sum *= self.scale;
                    if self.first == 1 {
                        let v = src[(c * h + y) * w + x];
                        sum *= leaky_slope(first[4 * c] * v + first[4 * c + 1]);
                    }
                    let out = &mut plane[y * w + x];
                    *out = if self.accumulate == 1 { *out + sum } else { sum };
                }
            }
        });
    }
}

/// The readers of position `at` in one axis' part of the table: `n + 1` starts, then the lists.
fn list(part: &[u32], n: usize, at: usize) -> &[u32] {
    let lists = &part[n + 1..];
    &lists[part[at] as usize..part[at + 1] as usize]
}
