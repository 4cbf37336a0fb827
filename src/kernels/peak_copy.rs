//! Copies and nothing else: what an adapter's memory delivers at most, for benchmarks.

use super::{KernelOp, Slices, kernel, kernel_plumbing};

kernel! {
    /// `dst[i] = src[i]` for `4 * width * height` values.
    PeakCopy, "peak_copy";
    constants {}
    uniforms { width: u32, height: u32 }
    bindings { Read src: Vec4, Write dst: Vec4 }
}

impl KernelOp for PeakCopy {
    kernel_plumbing!();

    fn grid(&self) -> [u32; 3] {
        [self.width, self.height, 1]
    }

    fn run(&self, slices: &mut Slices<'_>) {
        let src = slices.read(0);
        let dst = slices.write(1);
        let row = 4 * self.width as usize;
        super::for_each_chunk(&mut dst[..row * self.height as usize], row, |y, part| {
            part.copy_from_slice(&src[row * y..][..part.len()]);
        });
    }
}
