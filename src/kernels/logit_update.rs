//! The update of the mask's logits: gradient, Adam, and the pull (method section 4).

use super::{KernelOp, Slices, kernel, kernel_plumbing};

kernel! {
    /// g = `grad` * `slope` + kl * s (1 - s) (p - logit(p0)), s = sigmoid(p); Adam on p with g; then p += pull * (logit(p0) - p).
    /// The paper's learner has kl = 1e-9 and pull = 0, the fast one kl = 0.
    LogitUpdate, "logit_update";
    constants {}
    uniforms {
        count: u32, threads: u32,
        beta1: f32, beta2: f32, rest1: f32, rest2: f32, eps: f32,
        kl: f32, logit_target: f32, pull: f32,
    }
    bindings {
        Read grad: F32, Read slope: F32, Read schedule: Vec4, Read counter: F32,
        Write logits: F32, Write m: F32, Write v: F32
    }
}

impl KernelOp for LogitUpdate {
    kernel_plumbing!();

    fn grid(&self) -> [u32; 3] {
        [self.threads, 1, 1]
    }

    fn run(&self, slices: &mut Slices<'_>) {
        let (grad, slope, schedule, counter) = (slices.read(0), slices.read(1), slices.read(2), slices.read(3));
        let (logits, m, v) = (slices.write(4), slices.write(5), slices.write(6));
        let row = &schedule[4 * counter[0] as usize..];
        for i in 0..self.count as usize {
            let p = logits[i];
            let s = 1.0 / (1.0 + (-p.clamp(-80.0, 80.0)).exp());
            let g = grad[i] * slope[i] + self.kl * s * (1.0 - s) * (p - self.logit_target);
            m[i] = self.beta1 * m[i] + self.rest1 * g;
            v[i] = self.beta2 * v[i] + self.rest2 * g * g;
            let moved = p - row[0] * m[i] / ((v[i] * row[1]).sqrt() + self.eps);
            logits[i] = moved + self.pull * (self.logit_target - moved);
        }
    }
}
