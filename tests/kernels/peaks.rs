//! The kernels that measure what an adapter can do at most.

use optimal_eye_surgeon::kernels::peak_arithmetic::PeakArithmetic;
use optimal_eye_surgeon::kernels::peak_copy::PeakCopy;

use crate::case::Bound::{Output, Values};
use crate::case::{Case, normal};

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (width, height) in [(1, 1), (41, 3), (130, 2)] {
        // One round stops long before the chains' fixed point, where a wrong start or count would not show.
        for (rounds, a) in [(1, 0.99), (3, 0.97)] {
            let kernel = PeakArithmetic {
                width,
                height,
                rounds,
                a,
                b: 0.01,
            };
            let shape = format!("{width}x{height}");
            cases.push(Case::new(&shape, kernel, vec![Output((width * height) as usize)]));
        }
        let count = 4 * (width * height) as usize;
        let kernel = PeakCopy { width, height };
        let bound = vec![Values(normal(count, 1)), Output(count)];
        cases.push(Case::new(&format!("{width}x{height}"), kernel, bound).tolerance(0.0));
    }
    cases
}
