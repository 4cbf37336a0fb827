//! Looking at a learner while it runs: its mask at the `keep` of the moment, and what masking alone draws.
//!
//! A look takes the logits, which are megabytes, from the device, and drawing takes a forward pass on a step of its own.
//! Both are done a little at a time between turns of training, and together take a tenth of the time at most.

use std::time::Duration;

use web_time::Instant;

use super::canvas::Canvases;
use super::look::look;
use super::message::tell;
use super::protocol::{Fault, FaultKind, MaskOnly, Reply, RunId, View};
use super::training::{Plan, Training};
use crate::picture::{Picture, psnr};
use crate::train::{Backend, Job};

/// Looks come at most this often by themselves.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A look may take one part in so many of the time.
const SHARE: u32 = 10;

/// What is known of a learner's mask.
pub struct Observer {
    keep: f64,
    /// The logits after so many updates.
    logits: Option<(u64, Vec<f32>)>,
    /// Told, but not drawn yet.
    undrawn: Option<Vec<bool>>,
    /// What masking alone drew last; none while that is dead.
    picture: Option<Picture>,
    /// A look was asked for.
    asked: bool,
    last: Option<Instant>,
    cost: Duration,
}

impl Observer {
    pub fn new(keep: f64) -> Self {
        Self {
            keep,
            logits: None,
            undrawn: None,
            picture: None,
            asked: false,
            last: None,
            cost: Duration::ZERO,
        }
    }

    /// Looks at another `keep` from now on.
    pub fn look_at(&mut self, keep: f64) {
        self.keep = keep;
        self.asked = true;
    }

    /// Whether something is left to do without any training.
    pub fn is_busy(&self) -> bool {
        self.asked || self.undrawn.is_some()
    }

    /// Whether the mask changed long enough ago, after `step` updates.
    fn is_due(&self, step: u64) -> bool {
        let wait = LOOK_EVERY.max(self.cost * SHARE);
        let seen = self.logits.as_ref().is_some_and(|(seen, _)| *seen == step);
        self.asked || (!seen && self.last.is_none_or(|last| last.elapsed() >= wait))
    }

    /// Asks for a look at the mask as it is when training stops.
    pub fn look_once_more(&mut self, step: u64) {
        self.asked |= self.logits.as_ref().is_none_or(|(seen, _)| *seen != step);
    }

    /// Does the next piece of what is due: looks, or draws what the last look found.
    ///
    /// # Errors
    /// A fault of the learner itself, such as a lost device.
    pub async fn work(
        &mut self,
        id: RunId,
        plan: &Plan,
        training: &mut Training,
        backend: &Backend,
        budget: u64,
        canvases: &mut Canvases,
    ) -> Result<(), Fault> {
        let begun = Instant::now();
        if self.is_due(training.step()) {
            self.asked = false;
            self.look(id, plan, training).await?;
            self.cost = begun.elapsed();
        } else if let Some(keep) = self.undrawn.take() {
            let outcome = self.draw(id, plan, keep, backend, budget, canvases).await;
            self.tell_drawn(id, outcome);
            self.cost += begun.elapsed();
        } else {
            return Ok(());
        }
        self.last = Some(Instant::now());
        Ok(())
    }

    async fn look(&mut self, id: RunId, plan: &Plan, training: &mut Training) -> Result<(), Fault> {
        // Only a learner has logits to look at.
        let Job::Learn(learn) = &plan.spec.job else {
            return Ok(());
        };
        let step = training.step();
        let seen = self.logits.take().filter(|(seen, _)| *seen == step);
        let logits = match seen {
            Some((_, logits)) => logits,
            None => training.logits().await?,
        };
        let found = look(learn, training.network(), &logits, step, self.keep, plan.spec.seed);
        self.logits = Some((step, logits));
        let (mask, look) = found.map_err(|error| Fault::new(FaultKind::Run, error))?;
        let alive = look.alive;
        tell(&Reply::Look { run: id, look });
        if alive {
            self.undrawn = Some(mask);
        } else {
            (self.undrawn, self.picture) = (None, None);
            self.tell_drawn(id, MaskOnly::Dead);
        }
        Ok(())
    }

    /// A forward pass of the masked network. What goes wrong here is told, and leaves the learner alone.
    async fn draw(
        &mut self,
        id: RunId,
        plan: &Plan,
        keep: Vec<bool>,
        backend: &Backend,
        budget: u64,
        canvases: &mut Canvases,
    ) -> MaskOnly {
        let plan = plan.mask_only(keep);
        let drawn = async {
            let needed = plan.needs(backend)?.bytes;
            if needed > budget {
                let megabytes = needed / 1_000_000;
                let sentence = format!(
                    "drawing it would need another {megabytes} MB beside the learner: choose a smaller size to see it"
                );
                return Err(Fault::new(FaultKind::Memory, sentence));
            }
            Training::draw(&plan, backend).await
        };
        match drawn.await {
            Ok(picture) => {
                let clean = plan.task.clean.as_ref();
                let psnr = clean.map(|clean| psnr(&picture, clean)).filter(|psnr| psnr.is_finite());
                self.picture = Some(picture);
                self.show(id, canvases);
                MaskOnly::Drawn { psnr }
            }
            Err(fault) => {
                self.picture = None;
                MaskOnly::Failed(fault.message)
            }
        }
    }

    /// Draws the last picture on the canvases that show it.
    pub fn show(&self, id: RunId, canvases: &mut Canvases) {
        if let Some(picture) = &self.picture
            && let Err(error) = canvases.paint(id, View::MaskOnly, picture)
        {
            // The picture of the learner beside it is drawn the same way, and its failure is told.
            web_sys::console::error_1(&error);
        }
    }

    fn tell_drawn(&self, run: RunId, outcome: MaskOnly) {
        let step = self.logits.as_ref().map_or(0, |(step, _)| *step);
        tell(&Reply::MaskOnly {
            run,
            step,
            keep: self.keep,
            outcome,
        });
    }
}
