//! The dedicated worker that owns the engine and trains, and the protocol that it speaks with the page.

pub mod protocol;

#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod canvas;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod engine;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod files;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod fit;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod message;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod preview;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod rate;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod runs;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod turn;

#[cfg(all(feature = "page", target_arch = "wasm32"))]
pub use engine::start;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
pub use message::{pack, unpack};
