//! Random pruning: every choice of the asked size is equally likely.

use crate::network::Network;

/// All scores are equal, so the ties decide, which the seed draws.
pub fn scores(network: &Network) -> Vec<f64> {
    vec![0.0; network.n]
}
