//! What a person sees when the program itself fails: what to do, and a text to report; never a frozen page.

use leptos::prelude::*;
use wasm_bindgen::JsValue;

use super::state::Studio;
use super::text;

/// Shows a panic of the page's own code. The components may be broken then, so this works on the document alone.
pub fn catch_panics() {
    std::panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        show(&info.to_string());
    }));
}

/// Puts a panel with the message on top of the page.
pub fn show(message: &str) {
    let put = || -> Result<(), JsValue> {
        let document = web_sys::window()
            .and_then(|window| window.document())
            .ok_or("no document")?;
        let panel = document.create_element("div")?;
        panel.set_class_name("crash crash-page");
        panel.set_attribute("role", "alert")?;
        for (tag, content) in [("h2", text::CRASH_TITLE), ("p", text::CRASH_ADVICE), ("pre", message)] {
            let element = document.create_element(tag)?;
            element.set_text_content(Some(content));
            panel.append_child(&element)?;
        }
        document.body().ok_or("no body")?.prepend_with_node_1(&panel)
    };
    if let Err(error) = put() {
        web_sys::console::error_1(&error);
    }
}

/// The same for the worker, whose failure leaves the page able to start another.
#[component]
pub fn Crash(studio: Studio) -> impl IntoView {
    move || {
        studio.crash.get().map(|message| {
            view! {
                <div class="crash" role="alert">
                    <h2>{text::CRASH_TITLE}</h2>
                    <p>{text::CRASH_ADVICE}</p>
                    <pre>{message}</pre>
                    <button type="button" class="primary" on:click=move |_| studio.start_session()>
                        {text::RESTART}
                    </button>
                </div>
            }
        })
    }
}
