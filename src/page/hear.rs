//! What a reply of the worker does to the page's state.

use leptos::prelude::*;
use wasm_bindgen::JsValue;

use super::picture_choice::PictureFacts;
use super::state::{Engine, Studio};
use super::{save, text};
use crate::worker::protocol::{Fault, FaultKind, MaskPurpose, Reply, RunId, RunState, SlotId};

impl Studio {
    pub(super) fn hear(self, reply: Reply, attachment: &JsValue) {
        match reply {
            Reply::Started => {}
            Reply::Ready { engine, adapter } => {
                self.suit_size(adapter.software);
                self.engine.set(Engine::Ready { kind: engine, adapter });
                self.recreate();
            }
            Reply::Picture {
                name,
                width,
                height,
                notes,
            } => {
                self.picture_read(PictureFacts {
                    name,
                    width,
                    height,
                    notes,
                });
            }
            Reply::Loading { slot, bytes, total } => {
                let words = Some(text::loading(bytes, total));
                match slot {
                    Some(slot) => self.with_slot(slot, |slot| slot.loading.set(words)),
                    None => self.picture_loading.set(words),
                }
            }
            Reply::Mask { slot, facts } => self.with_slot(slot, |slot| self.mask_read(slot, facts)),
            Reply::MaskRefused { slot, fault } => self.with_slot(slot, |slot| self.mask_refused(slot, fault)),
            Reply::Fault { run: None, fault } => {
                if fault.kind == FaultKind::Picture {
                    self.picture_refused();
                }
                self.take_fault(fault);
            }
            Reply::Panic { message } => {
                self.engine.set(Engine::Absent);
                self.device.clear();
                // The panic's own words come first; the worker's end, which is told after them, says less.
                self.crash.update(|crash| {
                    crash.get_or_insert(message);
                });
            }
            Reply::Device { .. }
            | Reply::Measuring { .. }
            | Reply::SelfTested { .. }
            | Reply::Benched { .. }
            | Reply::Unmeasured { .. } => self.hear_of_device(reply),
            Reply::Png { run, .. }
            | Reply::Created { run, .. }
            | Reply::State { run, .. }
            | Reply::Compiling { run, .. }
            | Reply::Progress { run, .. }
            | Reply::Moments { run, .. }
            | Reply::Checkpoint { run, .. }
            | Reply::Look { run, .. }
            | Reply::MaskOnly { run, .. }
            | Reply::MaskFile { run, .. }
            | Reply::Fault { run: Some(run), .. } => self.hear_of(run, reply, attachment),
        }
    }

    /// What concerns one run, unless that is gone.
    fn hear_of(self, run: RunId, reply: Reply, attachment: &JsValue) {
        let Some(lane) = self.lane_of(run) else { return };
        match reply {
            Reply::Created { facts, .. } => {
                lane.facts.set(Some(facts));
                self.lane_made(lane, run);
            }
            Reply::Checkpoint { step, .. } => self.keep_checkpoint(lane, step, attachment),
            Reply::State { state, .. } => {
                // Told before the fault that explains it: a device that is lost, perhaps.
                lane.goes_on
                    .set_value(state == RunState::Failed && lane.is_busy_untracked());
                lane.pausing.set(false);
                lane.state.set(state);
            }
            Reply::Compiling { done, total, .. } => lane.compiled.set((done, total)),
            Reply::Progress {
                step,
                steps_per_second,
                points,
                ..
            } => lane.progress(step, steps_per_second, points),
            Reply::Png { step, .. } => {
                let name = self.picture.with_untracked(|picture| {
                    let name = picture.as_ref().map(|picture| picture.name.as_str());
                    text::file_name(name.unwrap_or("picture"), step)
                });
                self.save(attachment, "image/png", &name);
            }
            Reply::Moments { moments, best, .. } => {
                if let Some(fit) = self.fit_of(lane) {
                    fit.moments.set(moments);
                    fit.best.set(best);
                }
            }
            Reply::Look { look, .. } => self.learning.seen(look),
            Reply::MaskOnly {
                step, keep, outcome, ..
            } => self.learning.drawn.set(Some((step, keep, outcome))),
            Reply::MaskFile { name, purpose, .. } => {
                self.learning.taking.set(false);
                match purpose {
                    MaskPurpose::Save => self.save(attachment, "application/octet-stream", &name),
                    MaskPurpose::Denoise => self.denoise_with(attachment, &name),
                }
            }
            Reply::Fault { fault, .. } if fault.kind == FaultKind::DeviceLost && self.rebuild() => {}
            Reply::Fault { fault, .. } if fault.kind == FaultKind::Diverged && self.go_back(lane, &fault) => {}
            Reply::Fault { fault, .. } => {
                lane.goes_on.set_value(false);
                lane.state.set(RunState::Failed);
                self.take_fault(fault);
            }
            Reply::Started
            | Reply::Ready { .. }
            | Reply::Picture { .. }
            | Reply::Loading { .. }
            | Reply::Mask { .. }
            | Reply::MaskRefused { .. }
            | Reply::Device { .. }
            | Reply::Measuring { .. }
            | Reply::SelfTested { .. }
            | Reply::Benched { .. }
            | Reply::Unmeasured { .. }
            | Reply::Panic { .. } => {}
        }
    }

    fn with_slot(self, slot: SlotId, act: impl FnOnce(super::mask_slot::MaskSlot)) {
        if let Some(fit) = self.fits.into_iter().find(|fit| fit.mask.id == slot) {
            act(fit.mask);
        }
    }

    /// Offers a file for download.
    pub(super) fn save(self, bytes: &JsValue, media_type: &str, name: &str) {
        if save::file(bytes, media_type, name).is_err() {
            let message = "the browser did not take the file: allow downloads for this page";
            self.take_fault(Fault::new(FaultKind::Run, message));
        }
    }

    pub(super) fn take_fault(self, fault: Fault) {
        if matches!(fault.kind, FaultKind::NoGpu | FaultKind::DeviceLost) {
            self.engine.set(Engine::Absent);
        }
        self.fault.set(Some(fault));
    }
}
