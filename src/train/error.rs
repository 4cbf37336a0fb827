//! What can go wrong in a run. Each message is the sentence a person gets.

use crate::engine::EngineError;
use crate::mask::MaskError;
use crate::network::NetworkError;
use crate::step::StepError;

#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    #[error(transparent)]
    Network(#[from] NetworkError),
    #[error(transparent)]
    Step(#[from] StepError),
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Mask(#[from] MaskError),
    /// A setting out of its range.
    #[error("{what} must be {range}, not {value}")]
    Setting {
        what: &'static str,
        range: &'static str,
        value: String,
    },
    #[error("the state file cannot be used: {0}")]
    State(String),
    #[error("the checkpoint cannot be used: {0}")]
    Checkpoint(String),
    #[error(
        "the loss is no longer a number after {step} steps: lower the learning rate and start again, or go back to the last checkpoint"
    )]
    Diverged { step: u64 },
    #[error("this run fits a picture; only mask learning has logits")]
    NotLearning,
    #[error(
        "this run has no averaged picture and no moment to stop: its outputs were not followed, or not for long enough"
    )]
    NotTracked,
}

impl TrainError {
    pub(crate) fn setting(what: &'static str, range: &'static str, value: impl ToString) -> Self {
        Self::Setting {
            what,
            range,
            value: value.to_string(),
        }
    }
}
