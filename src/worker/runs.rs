//! One run in the worker: what it should do, how far it is, and what the page has yet to hear of it.

use std::time::Duration;

use web_time::Instant;

use super::canvas::Canvases;
use super::history::History;
use super::message::{tell, tell_with};
use super::observer::Observer;
use super::preview::Preview;
use super::protocol::{Fault, FaultKind, MaskPurpose, Missing, Point, Reply, RunId, RunState, View};
use super::rate::Rate;
use super::training::{Plan, Training};
use crate::picture::Picture;
use crate::train::{Backend, Checkpoint, Job};

/// How long a turn of training may take before requests are looked at again.
const TURN: Duration = Duration::from_millis(80);
/// The curves grow at most this often.
const TELL_EVERY: Duration = Duration::from_millis(100);
/// The picture changes at most this often.
const DRAW_EVERY: Duration = Duration::from_millis(66);

/// A checkpoint comes this often at most, and takes one part in so many of the time.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(5);
const CHECKPOINT_SHARE: u32 = 20;

/// A run and its telling.
pub struct Run {
    id: RunId,
    plan: Plan,
    training: Option<(Training, Backend)>,
    /// Of a learner.
    observer: Option<Observer>,
    /// Of a fit.
    history: History,
    /// Bytes that may be taken beside what the run itself needs.
    spare: u64,
    state: RunState,
    /// Train up to here; not above the last step.
    until: u64,
    /// Pause past the best moment.
    settles: bool,
    /// Where it goes on from, until it is built.
    resumes: Option<Checkpoint>,
    /// The last checkpoint: when, at which step, and how long it took.
    kept: Option<(Instant, u64, Duration)>,
    rate: Rate,
    untold: Vec<Point>,
    told: Option<Instant>,
    drawn: Option<Instant>,
}

impl Run {
    pub fn new(id: RunId, plan: Plan, spare: u64) -> Self {
        let observer = match &plan.spec.job {
            Job::Learn(learn) => Some(Observer::new(learn.keep)),
            Job::Fit(_) => None,
        };
        Self {
            id,
            plan,
            training: None,
            observer,
            history: History::default(),
            spare,
            state: RunState::Idle,
            until: 0,
            settles: false,
            resumes: None,
            kept: None,
            rate: Rate::default(),
            untold: Vec::new(),
            told: None,
            drawn: None,
        }
    }

    /// Goes on from a checkpoint, which is paused until it is played.
    pub fn resume_from(&mut self, checkpoint: Checkpoint, points: Vec<Point>) {
        self.resumes = Some(checkpoint);
        self.untold = points;
        self.tell_progress();
        self.go(RunState::Paused);
    }

    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Whether there are steps to do now.
    pub fn is_playing(&self) -> bool {
        matches!(self.state, RunState::Running | RunState::Compiling)
    }

    /// Whether a turn has something to do.
    pub fn is_busy(&self) -> bool {
        let observes = || self.observer.as_ref().is_some_and(Observer::is_busy);
        self.is_playing() || (self.training.is_some() && (observes() || self.is_checkpoint_due()))
    }

    /// Trains from now on: `steps` more steps, or else to the end.
    pub async fn play(&mut self, steps: Option<u64>, settles: bool, backend: &Backend) {
        if matches!(self.state, RunState::Finished | RunState::Failed) {
            return;
        }
        if self.training.is_none() && !self.compile(backend).await {
            return;
        }
        let last = self.plan.spec.steps;
        self.until = steps.map_or(last, |steps| (self.step() + steps).min(last));
        // Whoever goes on beyond the best moment wants more.
        let beyond = |(training, _): &(Training, Backend)| training.should_stop();
        self.settles = settles && !self.training.as_ref().is_some_and(beyond);
        self.rate.restart();
        self.go(RunState::Running);
    }

    /// Stops, and shows where: the frames before were drawn only now and then.
    pub async fn pause(&mut self, canvases: &mut Canvases, preview: Option<&Preview>) {
        if self.state == RunState::Running {
            self.until = self.step();
            let shown = match self.show(canvases, preview).await {
                Ok(()) => self.remember_last(canvases).await,
                failed => failed,
            };
            if let Err(fault) = shown {
                return self.fail(fault);
            }
            self.tell_progress();
            self.look_once_more();
            self.go(RunState::Paused);
        }
    }

    /// Builds a run that is to go on from a checkpoint, which it does not do yet: what it returns is then there.
    pub async fn wake(&mut self, backend: &Backend) {
        if self.resumes.is_some() && self.compile(backend).await {
            self.go(RunState::Paused);
        }
    }

    async fn compile(&mut self, backend: &Backend) -> bool {
        self.go(RunState::Compiling);
        let run = self.id;
        let progress = |done, total| tell(&Reply::Compiling { run, done, total });
        let built = match self.resumes.take() {
            Some(checkpoint) => Training::resume(&self.plan, checkpoint, backend, progress).await,
            None => Training::build(&self.plan, backend, progress).await,
        };
        match built {
            Ok(training) => {
                self.training = Some((training, backend.clone()));
                true
            }
            Err(fault) => {
                self.fail(fault);
                false
            }
        }
    }

    /// Trains for a turn, draws, looks and tells as often as is due.
    pub async fn turn(&mut self, canvases: &mut Canvases, preview: Option<&Preview>) {
        let done = match self.is_playing() {
            true => self.train(canvases, preview).await,
            false => Ok(()),
        };
        let done = match done {
            Ok(()) => self.observe(canvases).await,
            failed => failed,
        };
        let done = match done {
            Ok(()) if self.is_checkpoint_due() => self.send_checkpoint().await,
            done => done,
        };
        if let Err(fault) = done {
            self.fail(fault);
        }
    }

    async fn train(&mut self, canvases: &mut Canvases, preview: Option<&Preview>) -> Result<(), Fault> {
        let Some((training, _)) = &mut self.training else {
            return Ok(());
        };
        // No further than where it may settle: how far a turn goes differs from machine to machine.
        let settles = training.stops_at().filter(|_| self.settles);
        let until = settles.map_or(self.until, |step| step.min(self.until));
        let points = training.advance(until, TURN).await?;
        let last = points.last().copied();
        self.untold.extend(points);
        let (step, finished) = (training.step(), training.is_finished());
        let now = Instant::now();
        self.rate.record(now, step);
        let due = |last: Option<Instant>, every| last.is_none_or(|last| now - last >= every);
        let settled = self.settles && !finished && training.should_stop();
        let stops = finished || settled || step >= self.until;
        if stops || due(self.drawn, DRAW_EVERY) {
            self.drawn = Some(now);
            self.show(canvases, preview).await?;
            if let Some(last) = last {
                self.remember(&last, stops, canvases).await?;
            }
        }
        if stops || due(self.told, TELL_EVERY) {
            self.tell_progress();
        }
        if stops {
            self.look_once_more();
            self.go(match (finished, settled) {
                (true, _) => RunState::Finished,
                (_, true) => RunState::Settled,
                _ => RunState::Paused,
            });
        }
        Ok(())
    }

    async fn remember_last(&mut self, canvases: &mut Canvases) -> Result<(), Fault> {
        let last = self.training.as_ref().and_then(|(training, _)| training.last());
        match last {
            Some(last) => self.remember(&last, true, canvases).await,
            None => Ok(()),
        }
    }

    /// Keeps the picture that `point` was measured on, if it is of those to look back at.
    async fn remember(&mut self, point: &Point, stops: bool, canvases: &mut Canvases) -> Result<(), Fault> {
        if self.observer.is_some() {
            return Ok(());
        }
        let Some(wanted) = self.history.wants(point, stops) else {
            return Ok(());
        };
        let Some(picture) = self.result().await? else {
            return Ok(());
        };
        self.history.keep(wanted, point, &picture);
        self.show_history(canvases);
        let missing = self.missing(point.step, &picture).await?;
        tell(&Reply::Moments {
            run: self.id,
            moments: self.history.moments(),
            best: self.history.best().map(|best| best.moment),
            missing,
        });
        Ok(())
    }

    /// How good the missing pixels are alone, where there are any; `output` is the picture that was drawn last.
    async fn missing(&mut self, step: u64, output: &Picture) -> Result<Option<Missing>, Fault> {
        let Some(output) = self.plan.task.unknown_psnr(output) else {
            return Ok(None);
        };
        let returned = self.returned().await?;
        let returned = returned.and_then(|picture| self.plan.task.unknown_psnr(&picture));
        Ok(returned.map(|returned| Missing { step, output, returned }))
    }

    fn show_history(&self, canvases: &mut Canvases) {
        let views = [(View::Best, self.history.best()), (View::Moment, self.history.moment())];
        for (view, snapshot) in views {
            if let Some(snapshot) = snapshot
                && let Err(error) = canvases.paint_pixels(self.id, view, snapshot.pixels())
            {
                // The result is drawn the same way, and its failure is told.
                web_sys::console::error_1(&error);
            }
        }
    }

    /// Looks back at the picture at a step.
    pub fn recall(&mut self, step: u64, canvases: &mut Canvases) {
        self.history.shown = step;
        self.show_history(canvases);
    }

    async fn observe(&mut self, canvases: &mut Canvases) -> Result<(), Fault> {
        let (Some((training, backend)), Some(observer)) = (&mut self.training, &mut self.observer) else {
            return Ok(());
        };
        observer
            .work(self.id, &self.plan, training, backend, self.spare, canvases)
            .await
    }

    fn look_once_more(&mut self) {
        let step = self.step();
        if let Some(observer) = &mut self.observer {
            observer.look_once_more(step);
        }
    }

    fn is_checkpoint_due(&self) -> bool {
        if !self.is_steady() {
            return false;
        }
        let Some((last, step, cost)) = self.kept else {
            return self.step() > 0;
        };
        let stands = !self.is_playing();
        self.step() != step && (stands || last.elapsed() >= CHECKPOINT_EVERY.max(cost * CHECKPOINT_SHARE))
    }

    fn is_steady(&self) -> bool {
        self.training.as_ref().is_none_or(|(training, _)| training.is_steady())
    }

    /// Makes the loss jump, as it may by itself.
    pub async fn disturb(&mut self) -> Result<(), Fault> {
        match &mut self.training {
            Some((training, _)) => training.disturb().await,
            None => Ok(()),
        }
    }

    /// Sends what it takes to go on from here, unless that would go wrong.
    pub async fn send_checkpoint(&mut self) -> Result<(), Fault> {
        let step = self.step();
        let Some((training, _)) = &mut self.training else {
            return Ok(());
        };
        if !training.is_steady() {
            return Ok(());
        }
        let begun = Instant::now();
        let file = training.checkpoint().await?;
        let file = js_sys::Uint8Array::from(file.as_slice()).buffer();
        tell_with(&Reply::Checkpoint { run: self.id, step }, Some(&file));
        self.kept = Some((Instant::now(), step, begun.elapsed()));
        Ok(())
    }

    /// Looks at a learner's mask at another `keep`.
    pub fn look_at(&mut self, keep: f64) {
        if let Some(observer) = &mut self.observer {
            observer.look_at(keep);
        }
    }

    /// Sends a learner's mask as a file.
    pub async fn send_mask(&mut self, keep: f64, purpose: MaskPurpose) -> Result<(), Fault> {
        let Some((training, _)) = &mut self.training else {
            return Ok(());
        };
        let mask = training.mask(keep, &self.plan).await?;
        let file = mask.to_bytes().map_err(|error| Fault::new(FaultKind::Mask, error))?;
        let file = js_sys::Uint8Array::from(file.as_slice()).buffer();
        let reply = Reply::MaskFile {
            run: self.id,
            name: self.plan.mask_name(keep, training.step()),
            purpose,
        };
        tell_with(&reply, Some(&file));
        Ok(())
    }

    /// Draws the picture's own views, before and after the noise.
    pub fn show_input(&self, canvases: &mut Canvases) {
        let noisy = &self.plan.task.noisy;
        let clean = self.plan.task.clean.as_ref().unwrap_or(noisy);
        for (view, picture) in [(View::Noisy, noisy), (View::Clean, clean)] {
            if canvases.paint(self.id, view, picture).is_err() {
                tell_fault(
                    None,
                    Fault::new(
                        FaultKind::Memory,
                        "the browser could not show the picture: try a smaller size",
                    ),
                );
            }
        }
        self.show_history(canvases);
        if let Some(observer) = &self.observer {
            observer.show(self.id, canvases);
        }
    }

    /// Draws the result if there is one: from its buffer, or by its pixels.
    pub async fn show(&mut self, canvases: &mut Canvases, preview: Option<&Preview>) -> Result<(), Fault> {
        for view in [View::Result, View::Average] {
            if !canvases.shows(self.id, view) {
                continue;
            }
            let output = self.training.as_ref().and_then(|(training, _)| training.output(view));
            let needs_pixels = match (preview, output) {
                (Some(preview), Some(output)) => canvases.present(self.id, view, preview, &output),
                _ => true,
            };
            let picture = match view {
                _ if !needs_pixels => None,
                View::Average => self.returned().await?,
                _ => self.result().await?,
            };
            if let Some(picture) = picture {
                canvases.show(self.id, view, &picture)?;
            }
        }
        Ok(())
    }

    /// What the run returns as it is now; none before the start.
    pub async fn returned(&mut self) -> Result<Option<Picture>, Fault> {
        match &mut self.training {
            Some((training, _)) => training.returned().await.map(Some),
            None => Ok(None),
        }
    }

    /// The result as it is now; none before the start.
    pub async fn result(&mut self) -> Result<Option<Picture>, Fault> {
        match &mut self.training {
            Some((training, _)) => training.picture().await.map(Some),
            None => Ok(None),
        }
    }

    /// The step of what the run returns.
    pub fn returned_step(&self) -> u64 {
        self.training
            .as_ref()
            .map_or(0, |(training, _)| training.returned_step())
    }

    pub fn step(&self) -> u64 {
        let kept = self.resumes.as_ref().map_or(0, |checkpoint| checkpoint.step);
        self.training.as_ref().map_or(kept, |(training, _)| training.step())
    }

    /// Stops for good.
    pub fn fail(&mut self, fault: Fault) {
        self.tell_progress();
        self.training = None;
        self.go(RunState::Failed);
        tell_fault(Some(self.id), fault);
    }

    fn go(&mut self, state: RunState) {
        if self.state != state {
            self.state = state;
            tell(&Reply::State { run: self.id, state });
        }
    }

    fn tell_progress(&mut self) {
        if self.training.is_none() && self.resumes.is_none() {
            return;
        }
        self.told = Some(Instant::now());
        tell(&Reply::Progress {
            run: self.id,
            step: self.step(),
            steps_per_second: self.rate.steps_per_second(),
            points: self.untold.drain(..).collect(),
        });
    }
}

pub fn tell_fault(run: Option<RunId>, fault: Fault) {
    tell(&Reply::Fault { run, fault });
}
