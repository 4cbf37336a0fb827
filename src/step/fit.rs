//! The step of fitting the kept weights to a picture (method section 5).

use super::lowering::{Lowering, Optimised, all_channels, threads};
use super::problem::{Fitting, Handles, Problem, StepError, StepSettings, WeightPath};
use super::{Entries, Step};
use crate::kernels::adam::Adam;
use crate::network::{Connectivity, Network, Node};

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
    let (entries, sets) = match fitting.keep {
        Some(keep) if fitting.path != WeightPath::Full => {
            let found = Connectivity::of(network, keep);
            if !found.is_alive() {
                return Err(StepError::DeadMask(found.sentence()));
            }
            let sets: Vec<Vec<usize>> = (0..found.live.sets.len()).map(|j| found.live.indices(j)).collect();
            (
                Entries::Kept {
                    n: network.n,
                    flat: trained(network, keep, &sets),
                },
                sets,
            )
        }
        _ => (Entries::All { n: network.n }, all_channels(network)),
    };
    let mut lowering = Lowering::new(network, problem, entries, sets, fitting.path, settings)?;
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
        Some(keep) if fitting.path == WeightPath::Full => bits(keep),
        _ => Vec::new(),
    });
    let adam = settings.adam;
    let kernel = Adam {
        masked: u32::from(fitting.keep.is_some() && fitting.path == WeightPath::Full),
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

/// The kept parameters that can change the picture: those on live channels that have a gradient.
fn trained(network: &Network, keep: &[bool], sets: &[Vec<usize>]) -> Vec<u32> {
    let mut flat = Vec::new();
    let mut set = 0;
    for node in &network.nodes {
        match node {
            Node::Conv {
                weight,
                bias,
                inputs,
                outputs: _,
                kernel,
                ..
            } => {
                let taps = kernel * kernel;
                for o in &sets[set + 1] {
                    for i in &sets[set] {
                        let start = weight.offset + (o * inputs + i) * taps;
                        flat.extend((start..start + taps).filter(|at| keep[*at]).map(|at| at as u32));
                    }
                }
                set += 1;
                if network.parameters[bias.index].has_gradient {
                    flat.extend(bias.range().filter(|at| keep[*at]).map(|at| at as u32));
                }
            }
            Node::BatchNorm { gamma, beta, .. } => {
                for param in [gamma, beta] {
                    if network.parameters[param.index].has_gradient {
                        let places = sets[set].iter().map(|c| param.offset + c);
                        flat.extend(places.filter(|at| keep[*at]).map(|at| at as u32));
                    }
                }
            }
            Node::AveragePool | Node::Upsample | Node::LeakyRelu | Node::Sigmoid => {}
        }
    }
    flat.sort_unstable();
    flat
}
