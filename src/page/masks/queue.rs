//! What the worker does for the gallery, one mask after another: it reads each, and draws what has not been drawn before.

use std::sync::Arc;

use leptos::prelude::*;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use super::{Drawing, Entry, Reading, kept};
use crate::page::state::{Engine, Studio};
use crate::page::text;
use crate::worker::protocol::{MaskFacts, MaskStart, Reply, Request, SlotId};

impl Entry {
    /// Takes what the worker tells of it; whether there is a picture to draw.
    pub(super) fn was_read(self, facts: MaskFacts) -> bool {
        let problem = match facts.origin.start {
            _ if !facts.alive => Some(text::DRAWS_NOTHING),
            MaskStart::Known { .. } => None,
            MaskStart::Supplied => Some(text::START_SUPPLIED),
            MaskStart::Unknown => Some(text::START_UNKNOWN),
        };
        self.reading.set(Reading::Read(Arc::new(facts)));
        if let Some(problem) = problem {
            self.drawing.set(Drawing::Not(problem.to_owned(), false));
        }
        problem.is_none()
    }
}

impl Studio {
    /// Whether something may be drawn now: a drawing takes what training would compute meanwhile.
    fn can_draw(self) -> bool {
        matches!(*self.engine.read(), Engine::Ready { .. }) && !self.is_busy()
    }

    /// Has the worker read and draw what is missing, as long as the owner of this call lives.
    pub(super) fn fill_gallery(self) {
        let gallery = self.gallery;
        Effect::new(move |_| {
            let can_draw = self.can_draw();
            let entries = gallery.entries.get();
            let unread = |entry: &&Entry| entry.reading.with(|reading| *reading == Reading::Waiting);
            let undrawn = |entry: &&Entry| can_draw && entry.drawing.with(|drawing| *drawing == Drawing::Waiting);
            let next = entries.iter().find(unread);
            let next = next.or_else(|| entries.iter().find(undrawn)).copied();
            if let Some(entry) = next.filter(|_| gallery.active.get().is_none()) {
                gallery.active.set(Some(entry.slot));
                let (request, file) = entry.load(entry.slot);
                self.send(&request, file.as_ref().map(AsRef::as_ref));
            }
        });
    }

    /// The worker is done with a mask.
    fn put_away(self, slot: SlotId) {
        self.send(&Request::ForgetMask { slot }, None);
        self.gallery.active.set(None);
    }

    /// What the worker tells of the gallery's masks.
    pub(in crate::page) fn hear_of_gallery(self, reply: Reply, attachment: &JsValue) {
        match reply {
            Reply::Loading {
                slot: Some(slot),
                bytes,
                total,
            } => self.import_loading(slot, &text::loading(bytes, total)),
            Reply::Mask { slot, facts } => self.gallery_read(slot, *facts, attachment),
            Reply::MaskRefused { slot, fault } => {
                if !self.import_refused(slot, &fault)
                    && let Some(entry) = self.gallery.entry(slot)
                {
                    entry.reading.set(Reading::Refused(fault.message.clone()));
                    entry.drawing.set(Drawing::Not(fault.message, false));
                    self.put_away(slot);
                }
            }
            Reply::MaskDrawn { slot, problem } => {
                if let Some(entry) = self.gallery.entry(slot) {
                    match problem {
                        Some(problem) => entry.drawing.set(Drawing::Not(problem, true)),
                        None => kept::show_drawing(entry, attachment.clone()),
                    }
                }
                self.put_away(slot);
            }
            Reply::Compared { result } => self.comparison_came(result),
            _ => {}
        }
    }

    /// The worker has read a mask: an import, or one of the gallery's. It draws it, unless that was done on an earlier visit.
    fn gallery_read(self, slot: SlotId, facts: MaskFacts, attachment: &JsValue) {
        let gallery = self.gallery;
        if self.import_read(slot, &facts, attachment) {
            return;
        }
        let Some(entry) = gallery.entry(slot) else {
            // Deleted meanwhile, or one that is compared.
            if gallery.active.get_untracked() == Some(slot) {
                self.put_away(slot);
            }
            return;
        };
        if !entry.was_read(facts) {
            return self.put_away(slot);
        }
        spawn_local(async move {
            let sha256 = entry.sha256.get_value();
            if let Some(address) = kept::drawing(&sha256).await {
                entry.drawing.set(Drawing::Drawn(address));
                self.put_away(slot);
            } else if untrack(|| self.can_draw()) {
                entry.drawing.set(Drawing::Now);
                self.send(&Request::DrawMask { slot }, None);
            } else {
                self.put_away(slot);
            }
        });
    }
}
