//! What a command ends with, and its exit code.

use std::path::PathBuf;

use crate::engine::EngineError;
use crate::mask::MaskError;
use crate::picture::PictureError;
use crate::step::StepError;
use crate::sweep::SweepError;
use crate::train::TrainError;

/// How a command ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    Complete,
    /// By Ctrl-C; what was asked for is written.
    Interrupted,
}

/// Why a command failed, in one sentence.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    #[error("{0}")]
    Arguments(String),
    /// An output path that cannot be written.
    #[error("{path} cannot be written: {reason}", path = path.display())]
    Output { path: PathBuf, reason: String },
    /// An input path that cannot be read.
    #[error("{path} cannot be read: {reason}", path = path.display())]
    Read { path: PathBuf, reason: String },
    #[error("{path}: {error}", path = path.display())]
    Picture { path: PathBuf, error: PictureError },
    #[error("{source_name}: {error}")]
    Mask { source_name: String, error: MaskError },
    /// Input that is readable, but not for this run.
    #[error("{0}")]
    Input(String),
    #[error("{0}")]
    DeadMask(String),
    #[error("{0}{hint}", hint = hint(.0))]
    Engine(EngineError),
    #[error("{0}")]
    Train(TrainError),
    /// Writing failed after the work.
    #[error("{path} could not be written: {reason}", path = path.display())]
    Write { path: PathBuf, reason: String },
    #[error("{0}")]
    Encode(String),
    #[error("no thread to compute on could be started: {0}")]
    Threads(String),
    #[error(transparent)]
    Sweep(#[from] SweepError),
}

/// How to go on without the adapter.
fn hint(error: &EngineError) -> &'static str {
    match error {
        EngineError::NoAdapter { .. } => " with --cpu",
        EngineError::NoDevice { .. } | EngineError::UnknownAdapter { .. } => "; --cpu takes the CPU engine",
        EngineError::OutOfMemory { .. } | EngineError::Limit { .. } => " (--crop N)",
        _ => "",
    }
}

impl CliError {
    /// 1 failed on the way, 2 bad arguments, 3 unusable input, 4 no adapter or device, 5 dead mask.
    pub fn code(&self) -> u8 {
        match self {
            Self::Write { .. } | Self::Encode(_) | Self::Threads(_) => 1,
            Self::Arguments(_) | Self::Output { .. } => 2,
            Self::Read { .. } | Self::Picture { .. } | Self::Mask { .. } | Self::Input(_) => 3,
            Self::Sweep(error) => match error {
                SweepError::Plan { .. } | SweepError::Method(_) | SweepError::Shard(_) => 2,
                SweepError::Record { .. } | SweepError::Empty { .. } => 3,
                SweepError::File { .. } | SweepError::Busy { .. } | SweepError::Plot { .. } => 1,
            },
            Self::Engine(_) => 4,
            Self::DeadMask(_) => 5,
            Self::Train(error) => match error {
                TrainError::Diverged { .. } | TrainError::NotLearning | TrainError::NotTracked => 1,
                TrainError::Network(_) | TrainError::Setting { .. } => 2,
                TrainError::Mask(_) | TrainError::State(_) | TrainError::Checkpoint(_) | TrainError::Step(_) => 3,
                TrainError::Engine(_) => 4,
            },
        }
    }
}

impl From<EngineError> for CliError {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

impl From<TrainError> for CliError {
    fn from(error: TrainError) -> Self {
        match error {
            TrainError::Engine(error) => Self::Engine(error),
            TrainError::Step(StepError::DeadMask(sentence)) => Self::DeadMask(sentence),
            error => Self::Train(error),
        }
    }
}
