//! The step of learning a mask (method section 4).

use super::lowering::{Lowering, Optimised, all_channels, threads};
use super::problem::{Disturbance, Handles, Learning, Problem, StepError, StepSettings, WeightPath};
use super::{Entries, Step};
use crate::kernels::gumbel_sample::GumbelSample;
use crate::kernels::logit_update::LogitUpdate;
use crate::network::Network;

/// Supplied uniform numbers lie on the device for this many steps at a time: those of the paper's network for 20 steps
/// would not fit into one binding.
pub const SUPPLIED_WINDOW: usize = 8;

/// A step of mask learning (method section 4).
///
/// # Errors
/// [`StepError`] if the size does not suit the network or a map exceeds a binding.
pub fn learn_step(
    network: &Network,
    problem: Problem,
    learning: Learning,
    settings: StepSettings,
) -> Result<(Step, Handles), StepError> {
    let n = network.n;
    let entries = Entries::All { n };
    let mut lowering = Lowering::new(
        network,
        problem,
        entries,
        all_channels(network),
        WeightPath::Full,
        Disturbance::default(),
        settings,
    )?;
    let theta = lowering.b.persistent("theta", n + 1);
    let logits = lowering.b.persistent("logits", n);
    // One more word than n: missing parameters name a zero behind the last, as in a fit.
    let w = lowering.b.persistent("masked weights", n + 1);
    let slope = lowering.b.persistent("slope", n);
    let window = learning.supplied.min(SUPPLIED_WINDOW);
    let uniforms = (window > 0).then(|| lowering.b.persistent("uniforms", window * n));
    let samplers = 4096.min(n.div_ceil(4));
    let partials = lowering.b.tensor("mask sums", 2 * samplers);
    let (schedule, counter) = (lowering.schedule, lowering.counter);
    let none = lowering.b.unused();
    let sample = GumbelSample {
        count: n as u32,
        threads: samplers as u32,
        supplied: learning.supplied as u32,
        window: window.max(1) as u32,
        key0: learning.seed as u32,
        key1: (learning.seed >> 32) as u32,
        stream: crate::rng::Stream::MaskSample as u32,
        inverse_p0: (1.0 / learning.keep) as f32,
        inverse_q0: (1.0 / (1.0 - learning.keep)) as f32,
    };
    lowering.b.push(
        "mask",
        sample,
        &[
            logits.into(),
            theta.into(),
            schedule.into(),
            counter.into(),
            uniforms.unwrap_or(none).into(),
            w.into(),
            slope.into(),
            partials.into(),
        ],
    );
    let ends = lowering.forward(w);
    lowering.loss(&ends, partials, samplers, learning.kl);
    lowering.b.end_forward();
    lowering.backward(&ends);

    let (m, v) = (lowering.b.persistent("m", n), lowering.b.persistent("v", n));
    let adam = settings.adam;
    let update = LogitUpdate {
        count: n as u32,
        threads: threads(n),
        beta1: adam.beta1 as f32,
        beta2: adam.beta2 as f32,
        rest1: (1.0 - adam.beta1) as f32,
        rest2: (1.0 - adam.beta2) as f32,
        eps: adam.eps as f32,
        kl: learning.kl as f32,
        logit_target: (learning.keep / (1.0 - learning.keep)).ln() as f32,
        pull: learning.pull as f32,
    };
    let grad = lowering.grad;
    lowering.b.push(
        "optimiser",
        update,
        &[
            grad.into(),
            slope.into(),
            schedule.into(),
            counter.into(),
            logits.into(),
            m.into(),
            v.into(),
        ],
    );
    lowering.finish(
        Optimised {
            parameters: theta,
            m,
            v,
            logits: Some(logits),
            uniforms,
            slope: Some(slope),
            tracked: None,
        },
        ends,
    )
}
