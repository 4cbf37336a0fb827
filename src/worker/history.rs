//! A run's pictures on the way: the best one and one at steps ever further apart, kept as 8-bit colours.

use std::time::Duration;

use web_time::Instant;

use super::protocol::{Moment, Point};
use crate::picture::Picture;

/// Each picture is kept this many times as late as the one before.
const FACTOR: f64 = 1.3;
/// All pictures of a run together; above it every second one is given up.
const MAX_BYTES: usize = 48 << 20;
/// The best picture is looked for at most this often: it has to be read back.
const BEST_EVERY: Duration = Duration::from_millis(400);
/// dB by which a picture must be better to replace the best.
const BETTER: f64 = 0.02;

/// A picture at a step.
pub struct Snapshot {
    pub moment: Moment,
    width: usize,
    height: usize,
    /// `[height, width, 4]`, opaque.
    rgba: Vec<u8>,
}

impl Snapshot {
    fn of(picture: &Picture, moment: Moment) -> Self {
        Self {
            moment,
            width: picture.width,
            height: picture.height,
            rgba: picture.to_rgba8(),
        }
    }

    /// Pixels for a canvas: width, height, RGBA.
    pub fn pixels(&self) -> (usize, usize, &[u8]) {
        (self.width, self.height, &self.rgba)
    }
}

/// What is wanted of the picture that is there now.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    moment: bool,
    best: bool,
}

#[derive(Default)]
pub struct History {
    moments: Vec<Snapshot>,
    best: Option<Snapshot>,
    best_taken: Option<Instant>,
    /// The next step whose picture is kept.
    next: u64,
    /// The step that is looked back at.
    pub shown: u64,
}

impl History {
    /// Whether the picture drawn last, which `point` was measured on, should be kept.
    pub fn wants(&self, point: &Point, last: bool) -> Option<Wanted> {
        let moment = point.step >= self.next || last;
        let waited = last || self.best_taken.is_none_or(|taken| taken.elapsed() >= BEST_EVERY);
        let best = self.best.as_ref().and_then(|best| best.moment.psnr);
        let better = point
            .psnr
            .is_some_and(|psnr| best.is_none_or(|best| psnr > best + BETTER));
        let wanted = Wanted {
            moment,
            best: better && waited,
        };
        (wanted.moment || wanted.best).then_some(wanted)
    }

    pub fn keep(&mut self, wanted: Wanted, point: &Point, picture: &Picture) {
        let moment = Moment {
            step: point.step,
            psnr: point.psnr,
        };
        if wanted.moment && self.moments.last().is_none_or(|last| last.moment.step < point.step) {
            self.next = ((point.step as f64 * FACTOR) as u64).max(point.step + 1);
            self.moments.push(Snapshot::of(picture, moment));
            let bytes: usize = self.moments.iter().map(|snapshot| snapshot.rgba.len()).sum();
            if bytes > MAX_BYTES {
                let mut place = 0;
                self.moments.retain(|_| {
                    place += 1;
                    place % 2 == 1
                });
            }
        }
        if wanted.best {
            self.best = Some(Snapshot::of(picture, moment));
            self.best_taken = Some(Instant::now());
        }
    }

    pub fn best(&self) -> Option<&Snapshot> {
        self.best.as_ref()
    }

    /// The last picture that is not after the step that is looked back at; the first if all are.
    pub fn moment(&self) -> Option<&Snapshot> {
        let before = self
            .moments
            .partition_point(|snapshot| snapshot.moment.step <= self.shown);
        self.moments.get(before.saturating_sub(1))
    }

    pub fn moments(&self) -> Vec<Moment> {
        self.moments.iter().map(|snapshot| snapshot.moment).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(step: u64, psnr: f64) -> Point {
        Point {
            step,
            loss: 0.1,
            psnr: Some(psnr),
            average_psnr: None,
            statistic: None,
            kl: None,
            mean_logit: None,
        }
    }

    fn grey(width: usize, value: f32) -> Picture {
        Picture {
            width,
            height: 2,
            data: vec![value; 3 * width * 2],
        }
    }

    #[test]
    fn pictures_lie_ever_further_apart_and_are_found_again() {
        let mut history = History::default();
        for step in 0..2000 {
            let point = point(step, 10.0);
            if let Some(wanted) = history.wants(&point, false) {
                history.keep(wanted, &point, &grey(4, 0.5));
            }
        }
        let steps: Vec<u64> = history.moments().iter().map(|moment| moment.step).collect();
        assert!((20..40).contains(&steps.len()), "{steps:?}");
        assert_eq!(steps[..4], [0, 1, 2, 3]);
        history.shown = 999;
        let found = history.moment().map(|snapshot| snapshot.moment.step);
        assert_eq!(found, steps.iter().copied().filter(|step| *step <= 999).max());
    }

    #[test]
    fn the_best_stays_when_it_gets_worse() {
        let mut history = History::default();
        for (step, psnr) in [(0, 10.0), (1, 20.0), (2, 15.0)] {
            let point = point(step, psnr);
            // As at the end of a turn that may take it.
            if let Some(wanted) = history.wants(&point, true) {
                history.keep(wanted, &point, &grey(4, psnr as f32 / 20.0));
            }
        }
        let best = history.best().expect("there is one");
        assert_eq!((best.moment.step, best.moment.psnr), (1, Some(20.0)));
        assert_eq!(best.pixels().2[0], 255);
    }

    #[test]
    fn memory_is_bounded() {
        let mut history = History::default();
        let wide = grey(1 << 20, 0.5);
        for step in 0..20 {
            let point = point(step, 10.0);
            if let Some(wanted) = history.wants(&point, true) {
                history.keep(wanted, &point, &wide);
            }
        }
        let bytes: usize = history.moments.iter().map(|snapshot| snapshot.rgba.len()).sum();
        assert!(bytes <= MAX_BYTES && history.moments.len() > 2, "{bytes}");
    }
}
