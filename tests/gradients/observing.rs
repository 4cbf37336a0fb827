//! The loss of what is seen of a picture: its residual is A out - y, and its gradient the adjoint's of that, with A as it is
//! for pictures.

use optimal_eye_surgeon::picture::{Observation, Picture};
use optimal_eye_surgeon::step::{Observing, Problem};

use crate::twin::{Bound, Report, dot, normal, run, uniform};

const CHANNELS: usize = 3;

/// Of values `[3, h, w]` those inside the region.
fn crop(values: &[f32], problem: &Problem) -> Picture {
    let (x0, y0, width, height) = problem.region;
    let rows = (0..CHANNELS * height).flat_map(|row| {
        let start = (row / height * problem.height + y0 + row % height) * problem.width + x0;
        values[start..start + width].to_vec()
    });
    Picture::new(width, height, rows.collect()).expect("a picture")
}

fn observing(observation: &Observation) -> Observing {
    match observation {
        Observation::Whole => Observing::Whole,
        Observation::Known(known) => Observing::Known {
            pixels: known.iter().filter(|known| **known).count(),
        },
        Observation::Pooled { factor } => Observing::Pooled { factor: *factor },
    }
}

#[test]
fn the_gradient_of_the_loss_is_the_adjoint_of_the_residual() {
    let mut report = Report::default();
    for (height, width, region) in [
        (41, 55, (3, 1, 44, 36)),
        (17, 20, (0, 5, 20, 12)),
        (9, 9, (1, 1, 8, 8)),
        (13, 31, (7, 0, 16, 4)),
    ] {
        for observation in [
            Observation::Whole,
            Observation::random(region.2, region.3, 0.4, 1),
            Observation::Pooled { factor: 2 },
            Observation::Pooled { factor: 4 },
        ] {
            check(&mut report, height, width, region, &observation);
        }
    }
    report.assert();
}

fn check(
    report: &mut Report,
    height: usize,
    width: usize,
    region: (usize, usize, usize, usize),
    observation: &Observation,
) {
    let problem = Problem {
        height,
        width,
        region,
        observing: observing(observation),
    };
    let factor = observation.factor();
    let what = format!("{height}x{width}, {:?}", problem.observing);
    let windows = problem.windows();
    let columns = windows.columns.min(7);
    let kernel = problem.loss_kernel(CHANNELS, columns, 1.0);
    let n = CHANNELS * height * width;
    let seen =
        observation.apply(&Picture::new(region.2, region.3, uniform(CHANNELS * region.2 * region.3, 2)).expect("fits"));
    let mut values = seen.data.clone();
    if let Observation::Known(known) = observation {
        let unknown = values
            .iter_mut()
            .zip(known.iter().cycle())
            .filter(|(_, known)| !**known);
        unknown.for_each(|(value, _)| *value = -1.0);
    }
    let (pre, clean, observed) = (normal(n, 3), uniform(n, 4), problem.lay_out(&values));
    let sums = windows.rows * columns * (2 + CHANNELS);
    let [out, dpre, partials] = run(
        &kernel,
        &[
            Bound::Values(&pre),
            Bound::Values(&[0.1, -0.2, 0.3]),
            Bound::Table(&[0, 1, 2]),
            Bound::Values(&observed),
            Bound::Values(&clean),
            Bound::Output(n),
            Bound::Output(n),
            Bound::Output(sums),
        ],
    );
    // r = A out - y, and the loss.
    let mut residual = observation.apply(&crop(&out, &problem));
    residual.data.iter_mut().zip(&seen.data).for_each(|(r, y)| *r -= y);
    let column = |at: usize| partials.chunks(2 + CHANNELS).map(|row| f64::from(row[at])).sum::<f64>();
    let loss = dot(&residual.data, &residual.data);
    report.near(&format!("{what}: loss"), column(0), loss, 1e-5 * loss);
    let errors: Vec<f32> = out.iter().zip(&clean).map(|(o, c)| o - c).collect();
    let errors = crop(&errors, &problem);
    let error = dot(&errors.data, &errors.data);
    report.near(&format!("{what}: error"), column(1), error, 1e-5 * error);
    // What the sigmoid got: with scale 1 the adjoint of the residual, factor^2 times.
    let gradient: Vec<f32> = dpre.iter().zip(&out).map(|(g, o)| g / (o * (1.0 - o))).collect();
    let direction = Picture::new(region.2, region.3, normal(CHANNELS * region.2 * region.3, 5)).expect("fits");
    let forward = dot(&observation.apply(&direction).data, &residual.data);
    let back = dot(&direction.data, &crop(&gradient, &problem).data) / (factor * factor) as f64;
    let adjoint = dot(&direction.data, &observation.adjoint(&residual).data);
    report.near(&format!("{what}: adjoint"), adjoint, forward, 1e-4);
    report.near(&format!("{what}: gradient"), back, forward, 1e-4);
    let outside = dot(&dpre, &dpre) - dot(&crop(&dpre, &problem).data, &crop(&dpre, &problem).data);
    report.near(&format!("{what}: padding has no gradient"), outside, 0.0, 1e-9);
    for c in 0..CHANNELS {
        let own = &dpre[c * height * width..][..height * width];
        let sum: f64 = own.iter().map(|g| f64::from(*g)).sum();
        report.near(&format!("{what}: bias {c}"), column(2 + c), sum, 1e-4);
    }
}
