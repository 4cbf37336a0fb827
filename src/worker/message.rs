//! A message as it travels: an array of its bytes and its attachment.

use js_sys::{Array, Uint8Array};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast, JsValue};

use super::files::scope;
use super::protocol::Reply;

/// What `postMessage` takes, and the list of what it hands over instead of copying.
pub fn pack(message: &impl Serialize, attachment: Option<&JsValue>) -> Result<(JsValue, Array), String> {
    let bytes = postcard::to_allocvec(message).map_err(|error| error.to_string())?;
    let array = Array::of1(&Uint8Array::from(bytes.as_slice()));
    let transfer = Array::new();
    if let Some(attachment) = attachment {
        array.push(attachment);
        if is_transferable(attachment) {
            transfer.push(attachment);
        }
    }
    Ok((array.into(), transfer))
}

/// The message and its attachment, or undefined.
pub fn unpack<T: DeserializeOwned>(data: &JsValue) -> Result<(T, JsValue), String> {
    let array = Array::from(data);
    let bytes = array.get(0).dyn_into::<Uint8Array>();
    let bytes = bytes.map_err(|_: JsValue| "a message without bytes")?.to_vec();
    let message = postcard::from_bytes(&bytes).map_err(|error| error.to_string())?;
    Ok((message, array.get(1)))
}

/// Files are cloned, which copies none of their bytes.
fn is_transferable(value: &JsValue) -> bool {
    value.is_instance_of::<web_sys::OffscreenCanvas>() || value.is_instance_of::<js_sys::ArrayBuffer>()
}

/// Sends a reply to the page.
pub fn tell(reply: &Reply) {
    tell_with(reply, None);
}

/// Sends a reply and what belongs to it.
pub fn tell_with(reply: &Reply, attachment: Option<&JsValue>) {
    let sent = pack(reply, attachment)
        .map_err(JsValue::from)
        .and_then(|(message, transfer)| scope().post_message_with_transfer(&message, &transfer));
    // Plain data always packs; the page is there as long as this worker is.
    if let Err(error) = sent {
        web_sys::console::error_1(&error);
    }
}
