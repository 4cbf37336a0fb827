//! The kernels: each a parameter struct, a readable CPU twin, and a WGSL file of the same name in `shaders/`.
//!
//! The `kernel!` macro is the one source of a kernel's bindings and parameters: the Rust struct, and the text that is put
//! in front of the WGSL file, so host and shader cannot disagree. Constants are compiled in (one pipeline for each
//! combination in use); uniforms are not. An invocation reads of what its kernel writes at most the element that it
//! replaces. A kernel covers a grid of `grid()` invocations; invocations outside return at once.

mod shader;

pub mod adam;
pub mod add_normal;
pub mod advance;
pub mod average_output;
pub mod bn_backward;
pub mod bn_finalise;
pub mod bn_grad_finalise;
pub mod bn_sums;
pub mod correlate;
pub mod correlate_transposed;
pub mod fold;
pub mod gather_grad;
pub mod gumbel_sample;
pub mod interpolate;
pub mod interpolate_adjoint;
pub mod keep_stopped;
pub mod logit_update;
pub mod loss_finalise;
pub mod pack_list;
pub mod pack_weights;
pub mod peak_arithmetic;
pub mod peak_copy;
pub mod prepare;
pub mod reduce_weight_grad;
pub mod sigmoid_loss;
pub mod sparse_apply;
pub mod sparse_weight_grad;
pub mod stopping_update;
pub mod weight_grad;
pub mod window_variance;

pub use shader::{expand, shader_text, workgroup_size};

/// Whether a binding is read or written. What is written may also be read by the same kernel (Adam's state).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Read,
    Write,
}

/// The element type a kernel sees in a binding. All elements are four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    F32,
    Vec4,
    U32,
}

/// One storage binding: its name in the shader, its access and its element.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    pub name: &'static str,
    pub access: Access,
    pub element: Element,
}

/// What is the same for every use of a kernel.
#[derive(Debug)]
pub struct KernelInfo {
    pub name: &'static str,
    /// The WGSL file, without bindings and parameters.
    pub source: &'static str,
    pub bindings: &'static [Binding],
    /// Names and WGSL types of the uniforms, in order.
    pub uniforms: &'static [(&'static str, &'static str)],
}

/// The slices a CPU twin works on, by binding index.
#[derive(Default)]
pub struct Slices<'a> {
    pub bound: Vec<Slice<'a>>,
}

/// One bound slice.
pub enum Slice<'a> {
    Read(&'a [f32]),
    Table(&'a [u32]),
    Write(&'a mut [f32]),
}

impl<'a> Slices<'a> {
    /// The f32 slice that binding `i` reads.
    pub fn read(&self, i: usize) -> &'a [f32] {
        match self.bound[i] {
            Slice::Read(slice) => slice,
            _ => panic!("binding {i} is not an f32 input"),
        }
    }

    /// The index table that binding `i` reads.
    pub fn table(&self, i: usize) -> &'a [u32] {
        match self.bound[i] {
            Slice::Table(slice) => slice,
            _ => panic!("binding {i} is not a table"),
        }
    }

    /// The slice that binding `i` writes; each can be taken once.
    pub fn write(&mut self, i: usize) -> &'a mut [f32] {
        match &mut self.bound[i] {
            Slice::Write(slice) => std::mem::take(slice),
            _ => panic!("binding {i} is not an output"),
        }
    }
}

/// What every kernel's parameter struct answers.
pub trait KernelOp {
    fn info(&self) -> &'static KernelInfo;
    /// Compile-time constants as (NAME, value).
    fn constants(&self) -> Vec<(&'static str, u32)>;
    /// The uniforms' bits, in the order of [`KernelInfo::uniforms`].
    fn uniforms(&self) -> Vec<u32>;
    /// How many invocations are needed in x, y and z.
    fn grid(&self) -> [u32; 3];
    /// The CPU twin.
    fn run(&self, slices: &mut Slices<'_>);
    /// Multiply-adds, for plans and benchmarks.
    fn macs(&self) -> u64 {
        0
    }
    /// Multiply-adds that are really done: of whole tiles, what falls beyond a map's borders included.
    fn tile_macs(&self) -> u64 {
        self.macs()
    }
}

/// Turns a uniform into its 32 bits.
pub trait Bits {
    fn bits(self) -> u32;
}
impl Bits for u32 {
    fn bits(self) -> u32 {
        self
    }
}
impl Bits for f32 {
    fn bits(self) -> u32 {
        self.to_bits()
    }
}

/// Declares a kernel's parameter struct; see the module's text.
macro_rules! kernel {
    (
        $(#[$doc:meta])*
        $name:ident, $file:literal;
        constants { $($(#[$cdoc:meta])* $c:ident),* $(,)? }
        uniforms { $($(#[$udoc:meta])* $u:ident: $ut:ident),* $(,)? }
        bindings { $($access:ident $b:ident: $element:ident),* $(,)? }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name {
            $($(#[$cdoc])* pub $c: u32,)*
            $($(#[$udoc])* pub $u: $ut,)*
        }

        impl $name {
            pub const INFO: $crate::kernels::KernelInfo = $crate::kernels::KernelInfo {
                name: $file,
                source: include_str!(concat!(env!("OUT_DIR"), "/shaders/", $file, ".wgsl")),
                bindings: &[$($crate::kernels::Binding {
                    name: stringify!($b),
                    access: $crate::kernels::Access::$access,
                    element: $crate::kernels::Element::$element,
                }),*],
                uniforms: &[$((stringify!($u), stringify!($ut))),*],
            };

            fn constant_list(&self) -> Vec<(&'static str, u32)> {
                vec![$((stringify!($c), self.$c)),*]
            }

            fn uniform_list(&self) -> Vec<u32> {
                vec![$($crate::kernels::Bits::bits(self.$u)),*]
            }
        }
    };
}
pub(crate) use kernel;

/// The parts of [`KernelOp`] that follow from `kernel!`.
macro_rules! kernel_plumbing {
    () => {
        fn info(&self) -> &'static $crate::kernels::KernelInfo {
            &Self::INFO
        }
        fn constants(&self) -> Vec<(&'static str, u32)> {
            self.constant_list()
        }
        fn uniforms(&self) -> Vec<u32> {
            self.uniform_list()
        }
    };
}
pub(crate) use kernel_plumbing;

/// Declares [`Kernel`]: every kernel with its parameters, as plain data.
macro_rules! kernels {
    ($($name:ident = $module:ident),* $(,)?) => {
        /// A kernel and its parameters.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Kernel {
            $($name($module::$name)),*
        }

        impl Kernel {
            /// The kernel behind its common interface.
            pub fn op(&self) -> &dyn KernelOp {
                match self {
                    $(Self::$name(op) => op),*
                }
            }

            /// Every kernel there is.
            pub fn all() -> Vec<&'static KernelInfo> {
                vec![$(&$module::$name::INFO),*]
            }
        }

        $(impl From<$module::$name> for Kernel {
            fn from(op: $module::$name) -> Self {
                Self::$name(op)
            }
        })*
    };
}

kernels! {
    Adam = adam,
    AddNormal = add_normal,
    Advance = advance,
    AverageOutput = average_output,
    BnBackward = bn_backward,
    BnFinalise = bn_finalise,
    BnGradFinalise = bn_grad_finalise,
    BnSums = bn_sums,
    Correlate = correlate,
    CorrelateTransposed = correlate_transposed,
    Fold = fold,
    GatherGrad = gather_grad,
    GumbelSample = gumbel_sample,
    Interpolate = interpolate,
    InterpolateAdjoint = interpolate_adjoint,
    KeepStopped = keep_stopped,
    LogitUpdate = logit_update,
    LossFinalise = loss_finalise,
    PackList = pack_list,
    PackWeights = pack_weights,
    PeakArithmetic = peak_arithmetic,
    PeakCopy = peak_copy,
    Prepare = prepare,
    ReduceWeightGrad = reduce_weight_grad,
    SigmoidLoss = sigmoid_loss,
    SparseApply = sparse_apply,
    SparseWeightGrad = sparse_weight_grad,
    StoppingUpdate = stopping_update,
    WeightGrad = weight_grad,
    WindowVariance = window_variance,
}

/// Runs `work(index, chunk)` over the chunks of `data`: on all cores natively, in turn in a browser.
pub(crate) fn for_each_chunk<T: Send>(data: &mut [T], len: usize, work: impl Fn(usize, &mut [T]) + Sync) {
    #[cfg(not(target_arch = "wasm32"))]
    {
        use rayon::prelude::*;
        data.par_chunks_mut(len.max(1))
            .enumerate()
            .for_each(|(i, chunk)| work(i, chunk));
    }
    #[cfg(target_arch = "wasm32")]
    for (i, chunk) in data.chunks_mut(len.max(1)).enumerate() {
        work(i, chunk);
    }
}

/// Cuts 0..n into strips of 16, 4 and 1: widths that a compiler keeps in registers.
fn for_each_strip(n: usize, mut work: impl FnMut(usize, usize)) {
    let mut at = 0;
    while at < n {
        let width = match n - at {
            16.. => 16,
            4..16 => 4,
            _ => 1,
        };
        work(at, width);
        at += width;
    }
}

/// The most taps a kernel has along an axis.
const MOST_TAPS: usize = 5;
/// Room for the pixels that a strip of 16 and its taps read from every stride-th place on.
const PHASE_LEN: usize = 16 + MOST_TAPS;

/// A row's pixels sorted by their place modulo the stride (1 or 2), so that each tap reads neighbours:
/// pixel `stride * t + b` is `phases[b % stride][t + b / stride]`.
fn phases(row: &[f32], stride: usize) -> [[f32; PHASE_LEN]; 2] {
    let mut phases = [[0.0; PHASE_LEN]; 2];
    if stride == 1 {
        phases[0][..row.len()].copy_from_slice(row);
    } else {
        for (at, pair) in row.chunks(2).enumerate() {
            phases[0][at] = pair[0];
            phases[1][at] = pair.get(1).copied().unwrap_or_default();
        }
    }
    phases
}

/// `sums[lane]` += `tap[lane]` * `x` for four channels.
fn add_products<const WIDTH: usize>(sums: &mut [[f32; WIDTH]; 4], tap: &[f32], x: &[f32; WIDTH]) {
    for (sums, weight) in sums.iter_mut().zip(tap) {
        for (sum, x) in sums.iter_mut().zip(x) {
            *sum += weight * x;
        }
    }
}

/// `sums` += `part` for four channels.
fn add<const WIDTH: usize>(sums: &mut [[f32; WIDTH]; 4], part: &[[f32; WIDTH]; 4]) {
    for (sum, part) in sums.iter_mut().flatten().zip(part.iter().flatten()) {
        *sum += part;
    }
}

/// Writes sums to their outputs, or adds them to what those hold.
fn store<'a>(outputs: impl IntoIterator<Item = &'a mut f32>, sums: &[f32], accumulate: bool) {
    for (out, sum) in outputs.into_iter().zip(sums) {
        *out = if accumulate { *out + sum } else { *sum };
    }
}

/// Sum of `left[j] * right[stride * j]`, in parallel partial sums: more exact than one, and a compiler vectorises it.
fn dot(left: &[f32], right: &[f32], stride: usize) -> f32 {
    let wide = left.len() - left.len() % 16;
    let narrow = left.len() - left.len() % 4;
    // `right` may end with the last value read, before the stride is full.
    let from = |at: usize| right.get(stride * at..).unwrap_or_default();
    lanes::<16>(&left[..wide], right, stride)
        + lanes::<4>(&left[wide..narrow], from(wide), stride)
        + lanes::<1>(&left[narrow..], from(narrow), stride)
}

fn lanes<const LANES: usize>(left: &[f32], right: &[f32], stride: usize) -> f32 {
    let mut sums = [0.0; LANES];
    for (at, x) in left.chunks_exact(LANES).enumerate() {
        let y = &right[stride * LANES * at..][..stride * (LANES - 1) + 1];
        if stride == 1 {
            sums.iter_mut().zip(x).zip(y).for_each(|((sum, x), y)| *sum += x * y);
        } else {
            sums.iter_mut()
                .zip(x)
                .zip(y.iter().step_by(stride))
                .for_each(|((sum, x), y)| *sum += x * y);
        }
    }
    sums.iter().sum()
}

/// LeakyReLU with the network's slope.
pub(crate) fn leaky(x: f32) -> f32 {
    if x >= 0.0 { x } else { crate::network::LEAKY_SLOPE * x }
}

/// The derivative of LeakyReLU at `x`; PyTorch takes the slope at 0.
pub(crate) fn leaky_slope(x: f32) -> f32 {
    if x > 0.0 { 1.0 } else { crate::network::LEAKY_SLOPE }
}
