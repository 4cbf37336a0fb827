//! The GPU executor, on native wgpu (Vulkan, Metal, DX12) and on a browser's WebGPU.
//!
//! [`GpuContext`] is a device and what it can do; [`GpuExecutor`] is a step on it: buffers, pipelines and bind groups
//! made once, and a step replayed as a list of dispatches. Nothing here blocks in a browser, and nothing is written
//! from the host per step.

mod context;
mod dispatch;
mod executor;
mod memory;
mod pacer;
mod pipelines;
mod profile;
mod readback;
mod select;
mod signal;

pub use context::{Capabilities, GpuContext};
pub use executor::{BuildOptions, GpuExecutor};
pub use readback::Readback;
#[cfg(not(target_arch = "wasm32"))]
pub use select::list_adapters;
