//! The report of a run, as JSON.

use serde::Serialize;
use serde_json::{Map, Value};

use super::error::CliError;
use crate::engine::AdapterDescription;
use crate::train::{Point, Run};

/// Everything that a report says.
#[derive(Serialize)]
pub struct Report<'a> {
    pub version: &'static str,
    pub command: &'static str,
    pub adapter: AdapterDescription,
    network: NetworkReport,
    pub settings: Map<String, Value>,
    /// Updates done.
    steps_done: u64,
    interrupted: bool,
    curve: Vec<Row>,
    /// Mean over the steps of this call, the first window left out; null if it ran none.
    seconds_per_step: Option<f64>,
    #[serde(rename = "final")]
    last: Final,
    peak: Peak,
    /// Device memory, as planned.
    memory_bytes: u64,
    /// Multiply-adds, as planned.
    macs_per_step: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    mask: Option<&'a Value>,
    /// Which picture is the result, of which step, and its PSNR in dB.
    #[serde(skip_serializing_if = "Option::is_none")]
    returned: Option<&'a Value>,
}

#[derive(Serialize)]
struct NetworkReport {
    generator: &'static str,
    levels: usize,
    channels: Vec<usize>,
    parameters: usize,
}

/// Measured after `step` updates.
#[derive(Serialize)]
struct Row {
    step: u64,
    loss: f64,
    psnr: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kl: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mean_logit: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    psnr_ema: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    statistic: Option<f64>,
}

#[derive(Serialize)]
struct Final {
    loss: Option<f64>,
    psnr: Option<f64>,
}

#[derive(Serialize)]
struct Peak {
    step: Option<u64>,
    psnr: Option<f64>,
}

/// How a call of the program went.
pub struct Course {
    pub interrupted: bool,
    pub seconds_per_step: Option<f64>,
}

impl<'a> Report<'a> {
    pub fn new(
        command: &'static str,
        run: &Run,
        settings: Map<String, Value>,
        course: &Course,
        mask: Option<&'a Value>,
        returned: Option<&'a Value>,
    ) -> Self {
        let network = run.network();
        let peak = peak(run.curve());
        let last = run.curve().last();
        Self {
            version: env!("CARGO_PKG_VERSION"),
            command,
            adapter: run.adapter(),
            network: NetworkReport {
                generator: run.spec().network.name(),
                levels: run.spec().network.levels(),
                channels: run.spec().network.channels(),
                parameters: network.n,
            },
            settings,
            steps_done: run.step(),
            interrupted: course.interrupted,
            curve: run.curve().iter().map(row).collect(),
            seconds_per_step: course.seconds_per_step,
            last: Final {
                loss: last.map(|point| point.loss),
                psnr: last.and_then(|point| point.psnr),
            },
            peak: Peak {
                step: peak.map(|point| point.step),
                psnr: peak.and_then(|point| point.psnr),
            },
            memory_bytes: run.plan().bytes,
            macs_per_step: run.plan().macs,
            mask,
            returned,
        }
    }

    /// # Errors
    /// [`CliError::Encode`].
    pub fn to_json(&self) -> Result<Vec<u8>, CliError> {
        let mut json = serde_json::to_vec(self).map_err(|error| CliError::Encode(error.to_string()))?;
        json.push(b'\n');
        Ok(json)
    }
}

fn row(point: &Point) -> Row {
    let Point {
        step,
        loss,
        psnr,
        kl,
        mean_logit,
        average_psnr,
        statistic,
    } = *point;
    Row {
        step,
        loss,
        psnr,
        kl,
        mean_logit,
        psnr_ema: average_psnr,
        statistic,
    }
}

/// The point of the highest PSNR; none without a clean picture.
pub fn peak(curve: &[Point]) -> Option<&Point> {
    let measured = curve.iter().filter(|point| point.psnr.is_some());
    measured.max_by(|a, b| a.psnr.unwrap_or_default().total_cmp(&b.psnr.unwrap_or_default()))
}
