//! The step of fitting the kept weights to a picture (method section 5).

use super::lowering::{Lowering, Optimised, all_channels, threads};
use super::problem::{Fitting, Handles, Problem, StepError, StepSettings, WeightPath};
use super::{Entries, Step};
use crate::kernels::adam::Adam;
use crate::network::{Connectivity, Network, trained_entries};

/// A step of fitting (method section 5).
///
/// # Errors
/// [`StepError`] if the size does not suit the network, a map exceeds a binding, or the mask is dead.
pub fn fit_step(
    network: &Network,
    problem: Problem,
    fitting: Fitting<'_>,
    settings: StepSettings,
) -> Result<(Step, Handles), StepError> {
    if let Some(keep) = fitting.keep
        && keep.len() != network.n
    {
        return Err(StepError::MaskLength {
            mask: keep.len(),
            network: network.n,
        });
    }
    // What makes a channel dead holds without ReLUs only.
    let path = if network.is_rectified() {
        WeightPath::Full
    } else {
        fitting.path
    };
    let (entries, sets) = match fitting.keep {
        Some(keep) if path != WeightPath::Full => {
            let found = Connectivity::of(network, keep);
            if !found.is_alive() {
                return Err(StepError::DeadMask(found.sentence()));
            }
            let flat = trained_entries(network, keep, &found.live);
            let sets = (0..found.live.sets.len()).map(|j| found.live.indices(j)).collect();
            (Entries::Kept { n: network.n, flat }, sets)
        }
        _ => (Entries::All { n: network.n }, all_channels(network)),
    };
    let mut lowering = Lowering::new(network, problem, entries, sets, path, fitting.disturbance, settings)?;
    let q = lowering.b.persistent("parameters", lowering.entries.len() + 1);
    lowering.q = q;
    let ends = lowering.forward(q);
    let none = lowering.b.unused();
    lowering.loss(&ends, none, 0, 0.0);
    let tracked = fitting.tracking.map(|tracking| lowering.track(&ends, tracking));
    lowering.b.end_forward();
    lowering.backward(&ends);

    let count = lowering.entries.len();
    let (m, v) = (lowering.b.persistent("m", count), lowering.b.persistent("v", count));
    let keep = lowering.b.table(&match fitting.keep {
        Some(keep) if path == WeightPath::Full => bits(keep),
        _ => Vec::new(),
    });
    let adam = settings.adam;
    let kernel = Adam {
        masked: u32::from(fitting.keep.is_some() && path == WeightPath::Full),
        count: count as u32,
        threads: threads(count),
        beta1: adam.beta1 as f32,
        beta2: adam.beta2 as f32,
        rest1: (1.0 - adam.beta1) as f32,
        rest2: (1.0 - adam.beta2) as f32,
        eps: adam.eps as f32,
    };
    let (grad, schedule, counter) = (lowering.grad, lowering.schedule, lowering.counter);
    lowering.b.push(
        "optimiser",
        kernel,
        &[
            grad.into(),
            schedule.into(),
            counter.into(),
            keep.into(),
            q.into(),
            m.into(),
            v.into(),
        ],
    );
    lowering.langevin(q);
    lowering.finish(
        Optimised {
            parameters: q,
            m,
            v,
            logits: None,
            uniforms: None,
            slope: None,
            tracked,
        },
        ends,
    )
}

fn bits(keep: &[bool]) -> Vec<u32> {
    keep.chunks(32)
        .map(|word| word.iter().enumerate().map(|(i, k)| u32::from(*k) << i).sum())
        .collect()
}
