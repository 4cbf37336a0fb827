//! What fits with the preset masks reached on the sample pictures (`static/masks/results.json`). `oes report` writes the
//! file from the results of sweeps; the page shows it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The format that this program reads and writes.
const VERSION: u32 = 1;
const JSON: &str = include_str!("../static/masks/results.json");

/// Results of preset masks by the masks' ids. A mask that is absent has not been measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    pub version: u32,
    pub masks: BTreeMap<String, Vec<SampleResult>>,
}

/// Fits of one sample picture that differ only in the seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SampleResult {
    /// The sample's id.
    pub sample: String,
    /// Side of the centre crop in pixels; none for the whole picture.
    pub size: Option<u64>,
    /// Standard deviation of the added noise, of a picture from 0 to 1.
    pub sigma: f64,
    /// Updates of each fit.
    pub steps: u64,
    /// Each drew the noise and the initial weights of one fit.
    pub seeds: Vec<u64>,
    /// PSNR of what a fit returns, in dB: the mean over the seeds.
    pub mean: f64,
    /// Its standard deviation over the seeds, in dB; none with a single one.
    pub spread: Option<f64>,
}

/// Results of masks on sample pictures, all of one size, noise and number of updates.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix<'a> {
    /// Any of them.
    pub setting: &'a SampleResult,
    /// By the mask's id and the sample's.
    pub cells: BTreeMap<(&'a str, &'a str), &'a SampleResult>,
}

impl Matrix<'_> {
    /// How many seeds a result is the mean over: the fewest and the most.
    pub fn seeds(&self) -> (usize, usize) {
        let seeds = || self.cells.values().map(|result| result.seeds.len());
        (seeds().min().unwrap_or(0), seeds().max().unwrap_or(0))
    }
}

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MeasuredError {
    #[error("the presets' results are damaged: {0}")]
    Json(#[from] serde_json::Error),
    #[error(
        "the presets' results have version {0}, this program reads version {VERSION}: write them anew with oes report"
    )]
    Version(u32),
}

impl Measured {
    pub fn new(masks: BTreeMap<String, Vec<SampleResult>>) -> Self {
        let version = VERSION;
        Self { version, masks }
    }

    /// The results that this build carries.
    ///
    /// # Errors
    /// [`MeasuredError`]; the tests read them, so a build that passed has good ones.
    pub fn built_in() -> Result<Self, MeasuredError> {
        let measured: Self = serde_json::from_str(JSON)?;
        if measured.version != VERSION {
            return Err(MeasuredError::Version(measured.version));
        }
        Ok(measured)
    }

    /// The results that can be compared: those of the setting that most have, none where there is no result. Of two settings
    /// with as many, the one with more updates.
    pub fn matrix(&self) -> Option<Matrix<'_>> {
        let mut by_setting: BTreeMap<_, Matrix<'_>> = BTreeMap::new();
        for (mask, results) in &self.masks {
            for result in results {
                let setting = (result.steps, result.size, result.sigma.to_bits());
                let matrix = by_setting.entry(setting).or_insert_with(|| Matrix {
                    setting: result,
                    cells: BTreeMap::new(),
                });
                matrix.cells.insert((mask, &result.sample), result);
            }
        }
        by_setting.into_values().max_by_key(|matrix| matrix.cells.len())
    }

    /// What was measured of a preset.
    pub fn of(&self, preset: &str) -> &[SampleResult] {
        self.masks.get(preset).map_or(&[], Vec::as_slice)
    }
}

/// The mean of some values and, of several, their standard deviation; none of no value.
pub fn mean_and_spread(values: &[f64]) -> Option<(f64, Option<f64>)> {
    if values.is_empty() {
        return None;
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let spread = (values.len() > 1).then(|| {
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        (squares / (values.len() - 1) as f64).sqrt()
    });
    Some((mean, spread))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;

    #[test]
    fn the_results_are_of_presets_and_samples_that_ship() {
        let catalogue = Catalogue::built_in().expect("a good catalogue");
        let measured = Measured::built_in().expect("good results");
        for (mask, results) in &measured.masks {
            assert!(catalogue.preset(mask).is_some(), "{mask} is no preset");
            for result in results {
                assert!(catalogue.sample(&result.sample).is_some(), "{}", result.sample);
                assert_eq!(
                    result.spread.is_some(),
                    result.seeds.len() > 1,
                    "{mask}, {}",
                    result.sample
                );
                assert!((5.0..60.0).contains(&result.mean), "{mask}: {} dB", result.mean);
            }
        }
    }

    #[test]
    fn a_matrix_has_the_setting_that_most_results_have() {
        let result = |sample: &str, steps, mean| SampleResult {
            sample: sample.to_owned(),
            size: Some(192),
            sigma: 0.1,
            steps,
            seeds: vec![0],
            mean,
            spread: None,
        };
        assert_eq!(Measured::new(BTreeMap::new()).matrix(), None);
        let cat = vec![result("coffee", 1000, 27.0), result("coffee", 2000, 28.0)];
        let of_three = SampleResult {
            seeds: vec![0, 1, 2],
            spread: Some(0.1),
            ..result("rocket", 1000, 30.0)
        };
        let astronaut = vec![result("coffee", 1000, 26.0), of_three];
        let masks = [("cat", cat), ("astronaut", astronaut)];
        let measured = Measured::new(masks.map(|(id, results)| (id.to_owned(), results)).into());
        let matrix = measured.matrix().expect("results");
        assert_eq!(matrix.setting.steps, 1000);
        assert_eq!(matrix.seeds(), (1, 3));
        let means: Vec<_> = matrix
            .cells
            .iter()
            .map(|(place, result)| (*place, result.mean))
            .collect();
        let wanted = [
            (("astronaut", "coffee"), 26.0),
            (("astronaut", "rocket"), 30.0),
            (("cat", "coffee"), 27.0),
        ];
        assert_eq!(means, wanted);
    }

    #[test]
    fn a_spread_needs_two_values() {
        assert_eq!(mean_and_spread(&[]), None);
        assert_eq!(mean_and_spread(&[27.5]), Some((27.5, None)));
        let (mean, spread) = mean_and_spread(&[26.0, 28.0]).expect("two values");
        assert_eq!(mean, 27.0);
        assert!((spread.expect("of two") - std::f64::consts::SQRT_2).abs() < 1e-12);
    }
}
