//! Counts the steps on the device, so that nothing is written from the host between them.

use super::{KernelOp, Slices, kernel, kernel_plumbing};

kernel! {
    /// `counter[0] += 1`. Kept as f32: exact up to 2^24 steps.
    Advance, "advance";
    constants {}
    uniforms {}
    bindings { Write counter: F32 }
}

impl KernelOp for Advance {
    kernel_plumbing!();

    fn grid(&self) -> [u32; 3] {
        [1, 1, 1]
    }

    fn run(&self, slices: &mut Slices<'_>) {
        slices.write(0)[0] += 1.0;
    }
}
