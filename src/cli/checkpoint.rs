//! Checkpoint files in two generations: FILE, and FILE.previous for the case that FILE is damaged.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use super::error::CliError;
use super::options::RunArgs;
use super::{input, network, output};
use crate::train::{Checkpoint, RunSpec, TrainError};

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
            eprintln!(
                "oes: {first}; going on from {} after {} steps",
                older.display(),
                checkpoint.step
            );
            Ok(checkpoint)
        }
        Err(_) => Err(first),
    }
}

fn read(path: &Path) -> Result<Checkpoint, CliError> {
    Ok(Checkpoint::from_bytes(&input::bytes(path)?)?)
}

/// The refusal of a checkpoint that contradicts an option; `made` may be empty where the option says it all.
pub fn contradiction(option: &str, made: impl Display, given: impl Display) -> CliError {
    let made = format!("{option} {made}");
    CliError::Train(TrainError::Checkpoint(format!(
        "it was made with {}, not {given}",
        made.trim_end()
    )))
}

/// Refuses an option that is given and contradicts what a checkpoint was `made` with, which is `None` where it has no such setting.
///
/// # Errors
/// [`CliError::Train`].
pub fn agree<T: PartialEq + Display>(
    option: &str,
    given: Option<T>,
    made: impl Into<Option<T>>,
) -> Result<(), CliError> {
    let made = made.into();
    match given {
        Some(given) if made.as_ref() != Some(&given) => {
            let made = made.map_or_else(|| "none".to_owned(), |made| made.to_string());
            Err(contradiction(option, made, given))
        }
        _ => Ok(()),
    }
}

/// A checkpoint's run with the number of steps asked for; refuses options that contradict it.
///
/// # Errors
/// [`CliError::Train`].
pub fn resumed_spec(
    checkpoint: &Checkpoint,
    args: &RunArgs,
    steps: Option<u64>,
    lr: Option<f64>,
) -> Result<RunSpec, CliError> {
    let mut spec = checkpoint.spec.clone();
    if let Some(network) = args.network.given_as(&spec.network)?
        && (network.levels(), network.channels()) != (spec.network.levels(), spec.network.channels())
    {
        let (made, given) = (network::words(&spec.network), network::words(&network));
        return Err(contradiction("a network of", made, given));
    }
    agree("--lr", lr, spec.lr)?;
    agree("--init-seed", args.seeds.init_seed, spec.init_seed)?;
    agree("--seed", args.seeds.seed, spec.seed)?;
    if args.seeds.no_rewrites && spec.rewrites {
        return Err(contradiction("the exact rewrites", "on", "off"));
    }
    spec.steps = steps.unwrap_or(spec.steps);
    Ok(spec)
}
