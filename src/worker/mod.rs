//! The dedicated worker that owns the engine and trains, and the protocol that it speaks with the page.

mod ensemble_facts;
mod fault;
mod job;
mod mask_facts;
pub mod protocol;
mod run_facts;

// Without a browser in it, so that the tests reach it.
#[cfg(any(test, all(feature = "page", target_arch = "wasm32")))]
mod history;
#[cfg(any(test, all(feature = "page", target_arch = "wasm32")))]
mod look;
#[cfg(any(test, all(feature = "page", target_arch = "wasm32")))]
mod sheet;

#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod canvas;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod engine;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod ensemble;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod fetch;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod files;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod gallery;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod imp;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod inbox;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod loading;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod making;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod measure;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod message;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod observer;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod preview;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod rate;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod runs;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod training;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod turn;

#[cfg(all(feature = "page", target_arch = "wasm32"))]
pub use inbox::start;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
pub use message::{pack, unpack};
