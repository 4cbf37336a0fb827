//! The texts of a new version, and of the notification of a run's end.

use super::steps;

pub const UPDATE: &str = "A new version of this page is ready.";
pub const UPDATE_BLOCKED: &str =
    "Close the other tabs with this page first: they still run the version before. Then press the button again.";
pub const UPDATE_TAKE: &str = "Reload";

pub const NOTIFY: &str = "Notify me at the end";
pub const NOTIFY_REFUSED: &str = "The browser does not allow notifications for this page.";
pub const ENDED: &str = "Finished";
pub const FAILED: &str = "Stopped by a fault";

/// What a notification says below its title.
pub fn ended(picture: &str, learning: bool, step: u64) -> String {
    let what = if learning { "Learning a mask on" } else { "Denoising" };
    format!("{what} {picture}: {}.", steps(step))
}
