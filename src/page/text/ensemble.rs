//! The texts of the ensemble.

use super::{decibels, done, gain_over};
use crate::worker::protocol::{EnsembleFacts, EnsembleState, Fault, FaultKind, Seen};

pub const ENSEMBLE: &str = "Average several networks";
pub const ENSEMBLE_INTRO: &str = "Each network errs in its own way, so the mean of what several return is better than one: five gave 0.5 to 1 dB in the measurements, three most of that. This fit is the first; each further one has other random weights, with a mask also other channels and weights that live, and takes about as long.";
pub const ENSEMBLE_HINT: &str = "The mean is “Ensemble” under the picture. It is lost when this page is reloaded or the fit starts over: download it.";
pub const ENSEMBLE_COUNT: &str = "Networks in all";
pub const ENSEMBLE_START: &str = "Train them";
pub const ENSEMBLE_DOWNLOAD: &str = "Download the mean";
pub const OF_ENSEMBLE: &str = ": the ensemble";
pub const ENSEMBLE_PROGRESS: &str = "Progress of the network that is trained";
pub const ENSEMBLE_PSNR: &str = "PSNR of the mean";
pub const MEMBERS_PSNR: &str = "Each alone";
pub const ENSEMBLE_LOST: &str = "The GPU was lost and has been set up again. The fit is as it was; the further networks were lost: train them again.";

/// What it is doing, in a few words.
pub fn ensemble_state(facts: &EnsembleFacts) -> String {
    let there = facts.members.len() as u64;
    let next = || format!("network {} of {}", there + 1, facts.wanted);
    match facts.state {
        EnsembleState::Compiling => format!("Preparing {}", next()),
        EnsembleState::Running => {
            let left = facts.seconds_left();
            format!("Training {}{}", next(), left.map(time_left).unwrap_or_default())
        }
        EnsembleState::Paused => format!("Paused at {}", next()),
        EnsembleState::Finished => format!("Done: the mean of {there} networks"),
    }
}

fn time_left(seconds: f64) -> String {
    match seconds {
        seconds if seconds < 60.0 => ", less than a minute left".to_owned(),
        seconds if seconds < 5400.0 => format!(", about {:.0} min left", (seconds / 60.0).ceil()),
        seconds => format!(", about {:.0} h left", seconds / 3600.0),
    }
}

/// What a screen reader is told when it begins, pauses or ends, and when another network is in the mean.
pub fn announce_ensemble(state: EnsembleState, members: usize, psnr: Option<f64>) -> String {
    let mean = match psnr {
        Some(psnr) => format!("The mean of {members} networks has {psnr:.1} decibels."),
        None => format!("{members} networks are in the mean."),
    };
    match state {
        _ if members < 2 && state != EnsembleState::Paused => "Training further networks.".to_owned(),
        EnsembleState::Compiling | EnsembleState::Running => mean,
        EnsembleState::Paused if members < 2 => "The ensemble is paused.".to_owned(),
        EnsembleState::Paused => format!("The ensemble is paused. {mean}"),
        EnsembleState::Finished => format!("The ensemble is done. {mean}"),
    }
}

/// What the mean is better by.
pub fn ensemble_gain(decibels: f64) -> String {
    gain_over(decibels, "this fit alone")
}

/// From the least to the most.
pub fn members_psnr(members: &[f64]) -> String {
    let least = members.iter().copied().fold(f64::INFINITY, f64::min);
    let most = members.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    format!("{least:.2} to {}", decibels(Some(most)))
}

/// What paused it, and what comes next.
pub fn ensemble_problem(fault: &Fault) -> String {
    let next = match fault.kind {
        FaultKind::Diverged => "Another takes its place when you resume.",
        _ => "The mean of the others stays.",
    };
    format!("A network was given up. {} {next}", fault.message)
}

/// What stands behind the picture's name in the mean's file name.
pub fn ensemble_file(seen: &Seen, members: u64) -> String {
    format!("{}-mean-of-{members}", done(seen))
}
