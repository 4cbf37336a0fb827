//! Saving a file from the page.

use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Url};

/// Offers bytes (an `ArrayBuffer`) as a download.
///
/// # Errors
/// The browser's.
pub fn file(bytes: &JsValue, media_type: &str, name: &str) -> Result<(), JsValue> {
    let address = address_of(bytes, media_type)?;
    let document = web_sys::window()
        .and_then(|window| window.document())
        .ok_or("no document")?;
    let link: HtmlAnchorElement = document.create_element("a")?.unchecked_into();
    link.set_href(&address);
    link.set_download(name);
    link.click();
    // The click has taken the file; the address may go once its task is over.
    gone_later(address);
    Ok(())
}

/// The object address of a PNG file (an `ArrayBuffer`), to show it; none where the browser has no room for it.
pub fn picture_address(png: &JsValue) -> Option<String> {
    address_of(png, "image/png").ok()
}

fn address_of(bytes: &JsValue, media_type: &str) -> Result<String, JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type(media_type);
    let blob = Blob::new_with_buffer_source_sequence_and_options(&Array::of1(bytes), &options)?;
    Url::create_object_url_with_blob(&blob)
}

/// Frees an object address after the browser has had time to fetch it.
fn gone_later(address: String) {
    const MILLISECONDS: i32 = 10_000;
    let free = wasm_bindgen::closure::Closure::once_into_js(move || {
        // It was made here, so it is valid.
        let _ = Url::revoke_object_url(&address);
    });
    if let Some(window) = web_sys::window() {
        let _ = window.set_timeout_with_callback_and_timeout_and_arguments_0(free.unchecked_ref(), MILLISECONDS);
    }
}
