//! The loss, the optimisers and the mask's sample.

use optimal_eye_surgeon::kernels::adam::Adam;
use optimal_eye_surgeon::kernels::add_normal::AddNormal;
use optimal_eye_surgeon::kernels::advance::Advance;
use optimal_eye_surgeon::kernels::gumbel_sample::GumbelSample;
use optimal_eye_surgeon::kernels::logit_update::LogitUpdate;
use optimal_eye_surgeon::kernels::loss_finalise::LossFinalise;
use optimal_eye_surgeon::kernels::sigmoid_loss::SigmoidLoss;
use optimal_eye_surgeon::step::{Observing, Problem};

use crate::case::Bound::{Output, State, Table, Unused, Values};
use crate::case::{Case, below, normal, shuffled, sum, uniform};

/// Numbers of parameters: fewer than threads, odd, a round number.
const COUNTS: [usize; 3] = [5, 1003, 4096];
const THREADS: u32 = 96;
const STEPS: usize = 6;

pub fn cases() -> Vec<Case> {
    let mut cases = vec![Case::new("", Advance {}, vec![State(vec![41.0])])];
    for count in COUNTS {
        cases.extend([0, 1].map(|masked| adam(count, masked)));
        cases.push(logit_update(count));
        cases.extend([0, 4].map(|supplied| gumbel(count, supplied)));
        cases.extend([(0, 0), (0, 1), (1, 1)].map(|(in_place, scheduled)| add_normal(count, in_place, scheduled)));
    }
    for (h, w) in [(41, 55), (3, 3), (16, 32), (7, 140)] {
        let kinds = [(1, false), (1, true), (2, false), (4, false)];
        for (factor, masked) in kinds.into_iter().filter(|(factor, _)| *factor <= h) {
            cases.extend([1, 3].map(|channels| sigmoid_loss(channels, (h, w), factor, masked)));
        }
    }
    for accumulate in [false, true] {
        cases.extend([(1, 1), (3, 57)].map(|(channels, count)| loss_finalise(channels, count, accumulate)));
    }
    cases
}

/// A schedule with plausible corrections and a temperature.
fn schedule() -> Vec<f32> {
    (1..=STEPS as i32)
        .flat_map(|t| {
            [
                0.01 / (1.0 - 0.9f32.powi(t)),
                1.0 / (1.0 - 0.999f32.powi(t)),
                0.2 + 0.1 * t as f32,
                0.0,
            ]
        })
        .collect()
}

fn adam(count: usize, masked: u32) -> Case {
    let kernel = Adam {
        masked,
        count: count as u32,
        threads: THREADS,
        beta1: 0.9,
        beta2: 0.999,
        rest1: 0.1,
        rest2: 0.001,
        eps: 1e-8,
    };
    let mut keep = below(count.div_ceil(32), u32::MAX as usize, 1);
    keep[0] |= 1;
    let bound = vec![
        Values(normal(count, 2)),
        Values(schedule()),
        Values(vec![2.0]),
        Table(keep),
        State(normal(count, 3)),
        State(normal(count, 4)),
        State(uniform(count, 5)),
    ];
    Case::new(&count.to_string(), kernel, bound)
}

fn logit_update(count: usize) -> Case {
    let kernel = LogitUpdate {
        count: count as u32,
        threads: THREADS,
        beta1: 0.9,
        beta2: 0.99,
        rest1: 0.1,
        rest2: 0.01,
        eps: 1e-8,
        kl: 0.5,
        logit_target: -2.944,
        pull: 0.01,
    };
    let bound = vec![
        Values(normal(count, 6)),
        Values(normal(count, 7)),
        Values(schedule()),
        Values(vec![3.0]),
        State(normal(count, 8)),
        State(normal(count, 9)),
        State(uniform(count, 10)),
    ];
    Case::new(&count.to_string(), kernel, bound)
}

/// `log` and `exp` are less exact on a GPU, and a temperature below 1 magnifies that.
/// Rows of which one is left out; in place two thirds of the entries.
fn add_normal(count: usize, in_place: u32, scheduled: u32) -> Case {
    let rows = if in_place == 1 { 1 } else { 3 };
    let kernel = AddNormal {
        in_place,
        scheduled,
        rows,
        len: count as u32,
        threads: THREADS,
        key0: 0x1234_5678,
        key1: 0x9abc_def0,
        stream: 7,
        sd: 0.3,
    };
    let n = rows as usize * count;
    let bits = (0..count.div_ceil(32))
        .map(|word| 0x6db6_db6d_u32.rotate_left(word as u32))
        .collect();
    let (src, table, dst) = if in_place == 1 {
        (Unused, Table(bits), State(normal(n, 31)))
    } else {
        (Values(normal(n, 31)), Table(vec![0, 2, 5]), Output(n))
    };
    let bound = vec![src, table, Values(schedule()), Values(vec![3.0]), dst];
    Case::new(&count.to_string(), kernel, bound).tolerance(5e-5)
}

fn gumbel(count: usize, supplied: u32) -> Case {
    let kernel = GumbelSample {
        count: count as u32,
        threads: THREADS,
        supplied,
        window: (supplied / 2).max(1),
        key0: 0x1234_5678,
        key1: 0x9abc_def0,
        stream: 3,
        inverse_p0: 20.0,
        inverse_q0: 1.0 / 0.95,
    };
    let bound = vec![
        Values(normal(count, 11)),
        Values(normal(count, 12)),
        Values(schedule()),
        Values(vec![3.0]),
        Values(uniform(count * (supplied / 2).max(1) as usize, 13)),
        Output(count),
        Output(count),
        Output(2 * THREADS as usize),
    ];
    Case::new(&count.to_string(), kernel, bound).tolerance(5e-5)
}

/// A region whose windows begin before the map and end past it; with `masked`, a third of it is not observed.
fn sigmoid_loss(channels: usize, (h, w): (usize, usize), factor: usize, masked: bool) -> Case {
    let (x0, y0) = (w / 5, h / 4);
    let inside = |n: usize| n / factor * factor;
    let problem = Problem {
        height: h,
        width: w,
        region: (x0, y0, inside(w - 2 * x0), inside(h - y0)),
        observing: Observing::Pooled { factor },
    };
    let windows = problem.windows();
    let columns = windows.columns.min(16);
    let kernel = SigmoidLoss {
        masked: u32::from(masked),
        ..problem.loss_kernel(channels, columns, 0.02)
    };
    let n = channels * h * w;
    let mut observed = uniform(channels * windows.rows * windows.columns, 17);
    if masked {
        observed.iter_mut().step_by(3).for_each(|value| *value = -1.0);
    }
    let bound = vec![
        Values(normal(n, 14)),
        Values(normal(channels + 4, 15)),
        Table(shuffled(channels + 4, 16)[..channels].to_vec()),
        Values(observed),
        Values(uniform(n, 18)),
        Output(n),
        Output(n),
        Output(windows.rows * columns * (2 + channels)),
    ];
    Case::new(&format!("{channels}x{h}x{w}"), kernel, bound)
}

fn loss_finalise(channels: usize, count: usize, accumulate: bool) -> Case {
    let (mask_count, ring_len) = (11, 4);
    let kernel = LossFinalise {
        channels: channels as u32,
        accumulate: u32::from(accumulate),
        count: count as u32,
        inverse: 0.01,
        inverse_clean: 0.03,
        mask_count: mask_count as u32,
        kl_scale: 0.1,
        inverse_n: 0.001,
        ring_len: ring_len as u32,
    };
    let bound = vec![
        Values(normal(count * (2 + channels), 19)),
        Values(normal(2 * mask_count, 20)),
        Table(shuffled(channels + 4, 21)[..channels].to_vec()),
        Values(vec![6.0]),
        Output(channels + 4),
        sum(4 * ring_len, accumulate),
    ];
    Case::new(&count.to_string(), kernel, bound)
}
