//! Tells by a notification of the system that a run is over, where a person asked for it: the browser is asked for leave
//! on that click and never before, and nothing is told while the page is in view.

use js_sys::{Array, Function, Object, Promise, Reflect};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::HtmlInputElement;

use super::lane::Lane;
use super::route::Route;
use super::state::Studio;
use super::text;
use crate::worker::protocol::RunState;

/// Whether the end of a run is to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notify {
    Off,
    On,
    /// The browser, or the person there, said no.
    Refused,
}

impl Studio {
    /// Tells of each run that ends while the page is hidden. A failure is told by whoever takes its fault: some are mended.
    pub fn notify_of_ends(self) {
        for lane in self.lanes() {
            Effect::new(move |before: Option<bool>| {
                let state = lane.state.get();
                let over = matches!(state, RunState::Settled | RunState::Finished);
                if over && before == Some(false) {
                    self.notify_of(lane, state);
                }
                over
            });
        }
        Effect::new(move |before: Option<bool>| {
            let members = self.ensemble.members();
            let over = self.ensemble.is_finished();
            if over && before == Some(false) {
                self.notify_by(text::ENDED, || text::ended_ensemble(&self.picture_name(), members));
            }
            over
        });
    }

    pub(super) fn notify_of(self, lane: Lane, state: RunState) {
        let title = if state == RunState::Failed {
            text::FAILED
        } else {
            text::ENDED
        };
        self.notify_by(title, || {
            let setup = self.setup.read_untracked();
            let seen = (lane.route != Route::Learn).then_some(&setup.seen);
            text::ended(&self.picture_name(), seen, lane.step.get_untracked())
        });
    }

    fn picture_name(self) -> String {
        self.picture.with_untracked(|picture| {
            let name = picture.as_ref().map(|picture| picture.name.clone());
            name.unwrap_or_default()
        })
    }

    /// Shows a notification, where it is wanted and the page is not seen.
    fn notify_by(self, title: &'static str, body: impl FnOnce() -> String) {
        if self.notify.get_untracked() != Notify::On || !document().hidden() {
            return;
        }
        let body = body();
        spawn_local(async move {
            if let Err(error) = show(title, &body).await {
                web_sys::console::warn_1(&error);
            }
        });
    }
}

/// The switch, while something runs.
#[component]
pub fn NotifyToggle(studio: Studio, #[prop(into)] running: Signal<bool>) -> impl IntoView {
    let toggle = move |event| {
        let switch: HtmlInputElement = event_target(&event);
        if studio.notify.get_untracked() == Notify::On {
            return studio.notify.set(Notify::Off);
        }
        spawn_local(async move {
            let allowed = ask().await.is_ok_and(|answer| answer == "granted");
            // The browser has turned the switch already, whatever the answer.
            switch.set_checked(allowed);
            studio.notify.set(if allowed { Notify::On } else { Notify::Refused });
        });
    };
    let is = move |wanted| studio.notify.get() == wanted;
    move || {
        (running.get() && api().is_some()).then(|| {
            view! {
                <p class="notify">
                    <label>
                        <input type="checkbox" id="notify" prop:checked=move || is(Notify::On) on:change=toggle />
                        {text::NOTIFY}
                    </label>
                    <span class="quiet" role="status">
                        {move || is(Notify::Refused).then_some(text::NOTIFY_REFUSED)}
                    </span>
                </p>
            }
        })
    }
}

/// The browser's `Notification`, where it has one.
fn api() -> Option<Function> {
    Reflect::get(&js_sys::global(), &"Notification".into())
        .ok()?
        .dyn_into()
        .ok()
}

async fn call(of: &JsValue, method: &str, arguments: &[JsValue]) -> Result<JsValue, JsValue> {
    let method: Function = Reflect::get(of, &method.into())?.dyn_into()?;
    let promise: Promise = method.apply(of, &arguments.iter().collect::<Array>())?.dyn_into()?;
    JsFuture::from(promise).await
}

async fn ask() -> Result<JsValue, JsValue> {
    let api = api().ok_or("no notifications")?;
    call(&api, "requestPermission", &[]).await
}

/// Through the service worker where there is one: phones know no other way.
async fn show(title: &str, body: &str) -> Result<(), JsValue> {
    let options = Object::new();
    for (name, value) in [("body", body), ("icon", "static/icons/icon-192.png"), ("tag", "oes")] {
        Reflect::set(&options, &name.into(), &value.into())?;
    }
    let arguments = [JsValue::from(title), options.into()];
    let navigator: JsValue = window().navigator().into();
    let workers = Reflect::get(&navigator, &"serviceWorker".into())?;
    if workers.is_object() {
        let registration = call(&workers, "getRegistration", &[]).await?;
        if registration.is_object() {
            return call(&registration, "showNotification", &arguments).await.map(drop);
        }
    }
    let api = api().ok_or("no notifications")?;
    Reflect::construct(&api, &arguments.iter().collect::<Array>()).map(drop)
}
