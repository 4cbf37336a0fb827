//! The weight gradient of a link at its kept entries only, first stage: partial dot products over bands of rows.

use super::{KernelOp, Slices, kernel, kernel_plumbing};

kernel! {
    /// `partials[s,e]` = sum over the coarse pixels (i, j) of band s of `coarse[c_e + i*coarse_w + j] * fine[f_e + stride*(i*fine_w + j)]`.
    /// `table` holds the pair of offsets (c_e, f_e) for each entry: channel and border, channel and tap.
    SparseWeightGrad, "sparse_weight_grad";
    constants { stride }
    uniforms {
        entries: u32,
        h: u32, w: u32,
        /// Widths of the stored maps.
        coarse_w: u32, fine_w: u32,
        splits: u32,
        band: u32,
    }
    bindings { Read coarse: F32, Read fine: F32, Read table: U32, Write partials: F32 }
}

impl KernelOp for SparseWeightGrad {
    kernel_plumbing!();

    fn grid(&self) -> [u32; 3] {
        [self.entries, self.splits, 1]
    }

    fn run(&self, slices: &mut Slices<'_>) {
        let (coarse, fine) = (slices.read(0), slices.read(1));
        let table = slices.table(2);
        let partials = slices.write(3);
        let entries = self.entries as usize;
        let (h, w, stride) = (self.h as usize, self.w as usize, self.stride as usize);
        let (coarse_w, fine_w) = (self.coarse_w as usize, self.fine_w as usize);
        super::for_each_chunk(
            &mut partials[..entries * self.splits as usize],
            entries,
            |split, sums| {
                let rows = split * self.band as usize..((split + 1) * self.band as usize).min(h);
                for (sum, at) in sums.iter_mut().zip(table.chunks(2)) {
                    *sum = 0.0;
                    for i in rows.clone() {
                        let left = &coarse[at[0] as usize + i * coarse_w..][..w];
                        *sum += super::dot(left, &fine[at[1] as usize + stride * i * fine_w..], stride);
                    }
                }
            },
        );
    }

    fn macs(&self) -> u64 {
        u64::from(self.entries) * u64::from(self.h) * u64::from(self.w)
    }
}
