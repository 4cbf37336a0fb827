//! Tells a spike of the loss from its ordinary noise.
//!
//! A point is high if its loss is over [`FACTOR`] times the median of the [`WINDOW`] points before it, and over that median by more
//! than a [`SHARE`] of what the run has gained since its first point; [`STREAK`] high points in a row are a spike. The median of
//! that many points does not follow a dozen high ones, so a spike cannot hide itself.
//!
//! Why it stays quiet where nothing is wrong (the runs recorded for the tests): Adam's noise on a fit of noisy data stays
//! below 1.3 times the median. A fit that has learned its small picture by heart, noise and all, swings to 19 times a loss
//! of nearly nothing, up to 29 points in a row, which gives back less than a twentieth of the gain. A learner draws a new
//! mask each step, and now and then one that nearly disconnects the network: up to 4.8 times the median, but two in a row
//! at most, and should they become frequent, the median rises with them. A fresh start only falls, and before [`LEAST`]
//! points nothing is judged.

use std::collections::VecDeque;

const FACTOR: f64 = 2.0;
const SHARE: f64 = 0.1;
const WINDOW: usize = 64;
const LEAST: usize = 32;
const STREAK: usize = 12;
/// A learner's own noise makes so many high points in a row.
const NOISE: usize = 2;

/// Watches the losses of a run, one for each step.
#[derive(Clone, Debug, Default)]
pub struct SpikeWatch {
    /// The last points' losses, oldest first.
    window: VecDeque<f64>,
    /// The first point's loss.
    first: Option<f64>,
    /// High points in a row, up to the last.
    high: usize,
}

impl SpikeWatch {
    /// Takes the next loss; whether a spike is there.
    pub fn is_spike(&mut self, loss: f64) -> bool {
        let first = *self.first.get_or_insert(loss);
        let high = self
            .median()
            .is_some_and(|median| loss > FACTOR * median && loss > median + SHARE * (first - median));
        self.high = if high { self.high + 1 } else { 0 };
        if self.window.len() == WINDOW {
            self.window.pop_front();
        }
        self.window.push_back(loss);
        self.high >= STREAK
    }

    /// Whether a spike may have begun: a state of now is none to go back to.
    pub fn is_suspicious(&self) -> bool {
        self.high > NOISE
    }

    fn median(&self) -> Option<f64> {
        let mut sorted: Vec<f64> = self.window.iter().copied().collect();
        if sorted.len() < LEAST {
            return None;
        }
        let middle = sorted.len() / 2;
        Some(*sorted.select_nth_unstable_by(middle, f64::total_cmp).1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Losses of real runs of this program, one for each step; the file's first lines say which.
    const CURVES: &str = include_str!("../../tests/fixtures/loss_curves.txt");

    fn curves() -> impl Iterator<Item = (&'static str, Vec<f64>)> {
        let lines = CURVES.lines().filter(|line| !line.starts_with('#'));
        lines.map(|line| {
            let (name, losses) = line.split_once(": ").expect("a name and losses");
            let losses = losses.split(' ').map(|loss| loss.parse().expect("a number"));
            (name, losses.collect())
        })
    }

    /// The step at which a spike is seen.
    fn first_spike(losses: impl IntoIterator<Item = f64>) -> Option<usize> {
        let mut watch = SpikeWatch::default();
        losses.into_iter().position(|loss| watch.is_spike(loss))
    }

    #[test]
    fn recorded_runs_have_none() {
        let mut seen = 0;
        for (name, losses) in curves() {
            assert!(losses.len() > 1000, "{name}");
            assert_eq!(first_spike(losses), None, "{name}");
            seen += 1;
        }
        assert_eq!(seen, 5);
    }

    #[test]
    fn a_jump_anywhere_in_a_recorded_run_is_seen_in_a_dozen_steps() {
        for (name, losses) in curves() {
            for at in (100..losses.len() - STREAK).step_by(97) {
                // Above where it started, slowly coming down again.
                let jump = |(step, loss): (usize, &f64)| {
                    let since = step.saturating_sub(at) as f64;
                    let lift = if step < at { 0.0 } else { (-since / 100.0).exp() };
                    loss + lift * 2.0 * losses[0]
                };
                let found = first_spike(losses.iter().enumerate().map(jump)).expect("a spike");
                // High points of the learner's own noise may come right before.
                assert!(
                    (at + STREAK - 3..at + STREAK).contains(&found),
                    "{name}: {found} for {at}"
                );
            }
        }
    }

    #[test]
    fn a_few_high_points_are_no_spike_and_a_start_is_not_judged() {
        let noise = |step: usize| if step % 40 < STREAK - 1 { 0.9 } else { 0.1 };
        assert_eq!(first_spike((0..2000).map(noise)), None);
        let rising = (0..LEAST).map(|step| 0.01 * (step as f64).exp());
        assert_eq!(first_spike(rising), None);
        let mut watch = SpikeWatch::default();
        for _ in 0..LEAST {
            assert!(!watch.is_spike(0.1) && !watch.is_suspicious());
        }
        for streak in 1..STREAK {
            assert!(!watch.is_spike(0.3));
            assert_eq!(watch.is_suspicious(), streak > NOISE);
        }
        assert!(watch.is_spike(0.3));
        assert!(!watch.is_spike(0.1) && !watch.is_suspicious());
    }
}
