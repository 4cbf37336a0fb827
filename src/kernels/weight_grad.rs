//! The weight gradient of a link, dense, first stage: partial sums over bands of rows.

use super::{KernelOp, Slices, kernel, kernel_plumbing};

kernel! {
    /// `partials[s,c,f,a,b]` = sum over the coarse pixels (i, j) of band s of `coarse[c,i,j] * fine[f, stride*i + a, stride*j + b]`.
    /// The split over bands is what keeps every core busy where there are few weights and many pixels; it is fixed, so
    /// sums repeat.
    WeightGrad, "weight_grad";
    constants {
        k,
        stride,
        /// Rows of taps that an invocation sums: 1 or k.
        tap_rows,
        /// Width of the border around the stored coarse map.
        halo,
    }
    uniforms {
        coarse_ch: u32, coarse_h: u32, coarse_w: u32,
        /// Widths of the stored maps, with what stands right of them: multiples of 4, since rows are loaded in aligned fours.
        coarse_pitch: u32, fine_w: u32,
        fine_ch: u32, fine_h: u32,
        splits: u32,
        /// Coarse rows in a band.
        band: u32,
    }
    bindings { Read coarse: Vec4, Read fine: Vec4, Write partials: F32 }
}

impl KernelOp for WeightGrad {
    kernel_plumbing!();

    fn grid(&self) -> [u32; 3] {
        [
            self.fine_ch * self.k / self.tap_rows,
            self.coarse_ch.div_ceil(4),
            self.splits,
        ]
    }

    fn run(&self, slices: &mut Slices<'_>) {
        let (coarse, fine) = (slices.read(0), slices.read(1));
        let partials = slices.write(2);
        let size = (self.fine_ch * self.k * self.k) as usize;
        let of_split = self.coarse_ch as usize * size;
        let total = self.splits as usize * of_split;
        for (split, sums) in partials[..total].chunks_mut(of_split).enumerate() {
            super::for_each_chunk(sums, 4 * size, |block, sums| {
                let run = match self.k {
                    1 => Self::block::<1>,
                    3 => Self::block::<3>,
                    4 => Self::block::<4>,
                    5 => Self::block::<5>,
                    k => panic!("no weight gradient for {k}x{k} taps"),
                };
                run(self, coarse, fine, split, block, sums);
            });
        }
    }

    fn macs(&self) -> u64 {
        let taps = u64::from(self.k * self.k) * u64::from(self.fine_ch) * u64::from(self.coarse_ch);
        taps * u64::from(self.coarse_h) * u64::from(self.coarse_w)
    }

    fn tile_macs(&self) -> u64 {
        let taps = u64::from(self.k * self.k) * u64::from(self.fine_ch) * u64::from(self.coarse_ch.next_multiple_of(4));
        taps * u64::from(self.coarse_h) * u64::from(self.coarse_w.next_multiple_of(4))
    }
}

impl WeightGrad {
    /// The sums of a band for four coarse channels, as in the shader: a row of K taps for all of them at once.
    fn block<const K: usize>(&self, coarse: &[f32], fine: &[f32], split: usize, block: usize, sums: &mut [f32]) {
        let (h, w, halo) = (self.coarse_h as usize, self.coarse_w as usize, self.halo as usize);
        let (fine_ch, fine_h, fine_w) = (self.fine_ch as usize, self.fine_h as usize, self.fine_w as usize);
        let (stride, band) = (self.stride as usize, self.band as usize);
        let (full_h, full_w) = (h + 2 * halo, self.coarse_pitch as usize);
        // Channels beyond the last read the last; their sums have no place to go to.
        let last = self.coarse_ch as usize - 1;
        let channels: [usize; 4] = std::array::from_fn(|lane| (4 * block + lane).min(last));
        for f in 0..fine_ch {
            for a in 0..K {
                let mut taps = [[0.0; K]; 4];
                for i in split * band..((split + 1) * band).min(h) {
                    let left = channels.map(|c| &coarse[(c * full_h + i + halo) * full_w + halo..][..w]);
                    let right = &fine[(f * fine_h + stride * i + a) * fine_w..][..fine_w];
                    let at = row::<K, 8>(0, left, right, stride, &mut taps);
                    let at = row::<K, 4>(at, left, right, stride, &mut taps);
                    row::<K, 1>(at, left, right, stride, &mut taps);
                }
                for (lane, sums) in sums.chunks_mut(fine_ch * K * K).enumerate() {
                    sums[(f * K + a) * K..][..K].copy_from_slice(&taps[lane]);
                }
            }
        }
    }
}

/// Adds the products of one row, LANES pixels at a time from `at` on; returns where fewer are left.
fn row<const K: usize, const LANES: usize>(
    mut at: usize,
    left: [&[f32]; 4],
    right: &[f32],
    stride: usize,
    taps: &mut [[f32; K]; 4],
) -> usize {
    let mut sums = [[[0.0f32; LANES]; K]; 4];
    while at + LANES <= left[0].len() {
        let window = &right[stride * at..][..stride * (LANES - 1) + K];
        let pixels: [[f32; LANES]; 4] = left.map(|row| std::array::from_fn(|t| row[at + t]));
        let phases = super::phases(window, stride);
        for b in 0..K {
            let mut x = [0.0; LANES];
            x.copy_from_slice(&phases[b % stride][b / stride..][..LANES]);
            for (sums, pixels) in sums.iter_mut().zip(&pixels) {
                for t in 0..LANES {
                    sums[b][t] += pixels[t] * x[t];
                }
            }
        }
        at += LANES;
    }
    for (taps, sums) in taps.iter_mut().zip(&sums) {
        for (tap, sums) in taps.iter_mut().zip(sums) {
            *tap += sums.iter().sum::<f32>();
        }
    }
    at
}
