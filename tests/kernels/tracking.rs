//! What follows the outputs of a fit: averages, the window's variance, the moment to stop.

use optimal_eye_surgeon::kernels::average_output::AverageOutput;
use optimal_eye_surgeon::kernels::keep_stopped::KeepStopped;
use optimal_eye_surgeon::kernels::stopping_update::StoppingUpdate;
use optimal_eye_surgeon::kernels::window_variance::WindowVariance;

use crate::case::Bound::{Output, State, Unused, Values};
use crate::case::{Case, below, normal, uniform};

const SIZES: [(usize, usize); 4] = [(41, 55), (3, 3), (16, 32), (7, 140)];

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (h, w) in SIZES {
        cases.extend(
            [(0, 0.0, 0), (5, 5.0, 1), (5, 6.0, 0)].map(|(step, next, added)| average_output(h, w, step, next, added)),
        );
        cases.extend([(2, 2.0), (9, 9.0), (9, 10.0)].map(|(step, next)| window_variance(h, w, step, next)));
    }
    for (name, least, found) in [("none yet", 0.0, 0.0), ("lower", 1e-9, 3.0), ("higher", 1e9, 3.0)] {
        for next in [6.0, 7.0] {
            cases.extend([0, 1].map(|windowed| stopping_update(name, windowed, vec![0.5, least, found, 1.0, next])));
        }
    }
    cases.extend([0.0, 1.0].map(keep_stopped));
    cases
}

fn average_output(h: usize, w: usize, step: usize, next: f32, accumulate: u32) -> Case {
    let (channels, columns) = (3 - accumulate as usize, w.min(16));
    let (x0, y0) = (w / 5, h / 4);
    let kernel = AverageOutput {
        channels: channels as u32,
        accumulate,
        h: h as u32,
        w: w as u32,
        x0: x0 as u32,
        y0: y0 as u32,
        region_w: (w - 2 * x0) as u32,
        region_h: (h - y0) as u32,
        columns: columns as u32,
        alpha: 0.1,
    };
    let n = channels * h * w;
    let rates: Vec<f32> = (0..6).flat_map(|t| [0.0, 0.0, 0.0, 1.0 / (t + 1) as f32]).collect();
    let bound = vec![
        Values(uniform(n, 1)),
        Values(uniform(n, 2)),
        Values(rates),
        Values(vec![step as f32]),
        Values(vec![0.0, 0.0, 0.0, 0.0, next]),
        State(uniform(n, 3)),
        State(uniform(n, 4)),
        if accumulate == 1 {
            State(uniform(2 * h * columns, 5))
        } else {
            Output(2 * h * columns)
        },
    ];
    Case::new(&format!("{h}x{w}"), kernel, bound)
}

/// A window of 4 outputs, before and after it is full.
fn window_variance(h: usize, w: usize, step: usize, next: f32) -> Case {
    let (length, columns) = (4, w.min(16));
    let (x0, y0) = (w / 5, h / 4);
    let kernel = WindowVariance {
        h: h as u32,
        w: w as u32,
        x0: x0 as u32,
        y0: y0 as u32,
        region_w: (w - 2 * x0) as u32,
        region_h: (h - y0) as u32,
        columns: columns as u32,
        length: length as u32,
    };
    let plane = h * w;
    let words: Vec<u32> = below(length * plane, 1 << 24, 5);
    let window: Vec<f32> = words.iter().map(|word| *word as f32).collect();
    let mut sums = vec![0.0; 6 * plane];
    for slot in 0..length.min(step) {
        for pixel in 0..plane {
            for c in 0..3 {
                let value = (words[slot * plane + pixel] >> (8 * c) & 255) as f32;
                sums[2 * (c * plane + pixel)] += value;
                sums[2 * (c * plane + pixel) + 1] += value * value;
            }
        }
    }
    let bound = vec![
        Values(uniform(3 * plane, 6)),
        Values(vec![step as f32]),
        Values(vec![0.0, 0.0, 0.0, 0.0, next]),
        State(window),
        State(sums),
        Output(h * columns),
    ];
    Case::new(&format!("{h}x{w}"), kernel, bound)
}

fn stopping_update(name: &str, windowed: u32, state: Vec<f32>) -> Case {
    let (count, ring_len) = (57, 4);
    let kernel = StoppingUpdate {
        windowed,
        count: count as u32,
        inverse: 0.01,
        inverse_window: 0.02,
        alpha: 0.1,
        ignore: 2,
        ring_len: ring_len as u32,
    };
    let window = if windowed == 1 {
        Values(uniform(count, 7))
    } else {
        Unused
    };
    let bound = vec![
        Values(normal(2 * count, 8)),
        window,
        Values(vec![6.0]),
        State(state),
        State(vec![0.25; 4 * ring_len]),
    ];
    Case::new(name, kernel, bound)
}

fn keep_stopped(flag: f32) -> Case {
    let count = 1003;
    let kernel = KeepStopped {
        count: count as u32,
        threads: 96,
    };
    let bound = vec![
        Values(vec![0.1, 0.2, 3.0, flag, 4.0]),
        Values(uniform(count, 9)),
        Values(uniform(count, 10)),
        State(uniform(count, 11)),
        State(uniform(count, 12)),
    ];
    Case::new(&flag.to_string(), kernel, bound)
}
