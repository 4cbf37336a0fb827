//! Giving the event loop its turn. Waking a waker yields only a microtask, behind which no message ever arrives.

use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::MessageChannel;

/// A channel to oneself: its messages are macrotasks that no browser throttles, as it does timers.
pub struct Turn {
    channel: MessageChannel,
}

impl Turn {
    /// # Errors
    /// Whatever the browser says against a message channel.
    pub fn new() -> Result<Self, JsValue> {
        Ok(Self {
            channel: MessageChannel::new()?,
        })
    }

    /// Lets everything that waits in the event loop run first.
    pub async fn over(&self) {
        let promise = Promise::new(&mut |resolve, _| {
            self.channel.port1().set_onmessage(Some(&resolve));
            // Posting to one's own open port cannot fail; if it did, the promise would stay open.
            let _ = self.channel.port2().post_message(&JsValue::UNDEFINED);
        });
        // The promise is never rejected.
        let _ = JsFuture::from(promise).await;
    }
}
