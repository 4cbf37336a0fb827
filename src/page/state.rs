//! What the page knows: signals that components read, and the actions that they call.

use js_sys::ArrayBuffer;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::File;

use super::about::Device;
use super::asked::Asked;
use super::canvases::Canvases;
use super::ensemble::Ensemble;
use super::fits::{FITS, Fit};
use super::how::How;
use super::lane::Lane;
use super::learn::Learning;
use super::link::Link;
use super::mask_slot::{MaskChoice, MaskSlot};
use super::masks::Gallery;
use super::methods::Methods;
use super::narrow::narrow;
use super::notify::Notify;
use super::picture_choice::{AskedPicture, GoodPicture, PictureChoice, PictureFacts};
use super::query::{self, Query};
use super::recovery::{Recovery, Spikes};
use super::route::Route;
use crate::catalogue::Catalogue;
use crate::engine::AdapterDescription;
use crate::worker::protocol::{CHOSEN_PICTURE, CanvasId, EngineKind, Fault, Request, RunId, Setup, View};

/// Longer side in pixels, on a GPU and on anything slower.
pub const SIZE_ON_GPU: usize = 256;
pub const SIZE_IN_SOFTWARE: usize = 192;

/// The engine, as far as the page knows.
#[derive(Clone, Debug, PartialEq)]
pub enum Engine {
    Starting,
    Ready {
        kind: EngineKind,
        adapter: AdapterDescription,
    },
    /// No GPU, or it is lost, or the worker failed.
    Absent,
}

/// All of the page's state. It is a handful of signals, so it is copied into every component.
#[derive(Clone, Copy)]
pub struct Studio {
    pub catalogue: StoredValue<Catalogue>,
    pub route: RwSignal<Route>,
    /// The address, which opens the page as it is now.
    pub link: RwSignal<String>,
    pub engine: RwSignal<Engine>,
    /// The engine that a person, or the address, asked for.
    pub wanted_engine: RwSignal<EngineKind>,
    pub picture_choice: RwSignal<PictureChoice>,
    pub picture: RwSignal<Option<PictureFacts>>,
    /// How far its file is loaded.
    pub picture_loading: RwSignal<Option<String>>,
    /// What all runs share.
    pub setup: RwSignal<Setup>,
    pub fits: [Fit; FITS],
    /// Whether a fit by itself stops at its best moment.
    pub settles: RwSignal<bool>,
    /// Of the first fit.
    pub ensemble: Ensemble,
    /// The step of the fits that is looked back at.
    pub recalled: RwSignal<u64>,
    pub learning: Learning,
    pub gallery: Gallery,
    pub how: How,
    pub methods: Methods,
    pub device: Device,
    /// More memory than the budget was agreed to.
    pub beyond_budget: RwSignal<bool>,
    pub fault: RwSignal<Option<Fault>>,
    pub crash: RwSignal<Option<String>>,
    /// Counts workers: each has canvases of its own, since a canvas is handed over for ever.
    pub session: RwSignal<u32>,
    /// The last run's number.
    last_run: StoredValue<RunId>,
    /// A person chose the size, so it does not follow the adapter any more.
    size_chosen: RwSignal<bool>,
    worker: StoredValue<Option<Link>, LocalStorage>,
    canvases: StoredValue<Canvases, LocalStorage>,
    pub(super) own_picture: StoredValue<Option<File>, LocalStorage>,
    pub recovery: Recovery,
    pub notify: RwSignal<Notify>,
    /// As narrow as a phone, whose views have another order.
    pub narrow: RwSignal<bool>,
    /// What the worker has now: a choice that fails falls back to it.
    pub(super) good_picture: StoredValue<Option<GoodPicture>, LocalStorage>,
    pub(super) asked_picture: Asked<AskedPicture>,
}

impl Studio {
    pub fn new(catalogue: Catalogue, query: &Query) -> Self {
        let picture = query
            .picture
            .clone()
            .unwrap_or_else(|| query::default_picture(&catalogue));
        let mask = query.mask.clone();
        let mask = mask.unwrap_or_else(|| query::default_mask(&catalogue, &picture, query.levels));
        let setup = Setup {
            framing: query.framing,
            size: query.size.unwrap_or(SIZE_ON_GPU),
            seen: query.seen.clone(),
            noise: query.noise,
            noise_seed: query.noise_seed,
            init_seed: query.init_seed,
            levels: query.levels.unwrap_or(query::LEVELS),
        };
        let [second, third] = query.rivals.clone();
        let masks = [Some(mask), second, third];
        // All fits make as many.
        let steps = RwSignal::new(query.steps);
        let methods = Methods::new(query, &catalogue);
        Self {
            catalogue: StoredValue::new(catalogue),
            route: RwSignal::new(query.route),
            link: RwSignal::new(String::new()),
            engine: RwSignal::new(Engine::Starting),
            wanted_engine: RwSignal::new(query.engine),
            picture_choice: RwSignal::new(picture),
            picture: RwSignal::new(None),
            picture_loading: RwSignal::new(None),
            setup: RwSignal::new(setup),
            fits: std::array::from_fn(|place| Fit::new(place, masks[place].clone(), steps)),
            settles: RwSignal::new(query.settles),
            ensemble: Ensemble::new(),
            recalled: RwSignal::new(0),
            learning: Learning::new(query),
            gallery: Gallery::new(),
            how: How::new(query),
            methods,
            device: Device::new(),
            beyond_budget: RwSignal::new(false),
            fault: RwSignal::new(None),
            crash: RwSignal::new(None),
            session: RwSignal::new(0),
            last_run: StoredValue::new(0),
            size_chosen: RwSignal::new(query.size.is_some()),
            worker: StoredValue::new_local(None),
            canvases: StoredValue::new_local(Canvases::default()),
            own_picture: StoredValue::new_local(None),
            recovery: Recovery::new(),
            notify: RwSignal::new(Notify::Off),
            narrow: narrow(),
            good_picture: StoredValue::new_local(None),
            asked_picture: Asked::new(),
        }
    }

    /// Starts a worker, in place of the one before if there was one, with the present choices.
    pub fn start_session(self) {
        self.worker.set_value(None);
        self.engine.set(Engine::Starting);
        self.crash.set(None);
        self.fault.set(None);
        self.canvases.update_value(Canvases::clear);
        self.device.clear();
        self.how.clear();
        self.methods.clear();
        self.good_picture.set_value(None);
        self.asked_picture.forget();
        for mask in self.mask_slots() {
            mask.forget();
        }
        for lane in self.lanes() {
            self.clear(lane);
        }
        match Link::open(move |reply, attachment| self.hear(reply, &attachment)) {
            Ok(link) => self.worker.set_value(Some(link)),
            Err(error) => {
                self.crash.set(Some(format!("{error:?}")));
                return;
            }
        }
        let engine = self.wanted_engine.get_untracked();
        self.send(&Request::Open { engine }, None);
        for fit in self.fits.into_iter().filter(|fit| fit.on.get_untracked()) {
            self.load_mask(fit.mask);
        }
        self.load_mask(self.learning.start);
        self.load_picture();
        self.restart_gallery();
        // Makes the canvases anew, which then attach themselves to the new worker.
        self.session.update(|session| *session += 1);
    }

    pub fn send(self, request: &Request, attachment: Option<&JsValue>) {
        self.worker.with_value(|link| {
            if let Some(link) = link {
                link.send(request, attachment);
            }
        });
    }

    pub fn set_engine(self, kind: EngineKind) {
        self.wanted_engine.set(kind);
        self.reset_methods();
        self.start_session();
    }

    /// Takes a canvas for a view of a lane.
    pub fn adopt(self, lane: Lane, view: View, canvas: &web_sys::HtmlCanvasElement) -> Option<CanvasId> {
        let run = lane.run.get_value();
        match self.canvases.try_update_value(|all| all.adopt(lane, view, canvas))? {
            Ok((canvas, offscreen)) => {
                self.send(&Request::Attach { canvas, run, view }, Some(&offscreen));
                Some(canvas)
            }
            Err(error) => {
                self.crash.set(Some(format!("{error:?}")));
                None
            }
        }
    }

    /// A canvas's element is gone.
    pub fn release(self, canvas: CanvasId) {
        if self.canvases.try_update_value(|all| all.release(canvas)) == Some(true) {
            self.send(&Request::Detach { canvas }, None);
        }
    }

    /// Changes what defines all runs, which then start over.
    pub fn change(self, change: impl FnOnce(&mut Setup)) {
        self.setup.update(change);
        self.fault.set(None);
        self.reset_methods();
        self.forget_checkpoints();
        self.recreate();
    }

    pub fn choose_size(self, size: usize) {
        self.size_chosen.set(true);
        self.change(|setup| setup.size = size);
    }

    /// Whether the size is a person's choice, and so belongs into a link.
    pub fn is_size_chosen(self) -> bool {
        self.size_chosen.get()
    }

    /// The size that suits an adapter, unless a person chose one.
    pub fn suit_size(self, software: bool) {
        if !self.size_chosen.get_untracked() {
            let size = if software { SIZE_IN_SOFTWARE } else { SIZE_ON_GPU };
            self.setup.update(|setup| setup.size = size);
        }
    }

    /// The runs of Denoise and of Learn.
    pub fn lanes(self) -> [Lane; FITS + 1] {
        let [a, b, c] = self.fits;
        [a.lane, b.lane, c.lane, self.learning.lane]
    }

    /// The masks of those runs.
    pub fn mask_slots(self) -> [MaskSlot; FITS + 1] {
        let [a, b, c] = self.fits;
        [a.mask, b.mask, c.mask, self.learning.start]
    }

    /// The fit that a lane belongs to, unless it is the learner's.
    pub(super) fn fit_of(self, lane: Lane) -> Option<Fit> {
        self.fits.into_iter().find(|fit| fit.lane == lane)
    }

    /// The lane that a run is in, unless it is gone.
    pub(super) fn lane_of(self, run: RunId) -> Option<Lane> {
        self.lanes().into_iter().find(|lane| lane.run.get_value() == run)
    }

    /// Takes a lane back to before the start.
    fn clear(self, lane: Lane) {
        lane.clear();
        match self.fit_of(lane) {
            Some(fit) => {
                fit.moments.set(Vec::new());
                fit.best.set(None);
                fit.missing.set(None);
                if fit == self.fits[0] {
                    self.ensemble.clear();
                }
            }
            None => self.learning.clear(),
        }
    }

    /// Takes a lane back to before the start, with the present choices.
    pub fn reset(self, lane: Lane) {
        self.forget_checkpoint(lane);
        self.fault.set(None);
        self.recreate_lane(lane);
    }

    /// What was started with other choices is not to be gone on with, but for what stays as it is in another view.
    pub(super) fn forget_checkpoints(self) {
        for lane in self.lanes() {
            if lane.route == self.route.get_untracked() {
                self.forget_checkpoint(lane);
            }
        }
    }

    /// Takes the files of an earlier visit.
    pub(super) fn take_files(self, picture: Option<File>, masks: impl Iterator<Item = Option<File>>) {
        if let Some(picture) = picture {
            self.own_picture.set_value(Some(picture));
            self.picture_choice.set(PictureChoice::Own);
        }
        for (mask, file) in self.mask_slots().into_iter().zip(masks) {
            if file.is_some() {
                mask.take_file(file);
                mask.choice.set(MaskChoice::Own);
            }
        }
    }

    /// Takes a setup as it is.
    pub(super) fn take_setup(self, setup: Setup) {
        self.size_chosen.set(true);
        self.setup.set(setup);
    }

    /// Makes new runs from the present choices. What was started in another view stays as it is, and is marked.
    pub(super) fn recreate(self) {
        self.beyond_budget.set(false);
        for lane in self.lanes() {
            if lane.route != self.route.get_untracked() && lane.step.get_untracked() > 0 {
                lane.stale.set(true);
            } else {
                self.recreate_lane(lane);
            }
        }
    }

    /// Makes a new run from the present choices, as soon as all of them are read.
    pub(super) fn recreate_lane(self, lane: Lane) {
        let run = lane.run.get_value();
        self.send(&Request::Drop { run }, None);
        // What is still on its way of that run is nobody's.
        lane.run.set_value(0);
        self.clear(lane);
        let job = match self.fit_of(lane) {
            Some(fit) => fit.job(),
            None => untrack(|| self.learning.job()),
        };
        let Some(job) = job else { return };
        let engine_is_there = matches!(*self.engine.read_untracked(), Engine::Ready { .. });
        if !engine_is_there || self.picture.read_untracked().is_none() {
            return;
        }
        let run = self.number(lane);
        // What is handed over is gone, and may be needed again.
        let saved = lane.saved.get_value().map(|saved| saved.bytes);
        let checkpoint = saved.map(|bytes| bytes.unchecked_into::<ArrayBuffer>().slice(0));
        let create = Request::Create {
            run,
            picture: CHOSEN_PICTURE,
            job,
            steps: lane.steps.get_untracked(),
            setup: self.setup_of(lane),
            resumes: checkpoint.is_some(),
            watched: lane.spikes.with_value(Spikes::are_watched),
        };
        self.send(&create, checkpoint.as_ref().map(AsRef::as_ref));
        match self.fit_of(lane) {
            Some(_) => {
                let step = self.recalled.get_untracked();
                self.send(&Request::Recall { run, step }, None);
            }
            None => self.look(),
        }
    }

    /// What defines a lane's run: tasks other than denoising are for fits, and a mask that learning starts from is of its own
    /// random weights.
    fn setup_of(self, lane: Lane) -> Setup {
        let setup = self.setup.get_untracked();
        match self.fit_of(lane) {
            Some(_) => setup,
            None => Setup {
                init_seed: untrack(|| self.learning.start_seed()).unwrap_or(setup.init_seed),
                ..setup.whole()
            },
        }
    }

    /// Gives a lane the next run's number, and its canvases to that run.
    pub(super) fn number(self, lane: Lane) -> RunId {
        let run = self.last_run.get_value() + 1;
        self.last_run.set_value(run);
        lane.run.set_value(run);
        self.canvases.with_value(|canvases| {
            for (canvas, view) in canvases.of(lane) {
                self.send(&Request::Attach { canvas, run, view }, None);
            }
        });
        run
    }

    /// Whether a run may take steps.
    pub fn can_step(self, lane: Lane) -> bool {
        lane.is_open() && self.fit_of(lane).is_none_or(|fit| fit.mask.is_alive())
    }

    /// Whether settings are locked, since a run is busy.
    pub fn is_busy(self) -> bool {
        self.methods.active.get() || self.ensemble.is_busy() || self.lanes().into_iter().any(Lane::is_busy)
    }

    pub fn is_busy_untracked(self) -> bool {
        untrack(|| self.is_busy())
    }
}
