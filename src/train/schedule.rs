//! Adam's bias corrections, the learning rate and the temperature of every step, made in f64.

use super::RunSpec;
use super::spec::Job;

/// Rows (lr / (1 - beta1^t), 1 / (1 - beta2^t), tau, 0) for t = 1 ..= steps + 1: a kernel reads the row of its step
/// counter, so nothing is written from the host between steps. The last row serves the forward pass after the last
/// update.
pub fn schedule(spec: &RunSpec) -> Vec<f32> {
    let adam = spec.adam();
    let tau = match &spec.job {
        Job::Fit(_) => 0.0,
        Job::Learn(learn) => learn.tau,
    };
    (1..=spec.steps + 1)
        .flat_map(|t| {
            let t = t as f64;
            let a = spec.lr / (1.0 - adam.beta1.powf(t));
            let b = 1.0 / (1.0 - adam.beta2.powf(t));
            [a as f32, b as f32, tau as f32, 0.0]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Hourglass;

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
}
