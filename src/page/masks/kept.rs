//! The masks that this browser keeps: a record of each, with its file's bytes.

use js_sys::{Array, ArrayBuffer, Object, Reflect};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::File;

use super::{Drawing, Entry};
use crate::page::save::picture_address;
use crate::page::state::Studio;
use crate::page::store::{self, DRAWINGS, MASKS};
use crate::page::text;

/// A mask as it is kept; its file's bytes lie beside it.
#[derive(Serialize, Deserialize)]
struct Record {
    sha256: String,
    title: String,
    /// When it came, in milliseconds since 1970.
    time: f64,
    /// Of its file.
    name: String,
}

/// A kept mask; none of another version of this page.
fn read(entry: &JsValue) -> Option<(Record, File)> {
    let text = Reflect::get(entry, &"record".into()).ok()?.as_string()?;
    let bytes: ArrayBuffer = Reflect::get(entry, &"bytes".into()).ok()?.dyn_into().ok()?;
    let record: Record = serde_json::from_str(&text).ok()?;
    let file = File::new_with_buffer_source_sequence(&Array::of1(&bytes), &record.name).ok()?;
    Some((record, file))
}

async fn write(record: &Record, file: &File) -> Result<(), JsValue> {
    let text = serde_json::to_string(record).map_err(|error| error.to_string())?;
    let entry = Object::new();
    Reflect::set(&entry, &"record".into(), &text.into())?;
    // Its bytes: Firefox does not store a file again whose stored one has been deleted.
    let bytes = JsFuture::from(file.array_buffer()).await?;
    Reflect::set(&entry, &"bytes".into(), &bytes)?;
    store::put(MASKS, &record.sha256, &entry).await
}

impl Studio {
    /// Adds the masks that this browser keeps and this tab does not have yet.
    pub(super) fn look_for_masks(self) {
        let gallery = self.gallery;
        spawn_local(async move {
            // A browser that keeps nothing has none.
            let found = store::all(MASKS).await.unwrap_or_default();
            for (record, file) in found.iter().filter_map(read) {
                if gallery.with_sum(&record.sha256).is_none() {
                    let slot = gallery.new_slot();
                    gallery.insert_own(Entry::own(slot, record.sha256, record.title, record.time, file));
                }
            }
            gallery.looked.set(true);
        });
    }

    /// Keeps a mask of one's own. Where the browser does not, the mask is here until the tab is closed, which is said.
    pub(super) fn keep_entry(self, entry: Entry) {
        let Some(file) = entry.file.get_value() else { return };
        let record = Record {
            sha256: entry.sha256.get_value(),
            title: entry.title.get_untracked(),
            time: entry.time,
            name: file.name(),
        };
        entry.kept.set(None);
        spawn_local(async move {
            let written = write(&record, &file).await;
            if let Err(error) = &written {
                web_sys::console::warn_2(&"the mask could not be kept:".into(), error);
                self.gallery.said.set(text::MASK_UNKEPT.to_owned());
            }
            entry.kept.set(Some(written.is_ok()));
        });
    }

    /// Keeps a mask no longer, nor its picture.
    pub(super) fn forget_entry(self, entry: Entry) {
        let key = [entry.sha256.get_value()];
        spawn_local(async move {
            for store in [MASKS, DRAWINGS] {
                if let Err(error) = store::delete(store, &key).await {
                    // It is met again on the next visit.
                    web_sys::console::warn_2(&"the mask could not be deleted:".into(), &error);
                }
            }
        });
    }
}

/// The picture that was drawn of a mask on an earlier visit, as an object address.
pub async fn drawing(sha256: &str) -> Option<String> {
    let bytes = store::get(DRAWINGS, sha256).await.ok()?;
    bytes.is_object().then(|| picture_address(&bytes))?
}

/// Shows a PNG file (an `ArrayBuffer`) that was drawn, and keeps it for the next visit.
pub fn show_drawing(entry: Entry, bytes: JsValue) {
    match picture_address(&bytes) {
        Some(address) => entry.drawing.set(Drawing::Drawn(address)),
        None => entry.drawing.set(Drawing::Not(text::NO_ROOM.to_owned(), true)),
    }
    let sha256 = entry.sha256.get_value();
    spawn_local(async move {
        // One that is not kept is drawn again on the next visit.
        let _ = store::put(DRAWINGS, &sha256, &bytes).await;
    });
}
