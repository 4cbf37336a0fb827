//! What the worker tells of an ensemble: how far it is, and how good its members and their mean are.

use serde::{Deserialize, Serialize};

/// What an ensemble is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EnsembleState {
    Compiling,
    Running,
    Paused,
    /// All networks that were wanted are in the mean.
    Finished,
}

/// A network whose picture is in the mean.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Member {
    pub init_seed: u64,
    /// Updates made.
    pub steps: u64,
    /// Of the picture that it returned, in dB; none without a clean picture.
    pub psnr: Option<f64>,
}

/// The mean of what several networks returned.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mean {
    /// In dB; none without a clean picture.
    pub psnr: Option<f64>,
    /// Of the pixels that were not known alone, where some were not.
    pub psnr_missing: Option<f64>,
}

/// An ensemble as it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EnsembleFacts {
    pub state: EnsembleState,
    /// Networks, the first fit among them.
    pub wanted: u64,
    /// The first fit, then those that are over.
    pub members: Vec<Member>,
    /// None of one network.
    pub mean: Option<Mean>,
    /// Updates of the network that is trained, or else was trained last.
    pub step: u64,
    /// Over the last seconds; none until it can be told.
    pub steps_per_second: Option<f64>,
}

impl EnsembleFacts {
    pub fn is_busy(&self) -> bool {
        matches!(self.state, EnsembleState::Compiling | EnsembleState::Running)
    }

    /// Until the end, if the networks to come take as many updates as those that are over.
    pub fn seconds_left(&self) -> Option<f64> {
        if self.members.is_empty() || self.state != EnsembleState::Running {
            return None;
        }
        let of_one = self.members.iter().map(|member| member.steps).sum::<u64>() as f64 / self.members.len() as f64;
        let of_this = (of_one - self.step as f64).max(0.0);
        let to_come = self.wanted.saturating_sub(self.members.len() as u64 + 1) as f64;
        Some((of_this + to_come * of_one) / self.steps_per_second?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn running(wanted: u64, steps: &[u64], step: u64) -> EnsembleFacts {
        let member = |steps: &u64| Member {
            init_seed: 0,
            steps: *steps,
            psnr: None,
        };
        EnsembleFacts {
            state: EnsembleState::Running,
            wanted,
            members: steps.iter().map(member).collect(),
            mean: None,
            step,
            steps_per_second: Some(10.0),
        }
    }

    #[test]
    fn the_time_left_is_that_of_networks_like_those_before() {
        // 300 updates each: 200 are left of the third network, and two more are to come.
        assert_eq!(running(5, &[200, 400], 100).seconds_left(), Some(80.0));
        // One that takes longer than those before is nearly over.
        assert_eq!(running(3, &[200, 400], 900).seconds_left(), Some(0.0));
        let paused = EnsembleFacts {
            state: EnsembleState::Paused,
            ..running(5, &[200], 100)
        };
        assert_eq!(paused.seconds_left(), None);
    }
}
