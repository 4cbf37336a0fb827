//! Trains to the end, unless Ctrl-C comes first.

use std::time::Duration;

use super::interrupt;
use super::progress::Meter;
use crate::train::{Run, TrainError};

/// Between two looks at the clock and at Ctrl-C.
const WINDOW: Duration = Duration::from_millis(300);

/// False if it was interrupted. The meter counts `before` updates more than the run.
///
/// # Errors
/// As [`Run::advance`].
pub async fn train(run: &mut Run, meter: &mut Meter, before: u64) -> Result<bool, TrainError> {
    while !run.is_finished() && !interrupt::asked() {
        let step = run.advance(WINDOW).await?.step;
        meter.update(before + step, run.curve().last());
    }
    Ok(run.is_finished())
}
