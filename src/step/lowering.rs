//! From a network to a step: what forward and backward pass have in common.

use super::axis::AxisMap;
use super::interpolate::Interpolated;
use super::link::{Link, Plane};
use super::problem::{Disturbance, Handles, Problem, StepError, StepSettings, Tracked, WeightPath};
use super::{Entries, Step, StepBuilder, Table, TensorId};
use crate::kernels::advance::Advance;
use crate::network::{Layer, Network};

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

/// A value in flight: its channels in order, in one part, or in several where one tensor would be too long or where
/// values were concatenated, which moves nothing.
#[derive(Clone, Debug)]
pub(super) struct Value {
    /// Size, an upsampling included.
    pub(super) h: usize,
    pub(super) w: usize,
    pub(super) parts: Vec<Part>,
}

/// Some of a value's channels: a stored map and what is still to be applied to it on the next load.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) plane: Plane,
    /// Their numbers in the value, ascending; dead ones are left out.
    pub(super) channels: Vec<usize>,
    pub(super) origin: Origin,
    pub(super) first: Option<Norm>,
    /// LeakyReLU has been passed, in `first`'s load or in the stored map itself.
    pub(super) activated: bool,
    pub(super) second: Option<Norm>,
    /// An upsampling is still to be applied: the next convolution takes it into its taps, or stores its result.
    pub(super) upsampled: bool,
    /// The part this one was resampled from, if the result was stored.
    pub(super) before: Option<Box<Before>>,
}

/// What a stored map was resampled from.
#[derive(Clone, Debug)]
pub(super) struct Before {
    pub(super) part: Part,
    pub(super) by: Resampling,
}

/// What is stored between two convolutions, but for what they load themselves.
#[derive(Clone, Copy, Debug)]
pub(super) enum Resampling {
    /// Nearest-neighbour upsampling.
    Repeated,
    /// See [`super::interpolate`].
    Interpolated(Interpolated),
}

/// What computed a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Origin {
    /// Nothing: it is the fixed input, which needs no gradient.
    Input,
    /// A convolution: its number in network order, and that of its output part.
    Stage { stage: usize, part: usize },
}

/// One convolution of the forward pass, with what its backward needs.
#[derive(Clone, Debug)]
pub(super) struct Stage {
    /// The weight's name.
    pub(super) layer: String,
    pub(super) inputs: Vec<StageInput>,
    /// Channels of each output part.
    pub(super) outputs: Vec<usize>,
    /// Border of zeros that the gradient of the output needs.
    pub(super) halo: usize,
    /// The output was pooled (without rewrites).
    pub(super) pooled: bool,
}

/// A part of what a convolution reads.
#[derive(Clone, Debug)]
pub(super) struct StageInput {
    pub(super) source: Part,
    pub(super) padded: Plane,
    pub(super) rows: AxisMap,
    pub(super) columns: AxisMap,
    /// To each output part.
    pub(super) links: Vec<Link>,
}

/// What the forward pass leaves for loss and backward.
pub(super) struct Ends {
    pub(super) stages: Vec<Stage>,
    /// The picture, in as many parts as its tensors need.
    pub(super) parts: Vec<End>,
}

/// Some channels of the picture.
pub(super) struct End {
    pub(super) channels: usize,
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
    pub(super) input: Value,
    pub(super) disturbance: Disturbance,
    pub(super) observed: Vec<TensorId>,
    pub(super) clean: Vec<TensorId>,
}

impl<'a> Lowering<'a> {
    pub(super) fn new(
        network: &'a Network,
        problem: Problem,
        entries: Entries,
        sets: Vec<Vec<usize>>,
        path: WeightPath,
        disturbance: Disturbance,
        settings: StepSettings,
    ) -> Result<Self, StepError> {
        network.size.check(problem.width, problem.height)?;
        let mut b = StepBuilder::new();
        let (h, w) = (problem.height, problem.width);
        let map = |channels: &Vec<usize>| channels.len() * h * w;
        let input = {
            let (h, w) = network.input_size(h, w);
            let parts = cut(&sets[0], h, w, settings.binding_limit);
            let parts = parts.into_iter().map(|channels| {
                let words = channels.len() * h * w;
                // Jittered, it is read in each step, not only by the prologue.
                let id = if disturbance.jitter > 0.0 {
                    b.persistent("input", words)
                } else {
                    b.tensor("input", words)
                };
                Part {
                    activated: true,
                    ..Part::stored(Plane { id, h, w, slack: 0 }, channels, Origin::Input)
                }
            });
            Value {
                h,
                w,
                parts: parts.collect(),
            }
        };
        let picture: Vec<usize> = (0..network.output_channels).collect();
        let picture = cut(&picture, h, w, settings.binding_limit);
        let grad = b.persistent("gradient", entries.len() + 1);
        let schedule = b.persistent("schedule", 4 * settings.schedule_len);
        let counter = b.persistent("counter", 1);
        let ring = b.persistent("ring", 4 * settings.ring_len);
        let windows = problem.windows();
        let observed = |part: &Vec<usize>| part.len() * windows.rows * windows.columns;
        let observed = picture
            .iter()
            .map(|part| b.persistent("observed", observed(part)))
            .collect();
        let clean = picture.iter().map(|part| b.persistent("clean", map(part))).collect();
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
            disturbance,
            observed,
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
            input: self.input.parts.iter().map(|part| part.plane.id).collect(),
            observed: self.observed,
            clean: self.clean,
            schedule: self.schedule,
            counter: self.counter,
            ring: self.ring,
            output: ends.parts.iter().map(|part| part.output).collect(),
            logits: optimised.logits,
            uniforms: optimised.uniforms,
            slope: optimised.slope,
            tracked: optimised.tracked,
        };
        Ok((self.b.finish(self.settings.binding_limit)?, handles))
    }
}

impl Part {
    /// A stored map with nothing to apply.
    pub(super) fn stored(plane: Plane, channels: Vec<usize>, origin: Origin) -> Self {
        Self {
            plane,
            channels,
            origin,
            first: None,
            activated: false,
            second: None,
            upsampled: false,
            before: None,
        }
    }

    /// Words of a map of these channels.
    pub(super) fn words(&self, h: usize, w: usize) -> usize {
        self.channels.len() * h * w
    }
}

/// The highest border there is, on both sides together: that of a gradient before it is pooled (without rewrites).
const BORDERS: usize = 8;
/// The same of a row, with what is stored right of it so that rows are read in fours.
const ROW_BORDERS: usize = 16;

/// Cuts the channels of a map into parts, each within `limit` bytes with any border around it. One channel is the least.
pub(super) fn cut(channels: &[usize], h: usize, w: usize, limit: u64) -> Vec<Vec<usize>> {
    let channel = 4 * (h + BORDERS) as u64 * (w + ROW_BORDERS) as u64;
    let most = (limit / channel) as usize;
    let most = match most {
        _ if most >= channels.len() => channels.len(),
        // The dense kernels compute four channels at a time.
        4.. => most / 4 * 4,
        _ => most,
    };
    channels.chunks(most.max(1)).map(<[usize]>::to_vec).collect()
}

/// Invocations of an elementwise kernel.
pub(super) fn threads(count: usize) -> u32 {
    count.clamp(1, 1 << 18) as u32
}

pub(super) fn all_channels(network: &Network) -> Vec<Vec<usize>> {
    let counts = network.nodes.iter().filter_map(|node| match node.layer {
        Layer::Conv { outputs, .. } => Some(outputs),
        _ => None,
    });
    std::iter::once(network.input_channels)
        .chain(counts)
        .map(|n| (0..n).collect())
        .collect()
}
