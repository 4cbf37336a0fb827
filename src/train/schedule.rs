//! Adam's bias corrections, the learning rate, the temperature and the weights' noise of every step, made in f64.

use super::RunSpec;
use super::spec::Job;

/// At step t the mean of the outputs goes back over about a tenth of them, until [`super::TrackSpec::decay`] goes back less.
const FORGETTING: f64 = 10.0;

/// Rows (lr / (1 - beta1^t), 1 / (1 - beta2^t), tau or the weights' noise, averaging rate) for t = 1 ..= steps + 1: a kernel
/// reads the row of its step counter, so nothing is written from the host between steps. The last row serves the forward
/// pass after the last update. The averaging rate is 1 - decay, but at first 10 / (9 + t), so that the mean of the outputs
/// starts with the first of them and forgets it soon (polynomial-decay averaging, Shamir and Zhang 2013). Of a posterior mean
/// it is 1 up to the burn-in, then 1 / the number of outputs since.
pub fn schedule(spec: &RunSpec) -> Vec<f32> {
    let adam = spec.adam();
    let (tau, noise, drop) = match &spec.job {
        Job::Fit(fit) => (0.0, if fit.langevin { 0.5 } else { 0.0 }, fit.drop),
        Job::Learn(learn) => (learn.tau, 0.0, None),
    };
    let decay = spec.tracking().map_or(0.0, |tracking| tracking.decay);
    let burn_in = spec.tracking().and_then(|tracking| tracking.burn_in);
    (1..=spec.steps + 1)
        .flat_map(|t| {
            let factor = drop.filter(|drop| t > drop.from).map_or(1.0, |drop| drop.factor);
            // Row t - 1 is for output t - 1.
            let since = burn_in.map(|from| t.saturating_sub(from).max(1));
            let t = t as f64;
            let a = factor * spec.lr / (1.0 - adam.beta1.powf(t));
            let b = 1.0 / (1.0 - adam.beta2.powf(t));
            let exponential = (1.0 - decay).max(FORGETTING / (FORGETTING - 1.0 + t));
            let rate = since.map_or(exponential, |outputs| 1.0 / outputs as f64);
            let third = tau + noise * factor * spec.lr;
            [a as f32, b as f32, third as f32, rate as f32]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Hourglass;
    use crate::train::{FitSpec, LrDrop, TrackSpec};

    #[test]
    fn corrections_are_adams() {
        let mut spec = RunSpec::dense(Hourglass::with_levels(2));
        spec.steps = 1;
        let rows = schedule(&spec);
        assert_eq!(rows.len(), 8);
        assert!((rows[0] - 1e-2).abs() < 1e-8, "lr / (1 - 0.9)");
        assert!((rows[1] - 1e3).abs() < 1e-2, "1 / (1 - 0.999)");
        assert!((rows[4] - 1e-3 / 0.19).abs() < 1e-7);
    }

    #[test]
    fn an_average_starts_with_the_first_output_and_a_drop_begins_at_its_step() {
        let mut spec = RunSpec::dense(Hourglass::with_levels(2));
        spec.steps = 19;
        let Job::Fit(fit) = &mut spec.job else { unreachable!() };
        fit.tracking = Some(TrackSpec {
            decay: 0.5,
            ..TrackSpec::default()
        });
        fit.drop = Some(LrDrop { from: 2, factor: 0.25 });
        let rows = schedule(&spec);
        let plain = schedule(&RunSpec {
            job: Job::Fit(FitSpec::default()),
            ..spec
        });
        let rates: Vec<f32> = rows.chunks(4).map(|row| row[3]).collect();
        assert_eq!(rates[0], 1.0);
        assert!((rates[1] - 10.0 / 11.0).abs() < 1e-7 && (rates[2] - 10.0 / 12.0).abs() < 1e-7);
        assert!((rates[19] - 0.5).abs() < 1e-7, "1 - decay, from 10 / 19 on");
        let factors: Vec<f32> = rows
            .chunks(4)
            .zip(plain.chunks(4))
            .map(|(row, plain)| row[0] / plain[0])
            .collect();
        assert_eq!(factors[..4], [1.0, 1.0, 0.25, 0.25]);
    }

    #[test]
    fn a_posterior_mean_begins_after_its_burn_in() {
        let mut spec = RunSpec::langevin(Hourglass::with_levels(2), 20);
        let rows = schedule(&spec);
        let rates: Vec<f32> = rows.chunks(4).map(|row| row[3]).collect();
        // Output 7 is the first that counts.
        assert_eq!(rates[..8], [1.0; 8]);
        assert_eq!(rates[8..11], [0.5, 1.0 / 3.0, 0.25]);
        assert!(
            rows.chunks(4).all(|row| (row[2] - 5e-3).abs() < 1e-9),
            "half the learning rate"
        );
        spec.job = Job::Fit(FitSpec::default());
        assert!(schedule(&spec).chunks(4).all(|row| row[2] == 0.0));
    }
}
