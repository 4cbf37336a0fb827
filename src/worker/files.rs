//! Bytes from a file that a person gave, or from an address; and pictures out of them.

use js_sys::{Array, ArrayBuffer, Uint8Array};
use wasm_bindgen::{Clamped, JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, DedicatedWorkerGlobalScope, ImageBitmap, ImageData, OffscreenCanvas, OffscreenCanvasRenderingContext2d,
};

use super::fetch::fetch;
use crate::picture::{
    Decoded, Picture, PictureError, check_sides, decode, from_rgba8, note_of_browser, refused_by_browser,
};

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

/// A picture of any format that the browser decodes.
pub async fn picture(bytes: &[u8]) -> Result<Decoded, PictureError> {
    match decode(bytes) {
        Err(PictureError::NeedsBrowser { .. }) => by_browser(bytes)
            .await
            .unwrap_or_else(|_| Err(refused_by_browser(bytes))),
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
    let decoded = pixels_of(&bitmap);
    bitmap.close();
    Ok(decoded?.map(|mut decoded| {
        decoded.notes.extend(note_of_browser(bytes));
        decoded
    }))
}

/// Limits are checked before memory is taken.
fn pixels_of(bitmap: &ImageBitmap) -> Result<Result<Decoded, PictureError>, JsValue> {
    let (width, height) = (bitmap.width(), bitmap.height());
    let (columns, rows) = (width as usize, height as usize);
    if let Err(error) = check_sides(columns, rows) {
        return Ok(Err(error));
    }
    if !reads_what_was_drawn()? {
        return Ok(Err(PictureError::Disturbed));
    }
    let (_, context) = canvas(width, height)?;
    context.draw_image_with_image_bitmap(bitmap, 0.0, 0.0)?;
    let pixels = context.get_image_data(0.0, 0.0, f64::from(width), f64::from(height))?;
    Ok(from_rgba8(columns, rows, &pixels.data()))
}

fn canvas(width: u32, height: u32) -> Result<(OffscreenCanvas, OffscreenCanvasRenderingContext2d), JsValue> {
    let canvas = OffscreenCanvas::new(width, height)?;
    let context = canvas.get_context("2d")?.ok_or(JsValue::NULL)?;
    Ok((canvas, context.unchecked_into()))
}

/// Whether pixels come back from a canvas, but for a few shades: some browsers hand out noise in place of them, so that
/// nobody is recognised by how a canvas is drawn.
fn reads_what_was_drawn() -> Result<bool, JsValue> {
    const SIDE: u32 = 8;
    const SHADES: u8 = 4;
    let mut drawn: Vec<u8> = (0..4 * SIDE * SIDE).map(|i| (37 * i % 251) as u8).collect();
    // An opaque picture: others are stored with their colours multiplied by alpha.
    drawn.chunks_exact_mut(4).for_each(|pixel| pixel[3] = u8::MAX);
    let (_, context) = canvas(SIDE, SIDE)?;
    let pixels = ImageData::new_with_u8_clamped_array_and_sh(Clamped(&drawn), SIDE, SIDE)?;
    context.put_image_data(&pixels, 0.0, 0.0)?;
    let side = f64::from(SIDE);
    let read = context.get_image_data(0.0, 0.0, side, side)?.data();
    Ok(drawn.iter().zip(read.iter()).all(|(x, y)| x.abs_diff(*y) <= SHADES))
}

/// A PNG file of it, by the browser.
///
/// # Errors
/// A sentence.
pub async fn png(picture: &Picture) -> Result<ArrayBuffer, String> {
    let file = async {
        let (width, height) = (picture.width as u32, picture.height as u32);
        let (canvas, context) = canvas(width, height)?;
        // The image data is this memory, no copy of it: it must stay until it is drawn.
        let colours = picture.to_rgba8();
        let pixels = ImageData::new_with_u8_clamped_array_and_sh(Clamped(&colours), width, height)?;
        context.put_image_data(&pixels, 0.0, 0.0)?;
        let blob: Blob = JsFuture::from(canvas.convert_to_blob()?).await?.unchecked_into();
        JsFuture::from(blob.array_buffer()).await
    };
    let file = file.await;
    file.map(JsCast::unchecked_into)
        .map_err(|_: JsValue| "The browser could not write the picture as PNG: try a smaller one.".to_owned())
}

/// The worker's global scope.
pub fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}
