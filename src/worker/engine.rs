//! The worker's loop: it alone owns the device, the runs and the canvases, and takes requests between turns of training.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::Duration;

use sha2::{Digest, Sha256};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::MessageEvent;
use web_time::Instant;

use super::canvas::Canvases;
use super::fetch::is_own;
use super::files::{self, scope};
use super::measure::{self, Measuring};
use super::message::{tell, tell_with, unpack};
use super::preview::Preview;
use super::protocol::{
    EngineKind, Fault, FaultKind, Framing, Job, MaskFacts, Measurement, Reply, Request, RunFacts, RunId, Setup, SlotId,
};
use super::runs::{Run, tell_fault};
use super::training::{Plan, Trained, read_checkpoint};
use super::turn::Turn;
use crate::engine::AdapterDescription;
use crate::gpu::GpuContext;
use crate::mask::{Mask, import};
use crate::network::Connectivity;
use crate::picture::{Picture, encode_png, psnr};
use crate::train::Backend;

/// What a run may take without a person being asked.
const BUDGET: u64 = 2_000_000_000;
const PHONE_BUDGET: u64 = 700_000_000;
const TELL_LOADING_EVERY: Duration = Duration::from_millis(200);
/// Sizes that are tried when a picture does not fit.
const SIZES: [usize; 8] = [2048, 1536, 1024, 768, 512, 384, 256, 192];

/// Requests that wait for the loop.
#[derive(Default)]
struct Inbox {
    waiting: VecDeque<(Request, JsValue)>,
    waker: Option<Waker>,
}

/// Starts the loop in a worker; returns at once.
pub fn start() {
    std::panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        tell(&Reply::Panic {
            message: info.to_string(),
        });
    }));
    let inbox = Rc::new(RefCell::new(Inbox::default()));
    let receiver = inbox.clone();
    let on_message =
        Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| match unpack::<Request>(&event.data()) {
            Ok(request) => {
                let mut inbox = receiver.borrow_mut();
                inbox.waiting.push_back(request);
                if let Some(waker) = inbox.waker.take() {
                    waker.wake();
                }
            }
            Err(error) => web_sys::console::error_1(&error.into()),
        });
    scope().set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    // It lives as long as the worker.
    on_message.forget();
    wasm_bindgen_futures::spawn_local(async move {
        match Turn::new() {
            Ok(turn) => serve(&inbox, &turn).await,
            Err(error) => web_sys::console::error_1(&error),
        }
    });
    tell(&Reply::Started);
}

async fn serve(inbox: &RefCell<Inbox>, turn: &Turn) {
    let mut worker = Worker::default();
    loop {
        loop {
            let next = inbox.borrow_mut().waiting.pop_front();
            let Some((request, attachment)) = next else { break };
            worker.answer(request, &attachment).await;
        }
        if worker.turn().await {
            turn.over().await;
        } else {
            wait(inbox).await;
        }
    }
}

/// Until a request is there.
async fn wait(inbox: &RefCell<Inbox>) {
    poll_fn(|task| {
        let mut inbox = inbox.borrow_mut();
        if inbox.waiting.is_empty() {
            inbox.waker = Some(task.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(())
    })
    .await;
}

/// A mask that was read.
struct LoadedMask {
    mask: Rc<Mask>,
    /// A dead one draws a constant: its runs are shown, but cannot start.
    alive: bool,
}

#[derive(Default)]
struct Worker {
    device: Option<Backend>,
    preview: Option<Preview>,
    /// With its name.
    picture: Option<(String, Rc<Picture>)>,
    masks: BTreeMap<SlotId, LoadedMask>,
    runs: BTreeMap<RunId, Run>,
    canvases: Canvases,
    /// Runs wait while it lasts.
    measuring: Option<Measuring>,
}

impl Worker {
    async fn answer(&mut self, request: Request, attachment: &JsValue) {
        match request {
            Request::Open { engine } => self.open(engine).await,
            Request::LoadPicture { name, address } => {
                match self.load_picture(&name, address.as_deref(), attachment).await {
                    Ok(reply) => tell(&reply),
                    Err(message) => tell_fault(None, Fault::new(FaultKind::Picture, message)),
                }
            }
            Request::LoadMask {
                slot,
                name,
                address,
                sha256,
            } => {
                let read = self
                    .load_mask(slot, name, address.as_deref(), sha256.as_deref(), attachment)
                    .await;
                tell(&match read {
                    Ok(facts) => Reply::Mask { slot, facts },
                    Err(message) => {
                        let fault = Fault::new(FaultKind::Mask, message);
                        Reply::MaskRefused { slot, fault }
                    }
                });
            }
            Request::Create {
                run,
                job,
                steps,
                setup,
                resumes,
            } => match self.create(run, job, steps, setup) {
                Ok(facts) => {
                    tell(&Reply::Created { run, facts });
                    if resumes {
                        self.resume(run, attachment);
                    }
                }
                Err(fault) => tell_fault(Some(run), fault),
            },
            Request::Play { run } => self.play(run, None).await,
            Request::Step { run, steps } => self.play(run, Some(steps)).await,
            Request::Pause { run } => {
                if let Some(run) = self.runs.get_mut(&run) {
                    run.pause(&mut self.canvases, self.preview.as_ref()).await;
                }
            }
            Request::Drop { run } => {
                self.runs.remove(&run);
            }
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
                let budget = if is_phone() { PHONE_BUDGET } else { BUDGET };
                let bench = |backend: &Backend| Measuring::bench(backend, size, mask.as_deref(), budget);
                self.measure(Measurement::Bench, bench).await;
            }
            Request::StopMeasuring => self.stop_measuring(),
            Request::LoseDevice => {
                if let Some(Backend::Gpu(context)) = &self.device {
                    context.device.destroy();
                }
            }
            Request::Diverge { run } => {
                if let Some(run) = self.runs.get_mut(&run) {
                    run.fail(Fault::new(FaultKind::Diverged, "asked for by a test"));
                }
            }
            Request::Panic => panic!("asked for by a test"),
        }
    }

    /// Gives each busy run a turn; whether there was one.
    async fn turn(&mut self) -> bool {
        if let Some(measuring) = &mut self.measuring {
            if !measuring.turn().await {
                self.measuring = None;
            }
            return true;
        }
        let mut played = false;
        for run in self.runs.values_mut().filter(|run| run.is_busy()) {
            played = true;
            run.turn(&mut self.canvases, self.preview.as_ref()).await;
        }
        played
    }

    async fn open(&mut self, engine: EngineKind) {
        self.runs.clear();
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

    async fn load_picture(&mut self, name: &str, address: Option<&str>, file: &JsValue) -> Result<Reply, String> {
        let bytes = files::read(address, file, loading(None)).await?;
        let decoded = files::picture(&bytes).await.map_err(|error| error.to_string())?;
        let (width, height) = (decoded.picture.width, decoded.picture.height);
        let notes = decoded.notes.iter().map(ToString::to_string).collect();
        self.picture = Some((name.to_owned(), Rc::new(decoded.picture)));
        Ok(Reply::Picture {
            name: name.to_owned(),
            width,
            height,
            notes,
        })
    }

    async fn load_mask(
        &mut self,
        slot: SlotId,
        name: String,
        address: Option<&str>,
        sha256: Option<&str>,
        file: &JsValue,
    ) -> Result<MaskFacts, String> {
        let bytes = files::read(address, file, loading(Some(slot))).await?;
        let found: String = Sha256::digest(&bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        if let Some(wanted) = sha256.filter(|wanted| !found.eq_ignore_ascii_case(wanted)) {
            return Err(match address {
                Some(address) if !is_own(address) => {
                    let short = |sum: &str| sum.chars().take(12).collect::<String>();
                    format!(
                        "The file there is not the one that the link means: its SHA-256 begins with {}, the link says {}. Ask whoever shared the link for a new one.",
                        short(&found),
                        short(wanted)
                    )
                }
                _ => "The mask is not the one that this page was built with: reload the page.".to_owned(),
            });
        }
        let mask = import(&bytes, &name).map_err(|error| error.to_string())?;
        let Some(network) = &mask.metadata.network else {
            let n = mask.keep.len();
            return Err(format!(
                "The mask has {n} entries, and no network known here has as many: choose another mask."
            ));
        };
        let network = network.build().map_err(|error| error.to_string())?;
        mask.check(&network).map_err(|error| error.to_string())?;
        let connectivity = Connectivity::of(&network, &mask.keep);
        let facts = MaskFacts {
            name,
            sha256: found,
            kept: mask.kept(),
            n: network.n,
            alive: connectivity.is_alive(),
            sentence: connectivity.sentence(),
        };
        let (mask, alive) = (Rc::new(mask), facts.alive);
        self.masks.insert(slot, LoadedMask { mask, alive });
        Ok(facts)
    }

    /// What a job trains, and whether it can.
    fn trained(&self, job: Job) -> Result<(Trained, bool), Fault> {
        Ok(match job {
            Job::Learn { learner, keep } => (Trained::Mask { learner, keep }, true),
            Job::Fit { mask: None } => (Trained::Weights(None), true),
            Job::Fit { mask: Some(slot) } => {
                let found = self.masks.get(&slot);
                let found = found.ok_or_else(|| Fault::new(FaultKind::Mask, "choose a mask first"))?;
                (Trained::Weights(Some(found.mask.clone())), found.alive)
            }
        })
    }

    fn create(&mut self, id: RunId, job: Job, steps: u64, setup: Setup) -> Result<RunFacts, Fault> {
        let (image, picture) = self
            .picture
            .clone()
            .ok_or_else(|| Fault::new(FaultKind::Picture, "choose a picture first"))?;
        let framed = framed(&picture, setup.framing, setup.size)?;
        let (trained, alive) = self.trained(job)?;
        let plan = Plan::new(setup, &trained, steps, &image, &framed)?;
        let network = plan.spec.network.clone();
        let bytes = if alive { plan.bytes()? } else { 0 };
        let budget = if is_phone() { PHONE_BUDGET } else { BUDGET };
        let fitting_size = (bytes > budget).then(|| {
            let area = |side: usize| network.padded_side(side).pow(2) as f64;
            let here = network.padded_side(framed.width) * network.padded_side(framed.height);
            // Memory grows with the area. A square is the worst case of a size.
            let room = here as f64 * budget as f64 / bytes as f64;
            SIZES.into_iter().find(|size| area(*size) <= room)
        });
        let task = &plan.task;
        let noisy_psnr = task
            .clean
            .as_ref()
            .map(|clean| psnr(&task.noisy, clean))
            .filter(|value| value.is_finite());
        let facts = RunFacts {
            width: framed.width,
            height: framed.height,
            bytes,
            budget,
            fitting_size: fitting_size.flatten(),
            noisy_psnr,
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
        let none = Fault::new(FaultKind::NoGpu, "there is no engine to measure: open one first");
        match self.device.as_ref().ok_or(none).and_then(begin) {
            Ok(measuring) => self.measuring = Some(measuring),
            Err(fault) => tell(&Reply::Unmeasured { what, fault }),
        }
    }

    fn stop_measuring(&mut self) {
        if let Some(measuring) = self.measuring.take() {
            measuring.tell_result(false);
        }
    }

    async fn play(&mut self, id: RunId, steps: Option<u64>) {
        self.stop_measuring();
        if let (Some(run), Some(device)) = (self.runs.get_mut(&id), &self.device) {
            run.play(steps, device).await;
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
    }

    async fn send_result(&mut self, id: RunId) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        let step = run.step();
        match run.result().await {
            Ok(Some(picture)) => match encode_png(&picture) {
                Ok(file) => {
                    let file = js_sys::Uint8Array::from(file.as_slice()).buffer();
                    tell_with(&Reply::Png { run: id, step }, Some(&file));
                }
                Err(error) => tell_fault(None, Fault::new(FaultKind::Run, error)),
            },
            Ok(None) => {}
            Err(fault) => run.fail(fault),
        }
    }
}

fn framed(picture: &Picture, framing: Framing, size: usize) -> Result<Picture, Fault> {
    let framed = match framing {
        Framing::Scale => picture.fit_within(size),
        Framing::Crop => picture.centre_crop(size.min(picture.width), size.min(picture.height)),
    };
    framed.map_err(|error| Fault::new(FaultKind::Picture, error))
}

/// Tells the page how far a file is loaded.
fn loading(slot: Option<SlotId>) -> impl FnMut(u64, Option<u64>) {
    let mut told: Option<Instant> = None;
    move |bytes, total| {
        if told.is_none_or(|told| told.elapsed() >= TELL_LOADING_EVERY) {
            told = Some(Instant::now());
            tell(&Reply::Loading { slot, bytes, total });
        }
    }
}

/// Phones share little memory between everything that runs on them.
fn is_phone() -> bool {
    let agent = scope().navigator().user_agent().unwrap_or_default();
    agent.contains("Mobi") || agent.contains("Android")
}
