//! Batch normalisation in the middle of a graph: an incoming gradient of random values, against finite differences of its
//! definition in f64, element by element; alone, and after a LeakyReLU that is passed in the same go.

use optimal_eye_surgeon::kernels::bn_backward::BnBackward;
use optimal_eye_surgeon::kernels::bn_finalise::BnFinalise;
use optimal_eye_surgeon::kernels::bn_grad_finalise::BnGradFinalise;
use optimal_eye_surgeon::kernels::bn_sums::BnSums;
use optimal_eye_surgeon::kernels::prepare::Prepare;
use optimal_eye_surgeon::network::{BN_EPS, LEAKY_SLOPE};
use optimal_eye_surgeon::step::AxisMap;

use crate::layers::Map;
use crate::twin::Bound::{Output, Table, Unused, Values};
use crate::twin::{Bound, Report, normal, run};

const CHANNELS: usize = 3;
/// What f32 leaves of means and deviations, relative to a channel's largest value.
const NEAR: f64 = 2e-5;
/// In f64 a central difference is good to about the square of its step.
const STEP: f64 = 1e-4;

struct Case {
    src: Map,
    /// Scale and shift of the normalisation before the LeakyReLU.
    first: Option<Vec<f32>>,
    gammas: Vec<f32>,
    betas: Vec<f32>,
    /// The incoming gradient.
    g: Vec<f32>,
    splits: usize,
    halo: usize,
    beta: bool,
}

/// What the kernels make of a case.
struct Found {
    output: Vec<f32>,
    input_grad: Vec<f32>,
    /// dgamma and dbeta, in turns.
    grad: Vec<f32>,
}

impl Case {
    fn new((h, w): (usize, usize), after_activation: bool, splits: usize) -> Self {
        let mut src = Map::normal(CHANNELS, h, w, 1);
        // Means between 0 and 20 deviations, and no value near the kink of the LeakyReLU.
        for (c, plane) in src.values.chunks_mut(h * w).enumerate() {
            let offset = if after_activation { 0.0 } else { 10.0 * c as f32 };
            plane.iter_mut().for_each(|x| *x += 0.05f32.copysign(*x) + offset);
        }
        let first = after_activation.then(|| vec![1.5, 0.0, 0.0, 0.0, -0.7, 0.0, 0.0, 0.0, 0.4, 0.0, 0.0, 0.0]);
        let halo = splits % 3;
        let g = normal(CHANNELS * h * w, 2);
        let (gammas, betas) = (normal(CHANNELS, 3), normal(CHANNELS, 4));
        Self {
            src,
            first,
            gammas,
            betas,
            g,
            splits,
            halo,
            beta: splits % 2 == 1,
        }
    }

    fn plane(&self) -> usize {
        self.src.h * self.src.w
    }

    fn run(&self) -> Found {
        let (channels, plane, splits) = (CHANNELS as u32, self.plane() as u32, self.splits as u32);
        let after = u32::from(self.first.is_some());
        let first = || self.first.as_ref().map_or(Unused, |first| Values(first));
        let src = || Values(&self.src.values);
        let sums = |gradient| BnSums {
            first: after,
            gradient,
            channels,
            plane,
            splits,
        };
        let partials = 2 * CHANNELS * self.splits;
        let [forward] = run(&sums(0), &[src(), first(), Unused, Unused, Output(partials)]);
        let q: Vec<f32> = self
            .gammas
            .iter()
            .zip(&self.betas)
            .flat_map(|(gamma, beta)| [*gamma, *beta])
            .collect();
        let places: Vec<u32> = [0, 1]
            .into_iter()
            .flat_map(|at| (0..channels).map(move |c| 2 * c + at))
            .collect();
        let finalise = BnFinalise {
            first: after,
            channels,
            plane,
            splits,
        };
        let bound = [
            Values(&forward),
            src(),
            first(),
            Values(&q),
            Table(&places),
            Output(4 * CHANNELS),
        ];
        let [norm] = run(&finalise, &bound);

        let (h, w) = (self.src.h, self.src.w);
        let sources = [AxisMap::identity(h).table(), AxisMap::identity(w).table()].concat();
        let [src_h, src_w] = [h as u32, w as u32];
        let apply = Prepare {
            first: after,
            second: 1,
            paired: 0,
            channels,
            src_h,
            src_w,
            dst_h: src_h,
            dst_w: src_w,
        };
        let bound = [
            src(),
            first(),
            Values(&norm),
            Table(&sources),
            Output(self.src.values.len()),
        ];
        let [output] = run(&apply, &bound);

        let [backward] = run(
            &sums(1),
            &[src(), first(), Values(&norm), Values(&self.g), Output(partials)],
        );
        let finalise = BnGradFinalise {
            beta: u32::from(self.beta),
            channels,
            plane,
            splits,
        };
        let bound: [Bound<'_>; 4] = [Values(&backward), Table(&places), Output(q.len()), Output(4 * CHANNELS)];
        let [grad, means] = run(&finalise, &bound);
        let through = BnBackward {
            first: after,
            accumulate: 0,
            channels,
            h: src_h,
            w: src_w,
            halo: self.halo as u32,
        };
        let len = CHANNELS * (h + 2 * self.halo) * (w + 2 * self.halo);
        let bound = [
            Values(&self.g),
            src(),
            first(),
            Values(&norm),
            Values(&means),
            Output(len),
        ];
        let [input_grad] = run(&through, &bound);
        Found {
            output,
            input_grad,
            grad,
        }
    }

    /// What a channel normalises, before its LeakyReLU if there is one.
    fn before(&self, c: usize) -> Vec<f64> {
        let (scale, shift) = self.first.as_ref().map_or((1.0, 0.0), |first| {
            (f64::from(first[4 * c]), f64::from(first[4 * c + 1]))
        });
        self.src.values[c * self.plane()..][..self.plane()]
            .iter()
            .map(|x| scale * f64::from(*x) + shift)
            .collect()
    }

    /// The definition: LeakyReLU if there is one, then batch statistics with the biased variance.
    fn normalise(&self, before: &[f64], gamma: f64, beta: f64) -> Vec<f64> {
        let leaky = |v: f64| if v < 0.0 { f64::from(LEAKY_SLOPE) * v } else { v };
        let x: Vec<f64> = before
            .iter()
            .map(|v| if self.first.is_some() { leaky(*v) } else { *v })
            .collect();
        let mean = x.iter().sum::<f64>() / x.len() as f64;
        let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / x.len() as f64;
        let inv_std = 1.0 / (variance + f64::from(BN_EPS)).sqrt();
        x.iter().map(|x| gamma * (x - mean) * inv_std + beta).collect()
    }

    /// <g, output> of a channel.
    fn loss(&self, c: usize, before: &[f64], gamma: f64, beta: f64) -> f64 {
        let g = &self.g[c * self.plane()..][..self.plane()];
        self.normalise(before, gamma, beta)
            .iter()
            .zip(g)
            .map(|(y, g)| y * f64::from(*g))
            .sum()
    }

    fn check(&self, report: &mut Report) {
        let activation = if self.first.is_some() { " after LeakyReLU" } else { "" };
        let what = format!("{}x{}{activation}, {} splits", self.src.h, self.src.w, self.splits);
        let found = self.run();
        let interior = self.interior(&found.input_grad, report, &what);
        for c in 0..CHANNELS {
            let (gamma, beta) = (f64::from(self.gammas[c]), f64::from(self.betas[c]));
            let before = self.before(c);
            let of_channel = |values: &[f32]| values[c * self.plane()..][..self.plane()].to_vec();
            let expected: Vec<f32> = self.normalise(&before, gamma, beta).iter().map(|y| *y as f32).collect();
            report.all_near(
                &format!("{what}: output {c}"),
                &of_channel(&found.output),
                &expected,
                NEAR,
            );

            let difference = |moved: &dyn Fn(f64) -> f64| (moved(STEP) - moved(-STEP)) / (2.0 * STEP);
            let expected: Vec<f32> = (0..before.len())
                .map(|at| {
                    let moved = |step: f64| {
                        let mut before = before.clone();
                        before[at] += step;
                        self.loss(c, &before, gamma, beta)
                    };
                    difference(&moved) as f32
                })
                .collect();
            report.all_near(
                &format!("{what}: input gradient {c}"),
                &of_channel(&interior),
                &expected,
                NEAR,
            );

            let scale = self.plane() as f64;
            let dgamma = difference(&|step| self.loss(c, &before, gamma + step, beta));
            report.near(
                &format!("{what}: dgamma {c}"),
                f64::from(found.grad[2 * c]),
                dgamma,
                NEAR * scale.sqrt(),
            );
            let dbeta = difference(&|step| self.loss(c, &before, gamma, beta + step));
            let found = found.grad[2 * c + 1];
            if self.beta {
                report.near(
                    &format!("{what}: dbeta {c}"),
                    f64::from(found),
                    dbeta,
                    NEAR * scale.sqrt(),
                );
            } else {
                report.check(found.is_nan(), || {
                    format!("{what}: writes {found} for a beta without a gradient")
                });
            }
        }
    }

    /// The input gradient without its border, which must be 0.
    fn interior(&self, grad: &[f32], report: &mut Report, what: &str) -> Vec<f32> {
        let (h, w, halo) = (self.src.h, self.src.w, self.halo);
        let full_w = w + 2 * halo;
        let mut interior = Vec::new();
        for (row, values) in grad.chunks(full_w).enumerate() {
            let y = row % (h + 2 * halo);
            let inside = if (halo..h + halo).contains(&y) {
                halo..w + halo
            } else {
                0..0
            };
            interior.extend(&values[inside.clone()]);
            let border = values.iter().enumerate().filter(|(x, _)| !inside.contains(x));
            report.check(border.clone().all(|(_, v)| *v == 0.0), || {
                format!("{what}: row {row} of the border is not 0")
            });
        }
        interior
    }
}

#[test]
fn a_normalisation_passes_any_gradient() {
    let mut report = Report::default();
    for size in [(3, 3), (4, 5), (5, 41), (41, 55)] {
        for (splits, after_activation) in [(1, false), (2, true), (4, false), (5, true), (7, false), (7, true)] {
            Case::new(size, after_activation, splits).check(&mut report);
        }
    }
    report.assert();
}
