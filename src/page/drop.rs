//! Dropped and pasted files, anywhere on the page.

use leptos::ev;
use leptos::prelude::*;
use web_sys::{DataTransfer, File};

use super::route::Route;
use super::state::Studio;

/// Ends of the names of mask files; everything else is taken for a picture, which then says what it is instead.
const MASK_ENDINGS: [&str; 4] = [".safetensors", ".npy", ".pkl", ".pickle"];

/// Listens on the whole window. The signal tells whether a file hovers over it.
pub fn listen(studio: Studio) -> RwSignal<bool> {
    let dragging = RwSignal::new(false);
    let over = window_event_listener(ev::dragover, move |event| {
        // Without this the browser would open the file in place of the page.
        event.prevent_default();
        dragging.set(true);
    });
    let leave = window_event_listener(ev::dragleave, move |event| {
        if event.related_target().is_none() {
            dragging.set(false);
        }
    });
    let dropped = window_event_listener(ev::drop, move |event| {
        event.prevent_default();
        dragging.set(false);
        take(studio, event.data_transfer());
    });
    let pasted = window_event_listener_untyped("paste", move |event| {
        use wasm_bindgen::JsCast;
        let event: web_sys::ClipboardEvent = event.unchecked_into();
        take(studio, event.clipboard_data());
    });
    on_cleanup(move || {
        over.remove();
        leave.remove();
        dropped.remove();
        pasted.remove();
    });
    dragging
}

fn take(studio: Studio, data: Option<DataTransfer>) {
    if studio.route.get_untracked() == Route::Masks {
        let files = data.and_then(|data| data.files());
        let files = files
            .iter()
            .flat_map(|files| (0..files.length()).filter_map(|place| files.get(place)));
        files.for_each(|file| studio.import_mask(file, None));
        return;
    }
    if studio.is_busy_untracked() {
        return;
    }
    if let Some(file) = data.and_then(|data| data.files()).and_then(|files| files.get(0)) {
        choose(studio, file);
    }
}

/// Takes a file for what its name says.
fn choose(studio: Studio, file: File) {
    let name = file.name().to_ascii_lowercase();
    if MASK_ENDINGS.iter().any(|ending| name.ends_with(ending)) {
        studio.go(Route::Denoise);
        studio.choose_own_mask(studio.fits[0].mask, file);
    } else {
        studio.choose_own_picture(file);
    }
}
