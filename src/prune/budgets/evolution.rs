//! An evolution strategy for functions that are dear, noisy, and have no gradient.
//!
//! Separable CMA-ES: Ros & Hansen, "A Simple Modification in CMA-ES Achieving Linear Time and Space Complexity", PPSN 2008, with
//! the constants of Hansen's tutorial (arXiv:1604.00772). Only ranks within a generation count, so a generation may be judged by
//! draws of its own.

use crate::rng::{Draws, Stream};

/// The state between two generations. Coordinates have no unit; the largest value wins.
#[derive(Clone, Debug)]
pub struct Evolution {
    draws: Draws,
    constants: Constants,
    generation: u32,
    mean: Vec<f64>,
    /// The step size.
    sigma: f64,
    /// Diagonal of the covariance matrix, without the step size.
    variances: Vec<f64>,
    /// Evolution paths: of the step size, and of the variances.
    path_sigma: Vec<f64>,
    path: Vec<f64>,
}

/// What follows from the number of coordinates alone, by the names of the tutorial.
#[derive(Clone, Debug)]
struct Constants {
    /// Of the better half of a generation, best first; they sum to 1.
    weights: Vec<f64>,
    mu_eff: f64,
    c_sigma: f64,
    d_sigma: f64,
    c_path: f64,
    c_1: f64,
    c_mu: f64,
    /// The expected length of a standard normal vector.
    chi: f64,
}

impl Constants {
    fn new(dimension: usize) -> Self {
        let n = dimension as f64;
        let lambda = 4 + (3.0 * libm::log(n)) as usize;
        let raw: Vec<f64> = (1..=lambda / 2)
            .map(|rank| libm::log((lambda as f64 + 1.0) / 2.0) - libm::log(rank as f64))
            .collect();
        let sum: f64 = raw.iter().sum();
        let weights: Vec<f64> = raw.iter().map(|weight| weight / sum).collect();
        let mu_eff = 1.0 / weights.iter().map(|weight| weight * weight).sum::<f64>();
        let c_sigma = (mu_eff + 2.0) / (n + mu_eff + 5.0);
        // A diagonal has fewer numbers to learn than a matrix, so it may be learned faster.
        let faster = (n + 2.0) / 3.0;
        let c_1 = (faster * 2.0 / ((n + 1.3) * (n + 1.3) + mu_eff)).min(1.0);
        let c_mu = faster * 2.0 * (mu_eff - 2.0 + 1.0 / mu_eff) / ((n + 2.0) * (n + 2.0) + mu_eff);
        Self {
            weights,
            mu_eff,
            c_sigma,
            d_sigma: 1.0 + 2.0 * (libm::sqrt((mu_eff - 1.0) / (n + 1.0)) - 1.0).max(0.0) + c_sigma,
            c_path: (4.0 + mu_eff / n) / (n + 4.0 + 2.0 * mu_eff / n),
            c_1,
            c_mu: c_mu.min(1.0 - c_1),
            chi: libm::sqrt(n) * (1.0 - 1.0 / (4.0 * n) + 1.0 / (21.0 * n * n)),
        }
    }
}

impl Evolution {
    /// Starts at 0 with steps of standard deviation `sigma` in each of `dimension` >= 1 coordinates. The same seed takes the same way.
    pub fn new(dimension: usize, sigma: f64, seed: u64) -> Self {
        Self {
            draws: Draws::new(seed, Stream::Evolution),
            constants: Constants::new(dimension),
            generation: 0,
            mean: vec![0.0; dimension],
            sigma,
            variances: vec![1.0; dimension],
            path_sigma: vec![0.0; dimension],
            path: vec![0.0; dimension],
        }
    }

    /// Candidates in a generation.
    pub fn population(dimension: usize) -> usize {
        4 + (3.0 * libm::log(dimension as f64)) as usize
    }

    /// Generations behind it.
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// Where the search is: the best guess when values are noisy.
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// The candidates of this generation; they change only when it is told their values.
    pub fn ask(&self) -> Vec<Vec<f64>> {
        let candidates = 0..Self::population(self.mean.len());
        candidates.map(|at| self.place(&self.step(at))).collect()
    }

    /// Goes on to the next generation.
    ///
    /// # Panics
    /// If there is not one value for each candidate of [`Evolution::ask`].
    pub fn tell(&mut self, values: &[f64]) {
        let n = self.mean.len();
        assert_eq!(values.len(), Self::population(n), "a value for each candidate");
        let mut order: Vec<usize> = (0..values.len()).collect();
        // What is no number is worst.
        let value = |at: usize| {
            if values[at].is_nan() {
                f64::NEG_INFINITY
            } else {
                values[at]
            }
        };
        order.sort_by(|a, b| value(*b).total_cmp(&value(*a)));
        let Constants {
            weights,
            mu_eff,
            c_sigma,
            d_sigma,
            c_path,
            c_1,
            c_mu,
            chi,
        } = &self.constants;
        let steps: Vec<Vec<f64>> = order[..weights.len()].iter().map(|at| self.step(*at)).collect();
        let weighted = |i: usize, of: fn(f64) -> f64| -> f64 {
            weights
                .iter()
                .zip(&steps)
                .map(|(weight, step)| weight * of(step[i]))
                .sum()
        };
        // In units of the standard deviations.
        let moved: Vec<f64> = (0..n).map(|i| weighted(i, |z| z)).collect();
        let moved_so_far = 1.0 - (1.0 - c_sigma).powi(2 * (self.generation as i32 + 1));
        for (path, moved) in self.path_sigma.iter_mut().zip(&moved) {
            *path = (1.0 - c_sigma) * *path + libm::sqrt(c_sigma * (2.0 - c_sigma) * mu_eff) * moved;
        }
        let length = libm::sqrt(self.path_sigma.iter().map(|path| path * path).sum());
        // The path of the variances stalls while the step size has yet to catch up.
        let stall = length / libm::sqrt(moved_so_far) >= (1.4 + 2.0 / (n as f64 + 1.0)) * chi;
        let mean = self.place(&moved);
        for (i, moved) in moved.iter().enumerate() {
            let deviation = libm::sqrt(self.variances[i]);
            self.path[i] *= 1.0 - c_path;
            if !stall {
                self.path[i] += libm::sqrt(c_path * (2.0 - c_path) * mu_eff) * deviation * moved;
            }
            // What a stalled path did not learn must not be forgotten either.
            let kept = if stall { c_path * (2.0 - c_path) } else { 0.0 };
            let of_path = self.path[i] * self.path[i] + kept * self.variances[i];
            let of_steps = self.variances[i] * weighted(i, |z| z * z);
            self.variances[i] = (1.0 - c_1 - c_mu) * self.variances[i] + c_1 * of_path + c_mu * of_steps;
        }
        self.sigma *= libm::exp(c_sigma / d_sigma * (length / chi - 1.0));
        self.mean = mean;
        self.generation += 1;
    }

    /// The standard normal vector of a candidate.
    fn step(&self, candidate: usize) -> Vec<f64> {
        let n = self.mean.len();
        let draw = |i| f64::from(self.draws.normal(self.generation, candidate * n + i));
        (0..n).map(draw).collect()
    }

    /// So many standard deviations away from the mean.
    fn place(&self, step: &[f64]) -> Vec<f64> {
        let along = self.mean.iter().zip(&self.variances).zip(step);
        along
            .map(|((mean, variance), z)| mean + self.sigma * libm::sqrt(*variance) * z)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs `generations` on a function; returns its value at the mean.
    fn climb(dimension: usize, generations: u32, seed: u64, value: impl Fn(&[f64], u32, usize) -> f64) -> Evolution {
        let mut evolution = Evolution::new(dimension, 0.5, seed);
        for generation in 0..generations {
            let candidates = evolution.ask();
            let values: Vec<f64> = candidates
                .iter()
                .enumerate()
                .map(|(at, x)| value(x, generation, at))
                .collect();
            evolution.tell(&values);
        }
        evolution
    }

    /// 0 at (1, 1, ...), with axes of lengths from 1 to 30.
    fn quadratic(x: &[f64]) -> f64 {
        let axis = |i: usize| libm::pow(30.0, i as f64 / (x.len() - 1) as f64);
        let far = x.iter().enumerate().map(|(i, x)| axis(i) * (x - 1.0) * (x - 1.0));
        -far.sum::<f64>()
    }

    #[test]
    fn a_quadratic_is_climbed_to_its_top() {
        for seed in 0..5 {
            let evolution = climb(12, 150, seed, |x, _, _| quadratic(x));
            let left = -quadratic(evolution.mean());
            assert!(left < 1e-4, "seed {seed}: {left}");
        }
    }

    #[test]
    fn a_noisy_quadratic_is_climbed_most_of_the_way() {
        let begin = quadratic(&[0.0; 12]);
        for seed in 0..5 {
            let noise = Draws::new(seed, Stream::PictureNoise);
            let noisy =
                |x: &[f64], generation, at| quadratic(x) + 0.05 * begin * f64::from(noise.normal(generation, at));
            let evolution = climb(12, 60, seed, noisy);
            assert!(quadratic(evolution.mean()) > 0.1 * begin, "seed {seed}");
        }
    }

    #[test]
    fn a_seed_takes_the_same_way_and_another_a_different_one() {
        let way = |seed| climb(7, 9, seed, |x, _, _| quadratic(x)).mean().to_vec();
        assert_eq!(way(3), way(3));
        assert_ne!(way(3), way(4));
    }

    #[test]
    fn what_is_no_number_is_worst() {
        let poisoned = |x: &[f64]| if x[0] < 0.0 { f64::NAN } else { quadratic(x) };
        let evolution = climb(12, 150, 0, |x, _, _| poisoned(x));
        assert!(-quadratic(evolution.mean()) < 1e-3);
    }

    #[test]
    fn one_coordinate_is_enough() {
        let evolution = climb(1, 60, 2, |x, _, _| -(x[0] - 3.0).abs());
        assert!((evolution.mean()[0] - 3.0).abs() < 1e-2, "{:?}", evolution.mean());
    }
}
