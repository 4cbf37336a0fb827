//! A message as it travels: an array of its JSON text and its attachment.

use js_sys::Array;
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;

use super::files::scope;
use super::protocol::Reply;

/// What `postMessage` takes, and the list of what it hands over instead of copying.
pub fn pack(message: &impl Serialize, attachment: Option<&JsValue>) -> Result<(JsValue, Array), String> {
    let text = serde_json::to_string(message).map_err(|error| error.to_string())?;
    let array = Array::of1(&text.into());
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
    let text = array.get(0).as_string().ok_or("a message without text")?;
    let message = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    Ok((message, array.get(1)))
}

/// Files are cloned, which copies none of their bytes.
fn is_transferable(value: &JsValue) -> bool {
    use wasm_bindgen::JsCast;
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
