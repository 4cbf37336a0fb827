//! `oes prune --method imp`: trains and prunes in turn.

use std::time::Duration;

use super::error::{CliError, Done};
use super::interrupt;
use super::progress::{Counting, Meter};
use crate::mask::Mask;
use crate::prune::imp::{ImpSpec, Rounds};
use crate::train::{Backend, Run, StateIn, Task, TrainError};

/// Between two looks at the clock and at Ctrl-C.
const WINDOW: Duration = Duration::from_millis(300);

/// The mask after all rounds. A dead mask cannot be trained, so the round that kills it is the last; Ctrl-C ends it with the
/// rounds that are complete. `save` gets the mask after every round, for this is long work.
///
/// # Errors
/// [`CliError`] if the settings or the state are not usable, or the device fails; those of `save`.
pub async fn run(
    spec: ImpSpec,
    task: &Task,
    state: &StateIn,
    backend: &Backend,
    mut save: impl FnMut(Mask) -> Result<(), CliError>,
) -> Result<(Mask, Done), CliError> {
    interrupt::listen();
    let steps = spec.steps;
    let mut meter = Meter::new(0, u64::from(spec.rounds) * steps);
    let mut rounds = Rounds::new(spec)?;
    while let Some(training) = rounds.training() {
        let mut compiling = Counting::new("kernels compiled");
        let progress = |done, total| compiling.update(done, total);
        let mut run = Run::new(training, task.clone(), backend, state.clone(), progress).await?;
        compiling.finish();
        while !run.is_finished() && !interrupt::asked() {
            let step = run.advance(WINDOW).await?.step;
            meter.update(u64::from(rounds.done()) * steps + step, run.curve().last());
        }
        if !run.is_finished() {
            break;
        }
        rounds.prune(&run.parameters().await?).map_err(TrainError::from)?;
        save(rounds.mask())?;
    }
    meter.finish();
    let done = if interrupt::asked() {
        Done::Interrupted
    } else {
        Done::Complete
    };
    Ok((rounds.mask(), done))
}
