//! Whole steps by finite differences: the parameters are moved along random directions within one parameter tensor at a time, so
//! that every layer's gradient is tested in the middle of the graph, on every path through the engine.

use optimal_eye_surgeon::cpu::CpuExecutor;
use optimal_eye_surgeon::network::{Network, Parameter, ParameterKind, draw_input, draw_theta};
use optimal_eye_surgeon::step::{
    AdamSettings, Disturbance, Fitting, Handles, Observing, Problem, Step, StepSettings, Tuning, WeightPath, fit_step,
};

use crate::networks::{bilinear_skip, branches, decoder, network, skip};
use crate::twin::{Report, normal, uniform};

const HEIGHT: usize = 20;
const WIDTH: usize = 28;
/// A picture of odd size inside the maps.
const REGION: (usize, usize, usize, usize) = (3, 1, 21, 17);
/// How much of the loss a random direction changes on average: 500 times what f32 leaves of it.
const CHANGE: f64 = 2e-5;
/// LeakyReLU's kinks bend the loss within such a step, so the gradient is taken at some points on the way: their mean is
/// the gradient's line integral, which the loss's change equals for any step. Where a few kinks weigh much, or a gamma
/// passes 0 in front of another normalisation, at more.
const POINTS: [usize; 3] = [6, 96, 1536];
/// Allowed error, relative to what a random direction changes on average.
const NEAR: f64 = 0.01;
/// Random directions for each tensor, over all of its entries and over a few of them.
const DIRECTIONS: u64 = 2;
const FEW: usize = 8;

/// As drawn, but with gammas of both signs and betas other than 0.
fn theta(network: &Network) -> Vec<f32> {
    let mut theta = draw_theta(network, 1);
    let (size, sign) = (uniform(network.n, 2), uniform(network.n, 3));
    for parameter in &network.parameters {
        for i in parameter.range() {
            match parameter.kind {
                ParameterKind::BnWeight => theta[i] = (0.5 + size[i]) * if sign[i] < 0.3 { -1.0 } else { 1.0 },
                ParameterKind::BnBias => theta[i] = size[i] - 0.5,
                ParameterKind::ConvWeight | ParameterKind::ConvBias => {}
            }
        }
    }
    theta
}

/// Keeps 40% of the weights and half of the betas; a dead channel inside, and one in the last normalisation that shifts
/// the picture by its beta alone.
fn mask(network: &Network) -> Vec<bool> {
    let mut keep: Vec<bool> = uniform(network.n, 4).iter().map(|u| *u < 0.4).collect();
    let of_kind = |kind| {
        network
            .parameters
            .iter()
            .filter(move |parameter| parameter.kind == kind)
    };
    for parameter in of_kind(ParameterKind::BnWeight) {
        keep[parameter.range()].fill(true);
    }
    let gammas: Vec<&Parameter> = of_kind(ParameterKind::BnWeight).collect();
    let betas: Vec<&Parameter> = of_kind(ParameterKind::BnBias).collect();
    keep[gammas[1].offset] = false;
    let last = gammas.len() - 1;
    keep[gammas[last].offset + 1] = false;
    keep[betas[last].offset + 1] = true;
    keep
}

/// A step on the CPU twins and the loss as a function of its parameters.
struct Descent {
    executor: CpuExecutor,
    step: Step,
    handles: Handles,
    problem: Problem,
    /// What was observed, laid out beside the maps.
    observed: Vec<f32>,
}

impl Descent {
    fn new(network: &Network, fitting: Fitting<'_>, rewrites: bool, observing: Observing) -> Self {
        let factor = observing.factor();
        let (x0, y0, width, height) = REGION;
        let problem = Problem {
            height: HEIGHT,
            width: WIDTH,
            region: (x0, y0, width / factor * factor, height / factor * factor),
            observing,
        };
        let settings = StepSettings {
            adam: AdamSettings::default(),
            schedule_len: 2,
            ring_len: 1,
            rewrites,
            tuning: Tuning::default(),
            binding_limit: 1 << 24,
        };
        let (step, handles) = fit_step(network, problem, fitting, settings).expect("a step");
        let mut executor = CpuExecutor::new(&step);
        executor.poison();
        let plane = HEIGHT * WIDTH;
        let z = draw_input(network, HEIGHT, WIDTH, 5);
        let (input_height, input_width) = network.input_size(HEIGHT, WIDTH);
        let input_plane = input_height * input_width;
        let input: Vec<f32> = handles
            .live_inputs
            .iter()
            .flat_map(|c| z[c * input_plane..][..input_plane].to_vec())
            .collect();
        let (_, _, columns, rows) = problem.windows().region;
        let mut values = uniform(3 * columns * rows, 6);
        if let Observing::Known { pixels } = observing {
            let unknown = (0..columns * rows).filter(|at| *at >= pixels);
            unknown.for_each(|at| (0..3).for_each(|c| values[c * columns * rows + at] = -1.0));
        }
        let observed = problem.lay_out(&values);
        let clean = uniform(3 * plane, 7);
        for (tensor, values) in [
            (handles.input[0], &input),
            (handles.observed[0], &observed),
            (handles.clean[0], &clean),
        ] {
            executor.write(tensor, values).expect("fits");
        }
        executor.run_prologue();
        Self {
            executor,
            step,
            handles,
            problem,
            observed,
        }
    }

    fn start(&mut self, q: &[f32], ops: usize) {
        self.executor.poison();
        self.executor.write(self.handles.parameters, q).expect("fits");
        self.executor.write(self.handles.counter, &[0.0]).expect("fits");
        self.executor.run_ops(0..ops);
    }

    /// Summed in f64 from the output: the ring's f32 is too coarse for differences.
    fn loss(&mut self, q: &[f32]) -> f64 {
        self.start(q, self.step.forward_len);
        let output = self.executor.read(self.handles.output[0]);
        let (factor, windows) = (self.problem.observing.factor(), self.problem.windows());
        let (x0, y0, columns, rows) = windows.region;
        let masked = matches!(self.problem.observing, Observing::Known { .. });
        let mut sum = 0.0;
        let mut count = 0;
        for (c, y, x) in (0..3).flat_map(|c| (0..rows).flat_map(move |y| (0..columns).map(move |x| (c, y, x)))) {
            let value = self.observed[(c * windows.rows + y0 + y) * windows.columns + x0 + x];
            if masked && value < 0.0 {
                continue;
            }
            let (top, left) = (self.problem.region.1 + y * factor, self.problem.region.0 + x * factor);
            let pixels = (0..factor).flat_map(|j| (0..factor).map(move |i| (top + j) * WIDTH + left + i));
            let drawn: f64 = pixels.map(|at| f64::from(output[c * HEIGHT * WIDTH + at])).sum();
            sum += (drawn / (factor * factor) as f64 - f64::from(value)).powi(2);
            count += 1;
        }
        sum / f64::from(count)
    }

    /// The loss that the step itself reports.
    fn reported(&self) -> f64 {
        f64::from(self.executor.read(self.handles.ring)[0])
    }

    fn gradient(&mut self, q: &[f32]) -> Vec<f32> {
        // A schedule of zeros: Adam leaves the parameters alone.
        self.start(q, self.step.ops.len());
        self.executor.read(self.handles.gradient)
    }

    /// `q` with `share` of `direction` added at `places`.
    fn moved(q: &[f32], places: &[usize], direction: &[f32], share: f32) -> Vec<f32> {
        let mut moved = q.to_vec();
        places
            .iter()
            .zip(direction)
            .for_each(|(place, d)| moved[*place] += share * d);
        moved
    }

    /// Loss at q + d minus loss at q - d, d along `direction` at `places`.
    fn difference(&mut self, q: &[f32], places: &[usize], direction: &[f32]) -> f64 {
        let [plus, minus] = [1.0, -1.0].map(|share| self.loss(&Self::moved(q, places, direction, share)));
        plus - minus
    }

    /// What the gradients at some points between q - d and q + d say of that.
    fn integral(&mut self, q: &[f32], places: &[usize], direction: &[f32], points: usize) -> f64 {
        let [plus, minus] = [1.0, -1.0].map(|share| Self::moved(q, places, direction, share));
        // The way that f32 has room for, not the one asked for.
        let way = |place: &usize| f64::from(plus[*place]) - f64::from(minus[*place]);
        let mut sum = 0.0;
        for point in 0..points {
            let share = (2 * point + 1) as f32 / points as f32 - 1.0;
            let gradient = self.gradient(&Self::moved(q, places, direction, share));
            sum += places
                .iter()
                .map(|place| f64::from(gradient[*place]) * way(place))
                .sum::<f64>();
        }
        sum / points as f64
    }
}

fn root_mean_square(values: impl ExactSizeIterator<Item = f32>) -> f64 {
    let n = values.len() as f64;
    (values.map(|v| f64::from(v).powi(2)).sum::<f64>() / n).sqrt()
}

/// Every tensor of a network on one path. Returns the loss.
fn check(report: &mut Report, network: &Network, fitting: Fitting<'_>, rewrites: bool, observing: Observing) -> f64 {
    let what = format!(
        "{}, {:?}, rewrites {rewrites}, {observing:?}",
        if fitting.keep.is_some() { "masked" } else { "dense" },
        fitting.path
    );
    let mut descent = Descent::new(network, fitting, rewrites, observing);
    let mut theta = theta(network);
    if let Some(keep) = fitting.keep {
        theta
            .iter_mut()
            .zip(keep)
            .for_each(|(t, keep)| *t *= f32::from(u8::from(*keep)));
    }
    let entries = descent.handles.entries.clone();
    let q = entries.gather(&theta);
    let gradient = descent.gradient(&q);
    let loss = descent.loss(&q);
    report.near(
        &format!("{what}: the reported loss"),
        descent.reported(),
        loss,
        1e-5 * loss,
    );
    let mut tested = 0;
    for (seed, parameter) in network.parameters.iter().enumerate() {
        let places: Vec<usize> = parameter
            .range()
            .map(|i| entries.place(i) as usize)
            .filter(|place| *place < entries.len())
            .collect();
        if places.is_empty() {
            continue;
        }
        let name = &parameter.name;
        let size = root_mean_square(places.iter().map(|place| q[*place]));
        let normal = |count: usize, at: u64| normal(count, 100 * seed as u64 + at);
        if !parameter.has_gradient {
            // A long way changes nothing but roundings.
            let direction: Vec<f32> = normal(places.len(), 0)
                .iter()
                .map(|d| (0.3 * size) as f32 * d)
                .collect();
            let found = descent.difference(&q, &places, &direction);
            report.near(&format!("{what}: {name} has no effect"), found, 0.0, 1e-6 * loss);
            let largest = places.iter().fold(0.0, |a: f32, place| a.max(gradient[*place].abs()));
            report.check(largest == 0.0, || {
                format!("{what}: {name} has a gradient of {largest:e}")
            });
            continue;
        }
        tested += 1;
        for at in 0..2 * DIRECTIONS {
            let mut chosen = places.clone();
            if at >= DIRECTIONS && places.len() > FEW {
                let order = uniform(places.len(), 1000 * seed as u64 + at);
                let mut ranked: Vec<usize> = (0..places.len()).collect();
                ranked.sort_by(|a, b| order[*a].total_cmp(&order[*b]));
                chosen = ranked[..FEW].iter().map(|i| places[*i]).collect();
            }
            let slope = root_mean_square(chosen.iter().map(|place| gradient[*place])) * (chosen.len() as f64).sqrt();
            report.check(slope > 0.0, || {
                format!("{what}: {name} has no gradient in direction {at}")
            });
            let typical = CHANGE * loss;
            let reach = (typical / (2.0 * slope)) as f32;
            let direction: Vec<f32> = normal(chosen.len(), at).iter().map(|d| reach * d).collect();
            let found = descent.difference(&q, &chosen, &direction);
            let mut expected = f64::NAN;
            for points in POINTS {
                expected = descent.integral(&q, &chosen, &direction, points);
                if (found - expected).abs() <= NEAR * typical {
                    break;
                }
            }
            report.near(
                &format!("{what}: {name}, direction {at}"),
                found,
                expected,
                NEAR * typical,
            );
        }
    }
    report.check(tested >= 10, || format!("{what}: {tested} tensors have a gradient"));
    loss
}

/// Without a mask: the same loss with and without the exact rewrites.
fn check_dense(network: &Network) {
    let mut report = Report::default();
    let fitting = Fitting {
        keep: None,
        path: WeightPath::Full,
        tracking: None,
        disturbance: Disturbance::default(),
    };
    let losses = [true, false].map(|rewrites| check(&mut report, network, fitting, rewrites, Observing::Whole));
    report.near("dense without rewrites: loss", losses[1], losses[0], 1e-5 * losses[0]);
    report.assert();
}

/// With a mask: the same loss on every path.
fn check_masked(network: &Network) {
    let mut report = Report::default();
    let keep = mask(network);
    let mut losses = Vec::new();
    for path in [WeightPath::Full, WeightPath::Compact, WeightPath::Sparse] {
        for rewrites in [true, false] {
            losses.push(check(
                &mut report,
                network,
                Fitting {
                    keep: Some(&keep),
                    path,
                    tracking: None,
                    disturbance: Disturbance::default(),
                },
                rewrites,
                Observing::Whole,
            ));
        }
    }
    for (at, loss) in losses.iter().enumerate() {
        report.near(&format!("masked, path {at}: loss"), *loss, losses[0], 1e-5 * losses[0]);
    }
    report.assert();
}

/// Through each operator between the picture and what was observed of it.
#[test]
fn observed_in_part() {
    let mut report = Report::default();
    let fitting = Fitting {
        keep: None,
        path: WeightPath::Full,
        tracking: None,
        disturbance: Disturbance::default(),
    };
    for observing in [
        Observing::Known { pixels: 100 },
        Observing::Pooled { factor: 2 },
        Observing::Pooled { factor: 4 },
    ] {
        check(&mut report, &network(), fitting, true, observing);
    }
    report.assert();
}

#[test]
fn dense() {
    check_dense(&network());
}

#[test]
fn masked() {
    check_masked(&network());
}

#[test]
fn dense_with_skip_connections() {
    check_dense(&skip());
}

#[test]
fn dense_with_bilinear_upsampling() {
    check_dense(&bilinear_skip());
}

#[test]
fn deep_decoder() {
    check_dense(&decoder());
}

/// The gradients of one path are tested by `dense_with_skip_connections`; those of the others agree with it.
#[test]
fn masked_with_skip_connections() {
    let mut report = Report::default();
    let network = skip();
    let keep = mask(&network);
    let masked = |values: &mut [f32]| {
        let kept = values.iter_mut().zip(&keep);
        kept.for_each(|(value, keep)| *value *= f32::from(u8::from(*keep)));
    };
    let mut first: Option<(f64, Vec<f32>)> = None;
    for path in [WeightPath::Full, WeightPath::Compact, WeightPath::Sparse] {
        for rewrites in [true, false] {
            let fitting = Fitting {
                keep: Some(&keep),
                path,
                tracking: None,
                disturbance: Disturbance::default(),
            };
            let mut descent = Descent::new(&network, fitting, rewrites, Observing::Whole);
            let mut theta = theta(&network);
            masked(&mut theta);
            let entries = descent.handles.entries.clone();
            let q = entries.gather(&theta);
            let loss = descent.loss(&q);
            let mut gradient = vec![0.0; network.n];
            entries.scatter(&descent.gradient(&q), &mut gradient);
            masked(&mut gradient);
            let (expected_loss, expected) = first.get_or_insert_with(|| (loss, gradient.clone()));
            let what = format!("{path:?}, rewrites {rewrites}");
            report.near(&format!("{what}: loss"), loss, *expected_loss, 1e-5 * *expected_loss);
            report.all_near(&format!("{what}: gradient"), &gradient, expected, 1e-4);
        }
    }
    report.assert();
}

#[test]
fn dense_with_branches() {
    check_dense(&branches());
}

#[test]
fn masked_with_branches() {
    check_masked(&branches());
}
