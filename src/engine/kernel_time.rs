//! Where the time of a step goes.

/// The time of one kernel in one layer, over one step.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct KernelTime {
    pub kernel: &'static str,
    pub layer: String,
    pub dispatches: u32,
    pub seconds: f64,
    /// Multiply-adds, as planned.
    pub macs: u64,
}
