//! `oes prune --method imp`: trains and prunes in turn.

use std::sync::Arc;
use std::time::Duration;

use super::error::{CliError, Done};
use super::progress::{Counting, Meter};
use super::{interrupt, network};
use crate::mask::Mask;
use crate::network::Connectivity;
use crate::prune::imp::{self, ImpSpec};
use crate::train::{Backend, Run, StateIn, Task, TrainError};

/// Between two looks at the clock and at Ctrl-C.
const WINDOW: Duration = Duration::from_millis(300);

/// The mask after all rounds. A dead mask cannot be trained, so the round that kills it is the last; Ctrl-C ends it with the
/// rounds that are complete. `save` gets the mask after every round, for this is long work.
///
/// # Errors
/// [`CliError`] if the settings or the state are not usable, or the device fails; those of `save`.
pub async fn run(
    spec: &ImpSpec,
    task: &Task,
    state: &StateIn,
    backend: &Backend,
    mut save: impl FnMut(Mask) -> Result<(), CliError>,
) -> Result<(Mask, Done), CliError> {
    interrupt::listen();
    let network = network::build(&spec.network)?;
    let mut keep = Arc::new(imp::begin(&network));
    let mut meter = Meter::new(0, u64::from(spec.rounds) * spec.steps);
    let mut rounds = 0;
    while rounds < spec.rounds {
        let mut compiling = Counting::new("kernels compiled");
        let progress = |done, total| compiling.update(done, total);
        let training = spec.training(Arc::clone(&keep));
        let mut run = Run::new(training, task.clone(), backend, state.clone(), progress).await?;
        compiling.finish();
        while !run.is_finished() && !interrupt::asked() {
            let step = run.advance(WINDOW).await?.step;
            meter.update(u64::from(rounds) * spec.steps + step, run.curve().last());
        }
        if !run.is_finished() {
            break;
        }
        keep = Arc::new(imp::prune_round(&keep, &run.parameters().await?, spec.seed).map_err(TrainError::from)?);
        rounds += 1;
        save(spec.mask(keep.as_ref().clone(), rounds))?;
        if !Connectivity::of(&network, &keep).is_alive() {
            break;
        }
    }
    meter.finish();
    let done = if interrupt::asked() {
        Done::Interrupted
    } else {
        Done::Complete
    };
    Ok((spec.mask(keep.as_ref().clone(), rounds), done))
}
