//! IMP in the worker: it trains between requests, a turn at a time, so that it can be paused and given up.

use std::time::Duration;

use super::making::{Ground, too_large};
use super::message::tell;
use super::protocol::{Fault, Reply, SlotId};
use super::training::fault;
use crate::mask::Mask;
use crate::network::Hourglass;
use crate::prune::imp::{ImpSpec, Rounds, rounds_to};
use crate::train::{Run, StateIn, TrainError, plan_on};

/// How long a turn of training may take before requests are looked at again.
const TURN: Duration = Duration::from_millis(80);

/// A slot's mask on its way: trainings and prunings in turn.
pub(super) struct Imp {
    pub slot: SlotId,
    /// Whether it waits to be asked for again.
    pub paused: bool,
    ground: Ground,
    spec: ImpSpec,
    rounds: Rounds,
    /// Of the round that has begun.
    training: Option<Run>,
}

impl Imp {
    /// The rounds that come closest to `keep`, which share `steps` updates; `seed` draws ties.
    ///
    /// # Errors
    /// A fault if a setting is out of its range, or the first training, the largest, takes more than `budget` bytes.
    pub fn new(slot: SlotId, ground: Ground, keep: f64, steps: u64, seed: u64, budget: u64) -> Result<Self, Fault> {
        let spec = spec(&ground, keep, steps, seed).map_err(|error| fault(&error))?;
        let rounds = Rounds::new(spec.clone()).map_err(|error| fault(&error))?;
        let padding = &ground.task.padding;
        if let Some(first) = rounds.training() {
            let plan = plan_on(&first, padding.width, padding.height, &ground.backend);
            too_large("IMP", plan.map_err(|error| fault(&error))?.bytes, budget)?;
        }
        Ok(Self {
            slot,
            paused: false,
            ground,
            spec,
            rounds,
            training: None,
        })
    }

    /// Trains for a turn and tells how far it is; the mask, once all rounds are done.
    ///
    /// # Errors
    /// A fault, such as a lost device.
    pub async fn turn(&mut self) -> Result<Option<Mask>, Fault> {
        let step = self.advance().await.map_err(|error| fault(&error))?;
        let Some(step) = step else {
            let mut mask = self.rounds.mask();
            self.ground.sign(&mut mask, &self.spec)?;
            mask.metadata.image = Some(self.ground.image.clone());
            return Ok(Some(mask));
        };
        let before = u64::from(self.rounds.done()) * self.spec.steps;
        tell(&Reply::Making {
            slot: self.slot,
            done: (before + step) as usize,
            total: (u64::from(self.spec.rounds) * self.spec.steps) as usize,
        });
        Ok(None)
    }

    /// The updates made in the round that is not over; none where no round is left.
    async fn advance(&mut self) -> Result<Option<u64>, TrainError> {
        if self.training.is_none() {
            let Some(spec) = self.rounds.training() else {
                return Ok(None);
            };
            let (task, backend) = (self.ground.task.clone(), &self.ground.backend);
            self.training = Some(Run::new(spec, task, backend, StateIn::default(), |_, _| {}).await?);
        }
        let Some(run) = &mut self.training else { return Ok(None) };
        let step = run.advance(TURN).await?.step;
        if !run.is_finished() {
            return Ok(Some(step));
        }
        let trained = run.parameters().await?;
        self.training = None;
        self.rounds.prune(&trained)?;
        Ok(Some(0))
    }
}

fn spec(ground: &Ground, keep: f64, steps: u64, seed: u64) -> Result<ImpSpec, TrainError> {
    let rounds = rounds_to(keep)?;
    Ok(ImpSpec {
        rounds,
        steps: (steps / u64::from(rounds)).max(1),
        init_seed: ground.setup.init_seed,
        seed,
        ..ImpSpec::new(Hourglass::with_levels(ground.setup.levels))
    })
}
