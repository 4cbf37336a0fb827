//! ONNX's own node tests (tests/fixtures/README.md), each as a step of one op or a few, on the CPU twins and on the GPU. A
//! node that the kernels cannot express is listed with the reason. A missing adapter fails.
#![cfg(feature = "cli")]

mod convolution;
mod fixture;
mod graph;
mod maps;
mod pointwise;

use fixture::{Case, Tensor, cases};
use graph::Device;
use optimal_eye_surgeon::gpu::GpuContext;

/// Allowed difference, relative to the largest expected value.
const NEAR: f32 = 1e-5;

/// The nodes that no op expresses, in the table's order.
const NOT_EXPRESSIBLE: [(&str, &str); 3] = [
    ("averagepool_2d_strides", "the network takes means of 2x2 only"),
    ("convtranspose_pad", "a link has one stride for both axes"),
    ("convtranspose_pads", "a link has one stride for both axes"),
];
/// How many nodes the fixture has.
const NODES: usize = 29;

/// What a node should give and what it gave.
struct Comparison {
    what: &'static str,
    found: Vec<f32>,
    expected: Vec<f32>,
}

/// A node's outputs, or why no op expresses it.
type Outcome = Result<Vec<Comparison>, &'static str>;

impl Comparison {
    fn new(what: &'static str, found: Vec<f32>, expected: &Tensor) -> Self {
        Self {
            what,
            found,
            expected: expected.values.clone(),
        }
    }

    fn failure(&self) -> Option<String> {
        let Self { what, found, expected } = self;
        if found.len() != expected.len() {
            return Some(format!(
                "{what} has {} values instead of {}",
                found.len(),
                expected.len()
            ));
        }
        let largest = expected.iter().fold(0.0f32, |a, x| a.max(x.abs()));
        if largest == 0.0 {
            return Some(format!("{what} is expected to be 0, which proves nothing"));
        }
        // NaN is far from everything.
        let differs = |(a, b): (&f32, &f32)| (a - b).is_nan() || (a - b).abs() > NEAR * largest;
        let at = found.iter().zip(expected).position(differs)?;
        Some(format!(
            "{what}[{at}] is {} instead of {}, largest {largest:e}",
            found[at], expected[at]
        ))
    }
}

fn run(case: &Case, device: &Device) -> Outcome {
    match case.op.as_str() {
        "Conv" => convolution::conv(case, device),
        "ConvTranspose" => convolution::conv_transpose(case, device),
        "BatchNormalization" => pointwise::batch_norm(case, device),
        "AveragePool" => maps::average_pool(case, device),
        "Pad" => maps::reflect_pad(case, device),
        "Upsample" | "Resize" => maps::upsample(case, device),
        "LeakyRelu" => pointwise::leaky_relu(case, device),
        "Sigmoid" => pointwise::sigmoid(case, device),
        other => panic!("{}: no test of {other}", case.name),
    }
}

/// Runs every node and collects all failures before it asserts.
fn compare(device: &Device) {
    let cases = cases();
    let (mut failures, mut left_out) = (Vec::new(), Vec::new());
    for case in &cases {
        match run(case, device) {
            Ok(comparisons) => {
                failures.extend(
                    comparisons
                        .iter()
                        .filter_map(|c| Some(format!("{}: {}", case.name, c.failure()?))),
                );
            }
            Err(reason) => left_out.push((case.name.as_str(), reason)),
        }
    }
    assert!(
        failures.is_empty(),
        "{} failures:\n{}",
        failures.len(),
        failures.join("\n")
    );
    assert_eq!(left_out, NOT_EXPRESSIBLE);
    assert_eq!(cases.len(), NODES);
}

#[test]
fn the_twins_compute_what_onnx_says() {
    compare(&Device::Cpu);
}

#[test]
fn the_gpu_computes_what_onnx_says() {
    let context = pollster::block_on(GpuContext::native(None));
    compare(&Device::Gpu(
        context.expect("this test needs an adapter: install mesa-vulkan-drivers"),
    ));
}
