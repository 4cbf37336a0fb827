//! What sweeps found of the preset masks on the sample pictures, as the page shows it.

use std::collections::BTreeMap;

use crate::catalogue::{Catalogue, Sample};
use crate::measured::{Measured, SampleResult, mean_and_spread};
use crate::sweep::{Outcome, Record};

/// What the records say of presets (method `mask:ID`) on samples; none if nothing. `sum` is a sample's SHA-256 where its file is at
/// hand: another picture may have its name.
pub fn of_presets(
    records: &[Record],
    catalogue: &Catalogue,
    sum: impl Fn(&Sample) -> Option<String>,
) -> Option<Measured> {
    let sums: BTreeMap<&str, String> = catalogue
        .samples
        .iter()
        .filter_map(|sample| Some((sample.id.as_str(), sum(sample)?)))
        .collect();
    // Numbers as text order and compare exactly.
    type Setting<'a> = (&'a str, &'a str, Option<u64>, u64, String);
    let mut groups: BTreeMap<Setting<'_>, Vec<(&Record, f64)>> = BTreeMap::new();
    // As the page fits: a learning rate that drops would be another result.
    let plain = |record: &&Record| record.outcome == Outcome::Fitted && record.lr_drop.is_none();
    for record in records.iter().filter(plain) {
        let mask = record.method.strip_prefix("mask:").and_then(|id| catalogue.preset(id));
        let file = |file: &str| file.rsplit('/').next() == Some(record.image.as_str());
        let same = |sample: &&Sample| {
            sums.get(sample.id.as_str())
                .is_none_or(|sum| *sum == record.image_sha256)
        };
        let sample = catalogue.samples.iter().find(|sample| file(&sample.file)).filter(same);
        if let (Some(mask), Some(sample), Some(psnr)) = (mask, sample, record.returned_psnr) {
            let sigma = record.sigma.to_string();
            let setting = (mask.id.as_str(), sample.id.as_str(), record.size, record.steps, sigma);
            groups.entry(setting).or_default().push((record, psnr));
        }
    }
    let mut masks: BTreeMap<String, Vec<SampleResult>> = BTreeMap::new();
    for ((mask, sample, size, steps, _), fits) in groups {
        let values: Vec<f64> = fits.iter().map(|(_, psnr)| *psnr).collect();
        let (Some((mean, spread)), Some((first, _))) = (mean_and_spread(&values), fits.first()) else {
            continue;
        };
        masks.entry(mask.to_owned()).or_default().push(SampleResult {
            sample: sample.to_owned(),
            size,
            sigma: first.sigma,
            steps,
            seeds: fits.iter().map(|(record, _)| record.seed).collect(),
            mean,
            spread,
        });
    }
    (!masks.is_empty()).then(|| Measured::new(masks))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::record;
    use super::*;

    #[test]
    fn fits_of_a_preset_on_a_sample_are_gathered_over_seeds() {
        let catalogue = Catalogue::built_in().expect("a good catalogue");
        let mask = &catalogue.presets[0].id;
        let sample = &catalogue.samples[1];
        let record = |method: &str, image: &str, seed: u64, psnr: f64| {
            let mut record = record(method, image, seed);
            record.returned_psnr = Some(psnr);
            record
        };
        let preset = format!("mask:{mask}");
        let file = format!("static/{}", sample.file);
        let mut collapsed = record(&preset, &file, 2, 12.0);
        collapsed.outcome = Outcome::Collapsed;
        let records = [
            record(&preset, &file, 0, 27.0),
            record(&preset, &file, 1, 28.0),
            collapsed,
            record(&preset, "holiday.jpg", 0, 30.0),
            record("dense", &file, 0, 25.0),
            record("mask:mine.safetensors", &file, 0, 26.0),
        ];
        let sum = |_: &Sample| Some("the sample's".to_owned());
        let measured = of_presets(&records, &catalogue, sum).expect("one mask");
        let [result] = measured.of(mask) else {
            panic!("one setting, not {:?}", measured.of(mask));
        };
        assert_eq!(
            (result.sample.as_str(), result.seeds.as_slice()),
            (sample.id.as_str(), &[0, 1][..])
        );
        assert_eq!((result.mean, result.size), (27.5, Some(192)));
        assert!(result.spread.is_some());
        assert_eq!(of_presets(&records[3..], &catalogue, sum), None);
        let other = |_: &Sample| Some("another picture's".to_owned());
        assert_eq!(of_presets(&records, &catalogue, other), None, "of the same name");
    }
}
