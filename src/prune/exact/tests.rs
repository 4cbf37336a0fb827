//! The gradient against differences of the loss, and Hessian-vector products against differences of the gradient.

use super::*;
use crate::network::{Hourglass, ParameterKind, draw_input, draw_theta};
use crate::rng::{Draws, Stream};

const HEIGHT: usize = 12;
const WIDTH: usize = 20;

fn network() -> Network {
    let description = Hourglass {
        input_channels: 3,
        channels: vec![4, 5],
        output_channels: 3,
    };
    description.build().expect("a small network")
}

/// As drawn, with gammas of both signs and betas other than 0.
fn theta(network: &Network) -> Vec<f64> {
    let draws = Draws::new(2, Stream::MaskSample);
    let mut theta: Vec<f64> = draw_theta(network, 1).into_iter().map(f64::from).collect();
    for parameter in &network.parameters {
        for i in parameter.range() {
            let u = f64::from(draws.uniform(0, i));
            match parameter.kind {
                ParameterKind::BnWeight => theta[i] = if i % 3 == 0 { -0.5 - u } else { 0.5 + u },
                ParameterKind::BnBias => theta[i] = u - 0.5,
                ParameterKind::ConvWeight | ParameterKind::ConvBias => {}
            }
        }
    }
    theta
}

fn normals(n: usize, seed: u64) -> Vec<f64> {
    let draws = Draws::new(seed, Stream::PictureNoise);
    (0..n).map(|i| f64::from(draws.normal(0, i))).collect()
}

fn moved(theta: &[f64], direction: &[f64], by: f64) -> Vec<f64> {
    theta.iter().zip(direction).map(|(t, d)| t + by * d).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |most, value| value.abs().max(most))
}

/// Calls `check` with a small objective over a picture of odd size inside the maps.
fn with_objective(check: impl Fn(&Objective<'_>, &[f64])) {
    let network = network();
    let input = draw_input(&network, HEIGHT, WIDTH, 4);
    let draws = Draws::new(6, Stream::Input);
    let noisy: Vec<f32> = (0..3 * HEIGHT * WIDTH).map(|i| draws.uniform(0, i)).collect();
    let objective = Objective {
        network: &network,
        height: HEIGHT,
        width: WIDTH,
        input: &input,
        noisy: &noisy,
        region: Region {
            x: 2,
            y: 1,
            width: 15,
            height: 9,
        },
    };
    check(&objective, &theta(&network));
}

/// So small that no kink of LeakyReLU lies within, so large that f64 resolves the difference.
const STEP: f64 = 1e-7;

#[test]
fn the_gradient_is_the_slope_of_the_loss() {
    with_objective(|objective, theta| {
        let (_, gradient) = objective.gradient(theta, |_, _| {});
        for p in objective.network.parameters.iter().filter(|p| p.has_gradient) {
            let mut direction = vec![0.0; theta.len()];
            direction[p.range()].copy_from_slice(&normals(p.len(), 7));
            let at = |by: f64| objective.gradient(&moved(theta, &direction, by), |_, _| {}).0;
            let slope = (at(STEP) - at(-STEP)) / (2.0 * STEP);
            let expected = dot(&gradient, &direction);
            let allowed = 1e-5 * largest(&gradient);
            assert!(
                (slope - expected).abs() < allowed,
                "{}: {slope:e}, not {expected:e}",
                p.name
            );
        }
    });
}

#[test]
fn a_hessian_product_is_the_slope_of_the_gradient() {
    with_objective(|objective, theta| {
        for p in &objective.network.parameters {
            let mut direction = vec![0.0; theta.len()];
            direction[p.range()].copy_from_slice(&normals(p.len(), 8));
            let product = objective.hessian_vector(theta, &direction, |_, _| {});
            let at = |by: f64| objective.gradient(&moved(theta, &direction, by), |_, _| {}).1;
            let (above, below) = (at(STEP), at(-STEP));
            let slope = above.iter().zip(&below).map(|(a, b)| (a - b) / (2.0 * STEP));
            let off: Vec<f64> = slope.zip(&product).map(|(slope, product)| slope - product).collect();
            let (worst, most) = (largest(&off), largest(&product));
            // What has no effect has no curvature either: both are rounding.
            let allowed = 1e-5 * most + 1e-7;
            assert!(worst < allowed, "{}: off by {worst:e}, largest {most:e}", p.name);
            assert!(most > 1e-4 || !p.has_gradient, "{}: {most:e} proves nothing", p.name);
        }
    });
}

#[test]
fn the_hessian_is_symmetric() {
    with_objective(|objective, theta| {
        let (u, v) = (normals(theta.len(), 9), normals(theta.len(), 10));
        let product = |direction: &[f64]| objective.hessian_vector(theta, direction, |_, _| {});
        let (uhv, vhu) = (dot(&u, &product(&v)), dot(&v, &product(&u)));
        assert!((uhv - vhu).abs() < 1e-10 * uhv.abs(), "{uhv:e} and {vhu:e}");
    });
}

#[test]
fn progress_counts_every_layer_twice() {
    with_objective(|objective, theta| {
        let mut told = Vec::new();
        objective.gradient(theta, |done, all| told.push((done, all)));
        let all = 2 * objective.network.nodes.len();
        assert_eq!(told, (1..=all).map(|done| (done, all)).collect::<Vec<_>>());
    });
}
