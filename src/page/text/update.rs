//! The texts of a new version, and of the notification of a run's end.

use super::steps;
use crate::worker::protocol::Seen;

pub const UPDATE: &str = "A new version of this page is ready.";
pub const UPDATE_BLOCKED: &str =
    "Close the other tabs with this page first: they still run the version before. Then press the button again.";
pub const UPDATE_TAKE: &str = "Reload";

pub const NOTIFY: &str = "Notify me at the end";
pub const NOTIFY_REFUSED: &str = "The browser does not allow notifications for this page.";
pub const ENDED: &str = "Finished";
pub const FAILED: &str = "Stopped by a fault";

/// What a notification says below its title: of a learner, or of a fit that sees this of the picture.
pub fn ended(picture: &str, seen: Option<&Seen>, step: u64) -> String {
    let what = match seen {
        None => "Learning a mask on",
        Some(Seen::Whole) => "Denoising",
        Some(Seen::Random { .. } | Seen::Unpainted { .. }) => "Filling in",
        Some(Seen::Pooled { .. }) => "Enlarging",
    };
    format!("{what} {picture}: {}.", steps(step))
}

pub fn ended_ensemble(picture: &str, members: u64) -> String {
    format!("The mean of {members} networks on {picture} is ready.")
}
