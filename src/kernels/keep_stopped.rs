//! Keeps the picture of the step at which one should have stopped.

use super::{KernelOp, Slices, kernel, kernel_plumbing};

kernel! {
    /// Where [`super::stopping_update`] has just found a new least statistic: `stopped` = out and
    /// `stopped_average` = average. Otherwise nothing.
    KeepStopped, "keep_stopped";
    constants {}
    uniforms { count: u32, threads: u32 }
    bindings {
        Read state: F32, Read out: F32, Read average: F32,
        Write stopped: F32, Write stopped_average: F32
    }
}

impl KernelOp for KeepStopped {
    kernel_plumbing!();

    fn grid(&self) -> [u32; 3] {
        [self.threads, 1, 1]
    }

    fn run(&self, slices: &mut Slices<'_>) {
        let (state, out, average) = (slices.read(0), slices.read(1), slices.read(2));
        let (stopped, stopped_average) = (slices.write(3), slices.write(4));
        if state[3] == 1.0 {
            let count = self.count as usize;
            stopped[..count].copy_from_slice(&out[..count]);
            stopped_average[..count].copy_from_slice(&average[..count]);
        }
    }
}
