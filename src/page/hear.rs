//! What a reply of the worker does to the page's state.

use leptos::prelude::*;
use wasm_bindgen::JsValue;

use super::state::{Engine, MaskChoice, PictureFacts, Studio};
use super::{save, text};
use crate::worker::protocol::{Fault, FaultKind, Reply, RunState};

/// Readings kept for the plots; older ones are thinned out.
const MAX_POINTS: usize = 20_000;

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
            // Unless the mask was given up while it was read.
            Reply::Mask(facts) if self.mask_choice.get_untracked() != MaskChoice::Dense => {
                self.mask_read(facts);
            }
            Reply::Fault { run: None, fault } => {
                match fault.kind {
                    FaultKind::Picture => self.picture_refused(),
                    FaultKind::Mask => self.mask_refused(),
                    _ => {}
                }
                self.take_fault(fault);
            }
            Reply::Panic { message } => {
                self.engine.set(Engine::Absent);
                // The panic's own words come first; the worker's end, which is told after them, says less.
                self.crash.update(|crash| {
                    crash.get_or_insert(message);
                });
            }
            Reply::Png { run, step } if self.is_current(run) => {
                let name = self
                    .picture
                    .read_untracked()
                    .as_ref()
                    .map(|picture| picture.name.clone());
                let name = text::file_name(name.as_deref().unwrap_or("picture"), step);
                if save::png(attachment, &name).is_err() {
                    let fault = Fault::new(
                        FaultKind::Run,
                        "the browser did not take the file: allow downloads for this page",
                    );
                    self.take_fault(fault);
                }
            }
            Reply::Created { run, facts } if self.is_current(run) => self.facts.set(Some(facts)),
            Reply::State { run, state } if self.is_current(run) => {
                self.pausing.set(false);
                self.state.set(state);
            }
            Reply::Compiling { run, done, total } if self.is_current(run) => self.compiled.set((done, total)),
            Reply::Progress {
                run,
                step,
                steps_per_second,
                points,
            } if self.is_current(run) => {
                self.step.set(step);
                self.steps_per_second.set(steps_per_second);
                if !points.is_empty() {
                    self.points.update(|all| {
                        all.extend(points);
                        if all.len() > MAX_POINTS {
                            let mut place = 0;
                            all.retain(|_| {
                                place += 1;
                                place % 2 == 1
                            });
                        }
                    });
                }
            }
            Reply::Fault { run: Some(run), fault } if self.is_current(run) => {
                self.state.set(RunState::Failed);
                self.take_fault(fault);
            }
            // Of a choice or a run that is gone.
            Reply::Mask(_)
            | Reply::Png { .. }
            | Reply::Created { .. }
            | Reply::State { .. }
            | Reply::Compiling { .. }
            | Reply::Progress { .. }
            | Reply::Fault { .. } => {}
        }
    }

    fn is_current(self, run: u32) -> bool {
        self.run.get_value() == run
    }

    fn take_fault(self, fault: Fault) {
        if matches!(fault.kind, FaultKind::NoGpu | FaultKind::DeviceLost) {
            self.engine.set(Engine::Absent);
        }
        self.fault.set(Some(fault));
    }
}
