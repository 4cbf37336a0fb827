//! The page: Leptos components over the state in [`state`], which talks to the worker.

pub mod bars;
pub mod scale;

#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod about;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod address;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod address_field;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod announce;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod app;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod asked;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod awake;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod canvases;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod clipboard;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod control;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod crash;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod denoise;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod drop;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod either;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod embed;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod ensemble;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod export;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod fields;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod fits;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod footer;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod header;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod hear;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod how;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod lane;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod layer;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod learn;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod link;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod mask_field;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod mask_picker;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod mask_slot;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod masks;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod methods;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod narrow;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod notices;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod notify;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod paint;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod picture_choice;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod picture_picker;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod plot;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod query;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod race;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod readings;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod recovery;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod recovery_notices;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod route;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod save;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod settings;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod share;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod slots;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod stage;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod state;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod store;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod task;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod text;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod theme;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod transport;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod update;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod zoom;

#[cfg(all(feature = "page", target_arch = "wasm32"))]
pub use app::mount;

/// The file's name in an address.
#[cfg(all(feature = "page", target_arch = "wasm32"))]
fn file_of(address: &str) -> String {
    let path = address.split(['?', '#']).next().unwrap_or_default();
    path.rsplit('/')
        .find(|part| !part.is_empty())
        .unwrap_or(address)
        .to_owned()
}

/// The whole address of a file of the catalogue: the worker, which lies elsewhere, needs it.
#[cfg(all(feature = "page", target_arch = "wasm32"))]
fn address_of(file: &str) -> String {
    let base = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.base_uri().ok().flatten())
        .unwrap_or_default();
    let relative = format!("static/{file}");
    web_sys::Url::new_with_base(&relative, &base).map_or(relative, |url| url.href())
}
