//! What methods have reached, as it is kept for a later visit: of those that are over their curves, the pictures that they returned
//! and their masks' files.

use js_sys::{Array, Uint8Array};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use wasm_bindgen::{JsCast, JsValue};

use super::{Arm, Kind, Methods, Status};
use crate::page::save;
use crate::worker::protocol::{MaskFacts, Point, RunFacts, RunState};

/// What is kept beside files.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// Of the hourglass that all have.
    levels: usize,
    over: Vec<Over>,
}

/// A method that is over.
#[derive(Serialize, Deserialize)]
struct Over {
    /// The kind's name in links.
    kind: String,
    facts: Option<MaskFacts>,
    /// None of a collapsed one.
    run: Option<RunFacts>,
    points: Vec<Point>,
}

impl Methods {
    /// Those that need not be run again.
    fn over(self) -> impl Iterator<Item = Arm> {
        let ended = |arm: &Arm| untrack(|| matches!(arm.status(), Status::Finished | Status::Collapsed));
        self.arms.into_iter().filter(ended)
    }

    /// How many there are to keep.
    pub fn count_over(self) -> usize {
        self.over().count()
    }

    /// An array for the storage: the bytes of the rest, then of each its picture and its mask's file, or nothing.
    pub fn to_keep(self) -> Option<JsValue> {
        let over = |arm: Arm| Over {
            kind: arm.kind.get_untracked().map_or("", Kind::id).to_owned(),
            facts: arm.facts.get_untracked(),
            run: arm.lane.facts.get_untracked(),
            points: arm.lane.points.get_untracked(),
        };
        let kept = Kept {
            levels: self.levels.get_value(),
            over: self.over().map(over).collect(),
        };
        let bytes = postcard::to_allocvec(&kept).ok()?;
        let array = Array::of1(&Uint8Array::from(bytes.as_slice()));
        for arm in self.over() {
            array.push(&arm.png.get_value());
            array.push(&arm.file.get_value());
        }
        Some(array.into())
    }

    /// Takes back what was kept for the methods that are chosen now.
    pub fn take_kept(self, kept: &JsValue) {
        let Some(array) = kept.dyn_ref::<Array>() else { return };
        let bytes = array.get(0).dyn_into::<Uint8Array>().map(|bytes| bytes.to_vec());
        // What another version of this page has kept is not to be read.
        let Some(kept) = bytes.ok().and_then(|bytes| postcard::from_bytes::<Kept>(&bytes).ok()) else {
            return;
        };
        self.levels.set_value(kept.levels);
        for (over, place) in kept.over.into_iter().zip((1..).step_by(2)) {
            let same = |arm: &Arm| arm.kind.get_untracked().is_some_and(|kind| kind.id() == over.kind);
            let Some(arm) = self.arms.into_iter().find(same) else {
                continue;
            };
            let lane = arm.lane;
            lane.step.set(over.points.last().map_or(0, |point| point.step));
            lane.points.set(over.points);
            if over.run.is_some() {
                lane.state.set(RunState::Finished);
            }
            lane.facts.set(over.run);
            arm.file.set_value(array.get(place + 1));
            arm.facts.set(over.facts);
            arm.take_png(array.get(place));
        }
    }
}

impl Arm {
    /// Takes the picture that was returned (an `ArrayBuffer`); whether the browser has room to show it.
    pub fn take_png(self, png: JsValue) -> bool {
        let address = png.is_object().then(|| save::picture_address(&png)).flatten();
        self.png.set_value(png);
        let shown = address.is_some();
        self.picture.set(address);
        shown
    }
}
