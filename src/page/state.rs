//! What the page knows: signals that components read, and the actions that they call.

use leptos::prelude::*;
use wasm_bindgen::JsValue;
use web_sys::File;

use super::canvases::Canvases;
use super::good::{GoodMask, GoodPicture, NO_MASK};
use super::link::Link;
use super::query::Query;
use crate::catalogue::Catalogue;
use crate::engine::AdapterDescription;
use crate::worker::protocol::{
    EngineKind, Fault, Framing, MaskFacts, Point, Request, RunFacts, RunId, RunState, Setup,
};

/// Longer side in pixels, on a GPU and on anything slower.
pub const SIZE_ON_GPU: usize = 256;
pub const SIZE_IN_SOFTWARE: usize = 192;
/// Of the noise that is added to a sample.
pub const SAMPLE_SIGMA: f64 = 0.1;

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

/// The picture that was chosen.
#[derive(Clone, Debug, PartialEq)]
pub enum PictureChoice {
    Sample(String),
    Own,
}

/// The mask that was chosen.
#[derive(Clone, Debug, PartialEq)]
pub enum MaskChoice {
    Dense,
    Preset(String),
    Own,
}

/// The picture that the worker has read.
#[derive(Clone, Debug, PartialEq)]
pub struct PictureFacts {
    pub name: String,
    pub width: usize,
    pub height: usize,
    pub notes: Vec<String>,
}

/// All of the page's state. It is a handful of signals, so it is copied into every component.
#[derive(Clone, Copy)]
pub struct Studio {
    pub catalogue: StoredValue<Catalogue>,
    pub engine: RwSignal<Engine>,
    /// The engine that a person, or the address, asked for.
    pub wanted_engine: RwSignal<EngineKind>,
    pub picture_choice: RwSignal<PictureChoice>,
    pub picture: RwSignal<Option<PictureFacts>>,
    pub mask_choice: RwSignal<MaskChoice>,
    /// None while it is read, and for a dense run.
    pub mask: RwSignal<Option<MaskFacts>>,
    pub setup: RwSignal<Setup>,
    pub facts: RwSignal<Option<RunFacts>>,
    pub state: RwSignal<RunState>,
    /// A pause was asked for, and the step that runs is not over.
    pub pausing: RwSignal<bool>,
    pub compiled: RwSignal<(usize, usize)>,
    pub points: RwSignal<Vec<Point>>,
    pub step: RwSignal<u64>,
    pub steps_per_second: RwSignal<Option<f64>>,
    pub fault: RwSignal<Option<Fault>>,
    pub crash: RwSignal<Option<String>>,
    /// More memory than the budget was agreed to.
    pub beyond_budget: RwSignal<bool>,
    /// Counts workers: each has canvases of its own, since a canvas is handed over for ever.
    pub session: RwSignal<u32>,
    pub run: StoredValue<RunId>,
    /// A person chose the size, so it does not follow the adapter any more.
    size_chosen: StoredValue<bool>,
    link: StoredValue<Option<Link>, LocalStorage>,
    canvases: StoredValue<Canvases, LocalStorage>,
    pub(super) own_picture: StoredValue<Option<File>, LocalStorage>,
    pub(super) own_mask: StoredValue<Option<File>, LocalStorage>,
    /// What the worker has now: a choice that fails falls back to it.
    pub(super) good_picture: StoredValue<Option<GoodPicture>, LocalStorage>,
    pub(super) good_mask: StoredValue<GoodMask, LocalStorage>,
}

impl Studio {
    pub fn new(catalogue: Catalogue, query: &Query) -> Self {
        let sample = query.sample.clone().filter(|id| catalogue.sample(id).is_some());
        let sample = sample.or_else(|| catalogue.samples.first().map(|sample| sample.id.clone()));
        // Rather a mask of another picture: that it serves this one too is the point.
        let preset = catalogue
            .presets
            .iter()
            .find(|preset| sample.as_ref() != Some(&preset.learned_on));
        let preset = preset.or(catalogue.presets.first()).map(|preset| preset.id.clone());
        let preset = preset.filter(|_| query.levels.is_none());
        let asked = query.mask.clone().filter(|id| catalogue.preset(id).is_some());
        let mask = match (query.mask.as_deref(), asked.or(preset)) {
            (Some("dense"), _) | (_, None) => MaskChoice::Dense,
            (_, Some(id)) => MaskChoice::Preset(id),
        };
        let setup = Setup {
            framing: Framing::Scale,
            size: query.size.unwrap_or(SIZE_ON_GPU),
            sigma: SAMPLE_SIGMA,
            noise_seed: 0,
            init_seed: 0,
            steps: query.steps.unwrap_or(2000),
            levels: query.levels.unwrap_or(6),
        };
        Self {
            catalogue: StoredValue::new(catalogue),
            engine: RwSignal::new(Engine::Starting),
            wanted_engine: RwSignal::new(query.engine),
            picture_choice: RwSignal::new(sample.map_or(PictureChoice::Own, PictureChoice::Sample)),
            picture: RwSignal::new(None),
            mask_choice: RwSignal::new(mask),
            mask: RwSignal::new(None),
            setup: RwSignal::new(setup),
            facts: RwSignal::new(None),
            state: RwSignal::new(RunState::Idle),
            pausing: RwSignal::new(false),
            compiled: RwSignal::new((0, 0)),
            points: RwSignal::new(Vec::new()),
            step: RwSignal::new(0),
            steps_per_second: RwSignal::new(None),
            fault: RwSignal::new(None),
            crash: RwSignal::new(None),
            beyond_budget: RwSignal::new(false),
            session: RwSignal::new(0),
            run: StoredValue::new(0),
            size_chosen: StoredValue::new(query.size.is_some()),
            link: StoredValue::new_local(None),
            canvases: StoredValue::new_local(Canvases::default()),
            own_picture: StoredValue::new_local(None),
            own_mask: StoredValue::new_local(None),
            good_picture: StoredValue::new_local(None),
            good_mask: StoredValue::new_local(NO_MASK),
        }
    }

    /// Starts a worker, in place of the one before if there was one, with the present choices.
    pub fn start_session(self) {
        self.link.set_value(None);
        self.engine.set(Engine::Starting);
        self.crash.set(None);
        self.fault.set(None);
        self.forget_run();
        self.canvases.update_value(Canvases::clear);
        self.good_picture.set_value(None);
        self.good_mask.set_value(NO_MASK);
        match Link::open(move |reply, attachment| self.hear(reply, &attachment)) {
            Ok(link) => self.link.set_value(Some(link)),
            Err(error) => {
                self.crash.set(Some(format!("{error:?}")));
                return;
            }
        }
        self.send(
            &Request::Open {
                engine: self.wanted_engine.get_untracked(),
            },
            None,
        );
        self.load_mask();
        self.load_picture();
        // Makes the canvases anew, which then attach themselves to the new worker.
        self.session.update(|session| *session += 1);
    }

    pub fn send(self, request: &Request, attachment: Option<&JsValue>) {
        self.link.with_value(|link| {
            if let Some(link) = link {
                link.send(request, attachment);
            }
        });
    }

    pub fn set_engine(self, kind: EngineKind) {
        self.wanted_engine.set(kind);
        self.start_session();
    }

    /// Takes a canvas for a view.
    pub fn adopt(self, view: crate::worker::protocol::View, canvas: &web_sys::HtmlCanvasElement) {
        let run = self.run.get_value();
        let made = self.canvases.try_update_value(|canvases| canvases.adopt(view, canvas));
        match made {
            Some(Ok((id, offscreen))) => self.send(&Request::Attach { canvas: id, run, view }, Some(&offscreen)),
            Some(Err(error)) => self.crash.set(Some(format!("{error:?}"))),
            None => {}
        }
    }

    /// Changes what defines the run, which then starts over.
    pub fn change(self, change: impl FnOnce(&mut Setup)) {
        self.setup.update(change);
        self.reset();
    }

    pub fn choose_size(self, size: usize) {
        self.size_chosen.set_value(true);
        self.change(|setup| setup.size = size);
    }

    /// The size that suits an adapter, unless a person chose one.
    pub fn suit_size(self, software: bool) {
        if !self.size_chosen.get_value() {
            let size = if software { SIZE_IN_SOFTWARE } else { SIZE_ON_GPU };
            self.setup.update(|setup| setup.size = size);
        }
    }

    pub(super) fn forget_run(self) {
        self.facts.set(None);
        self.state.set(RunState::Idle);
        self.pausing.set(false);
        self.compiled.set((0, 0));
        self.points.set(Vec::new());
        self.step.set(0);
        self.steps_per_second.set(None);
        self.beyond_budget.set(false);
    }

    /// Takes everything back to before the start.
    pub fn reset(self) {
        self.fault.set(None);
        self.recreate();
    }

    /// Makes a new run from the present choices, as soon as all of them are read.
    pub(super) fn recreate(self) {
        self.send(
            &Request::Drop {
                run: self.run.get_value(),
            },
            None,
        );
        self.forget_run();
        let mask_is_there =
            self.mask_choice.get_untracked() == MaskChoice::Dense || self.mask.read_untracked().is_some();
        let engine_is_there = matches!(*self.engine.read_untracked(), Engine::Ready { .. });
        if !mask_is_there || !engine_is_there || self.picture.read_untracked().is_none() {
            return;
        }
        let run = self.run.get_value() + 1;
        self.run.set_value(run);
        self.canvases.with_value(|canvases| {
            for (canvas, view) in canvases.all() {
                self.send(&Request::Attach { canvas, run, view }, None);
            }
        });
        self.send(
            &Request::Create {
                run,
                setup: self.setup.get_untracked(),
            },
            None,
        );
    }

    pub fn play(self) {
        self.send(
            &Request::Play {
                run: self.run.get_value(),
            },
            None,
        );
    }

    pub fn step_once(self) {
        self.send(
            &Request::Step {
                run: self.run.get_value(),
                steps: 1,
            },
            None,
        );
    }

    pub fn pause(self) {
        self.pausing.set(true);
        self.send(
            &Request::Pause {
                run: self.run.get_value(),
            },
            None,
        );
    }

    pub fn download(self) {
        self.send(
            &Request::Result {
                run: self.run.get_value(),
            },
            None,
        );
    }

    /// Whether a run is there that may take steps.
    pub fn can_step(self) -> bool {
        let fits = self
            .facts
            .read()
            .as_ref()
            .is_some_and(|facts| facts.bytes <= facts.budget);
        let alive = self.mask.read().as_ref().is_none_or(|mask| mask.alive);
        let open = !matches!(self.state.get(), RunState::Finished | RunState::Failed);
        alive && open && (fits || (self.facts.read().is_some() && self.beyond_budget.get()))
    }

    /// Whether settings are locked, since the run is busy.
    pub fn is_busy(self) -> bool {
        self.state.track();
        self.is_busy_untracked()
    }

    pub fn is_busy_untracked(self) -> bool {
        matches!(self.state.get_untracked(), RunState::Running | RunState::Compiling)
    }
}
