//! Runs one kernel's CPU twin on plain slices, and collects what does not hold.

use optimal_eye_surgeon::kernels::{KernelOp, Slice, Slices};
use optimal_eye_surgeon::rng::{Draws, Stream};

/// What a binding gets.
pub enum Bound<'a> {
    Values(&'a [f32]),
    Table(&'a [u32]),
    /// The constants leave the binding unused.
    Unused,
    /// An output of this many values, poisoned with NaN before.
    Output(usize),
}

/// The outputs of a kernel, in the order of its bindings.
pub fn run<const OUTPUTS: usize>(kernel: &dyn KernelOp, bound: &[Bound<'_>]) -> [Vec<f32>; OUTPUTS] {
    let lens = bound.iter().filter_map(|bound| match bound {
        Bound::Output(len) => Some(*len),
        _ => None,
    });
    let mut outputs: Vec<Vec<f32>> = lens.map(|len| vec![f32::NAN; len]).collect();
    let mut free = outputs.iter_mut();
    let slices = bound.iter().map(|bound| match bound {
        Bound::Values(values) => Slice::Read(values),
        Bound::Table(words) => Slice::Table(words),
        Bound::Unused => Slice::Read(&[]),
        Bound::Output(_) => Slice::Write(free.next().expect("an output for each")),
    });
    kernel.run(&mut Slices {
        bound: slices.collect(),
    });
    outputs.try_into().expect("as many outputs as asked for")
}

/// Standard normal values; `seed` tells the tensors of a test apart.
pub fn normal(len: usize, seed: u64) -> Vec<f32> {
    let draws = Draws::new(seed, Stream::Theta);
    (0..len).map(|i| draws.normal(0, i)).collect()
}

/// Values in (0, 1).
pub fn uniform(len: usize, seed: u64) -> Vec<f32> {
    let draws = Draws::new(seed, Stream::Input);
    (0..len).map(|i| draws.uniform(0, i)).collect()
}

/// <a, b> in f64.
pub fn dot(a: &[f32], b: &[f32]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

/// The Euclidean norm in f64.
pub fn norm(a: &[f32]) -> f64 {
    dot(a, a).sqrt()
}

/// What did not hold; asserted once, so that one run shows everything.
#[derive(Default)]
pub struct Report {
    checks: usize,
    failures: Vec<String>,
}

impl Report {
    pub fn check(&mut self, holds: bool, what: impl FnOnce() -> String) {
        self.checks += 1;
        if !holds {
            self.failures.push(what());
        }
    }

    /// NaN is never near.
    pub fn near(&mut self, what: &str, found: f64, expected: f64, allowed: f64) {
        let off = (found - expected).abs();
        self.check(off <= allowed, || {
            format!("{what}: {found:e} instead of {expected:e}, off by {off:e}, allowed {allowed:e}")
        });
    }

    /// The largest difference, relative to the largest expected value.
    pub fn all_near(&mut self, what: &str, found: &[f32], expected: &[f32], share: f64) {
        self.check(found.len() == expected.len(), || {
            format!("{what}: {} values instead of {}", found.len(), expected.len())
        });
        let largest = expected.iter().fold(0.0, |a: f64, x| a.max(f64::from(x.abs())));
        self.check(largest > 0.0, || {
            format!("{what}: expects only zeros, which proves nothing")
        });
        // NaN is far from everything.
        let far = |off: f64| off.is_nan() || off.abs() > share * largest;
        let differs = |(a, b): (&f32, &f32)| far(f64::from(*a) - f64::from(*b));
        let at = found.iter().zip(expected).position(differs);
        self.check(at.is_none(), || {
            let at = at.unwrap_or_default();
            format!(
                "{what}: [{at}] is {} instead of {}, largest {largest:e}",
                found[at], expected[at]
            )
        });
    }

    pub fn assert(self) {
        assert!(self.checks > 0, "nothing was compared");
        let shown: Vec<&String> = self.failures.iter().take(25).collect();
        assert!(
            shown.is_empty(),
            "{} of {} checks failed:\n{shown:#?}",
            self.failures.len(),
            self.checks
        );
    }
}
