//! Every kernel against its CPU twin, on a real device: odd, tiny and round sizes, outputs poisoned with NaN. A missing
//! adapter fails.
#![cfg(feature = "cli")]

mod case;
mod convolution;
mod device;
mod interpolation;
mod normalisation;
mod peaks;
mod self_test;
mod sparse;
mod split;
mod steps;
mod tracking;
mod training;

use std::collections::BTreeSet;

use case::{Case, Difference};
use optimal_eye_surgeon::gpu::{BuildOptions, GpuContext};
use optimal_eye_surgeon::kernels::{Kernel, shader_text};

fn context() -> GpuContext {
    pollster::block_on(GpuContext::native(None)).expect("these tests need an adapter: install mesa-vulkan-drivers")
}

fn cases() -> Vec<Case> {
    [
        normalisation::cases(),
        peaks::cases(),
        convolution::cases(),
        interpolation::cases(),
        sparse::cases(),
        training::cases(),
        tracking::cases(),
    ]
    .concat()
}

/// Runs every case and collects all failures before it asserts.
fn compare(options: &BuildOptions) {
    let context = context();
    let mut failures: Vec<String> = Vec::new();
    for case in cases() {
        match pollster::block_on(case.run(&context, options)) {
            Ok(differences) => failures.extend(differences.iter().map(Difference::to_string)),
            Err(error) => failures.push(format!("{}: {error}", case.name)),
        }
    }
    assert!(
        failures.is_empty(),
        "{} failures:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

#[test]
fn kernels_agree_with_their_twins() {
    compare(&BuildOptions::default());
}

#[test]
fn kernels_agree_with_their_twins_without_runtime_checks() {
    compare(&BuildOptions {
        runtime_checks: false,
        ..Default::default()
    });
}

#[test]
fn every_kernel_has_cases() {
    let covered: BTreeSet<&str> = cases().iter().map(|case| case.kernel.op().info().name).collect();
    let all: BTreeSet<&str> = Kernel::all().iter().map(|info| info.name).collect();
    assert_eq!(covered, all);
}

/// Whether a shader is valid with what browsers accept by default: no capability beyond WebGPU's.
fn validate(text: &str) -> Result<(), String> {
    use wgpu::naga::{front::wgsl, valid};
    let module = wgsl::parse_str(text).map_err(|error| error.emit_to_string(text))?;
    let mut validator = valid::Validator::new(valid::ValidationFlags::all(), valid::Capabilities::empty());
    validator
        .validate(&module)
        .map(drop)
        .map_err(|error| error.emit_to_string(text))
}

#[test]
fn every_case_validates_without_extensions() {
    let text = |case: &Case| shader_text(case.kernel.op()).expect("well-formed repeats");
    let failures: Vec<String> = cases()
        .iter()
        .filter_map(|case| {
            validate(&text(case))
                .err()
                .map(|error| format!("{}: {error}", case.name))
        })
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
