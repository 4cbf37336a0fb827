//! What a benchmark measures, as plain data.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::network::{Connectivity, Hourglass, Network, ParameterKind};
use crate::step::WeightPath;
use crate::train::{self, Job, Learner, RunSpec};

/// One way to compute a training step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Path {
    /// The dense fit as published: without the exact rewrites of method section 7.
    Dense,
    /// The dense fit with them.
    Rewritten,
    /// The masked fit on live channels only.
    Compact,
    /// The masked fit as users run it: for each pass of each layer the better of compact and lists.
    Sparse,
    /// The masked fit with lists of kept weights in every layer.
    Lists,
    /// Learning a mask.
    Learn,
}

impl Path {
    /// Whether its cost depends on a mask.
    pub fn is_masked(self) -> bool {
        matches!(self, Self::Compact | Self::Sparse | Self::Lists)
    }
}

/// A mask to measure with.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    pub name: String,
    /// Flat, length N.
    pub keep: Arc<Vec<bool>>,
    /// The fraction of the convolution weights that is kept.
    pub density: f64,
    /// The fraction of the convolution weights that is kept and lies on live channels: what has to be computed.
    pub live_density: f64,
}

impl Pattern {
    /// # Panics
    /// If `keep` has not one entry for each of the network's parameters.
    pub fn new(name: impl Into<String>, network: &Network, keep: Vec<bool>) -> Self {
        let found = Connectivity::of(network, &keep);
        let weights: usize = network
            .parameters
            .iter()
            .filter(|parameter| parameter.kind == ParameterKind::ConvWeight)
            .map(|parameter| parameter.len())
            .sum();
        let fraction = |count: usize| count as f64 / weights as f64;
        Self {
            name: name.into(),
            density: fraction(found.kept_weights),
            live_density: fraction(found.reachable_weights),
            keep: Arc::new(keep),
        }
    }
}

/// One step to measure.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// The picture's side in pixels.
    pub size: usize,
    pub path: Path,
    /// The mask of a masked path.
    pub pattern: Option<Arc<Pattern>>,
}

impl Case {
    /// The run whose step this is.
    pub(super) fn spec(&self, network: &Hourglass) -> RunSpec {
        let path = match self.path {
            Path::Compact => WeightPath::Compact,
            Path::Lists => WeightPath::Sparse,
            Path::Dense | Path::Rewritten | Path::Sparse | Path::Learn => WeightPath::Auto,
        };
        let mut spec = match (&self.pattern, self.path) {
            (_, Path::Learn) => RunSpec::learn(network.clone(), Learner::Fast),
            (Some(pattern), _) => RunSpec::sparse(network.clone(), pattern.keep.clone()),
            (None, _) => RunSpec::dense(network.clone()),
        };
        if let Job::Fit(fit) = &mut spec.job {
            fit.path = path;
        }
        spec.rewrites = self.path != Path::Dense;
        spec
    }

    /// Bytes of device memory as planned; 0 where it cannot be planned, which fails when it is built.
    pub(super) fn bytes(&self, network: &Hourglass) -> u64 {
        let planned = train::plan(&self.spec(network), self.size, self.size);
        planned.map_or(0, |plan| plan.bytes)
    }
}

/// The cases and how long each is measured.
#[derive(Clone, Debug, PartialEq)]
pub struct BenchPlan {
    pub network: Hourglass,
    /// Neighbours of one size are measured together, and so are further sizes that fit into memory beside them.
    pub cases: Vec<Case>,
    pub windows: usize,
    /// Steps of a window; `None`: as many as `window` takes.
    pub steps: Option<u64>,
    pub window: Duration,
}

impl BenchPlan {
    /// Bytes of device memory that all cases need beside each other.
    pub fn bytes(&self) -> u64 {
        self.cases.iter().map(|case| case.bytes(&self.network)).sum()
    }

    /// Every path at every size: those that need a mask once for each pattern, the others once.
    pub fn cases(sizes: &[usize], paths: &[Path], patterns: &[Arc<Pattern>]) -> Vec<Case> {
        let mut cases = Vec::new();
        for &size in sizes {
            for &path in paths {
                let case = |pattern| Case { size, path, pattern };
                if path.is_masked() {
                    cases.extend(patterns.iter().map(|pattern| case(Some(pattern.clone()))));
                } else {
                    cases.push(case(None));
                }
            }
        }
        cases
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::random;

    #[test]
    fn masked_paths_meet_every_pattern_and_others_none() {
        let description = Hourglass::with_levels(1);
        let network = description.build().expect("one level builds");
        let pattern = |density| Arc::new(Pattern::new("random", &network, random(&network, density, 0)));
        let cases = BenchPlan::cases(&[16, 32], &[Path::Dense, Path::Sparse], &[pattern(0.1), pattern(0.5)]);
        let found: Vec<(usize, Path)> = cases.iter().map(|case| (case.size, case.path)).collect();
        let of_size = |size| [(size, Path::Dense), (size, Path::Sparse), (size, Path::Sparse)];
        assert_eq!(found, [of_size(16), of_size(32)].concat());
        assert_eq!(
            cases[1].spec(&description).keep(),
            Some(&cases[1].pattern.clone().expect("masked").keep)
        );
        assert!(!cases[0].spec(&description).rewrites && cases[1].spec(&description).rewrites);
    }

    #[test]
    fn a_random_mask_has_its_density_and_lives() {
        let network = Hourglass::with_levels(3).build().expect("three levels build");
        for density in [0.02, 0.3, 1.0] {
            let pattern = Pattern::new("random", &network, random(&network, density, 7));
            assert!((pattern.density - density).abs() < 1e-3, "{}", pattern.density);
            assert_eq!(pattern.density, pattern.live_density, "every channel lives");
        }
    }
}
