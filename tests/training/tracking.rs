//! Averages and early stopping, against their definitions applied to the recorded outputs.

use std::time::Duration;

use optimal_eye_surgeon::picture::{Picture, psnr};
use optimal_eye_surgeon::step::{Statistic, WeightPath};
use optimal_eye_surgeon::train::{
    Backend, Checkpoint, Job, LrDrop, Returned, Run, RunSpec, StateIn, Task, TrackSpec, TrainError,
};

use crate::{fit, gpu, picture};

const STEPS: u64 = 24;
const IGNORE: u64 = 6;

fn tracked(statistic: Statistic) -> RunSpec {
    let mut spec = fit(WeightPath::Auto, true, STEPS);
    if let Job::Fit(fit) = &mut spec.job {
        fit.tracking = Some(TrackSpec {
            decay: 0.9,
            statistic,
            ignore: IGNORE,
            patience: 5,
            burn_in: None,
        });
    }
    spec
}

fn task(spec: &RunSpec) -> Task {
    Task::new(&picture(), 0.1, 3, &spec.network).expect("a task")
}

fn start(spec: RunSpec, backend: &Backend) -> Run {
    let task = task(&spec);
    pollster::block_on(Run::new(spec, task, backend, StateIn::default(), |_, _| {})).expect("the run builds")
}

fn step(run: &mut Run) {
    pollster::block_on(run.advance_steps(1, Duration::ZERO)).expect("the run advances");
}

fn returned(run: &mut Run, which: Returned) -> Picture {
    pollster::block_on(run.returned(which)).expect("a result")
}

/// Runs step by step and records each output before its update, and the one after the last.
fn recorded(run: &mut Run) -> Vec<Picture> {
    let mut outputs = Vec::new();
    while !run.is_finished() {
        let last = run.step() + 1 == STEPS;
        step(run);
        if last {
            // The last advance draws twice; only the second output is still there.
            outputs.push(None);
        }
        outputs.push(Some(returned(run, Returned::Last)));
    }
    let found: Vec<Picture> = outputs.iter().flatten().cloned().collect();
    assert_eq!(found.len() as u64, STEPS, "one output is overwritten");
    found
}

fn mean_square(picture: &[f64]) -> f64 {
    picture.iter().map(|x| x * x).sum::<f64>() / picture.len() as f64
}

/// The exponential mean after each output, which at first goes back over a tenth of them.
fn averages(outputs: &[Vec<f64>], decay: f64) -> Vec<Vec<f64>> {
    let mut mean = vec![0.0; outputs[0].len()];
    let mut averages = Vec::new();
    for (t, output) in outputs.iter().enumerate() {
        let rate = (1.0 - decay).max(10.0 / (10.0 + t as f64));
        for (mean, x) in mean.iter_mut().zip(output) {
            *mean += rate * (x - *mean);
        }
        averages.push(mean.clone());
    }
    averages
}

/// ES-EMV as method section 9 has it, per value.
fn emv(outputs: &[Vec<f64>], alpha: f64) -> Vec<f64> {
    let mut mean = outputs[0].clone();
    let mut emv = 0.0;
    let mut curve = Vec::new();
    for output in outputs {
        let d: Vec<f64> = output.iter().zip(&mean).map(|(x, mean)| x - mean).collect();
        mean.iter_mut().zip(&d).for_each(|(mean, d)| *mean += alpha * d);
        emv = (1.0 - alpha) * (emv + alpha * mean_square(&d));
        curve.push(emv);
    }
    curve
}

/// The variance of the last `window` outputs, per value.
fn wmv(outputs: &[Vec<f64>], window: usize) -> Vec<f64> {
    outputs
        .windows(window)
        .map(|window| {
            let len = window.len() as f64;
            let places = 0..window[0].len();
            let variance = places.clone().map(|i| {
                let mean = window.iter().map(|output| output[i]).sum::<f64>() / len;
                window.iter().map(|output| (output[i] - mean).powi(2)).sum::<f64>() / len
            });
            variance.sum::<f64>() / places.len() as f64
        })
        .collect()
}

/// Every output of a run, the one that is drawn twice included: a run of one step fewer shows it.
fn outputs(spec: &RunSpec, backend: &Backend) -> (Run, Vec<Picture>) {
    let mut run = start(spec.clone(), backend);
    let mut outputs = recorded(&mut run);
    let mut shorter = start(
        RunSpec {
            steps: STEPS - 1,
            ..spec.clone()
        },
        backend,
    );
    while !shorter.is_finished() {
        step(&mut shorter);
    }
    outputs.insert(STEPS as usize - 1, returned(&mut shorter, Returned::Last));
    (run, outputs)
}

fn doubles(pictures: &[Picture]) -> Vec<Vec<f64>> {
    pictures
        .iter()
        .map(|picture| picture.data.iter().map(|x| f64::from(*x)).collect())
        .collect()
}

fn close(ours: &Picture, expected: &[f64]) -> bool {
    let largest = ours
        .data
        .iter()
        .zip(expected)
        .map(|(a, b)| (f64::from(*a) - b).abs())
        .fold(0.0, f64::max);
    largest < 1e-5
}

#[test]
fn averages_and_emv_follow_their_definitions() {
    let device = gpu();
    for backend in [&Backend::Cpu, &device] {
        let (mut run, pictures) = outputs(&tracked(Statistic::Emv { alpha: 0.1 }), backend);
        let values = doubles(&pictures);
        let expected = emv(&values, 0.1);
        for (point, expected) in run.curve().iter().zip(&expected) {
            let ours = point.statistic.expect("followed");
            assert!(
                (ours - expected).abs() <= 1e-4 * expected,
                "step {}: {ours} instead of {expected}",
                point.step
            );
        }
        let averages = averages(&values, 0.9);
        assert!(close(&returned(&mut run, Returned::Average), &averages[STEPS as usize]));
        let average = returned(&mut run, Returned::Average);
        let measured = run.curve()[STEPS as usize].average_psnr.expect("a clean picture");
        assert!((psnr(&average, &picture()) - measured).abs() < 1e-3);

        let after = &expected[IGNORE as usize..];
        let least = (0..after.len())
            .min_by(|a, b| after[*a].total_cmp(&after[*b]))
            .expect("some")
            + IGNORE as usize;
        assert_eq!(run.stopping_step(), Some(least as u64));
        assert_eq!(returned(&mut run, Returned::Stopped), pictures[least]);
        assert!(close(&returned(&mut run, Returned::StoppedAverage), &averages[least]));
    }
}

#[test]
fn the_window_is_the_last_outputs_in_8_bits() {
    let window = 7;
    let device = gpu();
    for backend in [&Backend::Cpu, &device] {
        let (mut run, pictures) = outputs(&tracked(Statistic::Wmv { window: 7 }), backend);
        let levels: Vec<Vec<f64>> = doubles(&pictures)
            .iter()
            .map(|values| values.iter().map(|x| (x * 255.0).round() / 255.0).collect())
            .collect();
        let expected = wmv(&levels, window);
        for (at, expected) in expected.iter().enumerate() {
            let point = run.curve()[at + window - 1];
            let ours = point.statistic.expect("followed");
            // A value on the edge between two levels may fall to either side.
            assert!(
                (ours - expected).abs() <= 2e-3 * expected,
                "step {}: {ours} instead of {expected}",
                point.step
            );
        }
        let least = run.stopping_step().expect("the window has been full");
        assert!(least >= window as u64 - 1);
        assert_eq!(returned(&mut run, Returned::Stopped), pictures[least as usize]);
    }
}

/// Patience counts from the least statistic, and ends nothing before; how far each advance goes does not matter.
#[test]
fn a_run_should_stop_once_its_patience_is_over() {
    let spec = RunSpec {
        steps: 400,
        ..tracked(Statistic::Emv { alpha: 0.1 })
    };
    let ends = [1, 2, 7, u64::MAX].map(|longest| {
        let mut run = start(spec.clone(), &Backend::Cpu);
        while let Some(left @ 1..) = run.steps_until_stop() {
            let advance = run.advance_steps(left.min(longest), Duration::from_secs(60));
            pollster::block_on(advance).expect("the run advances");
        }
        assert!(run.should_stop());
        let least = run.stopping_step().expect("a least statistic");
        assert_eq!(run.step() - least, 5, "exactly when the patience was over");
        run.step()
    });
    assert_eq!(ends, [ends[0]; 4]);
}

#[test]
fn what_is_followed_survives_a_checkpoint() {
    for statistic in [Statistic::Emv { alpha: 0.1 }, Statistic::Wmv { window: 7 }] {
        let spec = tracked(statistic);
        let mut whole = start(spec.clone(), &Backend::Cpu);
        let mut first = start(spec.clone(), &Backend::Cpu);
        for _ in 0..11 {
            step(&mut first);
        }
        let bytes = pollster::block_on(first.checkpoint())
            .expect("a checkpoint")
            .to_bytes()
            .expect("bytes");
        let checkpoint = Checkpoint::from_bytes(&bytes).expect("readable");
        let task = task(&spec);
        let resumed = Run::resume(checkpoint, STEPS, task, StateIn::default(), &Backend::Cpu, |_, _| {});
        let mut resumed = pollster::block_on(resumed).expect("goes on");
        for run in [&mut whole, &mut resumed] {
            while !run.is_finished() {
                step(run);
            }
        }
        assert_eq!(whole.curve(), resumed.curve());
        for which in [Returned::Average, Returned::Stopped, Returned::StoppedAverage] {
            assert_eq!(returned(&mut whole, which), returned(&mut resumed, which));
        }
    }
}

#[test]
fn only_what_is_followed_can_be_returned() {
    let spec = fit(WeightPath::Auto, true, 1);
    let mut run = start(spec, &Backend::Cpu);
    step(&mut run);
    let refused = pollster::block_on(run.returned(Returned::Average));
    assert!(matches!(refused, Err(TrainError::NotTracked)));
    let mut early = start(tracked(Statistic::Emv { alpha: 0.1 }), &Backend::Cpu);
    step(&mut early);
    let refused = pollster::block_on(early.returned(Returned::Stopped));
    assert!(matches!(refused, Err(TrainError::NotTracked)), "no moment to stop yet");
}

#[test]
fn a_fit_returns_its_calmest_average_unless_there_is_none() {
    let mut run = start(tracked(Statistic::Emv { alpha: 0.1 }), &Backend::Cpu);
    for done in 0..=IGNORE {
        assert_eq!(
            run.default_returned(),
            Returned::Average,
            "after {done} steps there is no moment yet"
        );
        step(&mut run);
    }
    assert_eq!(run.default_returned(), Returned::StoppedAverage);

    let mut untracked = start(fit(WeightPath::Auto, true, 1), &Backend::Cpu);
    step(&mut untracked);
    assert_eq!(untracked.default_returned(), Returned::Last);
}

/// A posterior mean is the better the longer it is.
#[test]
fn a_posterior_mean_is_returned_as_it_is_at_the_end() {
    let mut spec = tracked(Statistic::Emv { alpha: 0.1 });
    if let Job::Fit(fit) = &mut spec.job
        && let Some(tracking) = &mut fit.tracking
    {
        (tracking.burn_in, tracking.patience) = (Some(3), 1);
    }
    let mut run = start(spec, &Backend::Cpu);
    while !run.is_finished() {
        step(&mut run);
        assert_eq!(run.steps_until_stop(), None);
    }
    assert_eq!(run.default_returned(), Returned::Average);
}

/// The learning rate falls in a run as its schedule says: the two runs part at the step of the drop.
#[test]
fn a_lower_learning_rate_begins_at_its_step() {
    let plain = fit(WeightPath::Auto, true, 8);
    let mut dropped = plain.clone();
    if let Job::Fit(fit) = &mut dropped.job {
        fit.drop = Some(LrDrop { from: 4, factor: 0.1 });
    }
    let curves = [plain, dropped].map(|spec| {
        let mut run = start(spec, &Backend::Cpu);
        while !run.is_finished() {
            step(&mut run);
        }
        run.curve().to_vec()
    });
    assert_eq!(curves[0][..=4], curves[1][..=4]);
    assert_ne!(curves[0][5], curves[1][5]);
}
