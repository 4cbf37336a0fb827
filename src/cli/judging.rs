//! Judges many recipes, on all cores where the CPU engine does it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::{panic, thread};

use super::error::CliError;
use super::interrupt;
use super::progress::Meter;
use crate::mask::Recipe;
use crate::prune::budgets::Objective;
use crate::train::{Backend, Point, TrainError};

/// What recipes are judged by, and the progress that all judgements share.
pub struct Judging<'a> {
    pub objective: &'a Objective,
    /// Updates done in all, and the meter that shows them.
    progress: Mutex<(u64, Meter)>,
}

/// Places in a list of recipes, and their values in dB.
type Values = Vec<(usize, f64)>;

impl<'a> Judging<'a> {
    /// For so many judgements in all.
    pub fn new(objective: &'a Objective, judgements: u64) -> Self {
        let meter = Meter::new(0, judgements * objective.updates());
        Self {
            objective,
            progress: Mutex::new((0, meter)),
        }
    }

    /// What each recipe is worth, in dB; `None` after Ctrl-C.
    ///
    /// # Errors
    /// As [`Objective::judge`]; [`CliError::Threads`].
    pub async fn judge(&self, recipes: &[Recipe], draw: u64, backend: &Backend) -> Result<Option<Vec<f64>>, CliError> {
        let next = AtomicUsize::new(0);
        let mut values = match backend {
            Backend::Cpu => self.on_all_cores(recipes, &next, draw)?,
            Backend::Gpu(_) => self.in_turn(recipes, &next, draw, backend).await?,
        };
        values.sort_by_key(|(at, _)| *at);
        let values: Vec<f64> = values.into_iter().map(|(_, value)| value).collect();
        Ok((values.len() == recipes.len()).then_some(values))
    }

    /// Each core judges one recipe at a time: a step's kernels are short, and cores that share them wait for each other.
    fn on_all_cores(&self, recipes: &[Recipe], next: &AtomicUsize, draw: u64) -> Result<Values, CliError> {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let work = || -> Result<Values, CliError> {
            let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build();
            let alone = alone.map_err(|error| CliError::Threads(error.to_string()))?;
            let judged = || pollster::block_on(self.in_turn(recipes, next, draw, &Backend::Cpu));
            Ok(alone.install(judged)?)
        };
        thread::scope(|scope| {
            let workers: Vec<_> = (0..cores.min(recipes.len())).map(|_| scope.spawn(work)).collect();
            let mut values = Vec::new();
            for worker in workers {
                values.extend(worker.join().unwrap_or_else(|fault| panic::resume_unwind(fault))?);
            }
            Ok(values)
        })
    }

    /// Judges the recipes that nobody else has taken, until none is left or Ctrl-C.
    async fn in_turn(
        &self,
        recipes: &[Recipe],
        next: &AtomicUsize,
        draw: u64,
        backend: &Backend,
    ) -> Result<Values, TrainError> {
        let mut values = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(recipe) = recipes.get(at) else { break };
            let watch = |updates, point: Option<&Point>| self.watch(updates, point);
            let Some(value) = self.objective.judge(recipe, draw, backend, watch).await? else {
                break;
            };
            values.push((at, value));
        }
        Ok(values)
    }

    /// Takes the meter away.
    pub fn finish(self) {
        let (_, meter) = self.progress.into_inner().unwrap_or_else(PoisonError::into_inner);
        meter.finish();
    }

    /// Shows the updates; false after Ctrl-C.
    fn watch(&self, updates: u64, point: Option<&Point>) -> bool {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        let (done, meter) = &mut *progress;
        *done += updates;
        meter.update(*done, point);
        !interrupt::asked()
    }
}
