//! Pruning by the standard definitions (method section 8). One file a method.
//!
//! At initialisation: a score for every convolution weight, and the weights with the largest scores stay ([`select`]). `keep`
//! is the fraction of the convolution weights that stays; biases and normalisations are not pruned. After training: [`imp`].
//! By many short trainings, for layer budgets that serve any picture: [`budgets`].

pub mod budgets;
pub mod exact;
pub mod grasp;
pub mod imp;
pub mod magnitude;
pub mod random;
pub mod snip;
mod spec;
pub mod synflow;

pub use spec::{Method, PruneSpec};

use crate::mask::{Mask, MaskMetadata, select};
pub use crate::mask::{Scope, prunable};
use crate::train::{Backend, RunSpec, Start, StateIn, Task, TrainError};
use exact::Objective;

/// Prunes a network at its initialisation. `backend` computes SNIP's gradient; no other method uses it. `progress` is told
/// (done, in all) of kernels compiled (SNIP), layers passed (GraSP) or rounds (SynFlow).
///
/// The mask's metadata has the method, the network, keep, the seed and the settings; the caller adds the picture.
///
/// # Errors
/// [`TrainError`] if a setting, the supplied state or the picture is not usable, or the device fails.
pub async fn prune(
    spec: &PruneSpec,
    task: Task,
    supplied: StateIn,
    backend: &Backend,
    progress: impl FnMut(usize, usize),
) -> Result<Mask, TrainError> {
    spec.check()?;
    let start = Start::new(&spec.network.clone().into(), task, spec.init_seed, &supplied)?;
    let (network, theta) = (&start.network, &start.theta);
    let scores = match spec.method {
        Method::Random => random::scores(network),
        Method::Magnitude => magnitude::scores(theta),
        Method::Snip => {
            let fit = RunSpec {
                init_seed: spec.init_seed,
                ..RunSpec::dense(spec.network.clone())
            };
            snip::scores(fit, start.task.clone(), supplied, backend, theta, progress).await?
        }
        Method::Grasp => {
            let padding = start.task.padding;
            let objective = Objective {
                network,
                height: padding.padded_height,
                width: padding.padded_width,
                input: &start.input,
                noisy: &padding.pad(&start.task.noisy).data,
                region: padding.region(),
            };
            grasp::scores(&objective, theta, progress)
        }
        Method::Synflow => {
            let keep = synflow::mask(network, theta, spec.scope, spec.keep, spec.rounds, spec.seed, progress)?;
            return Ok(spec.mask(keep));
        }
    };
    let all = vec![true; network.n];
    let keep = select(network, &scores, &all, spec.scope, spec.keep, spec.seed)?;
    Ok(spec.mask(keep))
}

impl PruneSpec {
    /// The mask with what this says about it.
    fn mask(&self, keep: Vec<bool>) -> Mask {
        let metadata = MaskMetadata {
            network: Some(self.network.clone()),
            keep: self.keep,
            method: self.to_string(),
            seed: Some(self.seed),
            settings: serde_json::to_string(self).ok(),
            ..MaskMetadata::default()
        };
        Mask { keep, metadata }
    }
}
