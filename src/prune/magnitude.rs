//! Magnitude pruning: the score is |theta|. PyTorch's initial weights lie within 1 / sqrt(fan_in), so over the whole network it
//! prefers the layers with few inputs.

/// |theta|, flat, length N.
pub fn scores(theta: &[f32]) -> Vec<f64> {
    theta.iter().map(|value| f64::from(value.abs())).collect()
}
