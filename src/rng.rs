//! Seeded, counter-based randomness: Philox4x32-10 (Salmon et al., SC 2011).
//!
//! A draw is a pure function of (seed, stream, step, index), so runs repeat on every platform and a
//! shader can draw the same numbers as the CPU. `shaders/gumbel_sample.wgsl` holds the GPU twin.

/// What a sequence of draws is for. Streams never overlap, whatever the seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Stream {
    /// Initial parameters theta_in.
    Theta = 0,
    /// The fixed network input z.
    Input = 1,
    /// Noise added to a clean picture.
    PictureNoise = 2,
    /// Gumbel-softmax samples of the mask.
    MaskSample = 3,
    /// Ties at the top-k threshold.
    Ties = 4,
    /// Redrawn masks: which weights and channels a shuffle keeps.
    Shuffle = 5,
}

const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];

/// One Philox4x32-10 block: four words from a 128-bit counter and a 64-bit key.
pub fn philox4x32_10(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    let [mut c0, mut c1, mut c2, mut c3] = counter;
    let [mut k0, mut k1] = key;
    for round in 0..10 {
        if round > 0 {
            k0 = k0.wrapping_add(WEYL[0]);
            k1 = k1.wrapping_add(WEYL[1]);
        }
        let p0 = u64::from(MULTIPLIERS[0]) * u64::from(c0);
        let p1 = u64::from(MULTIPLIERS[1]) * u64::from(c2);
        (c0, c1, c2, c3) = (
            (p1 >> 32) as u32 ^ c1 ^ k0,
            p1 as u32,
            (p0 >> 32) as u32 ^ c3 ^ k1,
            p0 as u32,
        );
    }
    [c0, c1, c2, c3]
}

/// Maps a random word to (0, 1): never 0, never 1, exact in f32.
pub fn unit(word: u32) -> f32 {
    ((word >> 9) as f32 + 0.5) * (1.0 / 8_388_608.0)
}

/// A seed and a stream: random access to the draws of one purpose.
#[derive(Clone, Copy, Debug)]
pub struct Draws {
    key: [u32; 2],
    stream: u32,
}

impl Draws {
    pub fn new(seed: u64, stream: Stream) -> Self {
        Self {
            key: [seed as u32, (seed >> 32) as u32],
            stream: stream as u32,
        }
    }

    /// The four words with the counter (block, step, stream, 0).
    pub fn block(&self, step: u32, block: u32) -> [u32; 4] {
        philox4x32_10([block, step, self.stream, 0], self.key)
    }

    /// Word `index` of a step: word `index % 4` of block `index / 4`.
    pub fn word(&self, step: u32, index: usize) -> u32 {
        self.block(step, (index / 4) as u32)[index % 4]
    }

    /// A uniform number in (0, 1).
    pub fn uniform(&self, step: u32, index: usize) -> f32 {
        unit(self.word(step, index))
    }

    /// A standard normal number (Box-Muller on words 2k and 2k+1, in f64).
    ///
    /// The functions come from `libm`, not from the platform, so that wasm and native agree bit for bit.
    pub fn normal(&self, step: u32, index: usize) -> f32 {
        let block = self.block(step, (index / 4) as u32);
        let pair = (index % 4) / 2 * 2;
        let radius = libm::sqrt(-2.0 * libm::log(f64::from(unit(block[pair]))));
        let angle = std::f64::consts::TAU * f64::from(unit(block[pair + 1]));
        let turn = if index.is_multiple_of(2) {
            libm::cos(angle)
        } else {
            libm::sin(angle)
        };
        (radius * turn) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The known answers published with Random123.
    #[test]
    fn philox_known_answers() {
        let ones = u32::MAX;
        assert_eq!(
            philox4x32_10([0; 4], [0; 2]),
            [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]
        );
        assert_eq!(
            philox4x32_10([ones; 4], [ones; 2]),
            [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
        );
        assert_eq!(
            philox4x32_10(
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
                [0xa409_3822, 0x299f_31d0]
            ),
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
        );
    }

    #[test]
    fn uniforms_stay_inside_the_open_interval() {
        assert!(unit(0) > 0.0);
        assert!(unit(u32::MAX) < 1.0);
    }

    #[test]
    fn normals_have_mean_zero_and_variance_one() {
        let draws = Draws::new(7, Stream::PictureNoise);
        let n = 100_000;
        let samples: Vec<f64> = (0..n).map(|i| f64::from(draws.normal(0, i))).collect();
        let mean = samples.iter().sum::<f64>() / n as f64;
        let variance = samples.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n as f64;
        assert!(mean.abs() < 0.02, "mean {mean}");
        assert!((variance - 1.0).abs() < 0.02, "variance {variance}");
    }
}
