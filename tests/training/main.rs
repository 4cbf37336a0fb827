//! Runs as a whole, through the training loop that every front end uses.

mod noise;
mod tracking;

use std::sync::Arc;
use std::time::Duration;

use optimal_eye_surgeon::gpu::GpuContext;
use optimal_eye_surgeon::mask::{keep_count, top_k};
use optimal_eye_surgeon::network::{Connectivity, Hourglass};
use optimal_eye_surgeon::picture::Picture;
use optimal_eye_surgeon::rng::{Draws, Stream};
use optimal_eye_surgeon::step::{StepError, WeightPath};
use optimal_eye_surgeon::train::{Backend, Job, Learner, Point, Run, RunSpec, StartMask, StateIn, Task, TrainError};

const BUDGET: Duration = Duration::from_secs(60);

fn network() -> Hourglass {
    Hourglass {
        channels: vec![6, 10, 13],
        ..Hourglass::default()
    }
}

/// A smooth picture, not square, that the network does not take without padding.
fn picture() -> Picture {
    let (width, height) = (45, 37);
    let value = |c: usize, y: usize, x: usize| {
        let wave = (x as f32 * 0.21 + c as f32).sin() * (y as f32 * 0.17).cos();
        0.5 + 0.35 * wave
    };
    let data = (0..3)
        .flat_map(|c| (0..height).flat_map(move |y| (0..width).map(move |x| value(c, y, x))))
        .collect();
    Picture { width, height, data }
}

fn gpu() -> Backend {
    let context = pollster::block_on(GpuContext::native(None));
    Backend::Gpu(context.expect("the tests need an adapter; install a software Vulkan driver"))
}

fn run(spec: RunSpec, backend: &Backend, state: StateIn) -> Run {
    let task = Task::new(&picture(), 0.1, 3, &spec.network).expect("a task");
    let mut run = pollster::block_on(Run::new(spec, task, backend, state, |_, _| {})).expect("the run builds");
    while !run.is_finished() {
        pollster::block_on(run.advance(BUDGET)).expect("the run advances");
    }
    run
}

/// A mask of half of the parameters with a way from the input to the picture.
fn mask(spec: &RunSpec) -> Arc<Vec<bool>> {
    let network = spec.network.build().expect("builds");
    let draws = Draws::new(5, Stream::Shuffle);
    let logits: Vec<f32> = (0..network.n).map(|i| draws.uniform(0, i)).collect();
    let keep = top_k(&logits, keep_count(network.n, 0.5), 0).expect("a mask");
    assert!(Connectivity::of(&network, &keep).is_alive());
    Arc::new(keep)
}

fn fit(path: WeightPath, rewrites: bool, steps: u64) -> RunSpec {
    let mut spec = RunSpec::dense(network());
    let keep = mask(&spec);
    spec = RunSpec::sparse(network(), keep);
    spec.steps = steps;
    spec.rewrites = rewrites;
    if let Job::Fit(fit) = &mut spec.job {
        fit.path = path;
    }
    spec
}

fn psnr(points: &[Point]) -> Vec<f64> {
    points
        .iter()
        .map(|p| p.psnr.expect("a clean picture is known"))
        .collect()
}

/// Fast paths change the arithmetic, not the result: the first steps to float noise, later ones as far as chaos lets them.
#[test]
fn every_path_draws_the_same_curve() {
    let reference = psnr(run(fit(WeightPath::Full, false, 40), &Backend::Cpu, StateIn::default()).curve());
    assert_eq!(reference.len(), 41, "one point before any update and one after each");
    assert!(reference[40] > reference[0] + 3.0, "the fit learns: {reference:?}");
    let device = gpu();
    let mut wrong = Vec::new();
    for path in [
        WeightPath::Full,
        WeightPath::Compact,
        WeightPath::Sparse,
        WeightPath::Auto,
    ] {
        for backend in [&Backend::Cpu, &device] {
            let curve = psnr(run(fit(path, true, 40), backend, StateIn::default()).curve());
            for (step, (ours, expected)) in curve.iter().zip(&reference).enumerate() {
                let allowed = if step <= 3 { 1e-3 } else { 0.3 };
                if (ours - expected).abs() > allowed {
                    wrong.push(format!("{path:?} step {step}: {ours} dB instead of {expected}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_run_repeats_bit_by_bit() {
    let device = gpu();
    for backend in [&Backend::Cpu, &device] {
        let once = run(fit(WeightPath::Auto, true, 12), backend, StateIn::default());
        let again = run(fit(WeightPath::Auto, true, 12), backend, StateIn::default());
        assert_eq!(once.curve(), again.curve());
    }
}

/// More steps than the device holds numbers for at a time.
#[test]
fn supplied_uniforms_are_those_the_device_would_draw() {
    let mut spec = RunSpec::learn(network(), Learner::Fast);
    spec.steps = 19;
    let n = spec.network.build().expect("builds").n;
    let draws = Draws::new(spec.seed, Stream::MaskSample);
    let uniforms: Vec<f32> = (0..19)
        .flat_map(|step| (0..n).map(move |i| draws.uniform(step, i)))
        .collect();
    let bytes: &[u8] = bytemuck::cast_slice(&uniforms);
    let view = safetensors::tensor::TensorView::new(safetensors::Dtype::F32, vec![19, n], bytes).expect("a tensor");
    let file = safetensors::serialize([("uniforms", view)], None).expect("a file");
    let state = StateIn::from_bytes(&file).expect("a state");
    let device = gpu();
    for backend in [&Backend::Cpu, &device] {
        let mut drawn = run(spec.clone(), backend, StateIn::default());
        let mut supplied = run(spec.clone(), backend, state.clone());
        let drawn = pollster::block_on(drawn.logits()).expect("logits");
        let supplied = pollster::block_on(supplied.logits()).expect("logits");
        assert_eq!(drawn, supplied);
    }
}

#[test]
fn a_mask_to_start_from_sets_the_logits_apart() {
    let n = network().build().expect("builds").n;
    let keep: Vec<bool> = (0..n).map(|i| i % 7 == 0).collect();
    let mut spec = RunSpec::learn(network(), Learner::Fast);
    spec.steps = 0;
    let Job::Learn(learn) = &mut spec.job else {
        unreachable!()
    };
    let from = |keep| StartMask {
        name: "a mask".into(),
        keep: Arc::new(keep),
    };
    learn.from = Some(from(keep.clone()));
    let mut begun = run(spec.clone(), &Backend::Cpu, StateIn::default());
    let logits = pollster::block_on(begun.logits()).expect("logits");
    assert!(
        logits
            .iter()
            .zip(&keep)
            .all(|(p, kept)| *p == if *kept { 3.0 } else { 1.0 })
    );
    let Job::Learn(learn) = &mut spec.job else {
        unreachable!()
    };
    learn.from = Some(from(vec![true; 5]));
    let task = Task::new(&picture(), 0.1, 0, &spec.network).expect("a task");
    let refused = pollster::block_on(Run::new(spec, task, &Backend::Cpu, StateIn::default(), |_, _| {}));
    assert!(matches!(
        refused.err(),
        Some(TrainError::Step(StepError::MaskLength { mask: 5, .. }))
    ));
}

/// The picture's own size comes back, whatever the padding.
#[test]
fn the_result_has_the_pictures_size() {
    let mut done = run(fit(WeightPath::Auto, true, 2), &Backend::Cpu, StateIn::default());
    let output = pollster::block_on(done.output()).expect("an output");
    assert_eq!((output.width, output.height), (45, 37));
    let expected = optimal_eye_surgeon::picture::psnr(&output, &picture());
    let measured = done.curve().last().and_then(|p| p.psnr).expect("measured");
    assert!(
        (expected - measured).abs() < 1e-3,
        "{expected} dB by the picture, {measured} dB by the run"
    );
}
