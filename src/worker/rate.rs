//! Steps per second over the last seconds, not over the whole run: pauses and compiling must not count.

use std::collections::VecDeque;

use web_time::Instant;

/// Older readings are forgotten.
const WINDOW_SECONDS: f64 = 4.0;

/// Readings of the step counter.
#[derive(Default)]
pub struct Rate {
    readings: VecDeque<(Instant, u64)>,
}

impl Rate {
    /// Forgets all readings: the run starts, or goes on after a pause.
    pub fn restart(&mut self) {
        self.readings.clear();
    }

    pub fn record(&mut self, now: Instant, step: u64) {
        self.readings.push_back((now, step));
        while self.readings.len() > 2
            && self
                .readings
                .get(1)
                .is_some_and(|(at, _)| (now - *at).as_secs_f64() > WINDOW_SECONDS)
        {
            self.readings.pop_front();
        }
    }

    pub fn steps_per_second(&self) -> Option<f64> {
        let ((start, first), (end, last)) = (self.readings.front()?, self.readings.back()?);
        let seconds = (*end - *start).as_secs_f64();
        (seconds > 0.2 && last > first).then(|| (last - first) as f64 / seconds)
    }
}
