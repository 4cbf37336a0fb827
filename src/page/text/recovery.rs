//! The texts of recovery.

use super::{doing, thousands};
use crate::worker::protocol::Seen;

pub const CONTINUE_TITLE: &str = "Continue where you left off?";
pub const CONTINUE: &str = "Continue";
pub const DISCARD: &str = "Discard";
pub const DEVICE_REBUILT: &str = "The GPU was lost and has been set up again. What ran goes on from its last checkpoint, or from the start where there was none yet.";

pub const NOT_KEPT: &str = "This browser has no room to keep the run, or keeps nothing: leave this tab open until it is done, and download the result.";

pub fn offer(picture: &str, seen: Option<&Seen>, step: u64, steps: u64) -> String {
    let what = seen.map_or("learning a mask on", doing);
    format!(
        "You were {what} {picture}: step {} of {}.",
        thousands(step),
        thousands(steps)
    )
}

pub fn offer_methods(picture: &str, over: usize) -> String {
    let are = if over == 1 { "is" } else { "are" };
    format!("You were comparing methods on {picture}, of which {over} {are} done.")
}

pub fn went_back(problem: &str, step: u64) -> String {
    format!(
        "{problem} The run is back at its checkpoint of step {} and paused: going on as it is may lead to the same again.",
        thousands(step)
    )
}

pub fn spiked(problem: &str, step: u64) -> String {
    format!(
        "{problem} The run went back to step {} and goes on: a slip of the GPU does not come again.",
        thousands(step)
    )
}

pub fn spiked_again(problem: &str, step: u64) -> String {
    format!(
        "{problem} That was the second time, so it comes from the run itself. It is back at step {} and paused. Download the result of this step; or press the button to go on, and the run will not be taken back again: it may recover by itself. Another network seed may avoid it.",
        thousands(step)
    )
}
