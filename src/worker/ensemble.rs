//! An ensemble in the worker: further networks fitted to what a run was fitted to, one after the other and a turn at a time, and the
//! mean of what all of them return. The run is the first member, and is not trained again.

use std::time::Duration;

use web_time::Instant;

use super::canvas::Canvases;
use super::message::tell;
use super::protocol::{EnsembleFacts, EnsembleState, Fault, FaultKind, Mean, Member, Reply, RunId, View};
use super::rate::Rate;
use super::training::{Plan, Training, fault};
use crate::picture::{Picture, psnr};
use crate::train::{Backend, ensemble};

/// How long a turn of training may take before requests are looked at again.
const TURN: Duration = Duration::from_millis(80);
/// How far it is is told at most this often.
const TELL_EVERY: Duration = Duration::from_millis(100);

/// Networks in turn, and their mean.
pub(super) struct Ensemble {
    /// The first member.
    pub run: RunId,
    plan: Plan,
    backend: Backend,
    state: EnsembleState,
    wanted: u64,
    /// Whether a network ends past its best moment.
    settles: bool,
    /// The member that is trained, or comes next: its place in the order of seeds, some of which may have gone wrong.
    next: u64,
    /// With its seed.
    training: Option<(u64, Training)>,
    /// Updates of the network that is trained, or else was trained last.
    step: u64,
    members: Vec<Member>,
    /// What they returned.
    pictures: Vec<Picture>,
    mean: Option<(Picture, Mean)>,
    rate: Rate,
    told: Option<Instant>,
}

impl Ensemble {
    /// Of a run that has made `steps` updates and returns `picture`; paused.
    pub fn new(run: RunId, plan: &Plan, backend: &Backend, picture: Picture, steps: u64) -> Self {
        // A network returns what it drew before a spike, so there is nothing to go back for.
        let plan = Plan {
            watched: false,
            ..plan.clone()
        };
        let mut new = Self {
            run,
            backend: backend.clone(),
            state: EnsembleState::Paused,
            wanted: 1,
            settles: false,
            next: 1,
            training: None,
            step: 0,
            members: Vec::new(),
            pictures: Vec::new(),
            mean: None,
            rate: Rate::default(),
            told: None,
            plan,
        };
        new.take(picture, new.plan.spec.init_seed, steps);
        new
    }

    /// Trains from now on, until `wanted` networks are in the mean.
    pub fn play(&mut self, wanted: u64, settles: bool) {
        (self.wanted, self.settles) = (wanted, settles);
        self.rate.restart();
        self.state = self.playing();
        self.tell();
    }

    pub fn pause(&mut self) {
        if self.is_playing() {
            self.state = EnsembleState::Paused;
            self.tell();
        }
    }

    /// Whether a turn has something to do.
    pub fn is_playing(&self) -> bool {
        matches!(self.state, EnsembleState::Compiling | EnsembleState::Running)
    }

    /// What it does while it plays.
    fn playing(&self) -> EnsembleState {
        match &self.training {
            _ if self.members.len() as u64 >= self.wanted => EnsembleState::Finished,
            None => EnsembleState::Compiling,
            Some(_) => EnsembleState::Running,
        }
    }

    /// Trains for a turn, and tells how far it is as often as is due.
    pub async fn turn(&mut self, canvases: &mut Canvases) {
        match self.advance(canvases).await {
            Ok(()) => {}
            Err(fault) => self.fail(fault),
        }
    }

    /// Gives up the network that is trained, and pauses; the mean of the others stays. One that goes wrong will always do so, so
    /// another takes its place.
    pub fn fail(&mut self, fault: Fault) {
        self.training = None;
        self.next += u64::from(fault.kind == FaultKind::Diverged);
        self.state = EnsembleState::Paused;
        self.tell();
        tell(&Reply::EnsembleFault { run: self.run, fault });
    }

    async fn advance(&mut self, canvases: &mut Canvases) -> Result<(), Fault> {
        let Some((init_seed, training)) = &mut self.training else {
            return self.build().await;
        };
        let init_seed = *init_seed;
        let settles = training.stops_at().filter(|_| self.settles);
        let last = self.plan.spec.steps;
        training
            .advance(settles.map_or(last, |step| step.min(last)), TURN)
            .await?;
        self.step = training.step();
        let now = Instant::now();
        self.rate.record(now, self.step);
        if training.is_finished() || (self.settles && training.should_stop()) {
            let picture = training.returned().await?;
            self.training = None;
            self.next += 1;
            self.take(picture, init_seed, self.step);
            self.state = self.playing();
            self.tell();
            return self.show(canvases);
        }
        if self.told.is_none_or(|told| now - told >= TELL_EVERY) {
            self.tell();
        }
        Ok(())
    }

    /// Builds the next member.
    async fn build(&mut self) -> Result<(), Fault> {
        let spec = ensemble::member(&self.plan.spec, self.plan.mask.as_deref(), self.next);
        let plan = Plan {
            spec: spec.map_err(|error| fault(&error))?,
            ..self.plan.clone()
        };
        let training = Training::build(&plan, &self.backend, |_, _| {}).await?;
        self.training = Some((plan.spec.init_seed, training));
        self.step = 0;
        self.rate.restart();
        self.state = self.playing();
        self.tell();
        Ok(())
    }

    /// Takes what a network returned into the mean.
    fn take(&mut self, picture: Picture, init_seed: u64, steps: u64) {
        let task = &self.plan.task;
        let quality = |picture: &Picture| {
            let psnr = task.clean.as_ref().map(|clean| psnr(picture, clean));
            psnr.filter(|psnr| psnr.is_finite())
        };
        self.members.push(Member {
            init_seed,
            steps,
            psnr: quality(&picture),
        });
        self.pictures.push(picture);
        // The mean of one is what the fit returns anyway.
        let several = &self.pictures[..];
        let mean = (several.len() > 1).then(|| ensemble::mean(several)).flatten();
        self.mean = mean.map(|picture| {
            let psnr_missing = task.unknown_psnr(&picture);
            let psnr = quality(&picture);
            (picture, Mean { psnr, psnr_missing })
        });
    }

    /// The mean of the pictures so far, and of how many; none of one.
    pub fn mean(&self) -> Option<(&Picture, u64)> {
        let (picture, _) = self.mean.as_ref()?;
        Some((picture, self.members.len() as u64))
    }

    /// Draws the mean, if there is one.
    ///
    /// # Errors
    /// A fault, if the browser has too little memory.
    pub fn show(&self, canvases: &mut Canvases) -> Result<(), Fault> {
        match &self.mean {
            Some((picture, _)) => canvases.show(self.run, View::Ensemble, picture),
            None => Ok(()),
        }
    }

    fn tell(&mut self) {
        self.told = Some(Instant::now());
        let facts = EnsembleFacts {
            state: self.state,
            wanted: self.wanted,
            members: self.members.clone(),
            mean: self.mean.as_ref().map(|(_, mean)| *mean),
            step: self.step,
            steps_per_second: self.rate.steps_per_second(),
        };
        tell(&Reply::Ensemble { run: self.run, facts });
    }
}
