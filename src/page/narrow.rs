//! Whether the window is as narrow as a phone. There the parts of a view stand in another order, and since the keyboard goes
//! through a page in the order of its elements, not of what is seen (WCAG 2.4.3), the elements themselves change places.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

/// The same as in phone.css.
const PHONE: &str = "(max-width: 36rem)";

/// Follows the window's width for as long as the page lives.
pub fn narrow() -> RwSignal<bool> {
    let narrow = RwSignal::new(false);
    let query = web_sys::window().and_then(|window| window.match_media(PHONE).ok().flatten());
    // A browser that cannot tell keeps the order of wide screens.
    if let Some(query) = query {
        narrow.set(query.matches());
        let media = query.clone();
        let changed = Closure::<dyn FnMut()>::new(move || narrow.set(media.matches()));
        let _ = query.add_event_listener_with_callback("change", changed.as_ref().unchecked_ref());
        changed.forget();
    }
    narrow
}

/// Shows something on narrow screens alone, or on all others alone.
#[component]
pub fn Only(narrow: RwSignal<bool>, when: bool, children: ChildrenFn) -> impl IntoView {
    move || (narrow.get() == when).then(|| children())
}
