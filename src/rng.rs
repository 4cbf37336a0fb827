//! Seeded, counter-based randomness: Philox4x32-10 (Salmon et al., SC 2011).
//!
//! A draw is a pure function of (seed, stream, step, index), so runs repeat on every platform and a
//! shader can draw the same numbers as the CPU. `shaders/include/philox.wgsl` holds the GPU twin.

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
    /// Which pixels of a picture are known.
    KnownPixels = 6,
    /// Noise added to the network's input in each step.
    InputJitter = 7,
    /// Noise added to the weights in each step (SGLD).
    WeightNoise = 8,
    /// Candidates of an evolution strategy.
    Evolution = 9,
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

    /// A number with the Poisson distribution of mean `rate`, exactly (to the precision of f64); 0 for rates that are not
    /// positive. Draw `index` has a block for each attempt, with the attempt for its step.
    ///
    /// Small rates go through the distribution function until it passes a uniform number; large ones by transformed
    /// rejection (Hörmann 1993, algorithm PTRS), whose acceptance is above 0.8.
    pub fn poisson(&self, index: usize, rate: f64) -> u64 {
        if rate <= 0.0 {
            return 0;
        }
        let pair = |attempt: u32| {
            let words = self.block(attempt, index as u32);
            [unit64(words[0], words[1]), unit64(words[2], words[3])]
        };
        if rate < 10.0 {
            let [u, _] = pair(0);
            let mut probability = libm::exp(-rate);
            let (mut sum, mut count) = (probability, 0_u64);
            // Far out the terms vanish, and the sum may stay below u by rounding.
            while u > sum && probability > 0.0 {
                count += 1;
                probability *= rate / count as f64;
                sum += probability;
            }
            return count;
        }
        let b = 0.931 + 2.53 * libm::sqrt(rate);
        let a = -0.059 + 0.024_83 * b;
        let inverse_alpha = 1.123_9 + 1.132_8 / (b - 3.4);
        let accepted = 0.927_7 - 3.622_4 / (b - 2.0);
        let mut attempt = 0;
        loop {
            let [u, v] = pair(attempt);
            attempt += 1;
            let u = u - 0.5;
            let us = 0.5 - u.abs();
            let k = libm::floor((2.0 * a / us + b) * u + rate + 0.43);
            if us >= 0.07 && v <= accepted {
                return k as u64;
            }
            if k < 0.0 || (us < 0.013 && v > us) {
                continue;
            }
            let bound = k * libm::log(rate) - rate - libm::lgamma(k + 1.0);
            if libm::log(v * inverse_alpha / (a / (us * us) + b)) <= bound {
                return k as u64;
            }
        }
    }
}

/// Maps two random words to (0, 1) in steps of 2^-52: never 0, never 1, exact in f64.
fn unit64(high: u32, low: u32) -> f64 {
    let bits = u64::from(high) << 20 | u64::from(low) >> 12;
    (bits as f64 + 0.5) * (1.0 / 4_503_599_627_370_496.0)
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

    /// Pearson's chi-square of 40,000 draws against the distribution, for rates of both algorithms and around their border.
    #[test]
    fn photon_counts_have_the_poisson_distribution() {
        let draws = Draws::new(11, Stream::PictureNoise);
        let n = 40_000;
        for rate in [0.05, 0.7, 3.0, 9.99, 10.01, 30.0, 400.0] {
            let mut found = std::collections::BTreeMap::<u64, f64>::new();
            for i in 0..n {
                *found.entry(draws.poisson(i, rate)).or_default() += 1.0;
            }
            let expected = |k: u64| n as f64 * libm::exp(k as f64 * rate.ln() - rate - libm::lgamma(k as f64 + 1.0));
            // Counts expected less than 5 times are one class.
            let (mut chi, mut classes) = (0.0, 0);
            let (mut rest_found, mut rest_expected) = (n as f64, n as f64);
            for k in (0..800).filter(|k| expected(*k) >= 5.0) {
                let (seen, wanted) = (found.get(&k).copied().unwrap_or(0.0), expected(k));
                chi += (seen - wanted).powi(2) / wanted;
                classes += 1;
                (rest_found, rest_expected) = (rest_found - seen, rest_expected - wanted);
            }
            if rest_expected > 1.0 {
                chi += (rest_found - rest_expected).powi(2) / rest_expected;
                classes += 1;
            }
            // Four standard deviations above the mean of the chi-square distribution.
            let freedom = f64::from(classes - 1);
            assert!(
                chi < freedom + 4.0 * (2.0 * freedom).sqrt() + 4.0,
                "rate {rate}: {chi} with {freedom}"
            );
        }
    }
}
