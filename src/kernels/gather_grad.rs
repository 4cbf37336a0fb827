//! The weight gradient of a link at its kept entries, second stage: sums bands and taps into the flat gradient.

use super::{KernelOp, Slices, kernel, kernel_plumbing};

kernel! {
    /// `grad[table[e][0]]` = sum over s and the entry's sources of `partials[s * stride + source]`. A kept tap of a widened link has
    /// four sources, any other one.
    GatherGrad, "gather_grad";
    constants { sources }
    uniforms { count: u32, splits: u32, stride: u32 }
    bindings { Read partials: F32, Read table: U32, Write grad: F32 }
}

impl KernelOp for GatherGrad {
    kernel_plumbing!();

    fn grid(&self) -> [u32; 3] {
        [self.count, 1, 1]
    }

    fn run(&self, slices: &mut Slices<'_>) {
        let partials = slices.read(0);
        let table = slices.table(1);
        let grad = slices.write(2);
        for entry in table.chunks(1 + self.sources as usize).take(self.count as usize) {
            let mut sum = 0.0;
            for split in 0..self.splits {
                for source in &entry[1..] {
                    sum += partials[(split * self.stride + source) as usize];
                }
            }
            grad[entry[0] as usize] = sum;
        }
    }
}
