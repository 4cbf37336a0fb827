//! Records that differ only in picture and seed, and their figures as means with a spread over seeds.

use std::collections::{BTreeMap, BTreeSet};
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
    /// ", lr x0.3 from 1000" where the rate drops, and what else differs among the records of the method.
    pub more: String,
}

/// What a record says besides the columns of a table, empty where that says nothing.
const MORE: [fn(&Record) -> String; 4] = [
    |record| format!(", lr {}", record.lr),
    |record| {
        let steps = record.learn_steps;
        steps.map_or_else(String::new, |steps| format!(", learned in {steps} steps"))
    },
    |record| {
        let steps = record.imp_steps;
        steps.map_or_else(String::new, |steps| format!(", {steps} steps a round"))
    },
    |record| {
        let channels: Vec<String> = record.network.channels().iter().map(usize::to_string).collect();
        format!(", {} of {}", record.network.name(), channels.join(","))
    },
];

/// A mean over seeds of means over pictures, and the standard deviation over seeds where there are several.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    pub mean: f64,
    pub spread: Option<f64>,
}

impl Setting {
    /// `differs` says which of [`MORE`] to tell.
    fn of(record: &Record, differs: [bool; MORE.len()]) -> Self {
        let dropped = record
            .lr_drop
            .map_or_else(String::new, |drop| format!(", lr x{} from {}", drop.factor, drop.from));
        let told = MORE.iter().zip(differs).filter(|(_, differs)| *differs);
        Self {
            size: record.size.map_or_else(|| "whole".into(), |size| size.to_string()),
            steps: record.steps,
            sigma: record.sigma.to_string(),
            method: record.method.clone(),
            keep: record.keep.map_or_else(String::new, |keep| keep.to_string()),
            more: dropped + &told.map(|(say, _)| say(record)).collect::<String>(),
        }
    }

    /// The method, with the fraction kept where it chooses one, and what else differs.
    pub fn label(&self) -> String {
        let space = if self.keep.is_empty() { "" } else { " " };
        format!("{}{space}{}{}", self.method, self.keep, self.more)
    }

    /// Whether the mask comes from elsewhere, so that it may be of another picture.
    pub fn is_transfer(&self) -> bool {
        ["mask:", "oes-on:", "oes-paper-on:"]
            .iter()
            .any(|kind| self.method.starts_with(kind))
    }
}

/// Size, steps and sigma, which the fits of one plot share.
pub type Panel = (String, u64, String);

pub fn panel(setting: &Setting) -> Panel {
    (setting.size.clone(), setting.steps, setting.sigma.clone())
}

/// The records by setting.
pub fn groups(records: &[Record]) -> BTreeMap<Setting, Vec<&Record>> {
    let mut of_method: BTreeMap<&str, Vec<&Record>> = BTreeMap::new();
    for record in records {
        of_method.entry(&record.method).or_default().push(record);
    }
    let mut groups: BTreeMap<Setting, Vec<&Record>> = BTreeMap::new();
    for records in of_method.into_values() {
        let differs = MORE.map(|say| records.iter().map(|record| say(record)).collect::<BTreeSet<_>>().len() > 1);
        for record in records {
            groups.entry(Setting::of(record, differs)).or_default().push(record);
        }
    }
    groups
}

/// How many did not end as a fit.
pub fn failures(records: &[&Record], outcome: Outcome) -> usize {
    records.iter().filter(|record| record.outcome == outcome).count()
}

/// A figure of the fits that have it; none if no fit has. What a fit measured before it diverged is no result.
pub fn figure(records: &[&Record], value: impl Fn(&Record) -> Option<f64>) -> Option<Figure> {
    let mut by_seed: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for record in records.iter().filter(|record| record.outcome == Outcome::Fitted) {
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
    use super::super::fixture::record;
    use super::*;

    #[test]
    fn what_differs_within_a_method_is_told_and_not_averaged() {
        let learned = |steps| Record {
            learn_steps: Some(steps),
            ..record("oes", "coffee.png", 0)
        };
        let records = [learned(300), learned(1500), record("dense", "coffee.png", 0)];
        let labels: Vec<String> = groups(&records).keys().map(Setting::label).collect();
        assert_eq!(
            labels,
            ["dense", "oes, learned in 1500 steps", "oes, learned in 300 steps"]
        );
        let labels: Vec<String> = groups(&records[1..]).keys().map(Setting::label).collect();
        assert_eq!(labels, ["dense", "oes"], "nothing differs within it");
    }

    #[test]
    fn what_diverged_is_in_no_mean() {
        let fit = |outcome, psnr| Record {
            outcome,
            returned_psnr: Some(psnr),
            ..record("dense", "coffee.png", 0)
        };
        let (fitted, diverged) = (fit(Outcome::Fitted, 28.0), fit(Outcome::Diverged, 3.0));
        let mean = figure(&[&fitted, &diverged], |record| record.returned_psnr).expect("a figure");
        assert_eq!(mean.mean, 28.0);
    }

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
