//! Adam's bias corrections, the learning rate and the temperature of every step, made in f64.

use super::RunSpec;
use super::spec::Job;

/// Rows (lr / (1 - beta1^t), 1 / (1 - beta2^t), tau, averaging rate) for t = 1 ..= steps + 1: a kernel reads the row of its step
/// counter, so nothing is written from the host between steps. The last row serves the forward pass after the last
/// update. The averaging rate (1 - decay) / (1 - decay^t) makes the exponential mean of the outputs unbiased, like Adam's
/// corrections: 1 at first.
pub fn schedule(spec: &RunSpec) -> Vec<f32> {
    let adam = spec.adam();
    let (tau, drop) = match &spec.job {
        Job::Fit(fit) => (0.0, fit.drop),
        Job::Learn(learn) => (learn.tau, None),
    };
    let decay = spec.tracking().map_or(0.0, |tracking| tracking.decay);
    (1..=spec.steps + 1)
        .flat_map(|t| {
            let factor = drop.filter(|drop| t > drop.from).map_or(1.0, |drop| drop.factor);
            let t = t as f64;
            let a = factor * spec.lr / (1.0 - adam.beta1.powf(t));
            let b = 1.0 / (1.0 - adam.beta2.powf(t));
            let rate = (1.0 - decay) / (1.0 - decay.powf(t));
            [a as f32, b as f32, tau as f32, rate as f32]
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
        spec.steps = 3;
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
        assert!((rates[1] - 0.5 / 0.75).abs() < 1e-7 && (rates[2] - 0.5 / 0.875).abs() < 1e-7);
        let factors: Vec<f32> = rows
            .chunks(4)
            .zip(plain.chunks(4))
            .map(|(row, plain)| row[0] / plain[0])
            .collect();
        assert_eq!(factors, [1.0, 1.0, 0.25, 0.25]);
    }
}
