//! <A x, y> = <x, A* y> for every linear kernel and the one that is to be its adjoint.

use optimal_eye_surgeon::step::{AxisMap, FoldTable};

use crate::layers::{Link, Map, fold, interpolate, interpolate_adjoint, prepare};
use crate::twin::{Report, dot, norm, uniform};

/// Relative to |A x| |y|; rounding is below 1e-7, a single wrong tap or border pixel above 1e-5.
const NEAR: f64 = 1e-6;

/// Heights and widths of maps: the smallest, even and odd, wider than a register strip.
pub const SIZES: [(usize, usize); 8] = [(3, 3), (3, 4), (4, 5), (5, 3), (5, 41), (41, 55), (55, 4), (16, 32)];

/// The network's kernels and strides: encoder, boxed encoder, output, decoder without rewrites, widened taps.
pub const TAPS: [(usize, usize); 5] = [(5, 1), (5, 2), (1, 1), (3, 1), (4, 2)];

/// Both ends of <A x, y> = <x, A* y>.
fn adjoint(report: &mut Report, what: &str, (x, ax): (&[f32], &[f32]), (y, aty): (&[f32], &[f32])) {
    report.check(norm(ax) > 0.0, || format!("{what}: A x is 0, which proves nothing"));
    report.near(what, dot(x, aty), dot(ax, y), NEAR * norm(ax) * norm(y));
}

/// An encoder's link: coarse size h x w, its gradients in a border of zeros.
#[test]
fn from_fine_to_coarse() {
    let mut report = Report::default();
    for (h, w) in SIZES {
        for (k, stride) in TAPS {
            for (coarse, fine) in [(5, 3), (4, 2), (1, 6)] {
                let what = format!("{coarse}:{fine} {h}x{w}, {k}x{k} taps, stride {stride}");
                let link = Link::new(coarse, fine, k, stride, 1);
                let x = Map::normal(fine, (h - 1) * stride + k, (w - 1) * stride + k, 2);
                let y = Map::normal(coarse, h, w, 3);
                let ax = link.to_coarse(&x);
                let halo = (k - 1).div_ceil(stride);
                let bordered = y.bordered(halo);
                let aty = link.to_fine(&bordered, (x.h, x.w), stride * halo);
                adjoint(&mut report, &what, (&x.values, &ax.values), (&y.values, &aty.values));
                for band in [1, 2, h] {
                    let grad = link.weight_grad(&bordered, halo, &x, band);
                    let what = format!("weights of {what}, bands of {band}");
                    adjoint(&mut report, &what, (&link.q, &ax.values), (&y.values, &grad));
                }
            }
        }
    }
    report.assert();
}

/// A decoder's link: from the map in its border of one to twice its size, with the 4x4 taps of 3x3 weights.
#[test]
fn from_coarse_to_fine() {
    let mut report = Report::default();
    for (h, w) in SIZES {
        for (coarse, fine) in [(5, 3), (4, 2), (1, 6)] {
            let what = format!("widened {coarse}:{fine} {h}x{w}");
            let link = Link::widened(coarse, fine, 4);
            let x = Map::normal(coarse, h + 2, w + 2, 5);
            let y = Map::normal(fine, 2 * h, 2 * w, 6);
            let ax = link.to_fine(&x, (2 * h, 2 * w), 3);
            let bordered = y.bordered(3);
            let aty = link.to_coarse(&bordered);
            adjoint(&mut report, &what, (&x.values, &ax.values), (&y.values, &aty.values));
            for band in [1, 3, h + 2] {
                let grad = link.weight_grad(&x, 0, &bordered, band);
                let what = format!("weights of {what}, bands of {band}");
                adjoint(&mut report, &what, (&link.q, &ax.values), (&y.values, &grad));
            }
        }
    }
    report.assert();
}

/// From a side to what is read for it.
type Axis = fn(usize) -> AxisMap;

const KINDS: [(&str, Axis); 7] = [
    ("identity", AxisMap::identity),
    ("reflect 1", |n| AxisMap::reflect(n, 1)),
    ("reflect 2", |n| AxisMap::reflect(n, 2)),
    ("boxed", AxisMap::boxed_reflect),
    ("clamp", AxisMap::clamp),
    ("upsample", AxisMap::upsample),
    ("pool", AxisMap::pool),
];

#[test]
fn padding_and_folding() {
    let mut report = Report::default();
    for (h, w) in SIZES {
        for (kind, axis) in KINDS {
            let (rows, columns) = (axis(h), axis(w));
            let table = FoldTable::adjoint(&rows, &columns);
            let x = Map::normal(3, h, w, 7);
            let ax = prepare(&x, &rows, &columns, false);
            let y = Map::normal(3, ax.h, ax.w, 8);
            let aty = fold(&y, &table, &x, false);
            let what = format!("{kind} {h}x{w}");
            adjoint(&mut report, &what, (&x.values, &ax.values), (&y.values, &aty.values));
        }
        // Without rewrites the gradient of a pooling has a table of its own.
        let x = Map::normal(3, 2 * h, 2 * w, 9);
        let ax = prepare(&x, &AxisMap::pool(2 * h), &AxisMap::pool(2 * w), false);
        let y = Map::normal(3, h, w, 10);
        let aty = fold(&y, &FoldTable::unpool(h, w), &x, false);
        adjoint(
            &mut report,
            &format!("unpool {h}x{w}"),
            (&x.values, &ax.values),
            (&y.values, &aty.values),
        );
    }
    report.assert();
}

/// With LeakyReLU the map is piecewise linear: away from its kink a central difference is exact.
#[test]
fn padding_after_an_activation() {
    let mut report = Report::default();
    for (h, w) in SIZES {
        for (kind, axis) in KINDS {
            let (rows, columns) = (axis(h), axis(w));
            let mut x = Map::normal(3, h, w, 11);
            x.values.iter_mut().for_each(|v| *v += 0.5f32.copysign(*v));
            let d: Vec<f32> = uniform(x.values.len(), 12).iter().map(|u| 0.5 * (u - 0.5)).collect();
            let moved = |sign: f32| {
                let values = x.values.iter().zip(&d).map(|(x, d)| x + sign * d).collect();
                prepare(&Map { values, ..x }, &rows, &columns, true)
            };
            let (plus, minus) = (moved(1.0), moved(-1.0));
            let change: Vec<f32> = plus
                .values
                .iter()
                .zip(&minus.values)
                .map(|(p, m)| 0.5 * (p - m))
                .collect();
            let g = Map::normal(3, rows.len(), columns.len(), 13);
            let grad = fold(&g, &FoldTable::adjoint(&rows, &columns), &x, true);
            let what = format!("LeakyReLU, {kind} {h}x{w}");
            adjoint(&mut report, &what, (&d, &change), (&g.values, &grad.values));
        }
    }
    report.assert();
}

/// Bilinear upsampling, and the copy into a border of zeros that the gradient of a convolution's output needs.
#[test]
fn interpolation() {
    let mut report = Report::default();
    for (h, w) in SIZES {
        for doubled in [true, false] {
            for halo in [0, 1, 3] {
                let x = Map::normal(3, h, w, 14);
                let ax = interpolate(&x, doubled);
                let y = Map::normal(3, ax.h, ax.w, 15);
                let aty = interpolate_adjoint(&y, doubled, halo);
                let what = format!("doubled {doubled}, border {halo}, {h}x{w}");
                adjoint(
                    &mut report,
                    &what,
                    (&x.bordered(halo).values, &ax.values),
                    (&y.values, &aty.values),
                );
                report.near(
                    &what,
                    norm(&aty.values),
                    norm(&interpolate_adjoint(&y, doubled, 0).values),
                    1e-5,
                );
            }
        }
    }
    // PyTorch's upsample_bilinear2d of [[0, 1]] with align_corners false.
    let x = Map {
        channels: 1,
        h: 1,
        w: 2,
        values: vec![0.0, 1.0],
    };
    let ramp = [0.0, 0.25, 0.75, 1.0];
    report.all_near("a ramp", &interpolate(&x, true).values, &[ramp, ramp].concat(), 1e-7);
    report.assert();
}
