//! Progress on stderr: a bar on a terminal, else a plain line now and then.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::train::Point;

/// Between two plain lines.
const EVERY: Duration = Duration::from_secs(10);

/// Counts what comes before or instead of training steps, such as kernels compiled: on a terminal, and where it takes long.
pub struct Counting {
    bar: Option<ProgressBar>,
    what: &'static str,
    told: Instant,
}

impl Counting {
    /// `what` is counted, as in "kernels compiled".
    pub fn new(what: &'static str) -> Self {
        let bar = || ProgressBar::no_length().with_style(style()).with_message(what);
        Self {
            bar: std::io::stderr().is_terminal().then(bar),
            what,
            told: Instant::now(),
        }
    }

    pub fn update(&mut self, done: usize, total: usize) {
        match &self.bar {
            Some(bar) => {
                bar.set_length(total as u64);
                bar.set_position(done as u64);
            }
            None if self.told.elapsed() >= EVERY => {
                self.told = Instant::now();
                eprintln!("{done} of {total} {}", self.what);
            }
            None => {}
        }
    }

    /// Takes the bar away.
    pub fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Shows how far a run is.
pub struct Meter {
    bar: Option<ProgressBar>,
    steps: u64,
    /// Steps behind it when the clock started.
    from: u64,
    started: Instant,
    told: Instant,
}

impl Meter {
    /// A meter for a run that has done `from` of its `steps`.
    pub fn new(from: u64, steps: u64) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(steps).with_position(from).with_style(style());
            bar.enable_steady_tick(Duration::from_millis(250));
            bar
        });
        let now = Instant::now();
        Self {
            bar,
            steps,
            from,
            started: now,
            told: now,
        }
    }

    /// After `step` updates; `point` is the last one measured.
    pub fn update(&mut self, step: u64, point: Option<&Point>) {
        let per_step = self.started.elapsed().as_secs_f64() / step.saturating_sub(self.from).max(1) as f64;
        let left = per_step * self.steps.saturating_sub(step) as f64;
        let measured = point.map(measured).unwrap_or_default();
        let text = format!("{measured}{}, {} left", pace(per_step), duration(left));
        match &self.bar {
            Some(bar) => {
                bar.set_position(step);
                bar.set_message(text);
            }
            None if self.told.elapsed() >= EVERY => {
                self.told = Instant::now();
                eprintln!("step {step} of {}: {text}", self.steps);
            }
            None => {}
        }
    }

    /// Takes the bar away.
    pub fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}").unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// "PSNR 25.31 dB, loss 0.01234, ".
fn measured(point: &Point) -> String {
    match point.psnr {
        Some(psnr) => format!("PSNR {psnr:.2} dB, loss {:.5}, ", point.loss),
        None => format!("loss {:.5}, ", point.loss),
    }
}

/// Seconds per step in a fitting unit.
pub fn pace(seconds: f64) -> String {
    if seconds < 0.1 {
        format!("{:.2} ms/step", 1e3 * seconds)
    } else {
        format!("{seconds:.2} s/step")
    }
}

/// Seconds as h:mm:ss or m:ss.
pub fn duration(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_clocks() {
        assert_eq!(duration(0.0), "0:00");
        assert_eq!(duration(75.4), "1:15");
        assert_eq!(duration(3.0 * 3600.0 + 62.0), "3:01:02");
    }
}
