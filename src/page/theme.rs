//! Light or dark: the system's choice, unless a person switched.

use leptos::prelude::*;
use web_sys::{Element, Storage};

const KEY: &str = "theme";
const ATTRIBUTE: &str = "data-theme";

fn root() -> Option<Element> {
    web_sys::window()?.document()?.document_element()
}

/// None where the browser forbids storage; the switch then lasts as long as the page.
fn storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok().flatten()
}

/// Takes up what was switched on an earlier visit.
pub fn restore() {
    let kept = storage().and_then(|storage| storage.get_item(KEY).ok().flatten());
    if let (Some(root), Some("light" | "dark")) = (root(), kept.as_deref()) {
        // A known attribute with a plain value.
        let _ = root.set_attribute(ATTRIBUTE, kept.as_deref().unwrap_or_default());
    }
}

/// Whether the page is dark now.
pub fn is_dark() -> bool {
    match root().and_then(|root| root.get_attribute(ATTRIBUTE)).as_deref() {
        Some("dark") => true,
        Some("light") => false,
        _ => web_sys::window()
            .and_then(|window| window.match_media("(prefers-color-scheme: dark)").ok().flatten())
            .is_some_and(|query| query.matches()),
    }
}

/// Switches, and keeps that for the next visit.
pub fn switch(dark: RwSignal<bool>) {
    let next = !is_dark();
    let name = if next { "dark" } else { "light" };
    if let Some(root) = root() {
        let _ = root.set_attribute(ATTRIBUTE, name);
    }
    if let Some(storage) = storage() {
        // A full storage only means that the choice is not remembered.
        let _ = storage.set_item(KEY, name);
    }
    dark.set(next);
}
