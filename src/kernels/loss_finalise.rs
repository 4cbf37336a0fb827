//! Sums the loss's partial sums into the ring that is read now and then, and the output biases' gradient.

use super::{KernelOp, Slices, kernel, kernel_plumbing};

kernel! {
    /// `ring[step % ring_len]` = (MSE to what was observed, MSE to the clean picture, KL term, mean logit), and the gradient of
    /// each output bias. The last two come from [`super::gumbel_sample`]'s partial sums, `mask_count` of them; 0 in fitting.
    LossFinalise, "loss_finalise";
    constants {
        channels,
        /// 1: add to the errors in the ring, for the second and further parts of a picture split by channel.
        accumulate,
    }
    uniforms {
        count: u32,
        /// 1 / the number of observed values, and 1 / the number of values in the picture's region.
        inverse: f32, inverse_clean: f32,
        mask_count: u32,
        kl_scale: f32,
        inverse_n: f32,
        ring_len: u32,
    }
    bindings {
        Read partials: F32, Read mask_partials: F32, Read biases: U32, Read counter: F32,
        Write grad: F32, Write ring: F32
    }
}

impl KernelOp for LossFinalise {
    kernel_plumbing!();

    fn grid(&self) -> [u32; 3] {
        [4 + self.channels, 1, 1]
    }

    fn run(&self, slices: &mut Slices<'_>) {
        let (partials, mask_partials) = (slices.read(0), slices.read(1));
        let biases = slices.table(2);
        let counter = slices.read(3);
        let (grad, ring) = (slices.write(4), slices.write(5));
        let row = 4 * (counter[0] as usize % self.ring_len as usize);
        let width = 2 + self.channels as usize;
        let total = |column: usize| -> f32 { (0..self.count as usize).map(|t| partials[t * width + column]).sum() };
        let mask_total = |column: usize| -> f32 {
            (0..self.mask_count as usize)
                .map(|t| mask_partials[2 * t + column])
                .sum()
        };
        let errors = [total(0) * self.inverse, total(1) * self.inverse_clean];
        super::store(&mut ring[row..row + 2], &errors, self.accumulate == 1);
        ring[row + 2] = mask_total(0) * self.kl_scale;
        ring[row + 3] = mask_total(1) * self.inverse_n;
        for c in 0..self.channels as usize {
            grad[biases[c] as usize] = total(2 + c);
        }
    }
}
