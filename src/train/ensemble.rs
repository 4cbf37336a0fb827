//! An ensemble: several networks fitted to one noisy picture, and the mean of what they return (method section 9). Each network has
//! its own initial weights and input, noise of its own where a fit draws any, and, under a mask, its own draw of the channels and weights that live: the mask's counts layer
//! by layer are what its fit depends on (method section 6), so the members differ as much as they can.

use std::sync::Arc;

use super::TrainError;
use super::spec::{Job, RunSpec};
use crate::mask::Shuffle;
use crate::mask::{Mask, shuffle};
use crate::picture::Picture;

/// Networks in an ensemble, where nobody says otherwise.
pub const MEMBERS: u64 = 5;
/// Between the seeds of two members, so that ensembles of neighbouring seeds share none.
const APART: u64 = 1_000;

/// The run of one member; member 0 is the run as it would be alone.
///
/// # Errors
/// [`TrainError::Network`] or [`TrainError::Mask`] if the mask cannot be redrawn.
pub fn member(spec: &RunSpec, mask: Option<&Mask>, index: u64) -> Result<RunSpec, TrainError> {
    let mut spec = spec.clone();
    let away = index * APART;
    spec.init_seed = spec.init_seed.wrapping_add(away);
    spec.seed = spec.seed.wrapping_add(away);
    if let (Job::Fit(fit), Some(mask)) = (&mut spec.job, mask)
        && index > 0
    {
        let network = spec.network.build()?;
        let redrawn = shuffle(mask, &network, Shuffle::Channels, spec.seed)?;
        fit.keep = Some(Arc::new(redrawn.keep));
    }
    Ok(spec)
}

/// The mean of pictures of one size; `None` of none.
pub fn mean(pictures: &[Picture]) -> Option<Picture> {
    let mut mean = pictures.first()?.clone();
    for (at, value) in mean.data.iter_mut().enumerate() {
        let sum: f64 = pictures.iter().map(|picture| f64::from(picture.data[at])).sum();
        *value = (sum / pictures.len() as f64) as f32;
    }
    Some(mean)
}
