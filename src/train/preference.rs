//! Which engine is the faster one where there is no GPU: a software adapter or the CPU engine.

use super::spec::{FitSpec, Job, RunSpec};
use crate::step::WeightPath;

/// Whether the CPU engine runs it faster than a software adapter does: where lists are allowed, which are vectorised
/// there, and nowhere else. Milliseconds a step at 192x192, CPU engine against lavapipe (two cores, docs/performance.md):
/// the authors' Lena mask of 5% 30 against 101; any density, up to a mask of all weights, about half the time of
/// lavapipe's dense step; dense 390 against 329; learning a mask 486 against 363; live channels only 132 against 138.
pub fn cpu_is_faster(spec: &RunSpec) -> bool {
    matches!(
        &spec.job,
        Job::Fit(FitSpec {
            keep: Some(_),
            path: WeightPath::Auto | WeightPath::Sparse,
            ..
        })
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::network::Hourglass;
    use crate::train::Learner;

    #[test]
    fn masked_fits_by_lists_are_faster_on_the_cpu() {
        let network = Hourglass::with_levels(1);
        let masked = |path| {
            let mut spec = RunSpec::sparse(network.clone(), Arc::default());
            if let Job::Fit(fit) = &mut spec.job {
                fit.path = path;
            }
            cpu_is_faster(&spec)
        };
        assert!(masked(WeightPath::Auto) && masked(WeightPath::Sparse));
        assert!(!masked(WeightPath::Compact) && !masked(WeightPath::Full));
        assert!(!cpu_is_faster(&RunSpec::dense(network.clone())));
        assert!(!cpu_is_faster(&RunSpec::learn(network, Learner::Fast)));
    }
}
