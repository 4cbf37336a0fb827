//! The result of one job: a line of a results file, with all that is needed to repeat it.

use serde::{Deserialize, Serialize};

use super::Job;
use crate::engine::AdapterDescription;
use crate::network::Generator;
use crate::train::{LrDrop, Point, TrackSpec};

/// How a job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Fitted,
    /// The mask has no way from the input to the picture: the network draws one constant colour.
    Collapsed,
    /// The loss became no number.
    Diverged,
}

/// A line of a results file. PSNR in dB; all measured against the clean picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub id: String,
    pub version: String,
    pub adapter: AdapterDescription,
    pub image: String,
    /// SHA-256 of the picture's file.
    pub image_sha256: String,
    pub method: String,
    pub keep: Option<f64>,
    pub sigma: f64,
    pub seed: u64,
    pub size: Option<u64>,
    pub steps: u64,
    pub learn_steps: Option<u64>,
    #[serde(default)]
    pub imp_steps: Option<u64>,
    pub lr: f64,
    #[serde(default)]
    pub lr_drop: Option<LrDrop>,
    pub network: Generator,
    /// How the outputs were averaged, and the moment to stop looked for.
    #[serde(default)]
    pub tracking: Option<TrackSpec>,
    /// Of what the method names, in hexadecimal: a mask's entries, or a picture's file.
    #[serde(default)]
    pub source_sha256: Option<String>,
    /// Of the entries of the mask that was fitted, see [`crate::mask::Mask::sha256`].
    #[serde(default)]
    pub mask_sha256: Option<String>,
    /// How it was made, as its file says it: JSON.
    #[serde(default)]
    pub mask_settings: Option<String>,
    /// Where a mask that the sweep learned lies, in the folder of the results.
    #[serde(default)]
    pub mask_file: Option<String>,
    pub outcome: Outcome,
    /// Parameters that are kept; none without a mask.
    pub kept: Option<usize>,
    /// Kept fraction of each convolution's weights, by parameter name.
    pub densities: Vec<(String, f64)>,
    /// Live channels behind the input and each convolution.
    pub live_channels: Vec<usize>,
    /// Multiply-adds of a step.
    pub macs: u64,
    pub last_psnr: Option<f64>,
    pub last_ssim: Option<f64>,
    /// Of the exponential mean of the outputs, as it is at the end.
    pub average_psnr: Option<f64>,
    /// At the step where ES-EMV stops.
    pub stopped_step: Option<u64>,
    pub stopped_psnr: Option<f64>,
    /// Of what the fit returns, see [`crate::train::Run::default_returned`].
    pub returned_psnr: Option<f64>,
    pub returned_ssim: Option<f64>,
    pub peak_step: Option<u64>,
    pub peak_psnr: Option<f64>,
    /// Of the mean of what the first 1, 2, ... networks return, for an ensemble; its [`Record::returned_psnr`] is the last of these,
    /// and what a single run would say is empty.
    #[serde(default)]
    pub members_psnr: Vec<f64>,
    /// Of the picture that masking alone draws.
    pub masked_psnr: Option<f64>,
    pub seconds: f64,
    /// Some of the curve's rows.
    pub curve: Vec<Row>,
}

/// What was measured after `step` updates.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub step: u64,
    pub loss: f64,
    pub psnr: Option<f64>,
    pub average_psnr: Option<f64>,
}

impl Record {
    /// What the job says of itself; everything measured is still empty.
    pub fn of(job: &Job, adapter: AdapterDescription, lr: f64) -> Self {
        Self {
            id: job.id(),
            version: env!("CARGO_PKG_VERSION").into(),
            adapter,
            image: job.picture(),
            image_sha256: job.image_sha256.clone(),
            method: job.method.to_string(),
            keep: job.keep,
            sigma: job.sigma,
            seed: job.seed,
            size: job.size,
            steps: job.steps,
            learn_steps: job.learn_steps,
            imp_steps: job.imp_steps,
            lr,
            lr_drop: job.lr_drop,
            network: job.network.clone().into(),
            tracking: None,
            source_sha256: job.source_sha256.clone(),
            mask_sha256: None,
            mask_settings: None,
            mask_file: None,
            outcome: Outcome::Fitted,
            kept: None,
            densities: Vec::new(),
            live_channels: Vec::new(),
            macs: 0,
            last_psnr: None,
            last_ssim: None,
            average_psnr: None,
            stopped_step: None,
            stopped_psnr: None,
            returned_psnr: None,
            returned_ssim: None,
            peak_step: None,
            peak_psnr: None,
            members_psnr: Vec::new(),
            masked_psnr: None,
            seconds: 0.0,
            curve: Vec::new(),
        }
    }
}

/// The first rows of a curve, then ever fewer, each about 5% later than the one before, and the last.
pub fn thinned(curve: &[Point]) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut next = 0;
    for (at, point) in curve.iter().enumerate() {
        if point.step >= next || at + 1 == curve.len() {
            next = (point.step + 1).max(point.step * 21 / 20);
            rows.push(Row {
                step: point.step,
                loss: point.loss,
                psnr: point.psnr,
                average_psnr: point.average_psnr,
            });
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thinned_curve_keeps_its_ends() {
        let point = |step| Point {
            step,
            loss: 1.0 / (step + 1) as f64,
            psnr: Some(20.0),
            kl: None,
            mean_logit: None,
            average_psnr: None,
            statistic: None,
        };
        let curve: Vec<Point> = (0..=2000).map(point).collect();
        let rows = thinned(&curve);
        let steps: Vec<u64> = rows.iter().map(|row| row.step).collect();
        assert_eq!(steps[..5], [0, 1, 2, 3, 4]);
        assert_eq!(steps.last(), Some(&2000));
        assert!(steps.len() < 150, "{} rows", steps.len());
        assert!(steps.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
