//! Maps longer than a binding, split by channel: the same numbers as in one piece, on both executors.

use optimal_eye_surgeon::cpu::CpuExecutor;
use optimal_eye_surgeon::engine::Executor;
use optimal_eye_surgeon::gpu::{BuildOptions, GpuExecutor};
use optimal_eye_surgeon::network::{Hourglass, Network};
use optimal_eye_surgeon::step::{
    AdamSettings, Disturbance, Fitting, Handles, Learning, Observing, Problem, Statistic, Step, StepSettings, Tracking,
    Tuning, WeightPath, fit_step, learn_step,
};

use crate::context;
use crate::steps::{agree, mask, run, settings};

/// WebGPU's default for the longest binding, in bytes.
const DEFAULT_BINDING: u64 = 128 << 20;

/// The gradient's place in the results of [`run`].
const GRADIENT: usize = 3;

const PROBLEM: Problem = Problem {
    height: 80,
    width: 112,
    region: (3, 1, 97, 77),
    observing: Observing::Whole,
};

/// Whether every map is in one piece, or no tensor is longer than this.
#[derive(Clone, Copy)]
enum Limit {
    None,
    Bytes(u64),
}

/// A network with the limit that splits its maps.
struct Split {
    network: Network,
    limit: u64,
    /// The fraction to keep: few enough weights that the index tables fit, too.
    keep: f32,
    /// Parts of the input and of the picture.
    parts: (usize, usize),
}

/// z in 2 parts (4 + 1 channels), maps in 3 (4 + 4 + 2) and, one level down, in 2 (16 + 2); and the picture in 2 (2 + 1).
fn splits() -> [Split; 2] {
    let network = |input_channels, channels: &[usize]| {
        let description = Hourglass {
            input_channels,
            channels: channels.to_vec(),
            output_channels: 3,
        };
        description.build().expect("a small network")
    };
    [
        Split {
            network: network(5, &[10, 18]),
            limit: 200_000,
            keep: 0.13,
            parts: (2, 1),
        },
        Split {
            network: network(2, &[3]),
            limit: 100_000,
            keep: 0.5,
            parts: (1, 2),
        },
    ]
}

/// Few threads for gradients, so that their partial sums do not need longer tensors than maps. Adam's eps is above the
/// roundings of near-zero gradients, which it would turn into whole steps otherwise.
fn within(limit: Limit, rewrites: bool) -> StepSettings {
    let settings = settings(rewrites);
    StepSettings {
        adam: AdamSettings {
            eps: 1e-4,
            ..settings.adam
        },
        binding_limit: match limit {
            Limit::None => settings.binding_limit,
            Limit::Bytes(limit) => limit,
        },
        tuning: Tuning {
            gradient_threads: 32,
            ..settings.tuning
        },
        ..settings
    }
}

/// Runs a step in one piece and split, on the CPU, and split on the GPU, and collects what differs.
fn compare(name: &str, split: &Split, failures: &mut Vec<String>, build: impl Fn(Limit) -> (Step, Handles)) {
    let (whole, handles) = build(Limit::None);
    let mut executor: Executor = CpuExecutor::new(&whole).into();
    let results = |executor: &mut Executor, step: &Step, handles: &Handles| {
        pollster::block_on(run(executor, step, &split.network, PROBLEM, handles))
            .unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    let expected = results(&mut executor, &whole, &handles);

    let (step, handles) = build(Limit::Bytes(split.limit));
    assert_eq!((handles.input.len(), handles.output.len()), split.parts, "{name}");
    assert!(step.ops.len() > whole.ops.len(), "{name}: nothing was split");
    let longest = step.memory.slabs.iter().copied().max().unwrap_or_default();
    assert!(4 * longest as u64 <= split.limit, "{name}: a slab of {longest} words");
    let context = context();
    let gpu = pollster::block_on(GpuExecutor::build(&context, &step, &BuildOptions::default(), |_, _| {}));
    let executors: [(&str, Executor); 2] = [
        ("CPU", CpuExecutor::new(&step).into()),
        ("GPU", gpu.unwrap_or_else(|error| panic!("{name}: {error}")).into()),
    ];
    for (device, mut executor) in executors {
        let found = results(&mut executor, &step, &handles);
        let name = format!("{name}, {device}");
        agree(&name, &expected, &found, failures);
        let [expected, found] = [&expected, &found].map(|results| {
            let mut flat = vec![0.0; split.network.n];
            handles.entries.scatter(&results[GRADIENT], &mut flat);
            flat
        });
        gradients_agree(&name, &split.network, &expected, &found, failures);
    }
}

/// Tensor by tensor, each relative to its own largest value; the nearly scale-free gammas in front of an upsample (method
/// section 7.4), whose gradient is little but roundings, to a thousandth of the largest of all.
fn gradients_agree(name: &str, network: &Network, expected: &[f32], found: &[f32], failures: &mut Vec<String>) {
    let largest = |values: &[f32]| values.iter().fold(0.0f32, |a, x| a.max(x.abs()));
    let least = 1e-3 * largest(expected);
    for parameter in &network.parameters {
        let (expected, found) = (&expected[parameter.range()], &found[parameter.range()]);
        let allowed = 1e-3 * largest(expected).max(least);
        // NaN is not near.
        let near = |(x, y): (&f32, &f32)| (x - y).abs() <= allowed;
        if !expected.iter().zip(found).all(near) {
            failures.push(format!("{name}: the gradient of {} differs", parameter.name));
        }
    }
}

#[test]
fn split_fits_agree_with_whole_ones() {
    let mut failures = Vec::new();
    for split in &splits() {
        let keep = mask(&split.network, split.keep);
        for rewrites in [true, false] {
            for (keep, path) in [
                (None, WeightPath::Full),
                (Some(&keep[..]), WeightPath::Full),
                (Some(&keep[..]), WeightPath::Compact),
                (Some(&keep[..]), WeightPath::Sparse),
            ] {
                let kind = if keep.is_some() { "masked" } else { "dense" };
                let name = format!("{kind} {path:?}, rewrites {rewrites}, {} bytes", split.limit);
                compare(&name, split, &mut failures, |limit| {
                    let tracking = Some(Tracking {
                        statistic: Statistic::Emv { alpha: 0.1 },
                        ignore: 1,
                    });
                    let disturbance = Disturbance::default();
                    let fitting = Fitting {
                        keep,
                        path,
                        tracking,
                        disturbance,
                    };
                    fit_step(&split.network, PROBLEM, fitting, within(limit, rewrites)).expect("a step")
                });
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn split_learning_agrees_with_whole() {
    let mut failures = Vec::new();
    for split in &splits() {
        for rewrites in [true, false] {
            let name = format!("learning, rewrites {rewrites}, {} bytes", split.limit);
            compare(&name, split, &mut failures, |limit| {
                let learning = Learning {
                    keep: 0.05,
                    kl: 1e-9,
                    pull: 0.0,
                    seed: 9,
                    supplied: 0,
                };
                learn_step(&split.network, PROBLEM, learning, within(limit, rewrites)).expect("a step")
            });
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The paper's network within WebGPU's default binding: a map of 16 channels of 2048 x 2048 is 256 MiB.
#[test]
fn large_pictures_have_a_plan_within_the_default_limits() {
    let network = Hourglass::default().build().expect("the paper's network");
    let keep = mask(&network, 0.05);
    for side in [2048, 4096] {
        let problem = Problem {
            height: side,
            width: side,
            region: (0, 0, side, side),
            observing: Observing::Whole,
        };
        let settings = StepSettings {
            binding_limit: DEFAULT_BINDING,
            ..settings(true)
        };
        let learning = Learning {
            keep: 0.05,
            kl: 1e-9,
            pull: 0.0,
            seed: 9,
            supplied: 0,
        };
        let dense = Fitting {
            keep: None,
            path: WeightPath::Full,
            tracking: None,
            disturbance: Disturbance::default(),
        };
        let sparse = Fitting {
            keep: Some(&keep),
            path: WeightPath::Auto,
            tracking: None,
            disturbance: Disturbance::default(),
        };
        for (name, built) in [
            ("dense", fit_step(&network, problem, dense, settings)),
            ("sparse", fit_step(&network, problem, sparse, settings)),
            ("learning", learn_step(&network, problem, learning, settings)),
        ] {
            let (step, _) = built.unwrap_or_else(|error| panic!("{name} at {side}: {error}"));
            let longest = step.memory.slabs.iter().copied().max().unwrap_or_default();
            assert!(
                4 * longest as u64 <= DEFAULT_BINDING,
                "{name} at {side}: {longest} words"
            );
            assert!(4 * step.tables.len() as u64 <= DEFAULT_BINDING, "{name} at {side}");
            // Every map of the widest level is stored: z, boxed, and the last level's on the way up.
            let least = 4 * (32 + 16) * (side * side) as u64;
            assert!(step.bytes() > least, "{name} at {side}: only {} bytes", step.bytes());
            println!(
                "{name} at {side}: {} MB in {} slabs, {} ops",
                step.bytes() / 1_000_000,
                step.memory.slabs.len(),
                step.ops.len()
            );
        }
    }
}
