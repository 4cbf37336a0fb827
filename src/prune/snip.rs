//! SNIP (Lee et al., ICLR 2019): the score is |theta * g|, to first order how much the loss changes when the weight goes. g is the
//! gradient of the MSE at theta_in with batch-statistics normalisation, which is the first step of a dense fit.

use std::time::Duration;

use crate::train::{Backend, Run, RunSpec, StateIn, Task, TrainError};

/// |theta * g|, flat, length N, with the engine's first gradient.
///
/// # Errors
/// As [`Run::new`] and [`Run::advance`].
pub async fn scores(
    spec: RunSpec,
    task: Task,
    supplied: StateIn,
    backend: &Backend,
    theta: &[f32],
    progress: impl FnMut(usize, usize),
) -> Result<Vec<f64>, TrainError> {
    let mut run = Run::new(spec, task, backend, supplied, progress).await?;
    run.advance_steps(1, Duration::ZERO).await?;
    let gradient = run.read_first_gradient().await?;
    let score = |(theta, gradient): (&f32, &f32)| (f64::from(*theta) * f64::from(*gradient)).abs();
    Ok(theta.iter().zip(&gradient).map(score).collect())
}
