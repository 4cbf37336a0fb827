//! What failed, as a person is told.

use serde::{Deserialize, Serialize};

/// Something that failed, for a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    pub kind: FaultKind,
    /// One sentence that says what to do.
    pub message: String,
}

/// What a fault is about: where the page shows it, and what it offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FaultKind {
    /// The picture file.
    Picture,
    /// The mask file.
    Mask,
    /// The link that opened the page.
    Link,
    /// No WebGPU, no adapter, no device: the CPU engine is left.
    NoGpu,
    /// The device is gone: open it again.
    DeviceLost,
    /// The loss is no longer a number: go back to a checkpoint.
    Diverged,
    /// The loss has jumped and stays high: go back to a checkpoint.
    Spiked,
    /// Too little memory: a smaller picture.
    Memory,
    /// Anything else that stopped a run.
    Run,
}

impl Fault {
    pub fn new(kind: FaultKind, message: impl ToString) -> Self {
        Self {
            kind,
            message: sentence(&message.to_string()),
        }
    }
}

/// An error's text as a sentence: a capital in front, if it begins with an English letter, and a full stop behind.
pub fn sentence(text: &str) -> String {
    let text = text.trim();
    let mut letters = text.chars();
    let mut made: String = letters
        .next()
        .map(|c| c.to_ascii_uppercase().to_string())
        .unwrap_or_default();
    made.push_str(letters.as_str());
    if !made.is_empty() && !made.ends_with(['.', '!', '?', '…']) {
        made.push('.');
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_become_sentences() {
        assert_eq!(sentence("the file is empty"), "The file is empty.");
        assert_eq!(sentence("What now?"), "What now?");
        assert_eq!(sentence(" émigré…"), "émigré…");
        assert_eq!(sentence(""), "");
    }
}
