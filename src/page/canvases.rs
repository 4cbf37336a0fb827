//! The canvases that were handed to the worker.

use wasm_bindgen::JsValue;
use web_sys::{HtmlCanvasElement, OffscreenCanvas};

use crate::worker::protocol::{CanvasId, View};

/// Numbers and views of the canvases; numbers are never used twice.
#[derive(Default)]
pub struct Canvases {
    next: CanvasId,
    shown: Vec<(CanvasId, View)>,
}

impl Canvases {
    /// Takes a canvas element, once.
    ///
    /// # Errors
    /// The browser's, if the element was taken before.
    pub fn adopt(&mut self, view: View, canvas: &HtmlCanvasElement) -> Result<(CanvasId, OffscreenCanvas), JsValue> {
        let offscreen = canvas.transfer_control_to_offscreen()?;
        self.next += 1;
        self.shown.retain(|(_, other)| *other != view);
        self.shown.push((self.next, view));
        Ok((self.next, offscreen))
    }

    pub fn all(&self) -> impl Iterator<Item = (CanvasId, View)> + '_ {
        self.shown.iter().copied()
    }

    /// The worker that had them is gone.
    pub fn clear(&mut self) {
        self.shown.clear();
    }
}
