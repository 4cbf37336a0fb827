//! The canvases that were handed to the worker.

use wasm_bindgen::JsValue;
use web_sys::{HtmlCanvasElement, OffscreenCanvas};

use super::lane::Lane;
use crate::worker::protocol::{CanvasId, View};

/// Numbers, lanes and views of the canvases; numbers are never used twice.
#[derive(Default)]
pub struct Canvases {
    last: CanvasId,
    shown: Vec<(CanvasId, Lane, View)>,
}

impl Canvases {
    /// Takes a canvas element, once.
    ///
    /// # Errors
    /// The browser's, if the element was taken before.
    pub fn adopt(
        &mut self,
        lane: Lane,
        view: View,
        canvas: &HtmlCanvasElement,
    ) -> Result<(CanvasId, OffscreenCanvas), JsValue> {
        let offscreen = canvas.transfer_control_to_offscreen()?;
        self.last += 1;
        self.shown.push((self.last, lane, view));
        Ok((self.last, offscreen))
    }

    /// Forgets a canvas whose element is gone. Whether the worker has it.
    pub fn release(&mut self, canvas: CanvasId) -> bool {
        let before = self.shown.len();
        self.shown.retain(|(id, ..)| *id != canvas);
        self.shown.len() < before
    }

    pub fn of(&self, lane: Lane) -> impl Iterator<Item = (CanvasId, View)> + '_ {
        let shown = self.shown.iter().filter(move |(_, other, _)| *other == lane);
        shown.map(|(id, _, view)| (*id, *view))
    }

    /// The worker that had them is gone.
    pub fn clear(&mut self) {
        self.shown.clear();
    }
}
