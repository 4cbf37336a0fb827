//! What goes wrong costs seconds: checkpoints are kept here and in the browser's storage, a lost device is rebuilt, and a
//! closed tab can be gone on with.

use js_sys::{Array, Date, Object, Reflect};
use leptos::ev;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::File;

use super::lane::Lane;
use super::mask_slot::MaskChoice;
use super::picture_choice::PictureChoice;
use super::query::Query;
use super::route::Route;
use super::state::Studio;
use super::store::{self, RUNS};
use super::text;
use crate::worker::protocol::{Fault, Request, Setup};

/// How often in a row a device is rebuilt without a checkpoint in between.
const REBUILDS: u32 = 3;
/// Older runs are not offered, and forgotten.
const KEPT_DAYS: f64 = 7.0;
const DAY_MILLISECONDS: f64 = 86_400_000.0;

/// What lies beside a tab's record of methods that are over.
const METHODS: &str = "methods";

/// A run's state as the worker sent it.
#[derive(Clone)]
pub struct Saved {
    pub step: u64,
    /// An `ArrayBuffer`.
    pub bytes: JsValue,
}

/// How many steps beyond a spike of the loss show that it did not come again. What the page had heard of when it came, and the
/// first checkpoint after going back, are either side of it by less.
const PAST_A_SPIKE: u64 = 64;

/// How often in a row a spike of the loss took a run back, and how far it was then.
#[derive(Clone, Copy, Default)]
pub struct Spikes {
    times: u32,
    step: u64,
}

impl Spikes {
    /// A run that jumps again from the same checkpoint will always do so: the same numbers follow. From then on it is let
    /// through.
    pub fn are_watched(&self) -> bool {
        self.times < 2
    }
}

/// A tab's runs, as they are kept; files and checkpoints lie beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Record {
    /// The address's parameters.
    address: String,
    setup: Setup,
    /// Milliseconds since 1970.
    time: f64,
    /// The picture's name.
    picture: String,
    /// Of each lane: updates made and to be made; none without a checkpoint.
    runs: Vec<Option<(u64, u64)>>,
    /// Methods that are over.
    #[serde(default)]
    methods: usize,
    /// Which lanes were shown.
    learning: bool,
}

/// A run of an earlier visit.
#[derive(Clone, PartialEq)]
pub struct Offer {
    id: String,
    record: Record,
    /// The picture's file, the runs' mask files, and that of the learned mask of Methods.
    files: Array,
}

/// What recovery remembers.
#[derive(Clone, Copy)]
pub struct Recovery {
    /// This tab's name in the storage, once it has the lock.
    id: StoredValue<Option<String>>,
    pub offer: RwSignal<Option<Offer>, LocalStorage>,
    /// What happened and was mended.
    pub news: RwSignal<Option<String>>,
    rebuilds: StoredValue<u32>,
    /// Methods that are kept.
    methods: StoredValue<usize>,
    /// Whether it was said that the browser keeps nothing.
    said_unkept: StoredValue<bool>,
}

impl Recovery {
    pub fn new() -> Self {
        Self {
            id: StoredValue::new(None),
            offer: RwSignal::new_local(None),
            news: RwSignal::new(None),
            rebuilds: StoredValue::new(0),
            methods: StoredValue::new(0),
            said_unkept: StoredValue::new(false),
        }
    }
}

impl Offer {
    /// Of the first lane that has a checkpoint.
    fn run(&self) -> Option<(u64, u64)> {
        self.record.runs.iter().flatten().copied().next()
    }

    pub fn words(&self) -> String {
        let Some(run) = self.run() else {
            return text::offer_methods(&self.record.picture, self.record.methods);
        };
        let seen = (!self.record.learning).then_some(&self.record.setup.seen);
        text::offer(&self.record.picture, seen, run.0, run.1)
    }
}

impl Studio {
    /// The worker sent a checkpoint.
    pub(super) fn keep_checkpoint(self, lane: Lane, step: u64, bytes: &JsValue) {
        self.recovery.rebuilds.set_value(0);
        if lane
            .spikes
            .with_value(|spikes| spikes.are_watched() && step > spikes.step + PAST_A_SPIKE)
        {
            lane.spikes.set_value(Spikes::default());
        }
        lane.saved.set_value(Some(Saved {
            step,
            bytes: bytes.clone(),
        }));
        let place = self.lanes().into_iter().position(|other| other == lane);
        self.write_record(place.map(|place| (place.to_string(), bytes.clone())));
    }

    /// Keeps what methods have reached, where that is another number of them.
    pub(super) fn keep_methods(self) {
        let over = self.methods.count_over();
        if over != self.recovery.methods.get_value() {
            self.recovery.methods.set_value(over);
            self.write_record(self.methods.to_keep().map(|kept| (METHODS.to_owned(), kept)));
        }
    }

    /// A person starts over: what was kept of the run is not wanted.
    pub(super) fn forget_checkpoint(self, lane: Lane) {
        lane.spikes.set_value(Spikes::default());
        if lane.saved.with_value(Option::is_some) {
            lane.saved.set_value(None);
            self.write_record(None);
        }
    }

    /// Writes what this tab has, and what lies beside it under a name. A browser without room or storage keeps nothing, which is said
    /// once.
    fn write_record(self, beside: Option<(String, JsValue)>) {
        let Some(id) = self.recovery.id.get_value() else { return };
        let lanes = self.lanes();
        let run = |lane: Lane| {
            let step = lane.saved.with_value(|saved| saved.as_ref().map(|saved| saved.step))?;
            Some((step, lane.steps.get_untracked()))
        };
        let record = Record {
            address: self.search_of_runs(),
            setup: self.setup.get_untracked(),
            time: Date::now(),
            picture: self
                .picture
                .with_untracked(|picture| picture.as_ref().map(|picture| picture.name.clone()))
                .unwrap_or_default(),
            runs: lanes.map(run).to_vec(),
            methods: self.recovery.methods.get_value(),
            learning: self.route.get_untracked() == Route::Learn,
        };
        let Ok(text) = serde_json::to_string(&record) else {
            return;
        };
        let file = |file: Option<File>| file.map_or(JsValue::NULL, JsValue::from);
        // A file that was chosen before something else is not part of the run.
        let own_picture = *self.picture_choice.read_untracked() == PictureChoice::Own;
        let files = Array::of1(&file(self.own_picture.get_value().filter(|_| own_picture)));
        for mask in self.mask_slots().into_iter().chain([self.methods.base]) {
            let own_mask = *mask.choice.read_untracked() == MaskChoice::Own;
            files.push(&file(mask.own_file().filter(|_| own_mask)));
        }
        let entry = Object::new();
        let nothing = record.methods == 0 && record.runs.iter().all(Option::is_none);
        spawn_local(async move {
            let written = async {
                if nothing {
                    return store::delete(RUNS, &keys_of(&id)).await;
                }
                if let Some((name, value)) = beside {
                    store::put(RUNS, &key_of(&id, &name), &value).await?;
                }
                Reflect::set(&entry, &"record".into(), &text.into())?;
                Reflect::set(&entry, &"files".into(), &files)?;
                store::put(RUNS, &id, &entry).await
            };
            if let Err(error) = written.await {
                web_sys::console::warn_2(&"the run could not be kept:".into(), &error);
                if !self.recovery.said_unkept.get_value() {
                    self.recovery.said_unkept.set_value(true);
                    self.recovery.news.set(Some(text::NOT_KEPT.to_owned()));
                }
            }
        });
    }

    /// Takes a name for this tab, and looks for a run that no tab has any more.
    pub fn look_for_runs(self) {
        spawn_local(async move {
            let own = format!("{:.0}-{:.0}", Date::now(), js_sys::Math::random() * 1e9);
            if !store::lock(&own).await {
                // Without locks two tabs could take the same run: none is kept.
                return;
            }
            self.recovery.id.set_value(Some(own));
            let keys = store::keys(RUNS).await.unwrap_or_default();
            let mut found: Vec<Offer> = Vec::new();
            for id in keys.into_iter().filter(|key| !key.contains('/')) {
                if let Some(offer) = read(&id).await {
                    found.push(offer);
                }
            }
            let newest = |found: &[Offer]| {
                let times = found.iter().enumerate();
                times
                    .max_by(|a, b| a.1.record.time.total_cmp(&b.1.record.time))
                    .map(|(place, _)| place)
            };
            while let Some(place) = newest(&found) {
                let offer = found.swap_remove(place);
                if !store::lock(&offer.id).await {
                    continue;
                }
                if Date::now() - offer.record.time > KEPT_DAYS * DAY_MILLISECONDS {
                    // One that cannot be deleted is met again on the next visit.
                    let _ = store::delete(RUNS, &keys_of(&offer.id)).await;
                    continue;
                }
                self.recovery.offer.set(Some(offer));
                return;
            }
        });
        let hidden = window_event_listener_untyped("visibilitychange", move |_| self.keep_now());
        let leaving = window_event_listener(ev::pagehide, move |_| self.keep_now());
        on_cleanup(move || {
            hidden.remove();
            leaving.remove();
        });
    }

    /// Asks for checkpoints of what runs: the tab is hidden, and may be ended without notice.
    fn keep_now(self) {
        for lane in self.lanes().into_iter().filter(|lane| lane.is_busy_untracked()) {
            let run = lane.run.get_value();
            self.send(&Request::Checkpoint { run }, None);
        }
    }

    /// Goes on with a run of an earlier visit.
    pub fn go_on(self, offer: Offer) {
        self.recovery.offer.set(None);
        spawn_local(async move {
            for (place, lane) in self.lanes().into_iter().enumerate() {
                let step = offer.record.runs.get(place).copied().flatten();
                let bytes = store::get(RUNS, &key_of(&offer.id, &place.to_string()))
                    .await
                    .unwrap_or(JsValue::UNDEFINED);
                let saved = step
                    .filter(|_| bytes.is_object())
                    .map(|(step, _)| Saved { step, bytes });
                lane.saved.set_value(saved);
            }
            let run = offer.run();
            let methods = store::get(RUNS, &key_of(&offer.id, METHODS)).await;
            // What methods have reached here is of other choices.
            self.reset_methods();
            // The lock of that name is this tab's since it was offered.
            self.recovery.id.set_value(Some(offer.id));
            let catalogue = self.catalogue.get_value();
            self.apply(&Query::read(&offer.record.address, &catalogue));
            self.take_setup(offer.record.setup);
            let file = |place: u32| offer.files.get(place).dyn_into::<File>().ok();
            self.take_files(file(0), (1..).map(file));
            if let Some(file) = file(1 + self.mask_slots().len() as u32) {
                self.methods.take_base_file(file);
            }
            if let Ok(kept) = methods
                && offer.record.methods > 0
            {
                self.methods.take_kept(&kept);
                self.recovery.methods.set_value(offer.record.methods);
            }
            self.start_session();
            self.go(match run {
                None => Route::Methods,
                Some(_) if offer.record.learning => Route::Learn,
                Some(_) => Route::Denoise,
            });
        });
    }

    pub fn discard(self, offer: &Offer) {
        self.recovery.offer.set(None);
        let keys = keys_of(&offer.id);
        spawn_local(async move {
            // One that cannot be deleted is offered again on the next visit.
            let _ = store::delete(RUNS, &keys).await;
        });
    }

    /// Builds a lost device again and goes on from the checkpoints; false if that has been tried often enough.
    pub(super) fn rebuild(self) -> bool {
        let before = self.recovery.rebuilds.get_value();
        if before >= REBUILDS {
            return false;
        }
        self.recovery.rebuilds.set_value(before + 1);
        for lane in self.lanes() {
            lane.goes_on
                .set_value(lane.is_busy_untracked() || lane.goes_on.get_value());
            if lane.stale.get_untracked() {
                lane.saved.set_value(None);
            }
        }
        self.start_session();
        self.recovery.news.set(Some(text::DEVICE_REBUILT.to_owned()));
        true
    }

    /// Goes back to the last checkpoint of a run whose loss is no number any more; false without one.
    pub(super) fn go_back(self, lane: Lane, fault: &Fault) -> bool {
        let Some(saved) = lane.saved.get_value() else {
            return false;
        };
        lane.goes_on.set_value(false);
        self.recreate_lane(lane);
        self.recovery
            .news
            .set(Some(text::went_back(&fault.message, saved.step)));
        true
    }

    /// Goes back to the last checkpoint, or to the start, of a run whose loss has jumped. A slip of the device does not come
    /// again, so the run goes on the first time; the second time it is the run itself, which is paused.
    pub(super) fn go_back_from_spike(self, lane: Lane, fault: &Fault) {
        let first = lane.spikes.with_value(|spikes| spikes.times == 0);
        lane.spikes.update_value(|spikes| {
            spikes.times += 1;
            spikes.step = lane.step.get_untracked();
        });
        let step = lane
            .saved
            .with_value(|saved| saved.as_ref().map_or(0, |saved| saved.step));
        lane.goes_on.set_value(first);
        self.recreate_lane(lane);
        let news = if first { text::spiked } else { text::spiked_again };
        self.recovery.news.set(Some(news(&fault.message, step)));
    }

    /// A run was made. One that ran when the device was lost runs on.
    pub(super) fn lane_made(self, lane: Lane) {
        if lane.goes_on.get_value() {
            lane.goes_on.set_value(false);
            self.run_on(lane);
        }
    }
}

async fn read(id: &str) -> Option<Offer> {
    let entry = store::get(RUNS, id).await.ok()?;
    let text = Reflect::get(&entry, &"record".into()).ok()?.as_string()?;
    let files = Reflect::get(&entry, &"files".into()).ok()?;
    Some(Offer {
        id: id.to_owned(),
        // One of another version of this page cannot be gone on with.
        record: serde_json::from_str(&text).ok()?,
        files: files.dyn_into().ok()?,
    })
}

/// Where the checkpoint of a lane lies, by its place, or what [`METHODS`] have reached.
fn key_of(id: &str, name: &str) -> String {
    format!("{id}/{name}")
}

/// All that is kept under a tab's name.
fn keys_of(id: &str) -> Vec<String> {
    let runs = (0..super::fits::FITS + 1).map(|place| key_of(id, &place.to_string()));
    runs.chain([key_of(id, METHODS), id.to_owned()]).collect()
}
