//! What the worker tells of runs: their state, their curves, their pictures of the past.

use serde::{Deserialize, Serialize};

use crate::train::TrackSpec;

/// What a run is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RunState {
    /// Made, not yet compiled.
    Idle,
    Compiling,
    Running,
    Paused,
    /// A fit that paused by itself, past its best moment.
    Settled,
    /// All steps are done.
    Finished,
    /// A fault stopped it; it cannot go on.
    Failed,
}

/// A run, before it starts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunFacts {
    /// Of the picture that the run draws.
    pub width: usize,
    pub height: usize,
    /// Of what is observed of it: less where it is enlarged.
    pub observed: (usize, usize),
    /// What the memory plan needs; 0 with a dead mask, which has no plan.
    pub bytes: u64,
    /// Multiply-adds of a step, as this engine does them; 0 with a dead mask.
    pub macs: u64,
    /// Bytes that the engine may take without being asked; more needs a smaller picture.
    pub budget: u64,
    /// The longest side that fits into the budget, where this picture does not.
    pub fitting_size: Option<usize>,
    /// Whether there is a clean picture to compare with.
    pub has_clean: bool,
    /// Of what is observed against the clean picture, in dB: enlarged where it is small, none where pixels are missing.
    pub observed_psnr: Option<f64>,
}

/// A reading of the curves: after `step` updates.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    pub step: u64,
    pub loss: f64,
    /// In dB; none without a clean picture.
    pub psnr: Option<f64>,
    /// Fits only: PSNR of the mean of the outputs, in dB, and the statistic of early stopping where it counts.
    pub average_psnr: Option<f64>,
    pub statistic: Option<f64>,
    /// Learners only: the KL term of the loss, and the mean logit.
    pub kl: Option<f64>,
    pub mean_logit: Option<f64>,
}

/// The reading whose averaged picture a fit returns: that of the least statistic, or the last while there is none.
pub fn returned(points: &[Point]) -> Option<&Point> {
    let watched = points.iter().filter_map(|point| Some((point, point.statistic?)));
    let least = watched.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(point, _)| point);
    least.or(points.last())
}

/// Leaves every second reading, and those that say how the run stands: the last, the best, and that of what is returned.
pub fn thin(points: &mut Vec<Point>) {
    let decibels = |point: &&Point| point.psnr.unwrap_or(f64::NEG_INFINITY);
    let best = points.iter().max_by(|a, b| decibels(a).total_cmp(&decibels(b)));
    let kept = [points.last(), best, returned(points)].map(|point| point.map(|point| point.step));
    let mut place = 0;
    points.retain(|point| {
        place += 1;
        place % 2 == 1 || kept.contains(&Some(point.step))
    });
}

/// Whether a fit's best moment is so long ago that it would settle.
pub fn is_past_best(points: &[Point]) -> bool {
    let (Some(returned), Some(last)) = (returned(points), points.last()) else {
        return false;
    };
    returned.statistic.is_some() && last.step - returned.step >= TrackSpec::default().patience
}

/// The PSNR in dB of the pixels that were not known, where some were not and there is a clean picture.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Missing {
    /// Updates made.
    pub step: u64,
    /// Of the output.
    pub output: f64,
    /// Of what the fit returns.
    pub returned: f64,
}

/// A picture of the past, after `step` updates.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Moment {
    pub step: u64,
    /// In dB; none without a clean picture.
    pub psnr: Option<f64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(step: u64, statistic: Option<f64>) -> Point {
        Point {
            step,
            loss: 0.1,
            psnr: None,
            average_psnr: None,
            statistic,
            kl: None,
            mean_logit: None,
        }
    }

    #[test]
    fn a_fit_is_past_its_best_when_it_was_calmest_long_ago() {
        let patience = TrackSpec::default().patience;
        let calm = point(200, Some(1.0));
        assert!(!is_past_best(&[]));
        assert!(!is_past_best(&[calm, point(199 + patience, Some(2.0))]));
        assert!(is_past_best(&[calm, point(200 + patience, Some(2.0))]));
        assert!(
            !is_past_best(&[point(0, None), point(9_000, None)]),
            "no moment to stop"
        );
    }

    #[test]
    fn a_thinned_curve_keeps_what_is_told_of_it() {
        let reading = |step: u64| Point {
            psnr: Some(if step == 33 { 30.0 } else { 20.0 }),
            ..point(step, Some(if step == 55 { 1.0 } else { 2.0 }))
        };
        let mut points: Vec<Point> = (0..=99).map(reading).collect();
        for _ in 0..3 {
            thin(&mut points);
        }
        let steps: Vec<u64> = points.iter().map(|point| point.step).collect();
        assert!([33, 55, 99].iter().all(|step| steps.contains(step)), "{steps:?}");
        assert!(steps.len() < 20, "{steps:?}");
        assert!(steps.is_sorted());
    }

    #[test]
    fn a_fit_returns_its_calmest_moment_or_else_the_last() {
        let step = |points: &[Point]| returned(points).map(|point| point.step);
        assert_eq!(step(&[]), None);
        assert_eq!(step(&[point(0, None), point(1, None)]), Some(1));
        let watched = [Some(3.0), Some(1.0), Some(2.0), Some(1.0)];
        let points: Vec<Point> = (0..).zip(watched).map(|(at, statistic)| point(at, statistic)).collect();
        assert_eq!(
            step(&points),
            Some(1),
            "the first of equal ones, as the device remembers it"
        );
    }
}
