//! The texts of comparing: several fits side by side, pictures of the past, the magnifier, files.

use super::{decibels, thousands};
use crate::worker::protocol::Moment;

pub const RACE: &str = "Race";
pub const RACE_HINT: &str = "Fits the same picture side by side with other masks, or without one: a dense network goes on to fit the noise, a sparse one hardly.";
pub const RACE_ROW: &str = "The fits side by side";
pub const RIVALS: [&str; 2] = ["Against", "And against"];
pub const NO_RIVAL: &str = "No one";
pub const FIELD_FILE_CHOSEN: &str = "The mask file chosen";
pub const FIELD_FILE_HINT: &str = "Choose a mask file";
pub const WAITING: &str = "Not started";

pub const PAST: &str = "Earlier moment";
pub const ZOOM: &str = "Magnify";
pub const REGION: &str = "Region that is magnified; the arrow keys move it";
pub const SAVE_CURVES: &str = "Curves, CSV";
pub const SAVE_SETTINGS: &str = "Settings, JSON";

pub fn zoom(factor: f64) -> String {
    format!("{factor:.0} ×")
}

/// "step 120, 24.31 dB"
pub fn moment(moment: Moment) -> String {
    let step = format!("step {}", thousands(moment.step));
    match moment.psnr {
        Some(_) => format!("{step}, {}", decibels(moment.psnr)),
        None => step,
    }
}

/// A picture of one of several fits.
pub fn of_fit(what: &str, name: &str) -> String {
    format!("{what}, {name}")
}

/// What stands under a picture in the race.
pub fn race_best(best: Option<Moment>) -> Option<String> {
    best.map(|best| format!("best {} at step {}", decibels(best.psnr), thousands(best.step)))
}
