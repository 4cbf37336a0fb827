//! The texts of recovery.

use super::thousands;

pub const CONTINUE_TITLE: &str = "Continue where you left off?";
pub const CONTINUE: &str = "Continue";
pub const DISCARD: &str = "Discard";
pub const DEVICE_REBUILT: &str = "The GPU was lost and has been set up again. What ran goes on from its last checkpoint, or from the start where there was none yet.";

pub fn offer(picture: &str, learning: bool, step: u64, steps: u64) -> String {
    let what = if learning { "learning a mask on" } else { "denoising" };
    format!(
        "You were {what} {picture}: step {} of {}.",
        thousands(step),
        thousands(steps)
    )
}

pub fn went_back(problem: &str, step: u64) -> String {
    format!(
        "{problem} The run is back at its checkpoint of step {} and paused: going on as it is may lead to the same again.",
        thousands(step)
    )
}
