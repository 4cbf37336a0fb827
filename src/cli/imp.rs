//! IMP: trains and prunes in turn, from the start or from the rounds that a file holds.

use std::path::Path;

use serde_json::Value;

use super::error::{CliError, Done};
use super::progress::{Counting, Meter};
use super::train::train;
use super::unfinished::Progress;
use crate::mask::Mask;
use crate::prune::imp::{ImpSpec, Rounds};
use crate::train::{Backend, Run, StateIn, Task, TrainError};

/// The rounds that are complete, in a mask's settings.
pub const ROUNDS_DONE: &str = "rounds_done";
/// The settings that do not define what a round leaves.
const MAY_DIFFER: [&str; 2] = ["rounds", "version"];

/// Goes on from a file that the same settings, `here`, have led to; only the number of rounds may differ.
///
/// # Errors
/// [`CliError::Read`], [`CliError::Mask`]; [`CliError::Train`] if it holds no rounds, or those of other settings.
pub fn resume(file: &Path, spec: ImpSpec, here: &Value) -> Result<Rounds, CliError> {
    let progress = Progress::read(file)?;
    let done = rounds_done(&progress).ok_or_else(|| TrainError::Checkpoint("it holds no rounds of imp".into()))?;
    progress.compare(here, &MAY_DIFFER)?;
    Ok(Rounds::resume(spec, done, &progress.mask)?)
}

/// Rounds in words that a file holds and that are not the last.
pub fn unfinished(progress: &Progress) -> Option<String> {
    let done = rounds_done(progress)?;
    let spec: ImpSpec = serde_json::from_value(progress.settings.clone()).ok()?;
    let all = spec.rounds;
    let rounds = Rounds::resume(spec, done, &progress.mask).ok()?;
    let goes_on = done > 0 && rounds.training().is_some();
    goes_on.then(|| format!("{done} of the {all} rounds of an unfinished imp"))
}

fn rounds_done(progress: &Progress) -> Option<u32> {
    progress.settings[ROUNDS_DONE].as_u64()?.try_into().ok()
}

/// The mask after all rounds. A dead mask cannot be trained, so the round that kills it is the last; Ctrl-C ends it with the
/// rounds that are complete. `save` gets the mask after every round and how many that were, for this is long work.
///
/// # Errors
/// [`CliError`] if the state is not usable, or the device fails; those of `save`.
pub async fn run(
    mut rounds: Rounds,
    task: &Task,
    state: &StateIn,
    backend: &Backend,
    mut save: impl FnMut(Mask, u32) -> Result<(), CliError>,
) -> Result<(Mask, Done), CliError> {
    let steps = rounds.spec().steps;
    let before = |rounds: &Rounds| u64::from(rounds.done()) * steps;
    let mut meter = Meter::new(before(&rounds), u64::from(rounds.spec().rounds) * steps);
    let mut done = Done::Complete;
    while let Some(training) = rounds.training() {
        let mut compiling = Counting::new("kernels compiled");
        let progress = |done, total| compiling.update(done, total);
        let mut run = Run::new(training, task.clone(), backend, state.clone(), progress).await?;
        compiling.finish();
        if !train(&mut run, &mut meter, before(&rounds)).await? {
            done = Done::Interrupted;
            break;
        }
        rounds.prune(&run.parameters().await?).map_err(TrainError::from)?;
        save(rounds.mask(), rounds.done())?;
    }
    meter.finish();
    Ok((rounds.mask(), done))
}
