//! When to stop: follows the variance of the outputs and remembers where it was least (method section 9).

use super::{KernelOp, Slices, kernel, kernel_plumbing};

kernel! {
    /// The statistic of this step: with `windowed` 0 ES-EMV's emv = (1 - alpha) (emv + alpha * change), `change` the mean of
    /// d^2 over the picture's values; with `windowed` 1 ES-WMV's, the mean variance of the window. From step `ignore` on, a new
    /// least statistic is remembered with its step. `state` = (statistic, least, its step, 1 if it is this one else 0, the step
    /// to be tracked next); least counts as none yet while its step is 0, and a step tracked before changes nothing. Into the ring's row go the statistic and the average's MSE.
    StoppingUpdate, "stopping_update";
    constants { windowed }
    uniforms {
        count: u32,
        /// 1 / (channels * region), and for the window also 1 / length.
        inverse: f32,
        inverse_window: f32,
        alpha: f32,
        ignore: u32,
        ring_len: u32,
    }
    bindings {
        Read partials: F32, Read window_partials: F32, Read counter: F32,
        Write state: F32, Write ring: F32
    }
}

impl KernelOp for StoppingUpdate {
    kernel_plumbing!();

    fn grid(&self) -> [u32; 3] {
        [1, 1, 1]
    }

    fn run(&self, slices: &mut Slices<'_>) {
        let (partials, window_partials, counter) = (slices.read(0), slices.read(1), slices.read(2));
        let (state, ring) = (slices.write(3), slices.write(4));
        let count = self.count as usize;
        let total = |column: usize| -> f32 { (0..count).map(|t| partials[2 * t + column]).sum() };
        let statistic = if self.windowed == 1 {
            window_partials[..count].iter().sum::<f32>() * self.inverse_window
        } else if state[4] > counter[0] {
            state[0]
        } else {
            (1.0 - self.alpha) * (state[0] + self.alpha * total(0) * self.inverse)
        };
        let least = counter[0] >= self.ignore as f32 && (state[2] == 0.0 || statistic < state[1]);
        state[0] = statistic;
        if least {
            (state[1], state[2]) = (statistic, counter[0]);
        }
        state[3] = f32::from(u8::from(least));
        state[4] = counter[0] + 1.0;
        let row = 4 * (counter[0] as usize % self.ring_len as usize);
        ring[row + 2] = statistic;
        ring[row + 3] = total(1) * self.inverse;
    }
}
