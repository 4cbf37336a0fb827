//! The canvases that the page has handed over, and what each shows.

use std::collections::BTreeMap;

use wasm_bindgen::{Clamped, JsCast, JsValue};
use web_sys::{ImageData, OffscreenCanvas, OffscreenCanvasRenderingContext2d};

use super::preview::{Output, Preview, Target};
use super::protocol::{CanvasId, Fault, FaultKind, RunId, View};
use crate::picture::Picture;

/// How a canvas is drawn on. A canvas keeps its first kind for ever.
enum Painter {
    Untouched,
    Flat(OffscreenCanvasRenderingContext2d),
    Gpu(Target),
}

struct Canvas {
    element: OffscreenCanvas,
    run: RunId,
    view: View,
    painter: Painter,
}

/// All canvases, by the page's number.
#[derive(Default)]
pub struct Canvases {
    all: BTreeMap<CanvasId, Canvas>,
}

impl Canvases {
    /// Shows `view` of `run` on a canvas from now on. `element` comes with the first call for a canvas.
    pub fn attach(&mut self, id: CanvasId, run: RunId, view: View, element: &JsValue) {
        if let Some(element) = element.dyn_ref::<OffscreenCanvas>() {
            let painter = Painter::Untouched;
            self.all.insert(
                id,
                Canvas {
                    element: element.clone(),
                    run,
                    view,
                    painter,
                },
            );
        } else if let Some(canvas) = self.all.get_mut(&id) {
            (canvas.run, canvas.view) = (run, view);
        }
    }

    pub fn detach(&mut self, id: CanvasId) {
        self.all.remove(&id);
    }

    /// Forgets how the canvases were drawn on with a device that is gone.
    pub fn forget_device(&mut self) {
        for canvas in self.all.values_mut() {
            if matches!(canvas.painter, Painter::Gpu(_)) {
                canvas.painter = Painter::Untouched;
            }
        }
    }

    fn showing(&mut self, run: RunId, view: View) -> impl Iterator<Item = &mut Canvas> {
        self.all
            .values_mut()
            .filter(move |canvas| canvas.run == run && canvas.view == view)
    }

    /// Whether a canvas shows `view` of `run`.
    pub fn shows(&self, run: RunId, view: View) -> bool {
        self.all.values().any(|canvas| canvas.run == run && canvas.view == view)
    }

    /// Draws a picture by its pixels.
    ///
    /// # Errors
    /// The browser's, such as for want of memory.
    pub fn paint(&mut self, run: RunId, view: View, picture: &Picture) -> Result<(), JsValue> {
        if !self.shows(run, view) {
            return Ok(());
        }
        self.paint_pixels(run, view, (picture.width, picture.height, &picture.to_rgba8()))
    }

    /// The same for a result, whose person has to be told if it cannot be shown.
    ///
    /// # Errors
    /// A fault that says what to do.
    pub fn show(&mut self, run: RunId, view: View, picture: &Picture) -> Result<(), Fault> {
        let too_large = "the browser could not show the result: try a smaller size";
        let painted = self.paint(run, view, picture);
        painted.map_err(|_| Fault::new(FaultKind::Memory, too_large))
    }

    /// Draws width, height and RGBA pixels.
    ///
    /// # Errors
    /// The browser's, such as for want of memory.
    pub fn paint_pixels(&mut self, run: RunId, view: View, pixels: (usize, usize, &[u8])) -> Result<(), JsValue> {
        let (width, height) = (pixels.0 as u32, pixels.1 as u32);
        let mut image = None;
        for canvas in self.showing(run, view) {
            let context = match &canvas.painter {
                Painter::Flat(context) => context.clone(),
                Painter::Gpu(_) => continue,
                Painter::Untouched => {
                    let context = canvas
                        .element
                        .get_context("2d")?
                        .ok_or("this canvas cannot be drawn on")?;
                    let context: OffscreenCanvasRenderingContext2d = context.unchecked_into();
                    canvas.painter = Painter::Flat(context.clone());
                    context
                }
            };
            if image.is_none() {
                image = Some(ImageData::new_with_u8_clamped_array_and_sh(
                    Clamped(pixels.2),
                    width,
                    height,
                )?);
            }
            canvas.element.set_width(width);
            canvas.element.set_height(height);
            if let Some(image) = &image {
                context.put_image_data(image, 0.0, 0.0)?;
            }
        }
        Ok(())
    }

    /// Draws a view from its buffer. Returns whether a canvas is left that needs its pixels.
    pub fn present(&mut self, run: RunId, view: View, preview: &Preview, output: &Output<'_>) -> bool {
        let mut left = false;
        for canvas in self.showing(run, view) {
            if matches!(canvas.painter, Painter::Untouched)
                && let Some(target) = preview.target(&canvas.element)
            {
                canvas.painter = Painter::Gpu(target);
            }
            match &mut canvas.painter {
                Painter::Gpu(target) => preview.draw(target, output),
                Painter::Untouched | Painter::Flat(_) => left = true,
            }
        }
        left
    }
}
