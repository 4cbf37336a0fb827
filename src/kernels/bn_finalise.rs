//! Batch normalisation, forward, second stage: from partial sums to what the next kernels apply.

use super::{KernelOp, Slices, kernel, kernel_plumbing, leaky};
use crate::network::BN_EPS;

kernel! {
    /// `norm[c]` = (gamma / std, beta - mean * gamma / std, mean, 1 / std) with the biased variance.
    /// `parameters` holds for each channel the place of gamma in `q`, then for each that of beta.
    BnFinalise, "bn_finalise";
    constants { first }
    uniforms { channels: u32, plane: u32, splits: u32 }
    bindings {
        Read partials: F32, Read src: F32, Read first: Vec4, Read q: F32, Read parameters: U32, Write norm: Vec4
    }
}

impl KernelOp for BnFinalise {
    kernel_plumbing!();

    fn grid(&self) -> [u32; 3] {
        [self.channels, 1, 1]
    }

    fn run(&self, slices: &mut Slices<'_>) {
        let (partials, src, first, q) = (slices.read(0), slices.read(1), slices.read(2), slices.read(3));
        let parameters = slices.table(4);
        let norm = slices.write(5);
        let (channels, splits) = (self.channels as usize, self.splits as usize);
        for c in 0..channels {
            let (mut a, mut b) = (0.0f64, 0.0f64);
            for pair in partials[2 * splits * c..2 * splits * (c + 1)].chunks(2) {
                a += f64::from(pair[0]);
                b += f64::from(pair[1]);
            }
            let mut shift = src[c * self.plane as usize];
            if self.first == 1 {
                shift = leaky(first[4 * c] * shift + first[4 * c + 1]);
            }
            let offset = a / f64::from(self.plane);
            let variance = (b / f64::from(self.plane) - offset * offset).max(0.0) as f32;
            let mean = (f64::from(shift) + offset) as f32;
            let inv_std = 1.0 / (variance + BN_EPS).sqrt();
            let scale = q[parameters[c] as usize] * inv_std;
            let beta = q[parameters[channels + c] as usize];
            norm[4 * c..4 * c + 4].copy_from_slice(&[scale, beta - mean * scale, mean, inv_std]);
        }
    }
}
