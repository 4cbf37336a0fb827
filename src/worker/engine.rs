//! What the worker does with each request: it alone owns the device, the runs and the canvases.

use std::collections::BTreeMap;
use std::rc::Rc;

use wasm_bindgen::JsValue;

use super::canvas::Canvases;
use super::ensemble::Ensemble;
use super::files::{png, scope};
use super::gallery::{LoadedMask, compare};
use super::imp::Imp;
use super::loading::MaskFile;
use super::making::shuffled;
use super::measure::{self, Measuring};
use super::message::{tell, tell_with};
use super::preview::Preview;
use super::protocol::{
    EngineKind, Fault, FaultKind, Framing, Job, Measurement, Reply, Request, RunFacts, RunId, Setup, SlotId,
};
use super::runs::{Run, tell_fault};
use super::training::{Plan, Trained, read_checkpoint};
use crate::engine::AdapterDescription;
use crate::gpu::GpuContext;
use crate::network::PaddedSide;
use crate::picture::Picture;
use crate::train::Backend;

/// What a run may take without a person being asked.
const BUDGET: u64 = 2_000_000_000;
const PHONE_BUDGET: u64 = 700_000_000;
/// Sizes that are tried when a picture does not fit.
const SIZES: [usize; 8] = [2048, 1536, 1024, 768, 512, 384, 256, 192];

/// What the worker has.
#[derive(Default)]
pub(super) struct Worker {
    pub(super) device: Option<Backend>,
    preview: Option<Preview>,
    /// With their names.
    pub(super) pictures: BTreeMap<SlotId, (String, Rc<Picture>)>,
    pub(super) masks: BTreeMap<SlotId, LoadedMask>,
    /// A mask that is made in turns.
    pub(super) imp: Option<Imp>,
    runs: BTreeMap<RunId, Run>,
    /// Of one of the runs.
    ensemble: Option<Ensemble>,
    canvases: Canvases,
    /// Runs wait while it lasts.
    measuring: Option<Measuring>,
}

impl Worker {
    /// Does what the page asks for.
    pub(super) async fn answer(&mut self, request: Request, attachment: &JsValue) {
        match request {
            Request::Open { engine } => self.open(engine).await,
            Request::LoadPicture { slot, name, address } => {
                let read = self.load_picture(slot, &name, address.as_deref(), attachment).await;
                tell(&read.unwrap_or_else(|message| {
                    let fault = Fault::new(FaultKind::Picture, message);
                    Reply::PictureRefused { slot, fault }
                }));
            }
            Request::LoadMask {
                slot,
                name,
                address,
                sha256,
                returns,
                recipe,
            } => {
                let file = MaskFile {
                    name,
                    address,
                    sha256,
                    recipe,
                };
                self.read_mask(slot, file, returns, attachment).await;
            }
            Request::MakeMask {
                slot,
                picture,
                setup,
                method,
                seed,
            } => self.make_mask(slot, picture, setup, method, seed).await,
            Request::PauseMaking { slot } => {
                if let Some(imp) = self.imp.as_mut().filter(|imp| imp.slot == slot) {
                    imp.paused = true;
                }
            }
            Request::DrawMask { slot } => self.draw_mask(slot).await,
            Request::CompareMasks { first, second } => {
                let result = compare(self.masks.get(&first), self.masks.get(&second));
                tell(&Reply::Compared { result });
            }
            Request::ForgetMask { slot } => {
                self.masks.remove(&slot);
                self.imp.take_if(|imp| imp.slot == slot);
            }
            Request::Create {
                run,
                picture,
                job,
                steps,
                setup,
                resumes,
                watched,
            } => match self.create(run, picture, job, steps, setup, watched) {
                Ok(facts) => {
                    tell(&Reply::Created { run, facts });
                    if resumes {
                        self.resume(run, attachment);
                    }
                }
                Err(fault) => tell_fault(Some(run), fault),
            },
            Request::Play { run, settles } => self.play(run, None, settles).await,
            Request::Step { run, steps } => self.play(run, Some(steps), false).await,
            Request::Pause { run } => {
                if let Some(run) = self.runs.get_mut(&run) {
                    run.pause(&mut self.canvases, self.preview.as_ref()).await;
                }
            }
            Request::Drop { run } => {
                self.runs.remove(&run);
                self.ensemble.take_if(|ensemble| ensemble.run == run);
            }
            Request::TrainEnsemble { run, members, settles } => self.train_ensemble(run, members, settles).await,
            Request::PauseEnsemble { run } => {
                if let Some(ensemble) = self.ensemble_of(run) {
                    ensemble.pause();
                }
            }
            Request::DropEnsemble { run } => {
                self.ensemble.take_if(|ensemble| ensemble.run == run);
            }
            Request::EnsembleResult { run } => self.send_mean(run).await,
            Request::Attach { canvas, run, view } => self.attach(canvas, run, view, attachment).await,
            Request::Detach { canvas } => self.canvases.detach(canvas),
            Request::Result { run } => self.send_result(run).await,
            Request::Checkpoint { run } => {
                if let Some(run) = self.runs.get_mut(&run)
                    && let Err(fault) = run.send_checkpoint().await
                {
                    run.fail(fault);
                }
            }
            Request::Recall { run, step } => {
                if let Some(run) = self.runs.get_mut(&run) {
                    run.recall(step, &mut self.canvases);
                }
            }
            Request::Look { run, keep } => {
                if let Some(run) = self.runs.get_mut(&run) {
                    run.look_at(keep);
                }
            }
            Request::TakeMask { run, keep, purpose } => {
                if let Some(run) = self.runs.get_mut(&run)
                    && let Err(fault) = run.send_mask(keep, purpose).await
                {
                    run.fail(fault);
                }
            }
            Request::SelfTest => self.measure(Measurement::SelfTest, Measuring::self_test).await,
            Request::Bench { size, mask } => {
                let mask = self.masks.get(&mask).map(|loaded| loaded.mask.clone());
                let bench = |backend: &Backend| Measuring::bench(backend, size, mask.as_deref(), budget());
                self.measure(Measurement::Bench, bench).await;
            }
            Request::StopMeasuring => self.stop_measuring(),
            Request::LoseDevice => {
                if let Some(Backend::Gpu(context)) = &self.device {
                    context.device.destroy();
                }
            }
            Request::Diverge { run } => {
                let fault = Fault::new(FaultKind::Diverged, "asked for by a test");
                if let Some(ensemble) = self.ensemble_of(run).filter(|ensemble| ensemble.is_playing()) {
                    ensemble.fail(fault);
                } else if let Some(run) = self.runs.get_mut(&run) {
                    run.fail(fault);
                }
            }
            Request::Disturb { run } => {
                if let Some(run) = self.runs.get_mut(&run)
                    && let Err(fault) = run.disturb().await
                {
                    run.fail(fault);
                }
            }
            Request::Panic => panic!("asked for by a test"),
        }
    }

    /// Gives what is busy a turn; whether there was one.
    pub(super) async fn turn(&mut self) -> bool {
        if let Some(measuring) = &mut self.measuring {
            if !measuring.turn().await {
                self.measuring = None;
            }
            return true;
        }
        let mut played = false;
        if let Some(imp) = self.imp.as_mut().filter(|imp| !imp.paused) {
            played = true;
            let slot = imp.slot;
            if let Some(made) = imp.turn().await.transpose() {
                self.imp = None;
                self.take_made(slot, made);
            }
        }
        if let Some(ensemble) = self.ensemble.as_mut().filter(|ensemble| ensemble.is_playing()) {
            played = true;
            ensemble.turn(&mut self.canvases).await;
        }
        for run in self.runs.values_mut().filter(|run| run.is_busy()) {
            played = true;
            run.turn(&mut self.canvases, self.preview.as_ref()).await;
        }
        played
    }

    async fn open(&mut self, engine: EngineKind) {
        self.runs.clear();
        self.ensemble = None;
        self.imp = None;
        self.measuring = None;
        self.preview = None;
        self.canvases.forget_device();
        let (device, adapter) = match engine {
            EngineKind::Cpu => (Backend::Cpu, AdapterDescription::cpu()),
            EngineKind::Gpu => match GpuContext::web().await {
                Ok(context) => {
                    self.preview = Some(Preview::new(&context));
                    let adapter = context.adapter.clone();
                    (Backend::Gpu(context), adapter)
                }
                Err(error) => return tell_fault(None, Fault::new(FaultKind::NoGpu, error)),
            },
        };
        tell(&Reply::Ready { engine, adapter });
        if let Backend::Gpu(context) = &device {
            let facts = measure::facts(&context.capabilities);
            tell(&Reply::Device { facts });
        }
        self.device = Some(device);
    }

    /// What a job trains, and whether it can.
    fn trained(&self, job: Job) -> Result<(Trained, bool), Fault> {
        Ok(match job {
            Job::Learn {
                learner,
                keep,
                scope,
                pace,
                from,
            } => {
                let from = from.map(|slot| self.mask(slot)).transpose()?;
                let from = from.map(|found| (found.name.clone(), found.mask.clone()));
                let trained = Trained::Mask {
                    learner,
                    keep,
                    scope,
                    pace,
                    from,
                };
                (trained, true)
            }
            Job::FitUnmasked { fit } => (Trained::Unmasked(fit), true),
            Job::Fit { mask: slot } => {
                let found = self.mask(slot)?;
                (Trained::Weights(found.mask.clone()), found.alive)
            }
            Job::FitShuffled { mask, what, seed } => {
                let shuffled = shuffled(self.mask(mask)?, what, seed)?;
                (Trained::Weights(Rc::new(shuffled)), true)
            }
        })
    }

    pub(super) fn mask(&self, slot: SlotId) -> Result<&LoadedMask, Fault> {
        let found = self.masks.get(&slot);
        found.ok_or_else(|| Fault::new(FaultKind::Mask, "choose a mask first"))
    }

    /// A picture and its name.
    pub(super) fn picture(&self, slot: SlotId) -> Result<(String, Rc<Picture>), Fault> {
        let found = self.pictures.get(&slot).cloned();
        found.ok_or_else(|| Fault::new(FaultKind::Picture, "choose a picture first"))
    }

    pub(super) fn engine(&self) -> Result<&Backend, Fault> {
        let none = || Fault::new(FaultKind::NoGpu, "there is no engine: open one first");
        self.device.as_ref().ok_or_else(none)
    }

    fn create(
        &mut self,
        id: RunId,
        picture: SlotId,
        job: Job,
        steps: u64,
        setup: Setup,
        watched: bool,
    ) -> Result<RunFacts, Fault> {
        let (image, picture) = self.picture(picture)?;
        let framed = framed(&picture, setup.framing, setup.size)?;
        let (trained, alive) = self.trained(job)?;
        // A picture that is itself observed grows.
        let grows = if setup.is_given() { setup.seen.factor() } else { 1 };
        let whole = (picture.width, picture.height);
        let mut plan = Plan::new(setup, &trained, steps, &image, &framed, whole)?;
        plan.watched = watched;
        let network = plan.spec.network.clone();
        let needs = alive.then(|| plan.needs(self.engine()?)).transpose()?;
        let (bytes, macs) = needs.map_or((0, 0), |needs| (needs.bytes, needs.macs));
        let budget = budget();
        let fitting_size = (bytes > budget).then(|| {
            let area = |side: usize| network.padded_side(grows * side).pow(2) as f64;
            let here = plan.task.padding.padded_width * plan.task.padding.padded_height;
            // Memory grows with the area. A square is the worst case of a size.
            let room = here as f64 * budget as f64 / bytes as f64;
            SIZES.into_iter().find(|size| area(*size) <= room)
        });
        let task = &plan.task;
        let facts = RunFacts {
            width: task.padding.width,
            height: task.padding.height,
            observed: (task.noisy.width, task.noisy.height),
            bytes,
            macs,
            budget,
            fitting_size: fitting_size.flatten(),
            has_clean: task.clean.is_some(),
            observed_psnr: task.observed_psnr().filter(|value| value.is_finite()),
        };
        let run = Run::new(id, plan, budget.saturating_sub(bytes));
        run.show_input(&mut self.canvases);
        self.runs.insert(id, run);
        Ok(facts)
    }

    /// Puts a run that was just made where its checkpoint was taken.
    fn resume(&mut self, id: RunId, checkpoint: &JsValue) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        let bytes = js_sys::Uint8Array::new(checkpoint).to_vec();
        match read_checkpoint(&bytes, run.plan()) {
            Ok((checkpoint, points)) => run.resume_from(checkpoint, points),
            Err(fault) => run.fail(fault),
        }
    }

    /// Begins a measurement, for which all runs pause.
    async fn measure(&mut self, what: Measurement, begin: impl FnOnce(&Backend) -> Result<Measuring, Fault>) {
        self.stop_measuring();
        for run in self.runs.values_mut() {
            run.pause(&mut self.canvases, self.preview.as_ref()).await;
        }
        if let Some(ensemble) = &mut self.ensemble {
            ensemble.pause();
        }
        match self.engine().and_then(begin) {
            Ok(measuring) => self.measuring = Some(measuring),
            Err(fault) => tell(&Reply::Unmeasured { what, fault }),
        }
    }

    fn stop_measuring(&mut self) {
        if let Some(measuring) = self.measuring.take() {
            measuring.tell_result(false);
        }
    }

    async fn play(&mut self, id: RunId, steps: Option<u64>, settles: bool) {
        self.stop_measuring();
        if let (Some(run), Some(device)) = (self.runs.get_mut(&id), &self.device) {
            run.play(steps, settles, device).await;
        }
    }

    async fn attach(&mut self, canvas: u32, id: RunId, view: super::protocol::View, element: &JsValue) {
        self.canvases.attach(canvas, id, view, element);
        if let Some(run) = self.runs.get_mut(&id) {
            run.show_input(&mut self.canvases);
            if let Err(fault) = run.show(&mut self.canvases, self.preview.as_ref()).await {
                run.fail(fault);
            }
        }
        if let Some(ensemble) = self.ensemble.as_ref().filter(|ensemble| ensemble.run == id)
            && let Err(fault) = ensemble.show(&mut self.canvases)
        {
            tell_fault(None, fault);
        }
    }

    async fn send_result(&mut self, id: RunId) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        let step = run.returned_step();
        match run.returned().await {
            Ok(Some(picture)) => match png(&picture).await {
                Ok(file) => tell_with(&Reply::Png { run: id, step }, Some(&file)),
                Err(error) => tell(&Reply::PngRefused {
                    run: id,
                    fault: Fault::new(FaultKind::Run, error),
                }),
            },
            Ok(None) => {}
            Err(fault) => run.fail(fault),
        }
    }

    fn ensemble_of(&mut self, run: RunId) -> Option<&mut Ensemble> {
        self.ensemble.as_mut().filter(|ensemble| ensemble.run == run)
    }

    /// Begins a fit's ensemble with what the fit returns, or goes on with it.
    async fn train_ensemble(&mut self, id: RunId, members: u64, settles: bool) {
        self.stop_measuring();
        let (Some(run), Some(device)) = (self.runs.get_mut(&id), &self.device) else {
            return;
        };
        if self.ensemble.as_ref().is_none_or(|ensemble| ensemble.run != id) {
            run.wake(device).await;
            match run.returned().await {
                Ok(Some(picture)) => self.ensemble = Some(Ensemble::new(id, run.plan(), device, picture, run.step())),
                Ok(None) => return,
                Err(fault) => return run.fail(fault),
            }
        }
        if let Some(ensemble) = &mut self.ensemble {
            ensemble.play(members, settles);
        }
    }

    async fn send_mean(&mut self, run: RunId) {
        let Some((mean, members)) = self
            .ensemble
            .as_ref()
            .filter(|ensemble| ensemble.run == run)
            .and_then(Ensemble::mean)
        else {
            return;
        };
        match png(mean).await {
            Ok(file) => tell_with(&Reply::EnsemblePng { run, members }, Some(&file)),
            Err(error) => tell(&Reply::PngRefused {
                run,
                fault: Fault::new(FaultKind::Run, error),
            }),
        }
    }
}

pub(super) fn framed(picture: &Picture, framing: Framing, size: usize) -> Result<Picture, Fault> {
    let framed = match framing {
        Framing::Scale => picture.fit_within(size),
        Framing::Crop => picture.centre_crop(size.min(picture.width), size.min(picture.height)),
    };
    framed.map_err(|error| Fault::new(FaultKind::Picture, error))
}

/// Bytes that may be taken without a person being asked.
pub(super) fn budget() -> u64 {
    if is_phone() { PHONE_BUDGET } else { BUDGET }
}

/// Phones share little memory between everything that runs on them.
fn is_phone() -> bool {
    let agent = scope().navigator().user_agent().unwrap_or_default();
    agent.contains("Mobi") || agent.contains("Android")
}
