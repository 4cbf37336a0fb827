//! How much to submit at a time: enough to keep the device busy, little enough that it is never taken for hung.

use std::ops::Range;
use std::time::Duration;

/// Submits after which the costs are corrected: single ones are noisy where completion is told late.
const WINDOW: usize = 4;
/// Dispatches in a submit at most, to bound the host's work.
const MAX_DISPATCHES: usize = 4096;

/// Estimated seconds of each op, corrected by what submits take.
pub(super) struct Pacer {
    costs: Vec<f64>,
    target: f64,
    window: Vec<(Range<usize>, u64)>,
    predicted: f64,
    measured: f64,
}

impl Pacer {
    /// `costs` are first guesses, better too high; `target` is how long a submit should take.
    pub fn new(costs: Vec<f64>, target: Duration) -> Self {
        Self {
            costs,
            target: target.as_secs_f64(),
            window: Vec::new(),
            predicted: 0.0,
            measured: 0.0,
        }
    }

    fn cost(&self, ops: &Range<usize>) -> f64 {
        self.costs[ops.clone()].iter().sum()
    }

    /// How many whole steps fit into a submit; 0 if a step has to be cut.
    pub fn whole_steps(&self) -> u64 {
        let most = (MAX_DISPATCHES / self.costs.len().max(1)).max(1) as u64;
        ((self.target / self.cost(&(0..self.costs.len())).max(1e-9)) as u64).min(most)
    }

    /// The next piece of `ops`, from the first: one op at least.
    pub fn piece(&self, ops: Range<usize>) -> Range<usize> {
        let mut sum = 0.0;
        let mut end = ops.start;
        while end < ops.end {
            sum += self.costs[end];
            if sum > self.target && end > ops.start {
                break;
            }
            end += 1;
        }
        ops.start..end
    }

    /// Learns that `times` runs of `ops` kept the device busy for `seconds`.
    pub fn record(&mut self, ops: Range<usize>, times: u64, seconds: f64) {
        self.predicted += self.cost(&ops) * times as f64;
        self.measured += seconds;
        self.window.push((ops, times));
        if self.window.len() < WINDOW && seconds < 3.0 * self.target {
            return;
        }
        let ratio = (self.measured / self.predicted.max(1e-12)).clamp(0.125, 8.0);
        // Each op of the window once, however often it ran.
        let mut seen = vec![false; self.costs.len()];
        for (ops, _) in self.window.drain(..) {
            seen[ops].fill(true);
        }
        for (cost, seen) in self.costs.iter_mut().zip(seen) {
            if seen {
                *cost *= 0.5 + 0.5 * ratio;
            }
        }
        (self.predicted, self.measured) = (0.0, 0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A device whose ops take `truth` seconds; returns the pacer after `steps` steps.
    fn run(truth: &[f64], guess: f64, steps: usize) -> Pacer {
        let mut pacer = Pacer::new(vec![guess; truth.len()], Duration::from_millis(40));
        for _ in 0..steps {
            let whole = pacer.whole_steps();
            if whole > 0 {
                pacer.record(0..truth.len(), whole, whole as f64 * truth.iter().sum::<f64>());
                continue;
            }
            let mut rest = 0..truth.len();
            while !rest.is_empty() {
                let piece = pacer.piece(rest.clone());
                rest.start = piece.end;
                pacer.record(piece.clone(), 1, truth[piece].iter().sum());
            }
        }
        pacer
    }

    #[test]
    fn fast_devices_get_several_steps_a_submit() {
        let pacer = run(&[1e-4; 20], 1e-2, 100);
        assert!((15..=25).contains(&pacer.whole_steps()), "{}", pacer.whole_steps());
    }

    #[test]
    fn slow_devices_get_a_piece_of_a_step() {
        let pacer = run(&[0.01; 20], 1e-5, 100);
        assert_eq!(pacer.whole_steps(), 0);
        assert!((3..=5).contains(&pacer.piece(0..20).len()), "{:?}", pacer.piece(0..20));
    }

    #[test]
    fn an_op_longer_than_the_target_is_submitted_alone() {
        let pacer = run(&[1.0, 0.001, 0.001], 1.0, 50);
        assert_eq!(pacer.piece(0..3), 0..1);
    }
}
