//! The weight gradient of a link, dense, first stage: partial sums over bands of rows.

use super::{KernelOp, Slices, kernel, kernel_plumbing};

kernel! {
    /// `partials[s,c,f,a,b]` = sum over the coarse pixels (i, j) of band s of `coarse[c,i,j] * fine[f, stride*i + a, stride*j + b]`.
    /// The split over bands is what keeps every core busy where there are few weights and many pixels; it is fixed, so
    /// sums repeat.
    WeightGrad, "weight_grad";
    constants { k, stride }
    uniforms {
        coarse_ch: u32, coarse_h: u32, coarse_w: u32,
        /// Width of the border around the stored coarse map.
        halo: u32,
        fine_ch: u32, fine_h: u32, fine_w: u32,
        splits: u32,
        /// Coarse rows in a band.
        band: u32,
    }
    bindings { Read coarse: F32, Read fine: F32, Write partials: F32 }
}

impl KernelOp for WeightGrad {
    kernel_plumbing!();

    fn grid(&self) -> [u32; 3] {
        [self.fine_ch * self.k, self.coarse_ch.div_ceil(4), self.splits]
    }

    fn run(&self, slices: &mut Slices<'_>) {
        let (coarse, fine) = (slices.read(0), slices.read(1));
        let partials = slices.write(2);
        let (k, stride, halo) = (self.k as usize, self.stride as usize, self.halo as usize);
        let (h, w) = (self.coarse_h as usize, self.coarse_w as usize);
        let (fine_ch, fine_h, fine_w) = (self.fine_ch as usize, self.fine_h as usize, self.fine_w as usize);
        let coarse_ch = self.coarse_ch as usize;
        let (full_h, full_w) = (h + 2 * halo, w + 2 * halo);
        let size = fine_ch * k * k;
        let total = self.splits as usize * coarse_ch * size;
        super::for_each_chunk(&mut partials[..total], size, |chunk, sums| {
            let (split, c) = (chunk / coarse_ch, chunk % coarse_ch);
            let rows = split * self.band as usize..((split + 1) * self.band as usize).min(h);
            for (at, sum) in sums.iter_mut().enumerate() {
                let (f, a, b) = (at / (k * k), at / k % k, at % k);
                *sum = 0.0;
                for i in rows.clone() {
                    let left = &coarse[(c * full_h + i + halo) * full_w + halo..][..w];
                    *sum += super::dot(left, &fine[(f * fine_h + stride * i + a) * fine_w + b..], stride);
                }
            }
        });
    }

    fn macs(&self) -> u64 {
        let taps = u64::from(self.k * self.k) * u64::from(self.fine_ch) * u64::from(self.coarse_ch);
        taps * u64::from(self.coarse_h) * u64::from(self.coarse_w)
    }
}
