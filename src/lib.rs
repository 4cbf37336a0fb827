//! Optimal Eye Surgeon: prunes and fits deep image priors on the GPU.
//!
//! Layers, each using only those above it: the network as data ([`network`], [`mask`], [`picture`], [`rng`]);
//! a step as data ([`step`]); its kernels on the CPU ([`cpu`]) and the GPU ([`gpu`]); training ([`train`]), pruning by
//! scores ([`prune`]) and measuring ([`bench`], `sweep`); then the command line, or the worker and the page.

pub mod bench;
pub mod catalogue;
#[cfg(all(feature = "cli", not(target_arch = "wasm32")))]
pub mod cli;
pub mod cpu;
pub mod engine;
#[cfg(feature = "gpu")]
pub mod gpu;
pub mod kernels;
pub mod mask;
pub mod measured;
pub mod network;
pub mod numbers;
pub mod page;
pub mod picture;
pub mod prune;
pub mod rng;
pub mod self_test;
pub mod step;
#[cfg(all(feature = "cli", not(target_arch = "wasm32")))]
pub mod sweep;
pub mod train;
pub mod worker;
