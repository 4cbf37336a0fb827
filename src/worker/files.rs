//! Bytes from a file that a person gave, or from an address; and pictures out of them.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, DedicatedWorkerGlobalScope, ImageBitmap, OffscreenCanvas, OffscreenCanvasRenderingContext2d};

use super::fetch::fetch;
use crate::picture::{Decoded, PictureError, decode, from_rgba8};

/// No file that is of use here is longer.
const MAX_BYTES: f64 = 200e6;

/// The bytes of the address, or else of the attached file. The error is a sentence.
pub async fn read(
    address: Option<&str>,
    attachment: &JsValue,
    progress: impl FnMut(u64, Option<u64>),
) -> Result<Vec<u8>, String> {
    if let Some(address) = address {
        return fetch(address, progress).await;
    }
    let file: &Blob = attachment
        .dyn_ref()
        .ok_or("No file came with the request: choose it again.")?;
    if file.size() > MAX_BYTES {
        let megabytes = file.size() / 1e6;
        return Err(format!(
            "The file has {megabytes:.0} MB, the most that is read is 200: choose a smaller one."
        ));
    }
    let buffer = JsFuture::from(file.array_buffer())
        .await
        .map_err(|_| "The file could not be read: it may have been moved or changed, choose it again.")?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

/// A picture of any format that this program or the browser decodes.
pub async fn picture(bytes: &[u8]) -> Result<Decoded, PictureError> {
    match decode(bytes) {
        Err(PictureError::NeedsBrowser { format }) => by_browser(bytes)
            .await
            .unwrap_or(Err(PictureError::NeedsBrowser { format })),
        decoded => decoded,
    }
}

/// What the browser makes of it, upright; an error of JavaScript means that it does not know the format either.
async fn by_browser(bytes: &[u8]) -> Result<Result<Decoded, PictureError>, JsValue> {
    let parts = Array::of1(&Uint8Array::from(bytes));
    let blob = Blob::new_with_u8_array_sequence(&parts)?;
    let bitmap: ImageBitmap = JsFuture::from(scope().create_image_bitmap_with_blob(&blob)?)
        .await?
        .unchecked_into();
    let (width, height) = (bitmap.width(), bitmap.height());
    let canvas = OffscreenCanvas::new(width, height)?;
    let context = canvas.get_context("2d")?.ok_or(JsValue::NULL)?;
    let context: OffscreenCanvasRenderingContext2d = context.unchecked_into();
    context.draw_image_with_image_bitmap(&bitmap, 0.0, 0.0)?;
    bitmap.close();
    let pixels = context.get_image_data(0.0, 0.0, f64::from(width), f64::from(height))?;
    Ok(from_rgba8(width as usize, height as usize, &pixels.data()))
}

/// The worker's global scope.
pub fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}
