//! What a page shows of a report: plain figures that travel between worker and page.

use serde::{Deserialize, Serialize};

use super::peak::Peak;
use super::plan::Path;
use super::report::{BenchReport, Refused, RunReport};

/// The figures of all cases.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BenchSummary {
    pub peak: Peak,
    pub rows: Vec<BenchRow>,
    pub refused: Vec<Refused>,
}

/// One case; see [`RunReport`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BenchRow {
    /// The picture's side in pixels.
    pub size: usize,
    pub path: Path,
    /// The fraction of the convolution weights that is kept, 1 without a mask.
    pub density: f64,
    /// Milliseconds of a step: the median of the windows.
    pub median_ms: f64,
    pub windows: usize,
    pub steps_per_window: u64,
    pub speedup_to_dense: Option<f64>,
    /// Shares of the two measured peaks, where those are known.
    pub arithmetic_share: Option<f64>,
    pub bandwidth_share: Option<f64>,
    /// Bytes of device memory as planned.
    pub peak_memory: u64,
    /// Milliseconds of the host to encode a step.
    pub encode_ms: Option<f64>,
}

impl From<&BenchReport> for BenchSummary {
    fn from(report: &BenchReport) -> Self {
        Self {
            peak: report.peak,
            rows: report.runs.iter().map(BenchRow::from).collect(),
            refused: report.refused.clone(),
        }
    }
}

impl From<&RunReport> for BenchRow {
    fn from(run: &RunReport) -> Self {
        // JSON has no infinity.
        let known = |share: f64| share.is_finite().then_some(share);
        Self {
            size: run.size,
            path: run.path,
            density: run.density,
            median_ms: run.median_ms,
            windows: run.windows.len(),
            steps_per_window: run.steps_per_window,
            speedup_to_dense: run.speedup_to_dense,
            arithmetic_share: known(run.arithmetic_share),
            bandwidth_share: known(run.bandwidth_share),
            peak_memory: run.peak_memory,
            encode_ms: run.encode_ms,
        }
    }
}
