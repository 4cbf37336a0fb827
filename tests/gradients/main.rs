//! The backward pass, on the CPU twins: every kernel's gradient as the adjoint or the derivative of its forward kernel,
//! the exact rewrites of method section 7, and whole steps by finite differences.
//!
//! Sums that are compared are taken in f64, so what is left is the rounding of the twins themselves.

mod adjoints;
mod layers;
mod network;
mod networks;
mod normalisation;
mod observing;
mod rewrites;
mod sparse;
mod twin;
