//! What a reply of the worker does to the page's state.

use leptos::prelude::*;
use wasm_bindgen::JsValue;

use super::picture_choice::PictureFacts;
use super::slots::{Owner, owner};
use super::state::{Engine, Studio};
use super::{save, text};
use crate::worker::protocol::{CHOSEN_PICTURE, Fault, FaultKind, MaskPurpose, Reply, RunId, RunState, SlotId};

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
                slot: CHOSEN_PICTURE,
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
            Reply::Making { slot, .. }
            | Reply::Mask { slot, .. }
            | Reply::MaskRefused { slot, .. }
            | Reply::Loading { slot: Some(slot), .. } => self.hear_of_place(slot, reply, attachment),
            Reply::Loading { bytes, total, .. } => self.picture_loading.set(Some(text::loading(bytes, total))),
            Reply::MaskDrawn { .. } | Reply::Compared { .. } => self.hear_of_gallery(reply, attachment),
            Reply::PictureRefused {
                slot: CHOSEN_PICTURE,
                fault,
            } => self.picture_refused(fault),
            Reply::Picture { slot, .. } => self.figure_picture_read(slot),
            Reply::PictureRefused { fault, .. } => self.fail_figure(fault.message),
            Reply::Fault { run: None, fault } => self.take_fault(fault),
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
            | Reply::PngRefused { run, .. }
            | Reply::Created { run, .. }
            | Reply::State { run, .. }
            | Reply::Compiling { run, .. }
            | Reply::Progress { run, .. }
            | Reply::Moments { run, .. }
            | Reply::Checkpoint { run, .. }
            | Reply::Ensemble { run, .. }
            | Reply::EnsembleFault { run, .. }
            | Reply::EnsemblePng { run, .. }
            | Reply::Look { run, .. }
            | Reply::MaskOnly { run, .. }
            | Reply::MaskFile { run, .. }
            | Reply::Fault { run: Some(run), .. } => self.hear_of(run, reply, attachment),
        }
    }

    /// What concerns a mask's place.
    fn hear_of_place(self, slot: SlotId, reply: Reply, attachment: &JsValue) {
        match (owner(slot), reply) {
            (Owner::Gallery, reply) => self.hear_of_gallery(reply, attachment),
            (Owner::Fit, Reply::Loading { bytes, total, .. }) => {
                self.with_slot(slot, |slot| slot.loading.set(Some(text::loading(bytes, total))));
            }
            // Their own words say that they wait.
            (_, Reply::Loading { .. }) => {}
            (Owner::Methods, reply) => self.hear_of_method_mask(slot, reply, attachment),
            (Owner::Figures, Reply::Mask { facts, .. }) => self.figure_mask_read(*facts),
            (Owner::Figures, Reply::MaskRefused { fault, .. }) => self.fail_figure(fault.message),
            (Owner::Fit, Reply::Mask { facts, .. }) => self.with_slot(slot, |slot| self.mask_read(slot, *facts)),
            (Owner::Fit, Reply::MaskRefused { fault, .. }) => {
                self.with_slot(slot, |slot| self.mask_refused(slot, fault));
            }
            // The benchmark says itself that it has no mask.
            _ => {}
        }
    }

    /// What concerns one run, unless that is gone.
    fn hear_of(self, run: RunId, reply: Reply, attachment: &JsValue) {
        let Some(lane) = self.lane_of(run) else {
            return match self.methods.arm_of(run) {
                Some(arm) => self.hear_of_method(arm, reply, attachment),
                None => self.hear_of_figure(run, reply, attachment),
            };
        };
        match reply {
            Reply::Created { .. } => {
                lane.hear(reply);
                self.lane_made(lane);
            }
            Reply::Checkpoint { step, .. } => self.keep_checkpoint(lane, step, attachment),
            Reply::State { state, .. } => {
                // Told before the fault that explains it: a device that is lost, perhaps.
                lane.goes_on
                    .set_value(state == RunState::Failed && lane.is_busy_untracked());
                lane.hear(reply);
                if matches!(state, RunState::Settled | RunState::Finished) {
                    self.remember_fit(lane);
                }
            }
            Reply::Compiling { .. } | Reply::Progress { .. } => lane.hear(reply),
            Reply::Png { step, .. } => {
                let what = text::result_file(&self.setup.read_untracked().seen, step);
                self.save_of_picture(attachment, "image/png", &what, "png");
            }
            Reply::PngRefused { fault, .. } => self.take_fault(fault),
            Reply::Ensemble { facts, .. } => self.ensemble.hear(facts),
            Reply::EnsembleFault { fault, .. } => self.fail_ensemble(fault),
            Reply::EnsemblePng { members, .. } => self.save_ensemble(attachment, members),
            Reply::Moments {
                moments, best, missing, ..
            } => {
                if let Some(fit) = self.fit_of(lane) {
                    fit.moments.set(moments);
                    fit.best.set(best);
                    fit.missing.set(missing);
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
                    MaskPurpose::Keep => self.keep_mask(attachment, &name, self.gallery.from_learner),
                    // Asked of the figures' learner only.
                    MaskPurpose::Explain => {}
                }
            }
            Reply::Fault { fault, .. } if fault.kind == FaultKind::DeviceLost && self.rebuild() => {}
            Reply::Fault { fault, .. } if fault.kind == FaultKind::Diverged && self.go_back(lane, &fault) => {}
            Reply::Fault { fault, .. } if fault.kind == FaultKind::Spiked => self.go_back_from_spike(lane, &fault),
            Reply::Fault { fault, .. } => {
                lane.goes_on.set_value(false);
                lane.state.set(RunState::Failed);
                self.notify_of(lane, RunState::Failed);
                self.take_fault(fault);
            }
            Reply::Started
            | Reply::Ready { .. }
            | Reply::Picture { .. }
            | Reply::PictureRefused { .. }
            | Reply::Loading { .. }
            | Reply::Making { .. }
            | Reply::Mask { .. }
            | Reply::MaskRefused { .. }
            | Reply::MaskDrawn { .. }
            | Reply::Compared { .. }
            | Reply::Device { .. }
            | Reply::Measuring { .. }
            | Reply::SelfTested { .. }
            | Reply::Benched { .. }
            | Reply::Unmeasured { .. }
            | Reply::Panic { .. } => {}
        }
    }

    fn with_slot(self, slot: SlotId, act: impl FnOnce(super::mask_slot::MaskSlot)) {
        if let Some(mask) = self.mask_slots().into_iter().find(|mask| mask.id == slot) {
            act(mask);
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
