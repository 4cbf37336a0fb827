//! Keeps the screen awake while something runs.

use js_sys::Reflect;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;

use super::lane::Lane;
use super::state::Studio;
use crate::worker::protocol::RunState;

impl Studio {
    /// Keeps the screen awake while something runs, where the browser can.
    pub fn keep_awake(self) {
        let busy = Memo::new(move |_| {
            let running = |lane: &Lane| lane.state.get() == RunState::Running;
            let others = self.how.active.get().is_some() || self.methods.active.get() || self.ensemble.is_busy();
            others || self.lanes().iter().any(running)
        });
        let sentinel: StoredValue<Option<JsValue>, LocalStorage> = StoredValue::new_local(None);
        let ask = move || {
            spawn_local(async move {
                match wake_lock().await {
                    Ok(Some(held)) if busy.get_untracked() => sentinel.set_value(Some(held)),
                    // What ran was over sooner than the browser answered.
                    Ok(Some(held)) => release(&held),
                    Ok(None) | Err(_) => {}
                }
            });
        };
        Effect::new(move |_| {
            if busy.get() {
                ask();
            } else if let Some(held) = sentinel.try_update_value(Option::take).flatten() {
                release(&held);
            }
        });
        // The browser takes it away from a hidden tab.
        let shown = window_event_listener_untyped("visibilitychange", move |_| {
            if busy.get_untracked() {
                ask();
            }
        });
        on_cleanup(move || shown.remove());
    }
}

async fn wake_lock() -> Result<Option<JsValue>, JsValue> {
    let navigator: JsValue = web_sys::window().ok_or("no window")?.navigator().into();
    let lock = Reflect::get(&navigator, &"wakeLock".into())?;
    if lock.is_undefined() {
        return Ok(None);
    }
    let request: js_sys::Function = Reflect::get(&lock, &"request".into())?.dyn_into()?;
    let asked: js_sys::Promise = request.call1(&lock, &"screen".into())?.dyn_into()?;
    wasm_bindgen_futures::JsFuture::from(asked).await.map(Some)
}

fn release(held: &JsValue) {
    let release = Reflect::get(held, &"release".into()).ok();
    if let Some(release) = release.and_then(|release| release.dyn_into::<js_sys::Function>().ok()) {
        // It goes with the tab at the latest.
        let _ = release.call0(held);
    }
}
