//! What can be wrong with a description of a network.

use super::ValueId;

/// Why a description is not a network, or a picture does not fit one.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum NetworkError {
    #[error("a network needs 1 to 10 levels, got {0}")]
    Levels(usize),
    #[error("every level needs 1 to 1024 channels, got {0}")]
    Channels(usize),
    #[error(
        "the network takes pictures whose sides are multiples of {multiple} and at least {least}, got {width}x{height}"
    )]
    Size {
        width: usize,
        height: usize,
        multiple: usize,
        least: usize,
    },
    #[error("node {node}, {layer}: {reason}")]
    Order {
        node: usize,
        layer: &'static str,
        reason: &'static str,
    },
    #[error("no node reads value {0}")]
    Unread(ValueId),
}
