//! A Gumbel-softmax sample of the mask, the masked weights, and the sums of the KL term (method section 4).

use super::{KernelOp, Slices, kernel, kernel_plumbing};
use crate::rng::{philox4x32_10, unit};

kernel! {
    /// m = sigmoid((p + log u - log(1 - u)) / tau) with a fresh u for each logit and step; `w` = theta * m and
    /// `slope` = dw/dp = theta * m (1 - m) / tau. An invocation takes blocks of four logits, one Philox block each;
    /// `partials[t]` = (sum of s log((s + 1e-6)/p0) + (1-s) log((1-s + 1e-6)/(1-p0)), sum of p), s = sigmoid(p).
    /// In the first `supplied` steps u comes from `uniforms[step % window]` (exchange with PyTorch).
    GumbelSample, "gumbel_sample";
    constants {}
    uniforms {
        count: u32, threads: u32, supplied: u32,
        /// Steps whose numbers `uniforms` holds at a time.
        window: u32,
        key0: u32, key1: u32, stream: u32,
        /// 1/p0 and 1/(1 - p0).
        inverse_p0: f32, inverse_q0: f32,
    }
    bindings {
        Read logits: F32, Read theta: F32, Read schedule: Vec4, Read counter: F32, Read uniforms: F32,
        Write w: F32, Write slope: F32, Write partials: F32
    }
}

impl KernelOp for GumbelSample {
    kernel_plumbing!();

    fn grid(&self) -> [u32; 3] {
        [self.threads, 1, 1]
    }

    fn run(&self, slices: &mut Slices<'_>) {
        let (logits, theta, schedule) = (slices.read(0), slices.read(1), slices.read(2));
        let (counter, uniforms) = (slices.read(3), slices.read(4));
        let (w, slope, partials) = (slices.write(5), slices.write(6), slices.write(7));
        let step = counter[0] as u32;
        let tau = schedule[4 * step as usize + 2];
        let count = self.count as usize;
        for t in 0..self.threads as usize {
            let (mut kl, mut sum) = (0.0, 0.0);
            for block in (t..count.div_ceil(4)).step_by(self.threads as usize) {
                let words = philox4x32_10([block as u32, step, self.stream, 0], [self.key0, self.key1]);
                for (lane, word) in words.into_iter().enumerate() {
                    let i = 4 * block + lane;
                    if i >= count {
                        break;
                    }
                    let u = if step < self.supplied {
                        uniforms[(step % self.window) as usize * count + i]
                    } else {
                        unit(word)
                    };
                    let p = logits[i];
                    let x = (p + u.ln() - (1.0 - u).ln()) / tau;
                    let m = sigmoid(x);
                    w[i] = theta[i] * m;
                    // sigmoid(-x), not 1 - m: where m rounds to 1 the slope is small, but Adam scales it up again.
                    slope[i] = theta[i] * m * sigmoid(-x) / tau;
                    let s = sigmoid(p);
                    kl +=
                        s * ((s + 1e-6) * self.inverse_p0).ln() + (1.0 - s) * ((1.0 - s + 1e-6) * self.inverse_q0).ln();
                    sum += p;
                }
            }
            partials[2 * t] = kl;
            partials[2 * t + 1] = sum;
        }
    }
}

/// 1 / (1 + exp(-x)), its argument held where exp is finite in f32.
fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x.clamp(-80.0, 80.0)).exp())
}
