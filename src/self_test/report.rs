//! What a self-test has found, as it travels to the page.

use serde::{Deserialize, Serialize};

use crate::bench::Path;

/// All of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SelfTestReport {
    /// Whether every kind of step was compared.
    pub complete: bool,
    pub checked: Vec<Checked>,
}

/// One kind of step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Checked {
    pub path: Path,
    /// Dispatches of kernels that were compared by themselves, each on the same inputs.
    pub dispatches: usize,
    /// The furthest of them.
    pub furthest: Option<Difference>,
    /// After whole steps, each from its own values: the losses, the output and all that is trained.
    pub steps: Vec<Difference>,
    /// All of the above that are too far off.
    pub failures: Vec<Difference>,
}

/// How far a tensor is from its twin's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// Empty after whole steps.
    pub kernel: String,
    pub layer: String,
    pub tensor: String,
    /// The largest difference, as a share of the twin's largest value; none where that says nothing: a value is missing or
    /// no number, or all that is expected is zero.
    pub share: Option<f64>,
}

impl SelfTestReport {
    /// Whether all was compared and nothing is too far off.
    pub fn passed(&self) -> bool {
        self.complete && !self.checked.is_empty() && self.failures().next().is_none()
    }

    pub fn failures(&self) -> impl Iterator<Item = &Difference> {
        self.checked.iter().flat_map(|checked| &checked.failures)
    }
}
