//! Whole steps on both executors: fitting on every path and mask learning, three steps each, with everything that is not
//! persistent poisoned between them.

use std::collections::BTreeSet;

use optimal_eye_surgeon::cpu::CpuExecutor;
use optimal_eye_surgeon::engine::{EngineError, Executor};
use optimal_eye_surgeon::gpu::{BuildOptions, GpuExecutor};
use optimal_eye_surgeon::kernels::shader_text;
use optimal_eye_surgeon::network::{
    DeepDecoder, Hourglass, Interpolation, Network, SkipHourglass, draw_input, draw_theta,
};
use optimal_eye_surgeon::rng::{Draws, Stream};
use optimal_eye_surgeon::step::{
    AdamSettings, Disturbance, Fitting, Handles, Learning, Observing, Problem, Step, StepSettings, TensorId, Tuning,
    WeightPath, fit_step, learn_step,
};

use crate::case::uniform;
use crate::{context, validate};

const STEPS: u64 = 3;
/// A picture of odd size inside maps of 24x40.
const PROBLEM: Problem = Problem {
    height: 24,
    width: 40,
    region: (3, 1, 33, 21),
    observing: Observing::Whole,
};

fn network() -> Network {
    let description = Hourglass {
        input_channels: 5,
        channels: vec![6, 7, 9],
        output_channels: 3,
    };
    description.build().expect("a small network")
}

pub fn skip() -> Network {
    let description = SkipHourglass {
        input_channels: 5,
        channels: vec![6, 7],
        skip_channels: 3,
        output_channels: 3,
        interpolation: Interpolation::Nearest,
    };
    description.build().expect("a small network")
}

/// With what the hourglass has not: bilinear upsampling in the one, in the other also ReLUs and convolutions without biases,
/// on maps from 3 x 5 pixels up.
fn siblings() -> [Network; 2] {
    let skip = SkipHourglass {
        input_channels: 5,
        channels: vec![6, 7],
        skip_channels: 3,
        output_channels: 3,
        interpolation: Interpolation::Bilinear,
    };
    let decoder = DeepDecoder {
        width: 7,
        doublings: 3,
        output_channels: 3,
    };
    [skip.build(), decoder.build()].map(|built| built.expect("a small network"))
}

pub fn settings(rewrites: bool) -> StepSettings {
    StepSettings {
        adam: AdamSettings::default(),
        schedule_len: STEPS as usize + 1,
        ring_len: 4,
        rewrites,
        tuning: Tuning::default(),
        binding_limit: 1 << 24,
    }
}

/// Keeps a fraction of the weights, and every parameter of the normalisations and the output.
pub fn mask(network: &Network, fraction: f32) -> Vec<bool> {
    let draws = Draws::new(5, Stream::Shuffle);
    let mut keep: Vec<bool> = (0..network.n).map(|i| draws.uniform(0, i) < fraction).collect();
    for parameter in network
        .parameters
        .iter()
        .filter(|parameter| !parameter.kind.is_conv_weight())
    {
        keep[parameter.range()].fill(true);
    }
    keep
}

/// Initial values by list of parts: small learning rates, so that Adam does not magnify the noise of near-zero gradients.
fn initial(network: &Network, problem: Problem, handles: &Handles) -> Vec<(Vec<TensorId>, Vec<f32>)> {
    let z = draw_input(network, problem.height, problem.width, 1);
    let plane = problem.height * problem.width;
    let (input_h, input_w) = network.input_size(problem.height, problem.width);
    let input: Vec<f32> = handles
        .live_inputs
        .iter()
        .flat_map(|c| z[c * input_h * input_w..][..input_h * input_w].to_vec())
        .collect();
    let schedule = (0..=STEPS)
        .flat_map(|t| [1e-4 / (1.0 - 0.9f32.powi(t as i32 + 1)), 1.0, 0.2, 0.0])
        .collect();
    let mut values = vec![
        (
            vec![handles.parameters],
            handles.entries.gather(&draw_theta(network, 2)),
        ),
        (handles.input.clone(), input),
        (handles.observed.clone(), uniform(3 * plane, 3)),
        (handles.clean.clone(), uniform(3 * plane, 4)),
        (vec![handles.schedule], schedule),
    ];
    if let Some(logits) = handles.logits {
        values.push((vec![logits], vec![2.0; network.n]));
    }
    values
}

/// Each tensor of interest after the steps; the gradient is the first step's.
pub async fn run(
    executor: &mut Executor,
    step: &Step,
    network: &Network,
    problem: Problem,
    handles: &Handles,
) -> Result<Vec<Vec<f32>>, EngineError> {
    executor.poison()?;
    for (parts, values) in initial(network, problem, handles) {
        executor.write_parts(&parts, &values)?;
    }
    executor.run_prologue().await?;
    let mut gradient = Vec::new();
    for at in 0..STEPS {
        executor.poison()?;
        executor.run_ops(0..step.ops.len()).await?;
        if at == 0 {
            gradient = executor.read(handles.gradient).await?;
        }
    }
    let mut results = executor.read_all(&[handles.ring, handles.parameters]).await?;
    results.push(executor.read_parts(&handles.output).await?);
    results.push(gradient);
    if let Some(logits) = handles.logits {
        results.push(executor.read(logits).await?);
    }
    Ok(results)
}

fn compare(name: &str, network: &Network, step: &Step, handles: &Handles, failures: &mut Vec<String>) {
    let context = context();
    let mut cpu: Executor = CpuExecutor::new(step).into();
    let built = pollster::block_on(GpuExecutor::build(&context, step, &BuildOptions::default(), |_, _| {}));
    let mut gpu: Executor = match built {
        Ok(gpu) => gpu.into(),
        Err(error) => return failures.push(format!("{name}: {error}")),
    };
    let [cpu, gpu] = [&mut cpu, &mut gpu].map(|executor| {
        pollster::block_on(run(executor, step, network, PROBLEM, handles))
            .unwrap_or_else(|error| panic!("{name}: {error}"))
    });
    agree(name, &cpu, &gpu, failures);
}

/// Compares what two executors or two steps made of the same start.
pub fn agree(name: &str, expected: &[Vec<f32>], found: &[Vec<f32>], failures: &mut Vec<String>) {
    for (label, (expected, found)) in ["ring", "parameters", "output", "gradient", "logits"]
        .iter()
        .zip(expected.iter().zip(found))
    {
        let largest = expected.iter().fold(0.0f32, |a, x| a.max(x.abs()));
        let furthest = expected.iter().zip(found).fold(0.0f32, |a, (x, y)| {
            if (x - y).is_nan() {
                f32::NAN
            } else {
                a.max((x - y).abs())
            }
        });
        // NaN fails both.
        if !(largest > 0.0 && furthest <= 2e-4 * largest && expected.len() == found.len()) {
            failures.push(format!("{name}: {label} differs by {furthest:e} of {largest:e}"));
        }
    }
}

#[test]
fn fits_agree_on_every_path() {
    check_fits(&network());
}

#[test]
fn fits_with_skip_connections_agree_on_every_path() {
    check_fits(&skip());
}

#[test]
fn fits_of_other_generators_agree() {
    siblings().iter().for_each(check_fits);
}

fn check_fits(network: &Network) {
    let keep = mask(network, 0.3);
    let mut failures = Vec::new();
    for rewrites in [true, false] {
        let (step, handles) = fit_step(
            network,
            PROBLEM,
            Fitting {
                keep: None,
                path: WeightPath::Auto,
                tracking: None,
                disturbance: Disturbance::default(),
            },
            settings(rewrites),
        )
        .expect("a step");
        compare(
            &format!("dense, rewrites {rewrites}"),
            network,
            &step,
            &handles,
            &mut failures,
        );
        for path in [
            WeightPath::Full,
            WeightPath::Compact,
            WeightPath::Sparse,
            WeightPath::Auto,
        ] {
            let fitting = Fitting {
                keep: Some(&keep),
                path,
                tracking: None,
                disturbance: Disturbance::default(),
            };
            let (step, handles) = fit_step(network, PROBLEM, fitting, settings(rewrites)).expect("a live mask");
            compare(
                &format!("{path:?}, rewrites {rewrites}"),
                network,
                &step,
                &handles,
                &mut failures,
            );
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn learning_agrees() {
    let network = network();
    let mut failures = Vec::new();
    for (kl, pull) in [(1e-9, 0.0), (0.0, 0.002)] {
        let learning = Learning {
            keep: 0.05,
            kl,
            pull,
            seed: 9,
            supplied: 0,
        };
        let (step, handles) = learn_step(&network, PROBLEM, learning, settings(true)).expect("a step");
        compare(
            &format!("learning, pull {pull}"),
            &network,
            &step,
            &handles,
            &mut failures,
        );
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The shaders of the paper's network at its smallest size and at one of the usual ones.
#[test]
fn the_papers_network_validates() {
    let network = Hourglass::default().build().expect("the paper's network");
    let keep = mask(&network, 0.3);
    let mut texts = BTreeSet::new();
    for side in [192, 512] {
        let problem = Problem {
            height: side,
            width: side,
            region: (0, 0, side, side),
            observing: Observing::Whole,
        };
        let settings = StepSettings {
            binding_limit: 128 << 20,
            ..settings(true)
        };
        let mut steps = vec![];
        for (keep, path) in [
            (None, WeightPath::Auto),
            (Some(&keep[..]), WeightPath::Compact),
            (Some(&keep[..]), WeightPath::Sparse),
        ] {
            steps.push(
                fit_step(
                    &network,
                    problem,
                    Fitting {
                        keep,
                        path,
                        tracking: None,
                        disturbance: Disturbance::default(),
                    },
                    settings,
                )
                .expect("a step")
                .0,
            );
        }
        let learning = Learning {
            keep: 0.05,
            kl: 1e-9,
            pull: 0.0,
            seed: 9,
            supplied: 0,
        };
        steps.push(learn_step(&network, problem, learning, settings).expect("a step").0);
        for op in steps.iter().flat_map(|step| step.prologue.iter().chain(&step.ops)) {
            texts.insert(shader_text(op.kernel.op()).expect("well-formed repeats"));
        }
    }
    let failures: Vec<String> = texts.iter().filter_map(|text| validate(text).err()).collect();
    assert!(texts.len() > 20, "{} texts are too few to be all", texts.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
