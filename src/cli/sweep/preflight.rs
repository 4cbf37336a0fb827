//! What a sweep needs is looked at before the first job runs, so that nothing is missing hours later.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use super::choose::{fit_spec, given, imp_spec, learn_spec, picture_of, prune_spec};
use crate::cli::error::CliError;
use crate::sweep::{Job, Method};
use crate::train::{RunSpec, TrainError};

/// Reads every picture and mask that the jobs name, and checks every setting.
///
/// # Errors
/// [`CliError`] of the first that cannot be used.
pub fn check(jobs: &[Job]) -> Result<(), CliError> {
    let mut seen: BTreeSet<(&Path, Option<u64>)> = BTreeSet::new();
    for job in jobs {
        let other = match &job.method {
            Method::LearnedOn(_, picture) => Some(picture.as_path()),
            _ => None,
        };
        for picture in [Some(job.image.as_path()), other].into_iter().flatten() {
            if seen.insert((picture, job.size)) {
                picture_of(picture, job.size)?;
            }
        }
    }
    // The rest is the same for every picture and seed.
    let mut seen = BTreeSet::new();
    for job in jobs {
        if seen.insert(format!("{}|{:?}", job.method, job.keep)) {
            fit(job)?.check()?;
            making(job)?;
        }
    }
    Ok(())
}

/// The job's fit; while its mask is not made, with all that it could keep.
///
/// # Errors
/// As [`given`]; [`TrainError`] for a network that is none.
pub fn fit(job: &Job) -> Result<RunSpec, CliError> {
    let (network, keep) = match (&job.method, job.method.mask_source()) {
        (Method::Unmasked(fit), _) => return Ok(fit_spec(fit.spec(job.network.clone(), job.steps), job)),
        (_, Some(source)) => {
            let (network, mask) = given(job, source)?;
            (network, mask.keep)
        }
        (_, None) => {
            let n = job.network.build().map_err(TrainError::from)?.n;
            (job.network.clone(), vec![true; n])
        }
    };
    Ok(fit_spec(RunSpec::sparse(network, Arc::new(keep)), job))
}

/// The settings of what makes the job's mask.
fn making(job: &Job) -> Result<(), TrainError> {
    match (&job.method, job.method.learner()) {
        (_, Some(learner)) => learn_spec(job, learner).check(),
        (Method::Pruned(method, scope), None) => prune_spec(job, *method, *scope).check(),
        (Method::Iterated, None) => imp_spec(job)?.check(),
        _ => Ok(()),
    }
}
