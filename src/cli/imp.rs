//! IMP: trains and prunes in turn.

use super::error::{CliError, Done};
use super::progress::{Counting, Meter};
use super::train::train;
use crate::mask::Mask;
use crate::prune::imp::Rounds;
use crate::train::{Backend, Run, StateIn, Task, TrainError};

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
