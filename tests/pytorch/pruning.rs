//! Pruning at initialisation against PyTorch's double backward in float64: Hessian-vector products, scores, and masks.

use optimal_eye_surgeon::gpu::GpuContext;
use optimal_eye_surgeon::mask::Mask;
use optimal_eye_surgeon::mask::select;
use optimal_eye_surgeon::network::{Hourglass, Parameter};
use optimal_eye_surgeon::picture::{Observation, Padding, Picture, Region};
use optimal_eye_surgeon::prune::exact::Objective;
use optimal_eye_surgeon::prune::{Method, PruneSpec, Scope, grasp, prunable, prune, snip, synflow};
use optimal_eye_surgeon::train::{Backend, RunSpec, StateIn, Task};

use crate::fixture::{Fixture, Tensors, load, load_bytes};

/// As the script has it.
const KEEP: f64 = 0.1;

struct Case {
    fixture: Fixture,
    expected: Tensors,
    padding: Padding,
    input: Vec<f32>,
    noisy: Vec<f32>,
}

/// net_a with a loss over all pixels, net_c with trained normalisations and a loss over the picture's own.
fn cases() -> [Case; 2] {
    [("net_a", [0, 0, 40, 56]), ("net_c", [3, 1, 213, 10])].map(|(name, [top, left, height, width])| {
        let fixture = Fixture::load(name);
        let (padded_height, padded_width) = fixture.size();
        let padding = Padding {
            width,
            height,
            padded_width,
            padded_height,
        };
        let region = padding.region();
        assert_eq!((region.y, region.x), (top, left), "the window lies in the middle");
        Case {
            expected: load(&format!("prune_{name}.safetensors")),
            padding,
            input: fixture.tensor("z"),
            noisy: fixture.tensor("noisy"),
            fixture,
        }
    })
}

impl Case {
    fn objective(&self) -> Objective<'_> {
        Objective {
            network: &self.fixture.network,
            height: self.padding.padded_height,
            width: self.padding.padded_width,
            input: &self.input,
            noisy: &self.noisy,
            region: self.padding.region(),
        }
    }

    fn parameters(&self) -> &[Parameter] {
        &self.fixture.network.parameters
    }

    fn description(&self) -> &Hourglass {
        self.fixture.description.hourglass().expect("an hourglass")
    }

    fn state(&self) -> StateIn {
        StateIn::from_bytes(&load_bytes(&format!("{}.safetensors", self.fixture.name))).expect("a state")
    }

    /// A picture that the state replaces.
    fn task(&self) -> Task {
        let Region { width, height, .. } = self.padding.region();
        let grey = Picture::new(width, height, vec![0.5; 3 * width * height]).expect("a picture");
        Task {
            noisy: grey,
            clean: None,
            padding: self.padding,
            observation: Observation::Whole,
        }
    }

    fn mask(&self, method: Method, scope: Scope, backend: &Backend) -> Mask {
        let spec = PruneSpec {
            scope,
            keep: KEEP,
            ..PruneSpec::new(self.description().clone(), method)
        };
        let made = prune(&spec, self.task(), self.state(), backend, |_, _| {});
        pollster::block_on(made).expect("a mask")
    }

    fn expected_mask(&self, method: &str, scope: Scope) -> Vec<bool> {
        let scope = match scope {
            Scope::Global => "global",
            Scope::Layer => "layer",
        };
        let mask = &self.expected[&format!("{method}.{scope}")];
        mask.iter().map(|kept| *kept == 1.0).collect()
    }

    /// The kept weights through which anything flows from a constant input to the output.
    fn flowing(&self, keep: &[bool]) -> Vec<bool> {
        let theta = self.fixture.theta();
        let magnitudes: Vec<f64> = theta
            .iter()
            .zip(keep)
            .map(|(t, kept)| f64::from(t.abs()) * f64::from(u8::from(*kept)))
            .collect();
        let scores = synflow::scores(&self.fixture.network, &magnitudes, 1);
        scores.iter().map(|score| *score > 0.0).collect()
    }

    /// Tensor by tensor within `share` of the largest expected value there.
    fn compare(&self, what: &str, found: &[f64], share: f64) {
        let expected = &self.expected[what];
        let overall = largest(expected);
        for p in self.parameters() {
            let wanted = &expected[p.range()];
            // What has no gradient has rounding, on both sides.
            let allowed = share * largest(wanted) + 1e-12 * overall;
            for (at, (found, wanted)) in found[p.range()].iter().zip(wanted).enumerate() {
                let off = (found - f64::from(*wanted)).abs();
                let name = &self.fixture.name;
                assert!(
                    off <= allowed,
                    "{name} {what} {}[{at}]: {found:e} instead of {wanted:e}, allowed {allowed:e}",
                    p.name
                );
            }
        }
    }
}

fn differing(a: &[bool], b: &[bool]) -> usize {
    a.iter().zip(b).filter(|(a, b)| a != b).count()
}

fn largest(values: &[f32]) -> f64 {
    values.iter().map(|v| f64::from(v.abs())).fold(0.0, f64::max)
}

fn doubles(values: &[f32]) -> Vec<f64> {
    values.iter().map(|v| f64::from(*v)).collect()
}

/// The stored numbers are f32.
const STORED: f64 = 1e-6;

#[test]
fn hessian_products_are_those_of_double_backward() {
    for case in cases() {
        let (theta, direction) = (doubles(&case.fixture.theta()), doubles(&case.expected["direction"]));
        let product = case.objective().hessian_vector(&theta, &direction, |_, _| {});
        case.compare("product", &product, STORED);
    }
}

#[test]
fn exact_gradients_are_those_of_a_dense_fit() {
    for (case, fit) in cases().iter().zip(["dense", "window"]) {
        let theta = doubles(&case.fixture.theta());
        let (_, gradient) = case.objective().gradient(&theta, |_, _| {});
        let stored = load(&format!("{}_{fit}.safetensors", case.fixture.name));
        for p in case.parameters().iter().filter(|p| p.has_gradient) {
            let wanted = &stored[&format!("grad.{}", p.name)];
            let allowed = STORED * largest(wanted);
            for (found, wanted) in gradient[p.range()].iter().zip(wanted) {
                let off = (found - f64::from(*wanted)).abs();
                assert!(off <= allowed, "{}: {found:e} instead of {wanted:e}", p.name);
            }
        }
    }
}

#[test]
fn grasp_and_synflow_score_as_defined() {
    for case in cases() {
        let theta = case.fixture.theta();
        case.compare("grasp", &grasp::scores(&case.objective(), &theta, |_, _| {}), STORED);
        let magnitudes: Vec<f64> = theta.iter().map(|t| f64::from(t.abs())).collect();
        let pixels = case.padding.padded_height * case.padding.padded_width;
        let found = synflow::scores(&case.fixture.network, &magnitudes, pixels);
        // No score comes from a difference, so each is right in itself.
        for (i, (found, wanted)) in found.iter().zip(&case.expected["synflow"]).enumerate() {
            let wanted = f64::from(*wanted);
            assert!(
                (found - wanted).abs() <= STORED * wanted,
                "[{i}]: {found:e} instead of {wanted:e}"
            );
        }
    }
}

#[test]
fn snip_scores_by_the_engines_gradient() {
    for case in cases() {
        for backend in backends() {
            let spec = RunSpec::dense(case.description().clone());
            let theta = case.fixture.theta();
            let scored = snip::scores(spec, case.task(), case.state(), &backend, &theta, |_, _| {});
            let scores = pollster::block_on(scored).expect("scores");
            let weights: Vec<_> = prunable(&case.fixture.network).collect();
            let only_weights: Vec<f64> = scores
                .iter()
                .enumerate()
                .map(|(i, score)| {
                    if weights.iter().any(|range| range.contains(&i)) {
                        *score
                    } else {
                        0.0
                    }
                })
                .collect();
            case.compare("snip", &only_weights, 1e-4);
        }
    }
}

#[test]
fn masks_are_those_of_pytorch() {
    for case in cases() {
        for scope in [Scope::Global, Scope::Layer] {
            let grasp = case.mask(Method::Grasp, scope, &Backend::Cpu);
            assert_eq!(differing(&grasp.keep, &case.expected_mask("grasp", scope)), 0);
            let (mask, expected) = (
                case.mask(Method::Synflow, scope, &Backend::Cpu).keep,
                case.expected_mask("synflow", scope),
            );
            // Layer by layer some channels end without a way out. All weights to them score 0: ties, drawn by each in its way.
            assert_eq!(
                differing(&case.flowing(&mask), &case.flowing(&expected)),
                0,
                "{scope:?}"
            );
            for range in prunable(&case.fixture.network) {
                let kept = |mask: &[bool]| mask[range.clone()].iter().filter(|kept| **kept).count();
                assert_eq!(kept(&mask), kept(&expected));
            }
        }
        for backend in backends() {
            for scope in [Scope::Global, Scope::Layer] {
                let mask = case.mask(Method::Snip, scope, &backend);
                same_but_at_the_threshold(&case, &mask.keep, scope);
            }
        }
    }
}

/// The engine's gradient is good to 1e-4 of a tensor's largest: only scores that near to the threshold may change sides.
fn same_but_at_the_threshold(case: &Case, keep: &[bool], scope: Scope) {
    let expected = case.expected_mask("snip", scope);
    let scores = &case.expected["snip"];
    for range in prunable(&case.fixture.network) {
        let kept = |i: &usize| expected[*i];
        let within = match scope {
            Scope::Global => prunable(&case.fixture.network).flatten().collect::<Vec<_>>(),
            Scope::Layer => range.clone().collect(),
        };
        let least = within
            .iter()
            .filter(|i| kept(i))
            .map(|i| scores[*i])
            .fold(f32::INFINITY, f32::min);
        let near = 2e-4 * largest(&scores[range.clone()]);
        for i in range.filter(|&i| keep[i] != expected[i]) {
            let off = f64::from((scores[i] - least).abs());
            assert!(off <= near, "{scope:?} [{i}]: {:e}, threshold {least:e}", scores[i]);
        }
    }
}

/// The sign conventions of method section 8: each other reading of them keeps other weights.
#[test]
fn the_sign_conventions_are_the_papers() {
    for case in cases() {
        let network = &case.fixture.network;
        let chosen = |scores: &[f64]| {
            let all = vec![true; network.n];
            let mask = select(network, scores, &all, Scope::Global, KEEP, 0).expect("numbers");
            prunable(network).flatten().filter(|&i| mask[i]).collect::<Vec<_>>()
        };
        let kept = |method: &str| -> Vec<usize> {
            let mask = case.expected_mask(method, Scope::Global);
            prunable(network).flatten().filter(|&i| mask[i]).collect()
        };
        let grasp = doubles(&case.expected["grasp"]);
        assert_eq!(chosen(&grasp), kept("grasp"), "the largest theta * Hg stay");
        let turned: Vec<f64> = grasp.iter().map(|score| -score).collect();
        assert!(chosen(&turned).iter().all(|i| !kept("grasp").contains(i)));
        let absolute: Vec<f64> = grasp.iter().map(|score| score.abs()).collect();
        assert_ne!(chosen(&absolute), kept("grasp"), "its size is not what counts");

        let (_, gradient) = case.objective().gradient(&doubles(&case.fixture.theta()), |_, _| {});
        let signed: Vec<f64> = case
            .fixture
            .theta()
            .iter()
            .zip(&gradient)
            .map(|(t, g)| f64::from(*t) * g)
            .collect();
        assert_ne!(chosen(&signed), kept("snip"), "the sign of theta * g does not count");
        let size: Vec<f64> = signed.iter().map(|score| score.abs()).collect();
        assert_eq!(chosen(&size), kept("snip"));
    }
}

fn backends() -> [Backend; 2] {
    let context = pollster::block_on(GpuContext::native(None));
    let context = context.expect("the tests need an adapter; install a software Vulkan driver");
    [Backend::Cpu, Backend::Gpu(context)]
}
