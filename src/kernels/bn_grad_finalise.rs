//! Batch normalisation, backward, second stage.

use super::{KernelOp, Slices, kernel, kernel_plumbing};

kernel! {
    /// Writes dL/dgamma = sum g * xhat and, if `beta` is 1, dL/dbeta = sum g to their places in the flat gradient, and
    /// `means[c]` = (mean g, mean g * xhat, 0, 0) for [`super::bn_backward`].
    BnGradFinalise, "bn_grad_finalise";
    constants {
        /// 0: beta has no gradient (method section 7.4).
        beta,
    }
    uniforms { channels: u32, plane: u32, splits: u32 }
    bindings { Read partials: F32, Read parameters: U32, Write grad: F32, Write means: Vec4 }
}

impl KernelOp for BnGradFinalise {
    kernel_plumbing!();

    fn grid(&self) -> [u32; 3] {
        [self.channels, 1, 1]
    }

    fn run(&self, slices: &mut Slices<'_>) {
        let partials = slices.read(0);
        let parameters = slices.table(1);
        let (grad, means) = (slices.write(2), slices.write(3));
        let (channels, splits) = (self.channels as usize, self.splits as usize);
        for c in 0..channels {
            let (mut a, mut b) = (0.0f64, 0.0f64);
            for pair in partials[2 * splits * c..2 * splits * (c + 1)].chunks(2) {
                a += f64::from(pair[0]);
                b += f64::from(pair[1]);
            }
            grad[parameters[c] as usize] = b as f32;
            if self.beta == 1 {
                grad[parameters[channels + c] as usize] = a as f32;
            }
            let n = f64::from(self.plane);
            means[4 * c..4 * c + 4].copy_from_slice(&[(a / n) as f32, (b / n) as f32, 0.0, 0.0]);
        }
    }
}
