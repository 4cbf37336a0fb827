//! Multiply-adds in registers and nothing else: what an adapter can compute at most, for benchmarks.

use super::{KernelOp, Slices, kernel, kernel_plumbing};

/// Independent chains of an invocation: enough to hide the latency of a multiply-add, few enough for registers.
const CHAINS: usize = 12;
/// Links of every chain in a round, written out.
const LINKS: u64 = 16;

kernel! {
    /// `dst[y * width + x]` = the sum over 12 chains, chain c starting at `x + c / 4`, of its value after `16 * rounds` links
    /// `v <- a * v + b`.
    PeakArithmetic, "peak_arithmetic";
    constants {}
    uniforms { width: u32, height: u32, rounds: u32, a: f32, b: f32 }
    bindings { Write dst: F32 }
}

impl KernelOp for PeakArithmetic {
    kernel_plumbing!();

    fn grid(&self) -> [u32; 3] {
        [self.width, self.height, 1]
    }

    fn run(&self, slices: &mut Slices<'_>) {
        let dst = slices.write(0);
        let (width, height) = (self.width as usize, self.height as usize);
        super::for_each_chunk(&mut dst[..width * height], width, |_, row| {
            for (block, sums) in row.chunks_mut(LANES).enumerate() {
                sums.copy_from_slice(&self.block(LANES * block)[..sums.len()]);
            }
        });
    }

    fn macs(&self) -> u64 {
        LINKS * CHAINS as u64 * u64::from(self.rounds) * u64::from(self.width) * u64::from(self.height)
    }
}

/// Invocations that the twin computes at once, so that a compiler can use vectors.
const LANES: usize = 4;

impl PeakArithmetic {
    /// The sums of the invocations from column `x` on.
    fn block(&self, x: usize) -> [f32; LANES] {
        let start = |c: usize| std::array::from_fn(|lane| (x + lane) as f32 + 0.25 * c as f32);
        let mut chains: [[f32; LANES]; CHAINS] = std::array::from_fn(start);
        for _ in 0..LINKS * u64::from(self.rounds) {
            for value in chains.iter_mut().flatten() {
                *value = self.a * *value + self.b;
            }
        }
        std::array::from_fn(|lane| chains.iter().map(|chain| chain[lane]).sum())
    }
}
