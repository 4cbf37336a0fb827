//! GraSP (Wang et al., ICLR 2020): keeps the weights whose removal would shrink the gradient's norm most.
//!
//! Moving theta by d changes g^T g by 2 d^T H g to first order, and removing a weight is d = -theta. The score kept is
//! theta * H g, the largest first; the paper gives its negative, -theta * H g, and removes the largest: the same order.
//! g and H are those of the MSE at theta_in with batch-statistics normalisation, and both over the weights that can be pruned,
//! as in the paper's code: normalisation and biases are constants here. (On one picture at 192 x 192 and keep 0.05, counting
//! them in as well made masks of 150,159 kept
//! weights differ in 42 entries.) H g is exact (see [`super::exact`]).

use super::exact::Objective;
use super::prunable;

/// theta * H g, flat, length N; 0 for what is not pruned. `progress` is told (layers passed, layers in all).
pub fn scores(objective: &Objective<'_>, theta: &[f32], mut progress: impl FnMut(usize, usize)) -> Vec<f64> {
    let theta: Vec<f64> = theta.iter().map(|value| f64::from(*value)).collect();
    let (_, gradient) = objective.gradient(&theta, |done, total| progress(done, 2 * total));
    let mut direction = vec![0.0; theta.len()];
    for range in prunable(objective.network) {
        direction[range.clone()].copy_from_slice(&gradient[range]);
    }
    let product = objective.hessian_vector(&theta, &direction, |done, total| progress(total + done, 2 * total));
    let mut scores = vec![0.0; theta.len()];
    for i in prunable(objective.network).flatten() {
        scores[i] = theta[i] * product[i];
    }
    scores
}
