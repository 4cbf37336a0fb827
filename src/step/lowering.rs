//! From a network to a step: what forward and backward pass have in common.

use super::axis::AxisMap;
use super::link::{Link, Plane};
use super::problem::{Handles, Problem, StepError, StepSettings, Tracked, WeightPath};
use super::{Entries, Step, StepBuilder, Table, TensorId};
use crate::kernels::advance::Advance;
use crate::network::{Network, Node};

/// The tensors that an optimiser adds.
pub(super) struct Optimised {
    pub(super) parameters: TensorId,
    pub(super) m: TensorId,
    pub(super) v: TensorId,
    pub(super) logits: Option<TensorId>,
    pub(super) uniforms: Option<TensorId>,
    pub(super) slope: Option<TensorId>,
    pub(super) tracked: Option<Tracked>,
}

/// A batch normalisation in the step: (gamma / std, beta - mean gamma / std, mean, 1 / std) by channel.
#[derive(Clone, Copy, Debug)]
pub(super) struct Norm {
    pub(super) tensor: TensorId,
    pub(super) parameters: Table,
    pub(super) beta_has_gradient: bool,
}

/// A value in flight: a stored map and what is still to be applied to it on the next load.
#[derive(Clone, Debug)]
pub(super) struct Value {
    pub(super) plane: Plane,
    pub(super) channels: usize,
    pub(super) first: Option<Norm>,
    /// LeakyReLU has been passed, in `first`'s load or in the stored map itself.
    pub(super) activated: bool,
    pub(super) second: Option<Norm>,
    /// An upsampling that the next convolution takes into its taps.
    pub(super) upsampled: bool,
    /// The map this one was upsampled from, if that was stored (without rewrites).
    pub(super) before_upsample: Option<Box<Value>>,
}

/// One convolution of the forward pass, with what its backward needs.
#[derive(Clone, Debug)]
pub(super) struct Stage {
    pub(super) link: Link,
    pub(super) source: Value,
    pub(super) padded: Plane,
    pub(super) rows: AxisMap,
    pub(super) columns: AxisMap,
    /// Border of zeros that the gradient of the output needs.
    pub(super) halo: usize,
    /// The output was pooled (without rewrites).
    pub(super) pooled: bool,
    pub(super) outputs: usize,
}

/// What the forward pass leaves for loss and backward.
pub(super) struct Ends {
    pub(super) stages: Vec<Stage>,
    pub(super) pre: Plane,
    pub(super) output: TensorId,
    pub(super) dpre: TensorId,
    pub(super) biases: Table,
}

pub(super) struct Lowering<'a> {
    pub(super) b: StepBuilder,
    pub(super) network: &'a Network,
    pub(super) problem: Problem,
    pub(super) entries: Entries,
    pub(super) sets: Vec<Vec<usize>>,
    pub(super) path: WeightPath,
    pub(super) settings: StepSettings,
    pub(super) q: TensorId,
    pub(super) grad: TensorId,
    pub(super) schedule: TensorId,
    pub(super) counter: TensorId,
    pub(super) ring: TensorId,
    pub(super) input: TensorId,
    pub(super) noisy: TensorId,
    pub(super) clean: TensorId,
}

impl<'a> Lowering<'a> {
    pub(super) fn new(
        network: &'a Network,
        problem: Problem,
        entries: Entries,
        sets: Vec<Vec<usize>>,
        path: WeightPath,
        settings: StepSettings,
    ) -> Result<Self, StepError> {
        network.description.check_size(problem.width, problem.height)?;
        let mut b = StepBuilder::new();
        let pixels = problem.height * problem.width;
        let picture = network.description.output_channels * pixels;
        let input = b.tensor("input", sets[0].len() * pixels);
        let grad = b.persistent("gradient", entries.len() + 1);
        let schedule = b.persistent("schedule", 4 * settings.schedule_len);
        let counter = b.persistent("counter", 1);
        let ring = b.persistent("ring", 4 * settings.ring_len);
        let noisy = b.persistent("noisy", picture);
        let clean = b.persistent("clean", picture);
        let q = b.unused();
        Ok(Self {
            b,
            network,
            problem,
            entries,
            sets,
            path,
            settings,
            q,
            grad,
            schedule,
            counter,
            ring,
            input,
            noisy,
            clean,
        })
    }

    pub(super) fn finish(mut self, optimised: Optimised, ends: Ends) -> Result<(Step, Handles), StepError> {
        self.b.push("optimiser", Advance {}, &[self.counter.into()]);
        let handles = Handles {
            live_inputs: self.sets[0].clone(),
            entries: self.entries,
            parameters: optimised.parameters,
            gradient: self.grad,
            m: optimised.m,
            v: optimised.v,
            input: self.input,
            noisy: self.noisy,
            clean: self.clean,
            schedule: self.schedule,
            counter: self.counter,
            ring: self.ring,
            output: ends.output,
            logits: optimised.logits,
            uniforms: optimised.uniforms,
            slope: optimised.slope,
            tracked: optimised.tracked,
        };
        Ok((self.b.finish(self.settings.binding_limit)?, handles))
    }
}

impl Value {
    /// A stored map with nothing to apply.
    pub(super) fn plain(plane: Plane, channels: usize) -> Self {
        let (first, second, before_upsample) = (None, None, None);
        Self {
            plane,
            channels,
            first,
            activated: false,
            second,
            upsampled: false,
            before_upsample,
        }
    }
}

/// Partial sums a channel for a plane.
pub(super) fn splits(plane: usize) -> usize {
    plane.div_ceil(256).clamp(1, 256)
}

/// Invocations of an elementwise kernel.
pub(super) fn threads(count: usize) -> u32 {
    count.clamp(1, 1 << 18) as u32
}

pub(super) fn all_channels(network: &Network) -> Vec<Vec<usize>> {
    let counts = network.nodes.iter().filter_map(|node| match node {
        Node::Conv { outputs, .. } => Some(*outputs),
        _ => None,
    });
    std::iter::once(network.description.input_channels)
        .chain(counts)
        .map(|n| (0..n).collect())
        .collect()
}
