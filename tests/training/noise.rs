//! Noise on the input and on the weights, drawn on the device.

use optimal_eye_surgeon::network::ParameterKind;
use optimal_eye_surgeon::step::WeightPath;
use optimal_eye_surgeon::train::{Backend, Job, RunSpec, StateIn};

use crate::{fit, gpu, network, psnr, run};

fn jittered(path: WeightPath, steps: u64) -> RunSpec {
    let mut spec = fit(path, true, steps);
    if let Job::Fit(fit) = &mut spec.job {
        fit.jitter = 1.0 / 30.0;
    }
    spec
}

/// What a channel of z gets does not depend on which others are live, nor on who computes.
#[test]
fn every_path_and_device_draws_the_same_jitter() {
    let still = psnr(run(fit(WeightPath::Full, true, 6), &Backend::Cpu, StateIn::default()).curve());
    let reference = psnr(run(jittered(WeightPath::Full, 6), &Backend::Cpu, StateIn::default()).curve());
    assert!((still[1] - reference[1]).abs() > 1e-3, "the noise is there");
    let device = gpu();
    for path in [WeightPath::Full, WeightPath::Compact, WeightPath::Sparse] {
        for backend in [&Backend::Cpu, &device] {
            let curve = psnr(run(jittered(path, 6), backend, StateIn::default()).curve());
            for (step, (ours, expected)) in curve.iter().zip(&reference).enumerate().take(4) {
                assert!(
                    (ours - expected).abs() < 5e-3,
                    "{path:?} step {step}: {ours} and {expected}"
                );
            }
        }
    }
}

/// One step of SGLD differs from one of Adam by normal numbers of half the learning rate, on convolution weights alone.
#[test]
fn langevin_noise_is_on_the_convolution_weights() {
    let device = gpu();
    for backend in [&Backend::Cpu, &device] {
        let mut noisy = RunSpec::langevin(network(), 1);
        let mut plain = noisy.clone();
        noisy.seed = 5;
        if let Job::Fit(fit) = &mut plain.job {
            fit.langevin = false;
        }
        plain.seed = noisy.seed;
        let mut runs = [noisy, plain].map(|spec| run(spec, backend, StateIn::default()));
        let built = runs[0].network().clone();
        let [a, b] = [0, 1].map(|at| pollster::block_on(runs[at].parameters()).expect("parameters"));
        let mut weights = Vec::new();
        for parameter in &built.parameters {
            for i in parameter.range() {
                let change = f64::from(a[i]) - f64::from(b[i]);
                if parameter.kind == ParameterKind::ConvWeight {
                    weights.push(change / 5e-3);
                } else {
                    assert!(change == 0.0, "{}: {change}", parameter.name);
                }
            }
        }
        let n = weights.len() as f64;
        let mean = weights.iter().sum::<f64>() / n;
        let variance = weights.iter().map(|x| x * x).sum::<f64>() / n;
        // Four standard errors.
        assert!(mean.abs() < 4.0 / n.sqrt(), "mean {mean} of {n}");
        assert!((variance - 1.0).abs() < 4.0 * (2.0 / n).sqrt(), "variance {variance}");
    }
}

/// Both the current sample and the mean of those after the burn-in are scored; up to its end they are the same.
#[test]
fn a_posterior_mean_is_followed() {
    let done = run(RunSpec::langevin(network(), 40), &Backend::Cpu, StateIn::default());
    for point in done.curve() {
        let (sample, average) = (point.psnr.expect("clean"), point.average_psnr.expect("followed"));
        // 35% of the steps.
        assert_eq!((sample - average).abs() < 1e-3, point.step <= 14, "{point:?}");
    }
}
