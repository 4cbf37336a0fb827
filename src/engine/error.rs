//! What can go wrong between a step and the device it runs on. Each message is the sentence a person gets.

/// An executor's or a device's failure.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// The browser has no `navigator.gpu`.
    #[error(
        "this browser has no WebGPU: use a current Chrome, Edge, Firefox or Safari, or the CPU engine for a small picture"
    )]
    NoWebGpu,
    /// No adapter that can compute.
    #[error("no graphics adapter was found ({reason}): check the graphics driver, or use the CPU engine")]
    NoAdapter { reason: String },
    /// No adapter has the wanted index or name.
    #[error("no graphics adapter matches \"{wanted}\"; found: {known}")]
    UnknownAdapter { wanted: String, known: String },
    /// The adapter refused to open a device.
    #[error("the graphics adapter {adapter} gave no device: {reason}")]
    NoDevice { adapter: String, reason: String },
    /// The device is gone; ask for a new adapter and rebuild from the last snapshot.
    #[error("the graphics device was lost ({reason}): start again, from the last checkpoint if there is one")]
    DeviceLost { reason: String },
    /// The device's memory does not hold the step. `bytes` is 0 where the amount is not known.
    #[error("the graphics device has too little free memory{}: use a smaller picture", amount(*bytes))]
    OutOfMemory { bytes: u64 },
    /// A kernel that does not compile, or an op that does not fit its kernel: a fault of this program.
    #[error("kernel {name}: {message}")]
    Kernel { name: String, message: String },
    /// The step needs more than the device's limits allow.
    #[error("{what}: {needed} needed, but this device allows {allowed}: use a smaller picture")]
    Limit { what: String, needed: u64, allowed: u64 },
    /// An error that the device reported outside of any particular call.
    #[error("the graphics device reported: {message}")]
    Device { message: String },
    /// Values that do not fill their tensor.
    #[error("tensor {label} has {expected} values, not {found}")]
    Shape {
        label: &'static str,
        expected: usize,
        found: usize,
    },
}

fn amount(bytes: u64) -> String {
    if bytes == 0 {
        String::new()
    } else {
        format!(" for {} MB", bytes.div_ceil(1_000_000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_amount_of_memory_is_named_where_it_is_known() {
        let known = EngineError::OutOfMemory { bytes: 1_500_000 }.to_string();
        assert!(known.contains("for 2 MB"), "{known}");
        assert!(!EngineError::OutOfMemory { bytes: 0 }.to_string().contains("MB"));
    }
}
