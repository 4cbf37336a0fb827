//! The weight gradient of a link, dense, second stage: sums the bands into the flat gradient.

use super::{KernelOp, Slices, kernel, kernel_plumbing};

kernel! {
    /// `grad[offset + ..]` = sum over s of `partials[s, ..]`. For a widened link (method section 7.3: 3x3 taps after an upsample
    /// act as 4x4) the adjoint of widening comes on top: tap (p, q) collects (3-p | 2-p, 3-q | 2-q).
    ReduceWeightGrad, "reduce_weight_grad";
    constants { widened, k }
    uniforms {
        coarse_ch: u32, fine_ch: u32, splits: u32,
        /// Where the weights of the first pair of channels start.
        offset: u32,
        /// Input channels of the whole weight tensor, of which the link may join a part.
        inputs: u32,
    }
    bindings { Read partials: F32, Write grad: F32 }
}

impl KernelOp for ReduceWeightGrad {
    kernel_plumbing!();

    fn grid(&self) -> [u32; 3] {
        if self.widened == 1 {
            [self.coarse_ch * 9, self.fine_ch, 1]
        } else {
            [self.fine_ch * self.k * self.k, self.coarse_ch, 1]
        }
    }

    fn run(&self, slices: &mut Slices<'_>) {
        let partials = slices.read(0);
        let [columns, rows, _] = self.grid().map(|n| n as usize);
        let grad = &mut slices.write(1)[self.offset as usize..];
        let (coarse_ch, fine_ch) = (self.coarse_ch as usize, self.fine_ch as usize);
        let k = self.k as usize;
        let size = coarse_ch * fine_ch * k * k;
        let total = |at: usize| -> f32 { (0..self.splits as usize).map(|s| partials[s * size + at]).sum() };
        // An output channel's weights of all input channels; the link's are the first `columns`.
        let pitch = if self.widened == 1 { 9 } else { k * k } * self.inputs as usize;
        for (row, grad) in grad.chunks_mut(pitch).take(rows).enumerate() {
            for (column, out) in grad[..columns].iter_mut().enumerate() {
                *out = if self.widened == 1 {
                    let (f, c, p, q) = (row, column / 9 % coarse_ch, column / 3 % 3, column % 3);
                    let pair = (c * fine_ch + f) * 16;
                    [(3 - p, 3 - q), (3 - p, 2 - q), (2 - p, 3 - q), (2 - p, 2 - q)]
                        .iter()
                        .map(|(a, b)| total(pair + a * 4 + b))
                        .sum()
                } else {
                    total(row * columns + column)
                };
            }
        }
    }
}
