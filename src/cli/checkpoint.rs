//! Checkpoint files in two generations: FILE, and FILE.previous for the case that FILE is damaged.

use std::path::{Path, PathBuf};

use super::error::CliError;
use super::{input, output};
use crate::train::{Checkpoint, TrainError};

/// FILE.previous.
fn previous(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".previous");
    name.into()
}

/// # Errors
/// [`CliError::Write`].
pub fn save(path: &Path, checkpoint: &Checkpoint) -> Result<(), CliError> {
    output::write_generation(path, &previous(path), &checkpoint.to_bytes()?)
}

/// Reads FILE, or else FILE.previous, and says so.
///
/// # Errors
/// What is wrong with FILE, if neither is usable.
pub fn load(path: &Path) -> Result<Checkpoint, CliError> {
    let first = match read(path) {
        Ok(checkpoint) => return Ok(checkpoint),
        Err(error) => error,
    };
    let older = previous(path);
    match read(&older) {
        Ok(checkpoint) => {
            eprintln!("oes: {first}; going on from {} after {} steps", older.display(), checkpoint.step);
            Ok(checkpoint)
        }
        Err(_) => Err(first),
    }
}

fn read(path: &Path) -> Result<Checkpoint, CliError> {
    Ok(Checkpoint::from_bytes(&input::bytes(path)?)?)
}

/// The refusal of a checkpoint that contradicts an option.
pub fn contradiction(option: &str, made: impl std::fmt::Display, given: impl std::fmt::Display) -> CliError {
    CliError::Train(TrainError::Checkpoint(format!("it was made with {option} {made}, not {given}")))
}
