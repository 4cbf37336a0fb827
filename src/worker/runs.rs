//! One run in the worker: what it should do, how far it is, and what the page has yet to hear of it.

use std::time::Duration;

use web_time::Instant;

use super::canvas::Canvases;
use super::fit::{Fit, Plan};
use super::message::tell;
use super::preview::Preview;
use super::protocol::{Fault, FaultKind, Point, Reply, RunId, RunState, View};
use super::rate::Rate;
use crate::picture::Picture;
use crate::train::Backend;

/// How long a turn of training may take before requests are looked at again.
const TURN: Duration = Duration::from_millis(80);
/// The curves grow at most this often.
const TELL_EVERY: Duration = Duration::from_millis(100);
/// The picture changes at most this often.
const DRAW_EVERY: Duration = Duration::from_millis(66);

/// A run and its telling.
pub struct Run {
    id: RunId,
    plan: Plan,
    fit: Option<Fit>,
    state: RunState,
    /// Train up to here; not above the last step.
    until: u64,
    rate: Rate,
    untold: Vec<Point>,
    told: Option<Instant>,
    drawn: Option<Instant>,
}

impl Run {
    pub fn new(id: RunId, plan: Plan) -> Self {
        Self {
            id,
            plan,
            fit: None,
            state: RunState::Idle,
            until: 0,
            rate: Rate::default(),
            untold: Vec::new(),
            told: None,
            drawn: None,
        }
    }

    /// Whether there are steps to do now.
    pub fn is_playing(&self) -> bool {
        matches!(self.state, RunState::Running | RunState::Compiling)
    }

    /// Trains from now on: `steps` more steps, or else to the end.
    pub async fn play(&mut self, steps: Option<u64>, backend: &Backend) {
        if matches!(self.state, RunState::Finished | RunState::Failed) {
            return;
        }
        if self.fit.is_none() && !self.compile(backend).await {
            return;
        }
        let last = self.plan.spec.steps;
        self.until = steps.map_or(last, |steps| (self.step() + steps).min(last));
        self.rate.restart();
        self.go(RunState::Running);
    }

    /// Stops, and shows where: the frames before were drawn only now and then.
    pub async fn pause(&mut self, canvases: &mut Canvases, preview: Option<&Preview>) {
        if self.state == RunState::Running {
            self.until = self.step();
            if let Err(fault) = self.show(canvases, preview).await {
                return self.fail(fault);
            }
            self.tell_progress();
            self.go(RunState::Paused);
        }
    }

    async fn compile(&mut self, backend: &Backend) -> bool {
        self.go(RunState::Compiling);
        let run = self.id;
        let progress = |done, total| tell(&Reply::Compiling { run, done, total });
        match Fit::build(&self.plan, backend, progress).await {
            Ok(fit) => {
                self.fit = Some(fit);
                true
            }
            Err(fault) => {
                self.fail(fault);
                false
            }
        }
    }

    /// Trains for a turn, draws and tells as often as is due.
    pub async fn turn(&mut self, canvases: &mut Canvases, preview: Option<&Preview>) {
        let Some(fit) = &mut self.fit else { return };
        match fit.advance(self.until, TURN).await {
            Ok(points) => self.untold.extend(points),
            Err(fault) => return self.fail(fault),
        }
        let (step, finished) = (fit.step(), fit.is_finished());
        let now = Instant::now();
        self.rate.record(now, step);
        let due = |last: Option<Instant>, every| last.is_none_or(|last| now - last >= every);
        let stops = finished || step >= self.until;
        if stops || due(self.drawn, DRAW_EVERY) {
            self.drawn = Some(now);
            if let Err(fault) = self.show(canvases, preview).await {
                return self.fail(fault);
            }
        }
        if stops || due(self.told, TELL_EVERY) {
            self.tell_progress();
        }
        if stops {
            self.go(if finished { RunState::Finished } else { RunState::Paused });
        }
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
    }

    /// Draws the result if there is one: from its buffer, or by its pixels.
    pub async fn show(&mut self, canvases: &mut Canvases, preview: Option<&Preview>) -> Result<(), Fault> {
        let output = self.fit.as_ref().and_then(Fit::output);
        let needs_pixels = match (preview, output) {
            (Some(preview), Some(output)) => canvases.present(self.id, preview, &output),
            _ => true,
        };
        if needs_pixels
            && let Some(picture) = self.result().await?
            && canvases.paint(self.id, View::Result, &picture).is_err()
        {
            return Err(Fault::new(
                FaultKind::Memory,
                "the browser could not show the result: try a smaller size",
            ));
        }
        Ok(())
    }

    /// The result as it is now; none before the start.
    pub async fn result(&mut self) -> Result<Option<Picture>, Fault> {
        match &mut self.fit {
            Some(fit) => fit.picture().await.map(Some),
            None => Ok(None),
        }
    }

    pub fn step(&self) -> u64 {
        self.fit.as_ref().map_or(0, Fit::step)
    }

    /// Stops for good.
    pub fn fail(&mut self, fault: Fault) {
        self.tell_progress();
        self.fit = None;
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
        if self.fit.is_none() {
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
