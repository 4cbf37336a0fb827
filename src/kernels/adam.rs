//! Adam as PyTorch has it, on the trained parameters.

use super::{KernelOp, Slices, kernel, kernel_plumbing};

kernel! {
    /// m, v: exponential means of g and g^2; `q` -= a * m / (sqrt(v * b) + eps) with a = lr / (1 - beta1^t) and
    /// b = 1 / (1 - beta2^t) from row t of the schedule. If `masked` is 1, entries whose bit in `keep` is 0 are left alone.
    Adam, "adam";
    constants { masked }
    uniforms { count: u32, threads: u32, beta1: f32, beta2: f32, rest1: f32, rest2: f32, eps: f32 }
    bindings {
        Read grad: F32, Read schedule: Vec4, Read counter: F32, Read keep: U32,
        Write q: F32, Write m: F32, Write v: F32
    }
}

impl KernelOp for Adam {
    kernel_plumbing!();

    fn grid(&self) -> [u32; 3] {
        [self.threads, 1, 1]
    }

    fn run(&self, slices: &mut Slices<'_>) {
        let (grad, schedule, counter) = (slices.read(0), slices.read(1), slices.read(2));
        let keep = slices.table(3);
        let (q, m, v) = (slices.write(4), slices.write(5), slices.write(6));
        let row = &schedule[4 * counter[0] as usize..];
        for i in 0..self.count as usize {
            if self.masked == 1 && keep[i / 32] >> (i % 32) & 1 == 0 {
                continue;
            }
            let g = grad[i];
            m[i] = self.beta1 * m[i] + self.rest1 * g;
            v[i] = self.beta2 * v[i] + self.rest2 * g * g;
            q[i] -= row[0] * m[i] / ((v[i] * row[1]).sqrt() + self.eps);
        }
    }
}
