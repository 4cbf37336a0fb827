//! From the flat parameters to the layout the dense convolutions read.

use super::{KernelOp, Slices, kernel, kernel_plumbing};

kernel! {
    /// `packed[o/4][i][a][b][o%4]` = `V[c,f,a,b]`, where (o, i) = (c, f), or (f, c) if `transposed` is 1; zero beyond the last channel.
    /// V is the weight itself (coarse = output, fine = input), or for a widened link the 4x4 taps that a 3x3 kernel makes
    /// after an upsample (coarse = input, fine = output): `V[a,b]` sums the taps (p, q), p in {3-a, 2-a}, q in {3-b, 2-b}.
    PackWeights, "pack_weights";
    constants { widened, transposed, k }
    uniforms {
        coarse_ch: u32, fine_ch: u32,
        /// Where the weights of the first pair of channels start.
        offset: u32,
        /// Input channels of the whole weight tensor, of which the link may join a part.
        inputs: u32,
    }
    bindings { Read q: F32, Write packed: F32 }
}

impl KernelOp for PackWeights {
    kernel_plumbing!();

    fn grid(&self) -> [u32; 3] {
        let (outer, inner) = self.channels();
        [inner * self.k * self.k * 4, outer.div_ceil(4), 1]
    }

    fn run(&self, slices: &mut Slices<'_>) {
        let q = &slices.read(0)[self.offset as usize..];
        let packed = slices.write(1);
        let [columns, rows, _] = self.grid().map(|n| n as usize);
        let (outer, _) = self.channels();
        let inputs = self.inputs as usize;
        let taps = (self.k * self.k) as usize;
        super::for_each_chunk(&mut packed[..columns * rows], columns, |block, row| {
            for (i, taps_of_four) in row.chunks_mut(4 * taps).enumerate() {
                for (tap, four) in taps_of_four.chunks_mut(4).enumerate() {
                    for (lane, out) in four.iter_mut().enumerate() {
                        let o = block * 4 + lane;
                        let (c, f) = if self.transposed == 1 { (i, o) } else { (o, i) };
                        *out = if o >= outer as usize {
                            0.0
                        } else if self.widened == 1 {
                            widened_tap(&q[(f * inputs + c) * 9..][..9], tap / 4, tap % 4)
                        } else {
                            q[(c * inputs + f) * taps + tap]
                        };
                    }
                }
            }
        });
    }
}

impl PackWeights {
    /// (blocked channels, inner channels).
    fn channels(&self) -> (u32, u32) {
        if self.transposed == 1 {
            (self.fine_ch, self.coarse_ch)
        } else {
            (self.coarse_ch, self.fine_ch)
        }
    }
}

/// The taps p of one axis of a 3-tap kernel that act at position `a` of its widened form.
pub fn widened_from(a: usize) -> impl Iterator<Item = usize> {
    [3 - a as isize, 2 - a as isize]
        .into_iter()
        .filter(|p| (0..3).contains(p))
        .map(|p| p as usize)
}

fn widened_tap(kernel: &[f32], a: usize, b: usize) -> f32 {
    widened_from(a)
        .flat_map(|p| widened_from(b).map(move |q| 3 * p + q))
        .map(|tap| kernel[tap])
        .sum()
}
