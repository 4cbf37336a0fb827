//! From a network to a step: forward, loss, backward and update, with the exact rewrites of method section 7.

use super::axis::{AxisMap, FoldTable};
use super::link::{Link, Plane, Storage};
use super::{Entries, Step, StepBuilder, TensorId, Tuning};
use crate::kernels::adam::Adam;
use crate::kernels::advance::Advance;
use crate::kernels::bn_backward::BnBackward;
use crate::kernels::bn_finalise::BnFinalise;
use crate::kernels::bn_grad_finalise::BnGradFinalise;
use crate::kernels::bn_sums::BnSums;
use crate::kernels::fold::Fold;
use crate::kernels::gumbel_sample::GumbelSample;
use crate::kernels::logit_update::LogitUpdate;
use crate::kernels::loss_finalise::LossFinalise;
use crate::kernels::prepare::Prepare;
use crate::kernels::sigmoid_loss::SigmoidLoss;
use crate::network::{Connectivity, Network, NetworkError, Node, Param};

/// Why a step cannot be built.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum StepError {
    #[error(transparent)]
    Network(#[from] NetworkError),
    #[error("a map of {} MB does not fit into one binding of {} MB; choose a crop or a smaller copy of the picture", bytes / 1_000_000, limit / 1_000_000)]
    TensorTooLarge { bytes: u64, limit: u64 },
    #[error("{0}")]
    DeadMask(String),
    #[error("the mask is for {mask} parameters, the network has {network}")]
    MaskLength { mask: usize, network: usize },
}

/// The maps' size and where the picture lies in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Padded size: what the network takes.
    pub height: usize,
    pub width: usize,
    /// The picture inside: first column, first row, width, height.
    pub region: (usize, usize, usize, usize),
}

/// Which arithmetic a masked network does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WeightPath {
    /// All of it, as without a mask.
    Full,
    /// Live channels only.
    Compact,
    /// Kept weights only.
    Sparse,
    /// For each layer the faster of compact and sparse.
    #[default]
    Auto,
}

/// Adam's constants (method section 4).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamSettings {
    pub beta1: f64,
    pub beta2: f64,
    pub eps: f64,
}

impl Default for AdamSettings {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.999, eps: 1e-8 }
    }
}

/// What both kinds of steps need to know.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepSettings {
    pub adam: AdamSettings,
    /// Rows of the schedule: updates in the run, and one for the forward pass after the last.
    pub schedule_len: usize,
    /// Rows of the ring of losses.
    pub ring_len: usize,
    /// Whether the exact rewrites are applied; off only to measure what they bring.
    pub rewrites: bool,
    pub tuning: Tuning,
    /// The longest binding in bytes.
    pub binding_limit: u64,
}

/// What a fit trains and how.
#[derive(Clone, Copy, Debug)]
pub struct Fitting<'a> {
    /// The kept parameters, flat; `None` is the dense baseline.
    pub keep: Option<&'a [bool]>,
    pub path: WeightPath,
}

/// The mask learner's constants (method section 4).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Learning {
    /// The fraction to keep, p0.
    pub keep: f64,
    /// Weight of the KL term in the loss; the paper's 1e-9, 0 in the fast learner.
    pub kl: f64,
    /// Pull towards logit(p0) after each update; 0 in the paper's.
    pub pull: f64,
    pub seed: u64,
    /// Steps whose uniform numbers are supplied from outside.
    pub supplied: usize,
}

/// The tensors that the outside writes before the start and reads now and then.
#[derive(Clone, Debug)]
pub struct Handles {
    /// What `parameters`, `m`, `v` and `gradient` hold.
    pub entries: Entries,
    /// Trained parameters and a zero: `q` of a fit, `theta` of a learner (constant there).
    pub parameters: TensorId,
    /// dL/dq, or dL/dw for a learner.
    pub gradient: TensorId,
    pub m: TensorId,
    pub v: TensorId,
    /// Fixed input, channels `live_inputs` of z only; written before the prologue.
    pub input: TensorId,
    pub live_inputs: Vec<usize>,
    pub noisy: TensorId,
    /// The clean picture, or the noisy one again where there is none.
    pub clean: TensorId,
    /// Rows (a, b, tau, 0): see [`Adam`] and [`GumbelSample`].
    pub schedule: TensorId,
    /// The number of updates done, as f32.
    pub counter: TensorId,
    /// Rows (MSE to noisy, MSE to clean, KL term, mean logit).
    pub ring: TensorId,
    /// The network's output at padded size.
    pub output: TensorId,
    /// Learner only.
    pub logits: Option<TensorId>,
    /// Learner only, where uniforms are supplied.
    pub uniforms: Option<TensorId>,
    /// Learner only: dw/dp of the last sample.
    pub slope: Option<TensorId>,
}

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
        return Err(StepError::MaskLength { mask: keep.len(), network: network.n });
    }
    let (entries, sets) = match fitting.keep {
        Some(keep) if fitting.path != WeightPath::Full => {
            let found = Connectivity::of(network, keep);
            if !found.is_alive() {
                return Err(StepError::DeadMask(found.sentence()));
            }
            let sets: Vec<Vec<usize>> = (0..found.live.sets.len()).map(|j| found.live.indices(j)).collect();
            (Entries::Kept { n: network.n, flat: trained(network, keep, &sets) }, sets)
        }
        _ => (Entries::All { n: network.n }, all_channels(network)),
    };
    let mut lowering = Lowering::new(network, problem, entries, sets, fitting.path, settings)?;
    let q = lowering.b.persistent("parameters", lowering.entries.len() + 1);
    lowering.q = q;
    let ends = lowering.forward(q)?;
    let none = lowering.b.unused();
    lowering.loss(&ends, none, 0, 0.0);
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
        &[grad.into(), schedule.into(), counter.into(), keep.into(), q.into(), m.into(), v.into()],
    );
    lowering.finish(Optimised { parameters: q, m, v, logits: None, uniforms: None, slope: None }, ends)
}

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
    let mut lowering =
        Lowering::new(network, problem, entries, all_channels(network), WeightPath::Full, settings)?;
    let theta = lowering.b.persistent("theta", n + 1);
    let logits = lowering.b.persistent("logits", n);
    // One more word than n: missing parameters name a zero behind the last, as in a fit.
    let w = lowering.b.persistent("masked weights", n + 1);
    let slope = lowering.b.persistent("slope", n);
    let uniforms = (learning.supplied > 0).then(|| lowering.b.persistent("uniforms", learning.supplied * n));
    let samplers = 4096.min(n.div_ceil(4));
    let partials = lowering.b.tensor("mask sums", 2 * samplers);
    let (schedule, counter) = (lowering.schedule, lowering.counter);
    let none = lowering.b.unused();
    let sample = GumbelSample {
        count: n as u32,
        threads: samplers as u32,
        supplied: learning.supplied as u32,
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
    let ends = lowering.forward(w)?;
    lowering.loss(&ends, partials, samplers, learning.kl);
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
        &[grad.into(), slope.into(), schedule.into(), counter.into(), logits.into(), m.into(), v.into()],
    );
    lowering.finish(Optimised { parameters: theta, m, v, logits: Some(logits), uniforms, slope: Some(slope) }, ends)
}

/// The tensors that an optimiser adds.
struct Optimised {
    parameters: TensorId,
    m: TensorId,
    v: TensorId,
    logits: Option<TensorId>,
    uniforms: Option<TensorId>,
    slope: Option<TensorId>,
}

/// A batch normalisation in the step: (gamma / std, beta - mean gamma / std, mean, 1 / std) by channel.
#[derive(Clone, Copy, Debug)]
struct Norm {
    tensor: TensorId,
    parameters: super::Table,
    beta_has_gradient: bool,
}

/// A value in flight: a stored map and what is still to be applied to it on the next load.
#[derive(Clone, Debug)]
struct Value {
    plane: Plane,
    channels: usize,
    first: Option<Norm>,
    /// LeakyReLU has been passed, in `first`'s load or in the stored map itself.
    activated: bool,
    second: Option<Norm>,
    /// An upsampling that the next convolution takes into its taps.
    upsampled: bool,
    /// The map this one was upsampled from, if that was stored (without rewrites).
    before_upsample: Option<Box<Value>>,
}

/// One convolution of the forward pass, with what its backward needs.
#[derive(Clone, Debug)]
struct Stage {
    link: Link,
    source: Value,
    padded: Plane,
    rows: AxisMap,
    columns: AxisMap,
    /// Border of zeros that the gradient of the output needs.
    halo: usize,
    /// The output was pooled (without rewrites).
    pooled: bool,
    outputs: usize,
}

/// What the forward pass leaves for loss and backward.
struct Ends {
    stages: Vec<Stage>,
    pre: Plane,
    output: TensorId,
    dpre: TensorId,
    biases: super::Table,
}

struct Lowering<'a> {
    b: StepBuilder,
    network: &'a Network,
    problem: Problem,
    entries: Entries,
    sets: Vec<Vec<usize>>,
    path: WeightPath,
    settings: StepSettings,
    q: TensorId,
    grad: TensorId,
    schedule: TensorId,
    counter: TensorId,
    ring: TensorId,
    input: TensorId,
    noisy: TensorId,
    clean: TensorId,
}

impl<'a> Lowering<'a> {
    fn new(
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

    /// Appends the forward pass up to the sigmoid. `q` holds the parameters it uses.
    fn forward(&mut self, q: TensorId) -> Result<Ends, StepError> {
        self.q = q;
        let (h, w) = (self.problem.height, self.problem.width);
        let mut value = Value {
            plane: Plane { id: self.input, h, w },
            channels: self.sets[0].len(),
            first: None,
            activated: true,
            second: None,
            upsampled: false,
            before_upsample: None,
        };
        let mut stages: Vec<Stage> = Vec::new();
        let mut biases = Param { index: 0, offset: 0, len: 0 };
        let nodes = &self.network.nodes;
        for (at, node) in nodes.iter().enumerate() {
            match node {
                Node::Conv { weight, bias, inputs, outputs, kernel, pad } => {
                    let pool_next = matches!(nodes.get(at + 1), Some(Node::AveragePool));
                    let shape = ConvShape {
                        weight: *weight,
                        inputs: *inputs,
                        outputs: *outputs,
                        kernel: *kernel,
                        pad: pad.0,
                        pooled: pool_next,
                    };
                    value = self.conv(&mut stages, value, shape);
                    biases = *bias;
                }
                // Pooling is part of the convolution before it.
                Node::AveragePool | Node::Sigmoid => {}
                Node::Upsample if self.settings.rewrites => value.upsampled = true,
                Node::Upsample => value = self.upsample(value),
                Node::BatchNorm { gamma, beta, .. } => {
                    self.batch_norm(&mut value, stages.len(), *gamma, *beta);
                }
                Node::LeakyRelu => value.activated = true,
            }
        }
        let picture = self.network.description.output_channels * h * w;
        let output = self.b.persistent("output", picture);
        let dpre = self.b.tensor("gradient before the sigmoid", picture);
        let places: Vec<u32> = biases.range().map(|i| self.entries.place(i)).collect();
        let biases = self.b.table(&places);
        Ok(Ends { stages, pre: value.plane, output, dpre, biases })
    }

    fn conv(&mut self, stages: &mut Vec<Stage>, source: Value, shape: ConvShape) -> Value {
        let j = stages.len();
        let (h, w) = (source.plane.h, source.plane.w);
        let widened = source.upsampled;
        let boxed = shape.pooled && self.settings.rewrites;
        let (k, stride) = if widened { (4, 2) } else { (shape.kernel, if boxed { 2 } else { 1 }) };
        let axis = |n: usize| {
            if widened {
                AxisMap::clamp(n)
            } else if boxed {
                AxisMap::boxed_reflect(n)
            } else {
                AxisMap::reflect(n, shape.pad)
            }
        };
        let (rows, columns) = (axis(h), axis(w));
        let (inputs, outputs) = (self.sets[j].clone(), self.sets[j + 1].clone());
        let first = j == 0;
        let border = if widened { 3 } else { (k - 1) / stride };
        // The first convolution has no input gradient, which alone needs the border.
        let halo = if first { 0 } else { border };
        let mut link = Link {
            layer: self.network.parameters[shape.weight.index].name.clone(),
            offset: shape.weight.offset,
            coarse_total: if widened { shape.inputs } else { shape.outputs },
            fine_total: if widened { shape.outputs } else { shape.inputs },
            coarse: if widened { inputs.clone() } else { outputs.clone() },
            fine: if widened { outputs.clone() } else { inputs.clone() },
            k,
            stride,
            widened,
            shift: if widened { 3 } else { border * stride },
            storage: Storage::Full,
        };
        link.storage = self.storage(&link);

        let len = inputs.len() * rows.len() * columns.len();
        let id = if first { self.b.persistent("prepared input", len) } else { self.b.tensor("prepared", len) };
        let padded = Plane { id, h: rows.len(), w: columns.len() };
        self.prepare(&link.layer, &source, &rows, &columns, padded, first);

        let (out_h, out_w) = if widened {
            (2 * h, 2 * w)
        } else if boxed {
            (h / 2, w / 2)
        } else {
            (h, w)
        };
        let id = self.b.tensor("convolved", outputs.len() * out_h * out_w);
        let mut output = Plane { id, h: out_h, w: out_w };
        let tuning = self.settings.tuning;
        if widened {
            link.to_fine(&mut self.b, self.q, &self.entries, tuning, padded, output);
        } else {
            link.to_coarse(&mut self.b, self.q, &self.entries, tuning, padded, output);
        }
        let pooled = shape.pooled && !boxed;
        if pooled {
            let (rows, columns) = (AxisMap::pool(out_h), AxisMap::pool(out_w));
            let id = self.b.tensor("pooled", outputs.len() * out_h * out_w / 4);
            let small = Plane { id, h: out_h / 2, w: out_w / 2 };
            let full = Value::plain(output, outputs.len());
            self.prepare(&link.layer, &full, &rows, &columns, small, false);
            output = small;
        }
        let channels = outputs.len();
        stages.push(Stage { link, source, padded, rows, columns, halo, pooled, outputs: channels });
        Value::plain(output, channels)
    }

    /// The faster storage for a link: lists win where few of the live weights are kept.
    fn storage(&self, link: &Link) -> Storage {
        match (&self.entries, self.path) {
            (Entries::All { .. }, _) | (_, WeightPath::Full) => Storage::Full,
            (_, WeightPath::Compact) => Storage::Compact,
            (_, WeightPath::Sparse) => Storage::Sparse,
            (_, WeightPath::Auto) if link.density(&self.entries) < SPARSE_BELOW => Storage::Sparse,
            (_, WeightPath::Auto) => Storage::Compact,
        }
    }

    fn prepare(
        &mut self,
        layer: &str,
        source: &Value,
        rows: &AxisMap,
        columns: &AxisMap,
        dst: Plane,
        prologue: bool,
    ) {
        let mut table = rows.table();
        table.extend(columns.table());
        let table = self.b.table(&table);
        let kernel = Prepare {
            first: u32::from(source.first.is_some()),
            second: u32::from(source.second.is_some()),
            paired: u32::from(rows.paired),
            channels: source.channels as u32,
            src_h: source.plane.h as u32,
            src_w: source.plane.w as u32,
            dst_h: dst.h as u32,
            dst_w: dst.w as u32,
        };
        let none = self.b.unused();
        let first = source.first.map_or(none, |n| n.tensor);
        let second = source.second.map_or(none, |n| n.tensor);
        let operands = [source.plane.id.into(), first.into(), second.into(), table.into(), dst.id.into()];
        if prologue {
            self.b.push_prologue(layer, kernel, &operands);
        } else {
            self.b.push(layer, kernel, &operands);
        }
    }

    /// Stores the upsampled map; only without rewrites.
    fn upsample(&mut self, source: Value) -> Value {
        let (rows, columns) = (AxisMap::upsample(source.plane.h), AxisMap::upsample(source.plane.w));
        let id = self.b.tensor("upsampled", source.channels * rows.len() * columns.len());
        let plane = Plane { id, h: rows.len(), w: columns.len() };
        self.prepare("upsample", &source, &rows, &columns, plane, false);
        let mut value = Value::plain(plane, source.channels);
        value.activated = true;
        value.before_upsample = Some(Box::new(source));
        value
    }

    /// Appends the statistics of a batch normalisation; it is applied when the value is loaded next.
    fn batch_norm(&mut self, value: &mut Value, set: usize, gamma: Param, beta: Param) {
        let layer = self.network.parameters[gamma.index].name.clone();
        let place = |param: Param, entries: &Entries| {
            self.sets[set].iter().map(|c| entries.place(param.offset + c)).collect::<Vec<u32>>()
        };
        let mut places = place(gamma, &self.entries);
        places.extend(place(beta, &self.entries));
        let parameters = self.b.table(&places);
        let channels = value.channels;
        let plane = value.plane.h * value.plane.w;
        let splits = splits(plane);
        let first = value.first.filter(|_| value.activated);
        let none = self.b.unused();
        let first_tensor = first.map_or(none, |n| n.tensor);
        let partials = self.b.tensor("normalisation sums", 2 * splits * channels);
        let sums = BnSums {
            first: u32::from(first.is_some()),
            gradient: 0,
            channels: channels as u32,
            plane: plane as u32,
            splits: splits as u32,
        };
        let src = value.plane.id;
        self.b.push(
            &layer,
            sums,
            &[src.into(), first_tensor.into(), none.into(), none.into(), partials.into()],
        );
        let tensor = self.b.tensor("normalisation", 4 * channels);
        let finalise = BnFinalise {
            first: u32::from(first.is_some()),
            channels: channels as u32,
            plane: plane as u32,
            splits: splits as u32,
        };
        self.b.push(
            &layer,
            finalise,
            &[
                partials.into(),
                src.into(),
                first_tensor.into(),
                self.q.into(),
                parameters.into(),
                tensor.into(),
            ],
        );
        let beta_has_gradient = self.network.parameters[beta.index].has_gradient;
        let norm = Norm { tensor, parameters, beta_has_gradient };
        if value.activated {
            value.second = Some(norm);
        } else {
            value.first = Some(norm);
        }
    }

    fn loss(&mut self, ends: &Ends, mask_partials: TensorId, mask_count: usize, kl: f64) {
        let (x0, y0, region_w, region_h) = self.problem.region;
        let channels = self.network.description.output_channels;
        let (h, w) = (self.problem.height, self.problem.width);
        let columns = (2048 / h).clamp(1, w);
        let count = columns * h;
        let inverse = 1.0 / (channels * region_w * region_h) as f64;
        let partials = self.b.tensor("loss sums", count * (2 + channels));
        let kernel = SigmoidLoss {
            channels: channels as u32,
            h: h as u32,
            w: w as u32,
            x0: x0 as u32,
            y0: y0 as u32,
            region_w: region_w as u32,
            region_h: region_h as u32,
            columns: columns as u32,
            scale: (2.0 * inverse) as f32,
        };
        self.b.push(
            "loss",
            kernel,
            &[
                ends.pre.id.into(),
                self.q.into(),
                ends.biases.into(),
                self.noisy.into(),
                self.clean.into(),
                ends.output.into(),
                ends.dpre.into(),
                partials.into(),
            ],
        );
        let finalise = LossFinalise {
            channels: channels as u32,
            count: count as u32,
            inverse: inverse as f32,
            mask_count: mask_count as u32,
            kl_scale: kl as f32,
            inverse_n: (1.0 / self.network.n as f64) as f32,
            ring_len: self.settings.ring_len as u32,
        };
        self.b.push(
            "loss",
            finalise,
            &[
                partials.into(),
                mask_partials.into(),
                ends.biases.into(),
                self.counter.into(),
                self.grad.into(),
                self.ring.into(),
            ],
        );
        self.b.end_forward();
    }

    fn backward(&mut self, ends: &Ends) {
        let tuning = self.settings.tuning;
        // The gradient of the output of the stage in hand, its border of zeros included.
        let mut dz = Plane { id: ends.dpre, h: ends.pre.h, w: ends.pre.w };
        for (j, stage) in ends.stages.iter().enumerate().rev() {
            let link = &stage.link;
            if stage.pooled {
                dz = self.unpool(stage, dz);
            }
            let (coarse, halo, fine) =
                if link.widened { (stage.padded, 0, dz) } else { (dz, stage.halo, stage.padded) };
            link.weight_grad(&mut self.b, self.grad, &self.entries, tuning, coarse, halo, fine);
            if j == 0 {
                break;
            }
            let id = self.b.tensor(
                "gradient of prepared",
                stage.source.channels * stage.padded.h * stage.padded.w,
            );
            let dpadded = Plane { id, ..stage.padded };
            if link.widened {
                link.to_coarse(&mut self.b, self.q, &self.entries, tuning, dz, dpadded);
            } else {
                link.to_fine(&mut self.b, self.q, &self.entries, tuning, dz, dpadded);
            }
            let g = self.into_first(stage, dpadded);
            let previous = &ends.stages[j - 1];
            // Pooling doubles the border with the map.
            let halo = if previous.pooled { previous.halo / 2 } else { previous.halo };
            dz = self.into_conv(previous, &stage.source, g, halo);
        }
    }

    /// From the gradient of a convolution's padded input to that of the batch normalisation before the LeakyReLU in front
    /// of it, at the size of its map.
    fn into_first(&mut self, stage: &Stage, dpadded: Plane) -> TensorId {
        let source = &stage.source;
        let layer = &stage.link.layer;
        let table = FoldTable::adjoint(&stage.rows, &stage.columns);
        let Some(second) = source.second else {
            return self.fold(layer, source, dpadded, &table, source.first);
        };
        let g = self.fold(layer, source, dpadded, &table, None);
        let g = self.bn_backward(layer, source, source.first, second, g, 0).id;
        match &source.before_upsample {
            None => g,
            Some(before) => {
                let rows = AxisMap::upsample(before.plane.h);
                let columns = AxisMap::upsample(before.plane.w);
                let table = FoldTable::adjoint(&rows, &columns);
                let dup = Plane { id: g, ..source.plane };
                self.fold(layer, before, dup, &table, before.first)
            }
        }
    }

    /// From the gradient of a batch normalisation's output to that of the convolution before it.
    fn into_conv(&mut self, previous: &Stage, source: &Value, g: TensorId, halo: usize) -> Plane {
        let mut value = source.before_upsample.as_deref().unwrap_or(source).clone();
        let Some(first) = value.first.take() else {
            unreachable!("every convolution but the last is followed by a batch normalisation");
        };
        let layer = previous.link.layer.clone();
        self.bn_backward(&layer, &value, None, first, g, halo)
    }

    fn fold(
        &mut self,
        layer: &str,
        source: &Value,
        grad: Plane,
        table: &FoldTable,
        leaky_after: Option<Norm>,
    ) -> TensorId {
        let dst = self.b.tensor("folded", source.channels * source.plane.h * source.plane.w);
        let readers = self.b.table(&table.table);
        let none = self.b.unused();
        let kernel = Fold {
            first: u32::from(leaky_after.is_some()),
            channels: source.channels as u32,
            h: source.plane.h as u32,
            w: source.plane.w as u32,
            grad_h: grad.h as u32,
            grad_w: grad.w as u32,
            columns: table.columns,
            scale: table.scale,
        };
        let (src, first) = match leaky_after {
            Some(norm) => (source.plane.id, norm.tensor),
            None => (none, none),
        };
        self.b.push(layer, kernel, &[grad.id.into(), src.into(), first.into(), readers.into(), dst.into()]);
        dst
    }

    /// The gradient through a normalisation of `source`: of its stored map, or, if `first` is given, of what stands before
    /// the LeakyReLU on it.
    fn bn_backward(
        &mut self,
        layer: &str,
        source: &Value,
        first: Option<Norm>,
        norm: Norm,
        g: TensorId,
        halo: usize,
    ) -> Plane {
        let (h, w, channels) = (source.plane.h, source.plane.w, source.channels);
        let plane = h * w;
        let splits = splits(plane);
        let none = self.b.unused();
        let first_tensor = first.map_or(none, |n| n.tensor);
        let partials = self.b.tensor("gradient sums", 2 * splits * channels);
        let sums = BnSums {
            first: u32::from(first.is_some()),
            gradient: 1,
            channels: channels as u32,
            plane: plane as u32,
            splits: splits as u32,
        };
        let src = source.plane.id;
        self.b.push(
            layer,
            sums,
            &[src.into(), first_tensor.into(), norm.tensor.into(), g.into(), partials.into()],
        );
        let means = self.b.tensor("gradient means", 4 * channels);
        let finalise = BnGradFinalise {
            beta: u32::from(norm.beta_has_gradient),
            channels: channels as u32,
            plane: plane as u32,
            splits: splits as u32,
        };
        self.b.push(
            layer,
            finalise,
            &[partials.into(), norm.parameters.into(), self.grad.into(), means.into()],
        );
        let (full_h, full_w) = (h + 2 * halo, w + 2 * halo);
        let id = self.b.tensor("gradient of convolved", channels * full_h * full_w);
        let kernel = BnBackward {
            first: u32::from(first.is_some()),
            channels: channels as u32,
            h: h as u32,
            w: w as u32,
            halo: halo as u32,
        };
        self.b.push(
            layer,
            kernel,
            &[
                g.into(),
                src.into(),
                first_tensor.into(),
                norm.tensor.into(),
                means.into(),
                id.into(),
            ],
        );
        Plane { id, h: full_h, w: full_w }
    }

    /// Through the pooling that follows a convolution, border included; only without rewrites.
    fn unpool(&mut self, stage: &Stage, dz: Plane) -> Plane {
        let (h, w) = (2 * dz.h, 2 * dz.w);
        let id = self.b.tensor("gradient of full convolved", stage.outputs * h * w);
        let full = Plane { id, h, w };
        let table = FoldTable::unpool(dz.h, dz.w);
        let readers = self.b.table(&table.table);
        let none = self.b.unused();
        let kernel = Fold {
            first: 0,
            channels: stage.outputs as u32,
            h: h as u32,
            w: w as u32,
            grad_h: dz.h as u32,
            grad_w: dz.w as u32,
            columns: table.columns,
            scale: table.scale,
        };
        let operands = [dz.id.into(), none.into(), none.into(), readers.into(), id.into()];
        self.b.push(&stage.link.layer, kernel, &operands);
        full
    }

    fn finish(mut self, optimised: Optimised, ends: Ends) -> Result<(Step, Handles), StepError> {
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
        };
        Ok((self.b.finish(self.settings.binding_limit)?, handles))
    }
}

/// A convolution node's numbers.
struct ConvShape {
    weight: Param,
    inputs: usize,
    outputs: usize,
    kernel: usize,
    pad: usize,
    pooled: bool,
}

impl Value {
    /// A stored map with nothing to apply.
    fn plain(plane: Plane, channels: usize) -> Self {
        let (first, second, before_upsample) = (None, None, None);
        Self { plane, channels, first, activated: false, second, upsampled: false, before_upsample }
    }
}

/// Below this density of nonzero taps on live channels, lists are faster than compact dense arithmetic.
const SPARSE_BELOW: f64 = 0.5;

/// Partial sums a channel for a plane.
fn splits(plane: usize) -> usize {
    plane.div_ceil(256).clamp(1, 256)
}

/// Invocations of an elementwise kernel.
fn threads(count: usize) -> u32 {
    count.clamp(1, 1 << 18) as u32
}

fn bits(keep: &[bool]) -> Vec<u32> {
    keep.chunks(32)
        .map(|word| word.iter().enumerate().map(|(i, k)| u32::from(*k) << i).sum())
        .collect()
}

fn all_channels(network: &Network) -> Vec<Vec<usize>> {
    let counts = network.nodes.iter().filter_map(|node| match node {
        Node::Conv { outputs, .. } => Some(*outputs),
        _ => None,
    });
    std::iter::once(network.description.input_channels).chain(counts).map(|n| (0..n).collect()).collect()
}

/// The kept parameters that can change the picture: those on live channels that have a gradient.
fn trained(network: &Network, keep: &[bool], sets: &[Vec<usize>]) -> Vec<u32> {
    let mut flat = Vec::new();
    let mut set = 0;
    for node in &network.nodes {
        match node {
            Node::Conv { weight, bias, inputs, outputs: _, kernel, .. } => {
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
