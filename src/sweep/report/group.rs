//! Records that differ only in picture and seed, and their figures as means with a spread over seeds.

use std::collections::BTreeMap;
use std::fmt;

use crate::measured::mean_and_spread;
use crate::sweep::{Outcome, Record};

/// What the records of a group have in common. Numbers are kept as text, which orders and compares them exactly.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Setting {
    /// "192", or "whole".
    pub size: String,
    pub steps: u64,
    pub sigma: String,
    pub method: String,
    /// "0.05", or empty where the method does not choose it.
    pub keep: String,
    /// ", lr x0.3 from 1000", or empty where the learning rate stays.
    pub lr_drop: String,
}

/// A mean over seeds of means over pictures, and the standard deviation over seeds where there are several.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    pub mean: f64,
    pub spread: Option<f64>,
}

impl Setting {
    pub fn of(record: &Record) -> Self {
        Self {
            size: record.size.map_or_else(|| "whole".into(), |size| size.to_string()),
            steps: record.steps,
            sigma: record.sigma.to_string(),
            method: record.method.clone(),
            keep: record.keep.map_or_else(String::new, |keep| keep.to_string()),
            lr_drop: record
                .lr_drop
                .map_or_else(String::new, |drop| format!(", lr x{} from {}", drop.factor, drop.from)),
        }
    }

    /// The method, with the fraction kept where it chooses one, and a lower learning rate.
    pub fn label(&self) -> String {
        if self.keep.is_empty() {
            format!("{}{}", self.method, self.lr_drop)
        } else {
            format!("{} {}{}", self.method, self.keep, self.lr_drop)
        }
    }
}

/// The records by setting.
pub fn groups(records: &[Record]) -> BTreeMap<Setting, Vec<&Record>> {
    let mut groups: BTreeMap<Setting, Vec<&Record>> = BTreeMap::new();
    for record in records {
        groups.entry(Setting::of(record)).or_default().push(record);
    }
    groups
}

/// How many did not end as a fit.
pub fn failures(records: &[&Record], outcome: Outcome) -> usize {
    records.iter().filter(|record| record.outcome == outcome).count()
}

/// A figure of the records that have it; none if no record has.
pub fn figure(records: &[&Record], value: impl Fn(&Record) -> Option<f64>) -> Option<Figure> {
    let mut by_seed: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for record in records {
        if let Some(value) = value(record) {
            by_seed.entry(record.seed).or_default().push(value);
        }
    }
    let means: Vec<f64> = by_seed
        .values()
        .filter_map(|values| mean_and_spread(values).map(|(mean, _)| mean))
        .collect();
    let (mean, spread) = mean_and_spread(&means)?;
    Some(Figure { mean, spread })
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = f.precision().unwrap_or(2);
        write!(f, "{:.digits$}", self.mean)?;
        match self.spread {
            Some(spread) => write!(f, " ± {spread:.digits$}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_a_mean_over_seeds_with_their_spread() {
        let figure = Figure {
            mean: 27.126,
            spread: Some(0.314),
        };
        assert_eq!(figure.to_string(), "27.13 ± 0.31");
        assert_eq!(format!("{:.1}", Figure { spread: None, ..figure }), "27.1");
    }
}
