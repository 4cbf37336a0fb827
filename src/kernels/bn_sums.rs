//! Batch normalisation's reductions, first stage: each invocation sums a strided part of a channel.

use super::{KernelOp, Slices, kernel, kernel_plumbing, leaky};

kernel! {
    /// Forward: `partials[c,s]` = (sum of d, sum of d^2), d = x - x_0, where x_0 is the channel's first value: the shift
    /// keeps f32 sums accurate for channels far from zero. Backward: (sum of g, sum of g * xhat).
    /// x is `src` itself or, if `first` is 1, LeakyReLU of its first normalisation.
    BnSums, "bn_sums";
    constants {
        first,
        /// 0: forward sums; 1: the gradient's.
        gradient,
    }
    uniforms {
        channels: u32,
        /// Elements of a channel.
        plane: u32,
        /// Invocations a channel.
        splits: u32,
    }
    bindings { Read src: F32, Read first: Vec4, Read norm: Vec4, Read grad: F32, Write partials: F32 }
}

impl KernelOp for BnSums {
    kernel_plumbing!();

    fn grid(&self) -> [u32; 3] {
        [self.splits, self.channels, 1]
    }

    fn run(&self, slices: &mut Slices<'_>) {
        let (src, first, norm, grad) = (slices.read(0), slices.read(1), slices.read(2), slices.read(3));
        let partials = slices.write(4);
        let (plane, splits) = (self.plane as usize, self.splits as usize);
        super::for_each_chunk(
            &mut partials[..2 * splits * self.channels as usize],
            2 * splits,
            |c, sums| {
                let x = |i: usize| {
                    let v = src[c * plane + i];
                    if self.first == 1 {
                        leaky(first[4 * c] * v + first[4 * c + 1])
                    } else {
                        v
                    }
                };
                let shift = x(0);
                for (split, pair) in sums.chunks_mut(2).enumerate() {
                    // In f64: the twin is the oracle, and its sums run over long strides.
                    let mut total = [0.0f64; 2];
                    for i in (split..plane).step_by(splits) {
                        let (a, b) = if self.gradient == 1 {
                            let g = grad[c * plane + i];
                            (g, g * ((x(i) - norm[4 * c + 2]) * norm[4 * c + 3]))
                        } else {
                            let d = x(i) - shift;
                            (d, d * d)
                        };
                        total[0] += f64::from(a);
                        total[1] += f64::from(b);
                    }
                    pair.copy_from_slice(&total.map(|sum| sum as f32));
                }
            },
        );
    }
}
