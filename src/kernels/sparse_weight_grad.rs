//! The weight gradient of a link at its kept entries only, first stage: partial dot products over bands of rows.

use super::{KernelOp, Slices, kernel, kernel_plumbing};

kernel! {
    /// `partials[s,g,e]` = sum over the coarse pixels (i, j) of band s of `coarse[c_g + i*coarse_w + j] * fine[f_ge + stride*(i*fine_w + j)]`.
    /// `table` holds for each group the offset c_g (channel and border), and f_ge (channel and tap) for each of its entries.
    SparseWeightGrad, "sparse_weight_grad";
    constants {
        stride,
        /// Entries of a group.
        group,
    }
    uniforms {
        groups: u32,
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
        [self.groups, self.splits, 1]
    }

    fn run(&self, slices: &mut Slices<'_>) {
        let (coarse, fine) = (slices.read(0), slices.read(1));
        let table = slices.table(2);
        let partials = slices.write(3);
        let group = self.group as usize;
        let entries = self.groups as usize * group;
        let (h, w, stride) = (self.h as usize, self.w as usize, self.stride as usize);
        let (coarse_w, fine_w) = (self.coarse_w as usize, self.fine_w as usize);
        super::for_each_chunk(
            &mut partials[..entries * self.splits as usize],
            entries,
            |split, sums| {
                let rows = split * self.band as usize..((split + 1) * self.band as usize).min(h);
                for (sums, offsets) in sums.chunks_mut(group).zip(table.chunks(1 + group)) {
                    for (sum, f) in sums.iter_mut().zip(&offsets[1..]) {
                        *sum = 0.0;
                        for i in rows.clone() {
                            let left = &coarse[offsets[0] as usize + i * coarse_w..][..w];
                            *sum += super::dot(left, &fine[*f as usize + stride * i * fine_w..], stride);
                        }
                    }
                }
            },
        );
    }

    fn macs(&self) -> u64 {
        u64::from(self.groups * self.group) * u64::from(self.h) * u64::from(self.w)
    }
}
