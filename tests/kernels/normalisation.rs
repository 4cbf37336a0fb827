//! Padding, folding and batch normalisation.

use optimal_eye_surgeon::kernels::bn_backward::BnBackward;
use optimal_eye_surgeon::kernels::bn_finalise::BnFinalise;
use optimal_eye_surgeon::kernels::bn_grad_finalise::BnGradFinalise;
use optimal_eye_surgeon::kernels::bn_sums::BnSums;
use optimal_eye_surgeon::kernels::fold::Fold;
use optimal_eye_surgeon::kernels::prepare::Prepare;
use optimal_eye_surgeon::step::{AxisMap, FoldTable};

use crate::case::Bound::{Output, State, Table, Unused, Values};
use crate::case::{Bound, Case, normal, shuffled, sum, uniform};

/// Channels, height and width: odd, tiny, round, wider than a workgroup.
const SHAPES: [(usize, usize, usize); 4] = [(3, 41, 55), (5, 3, 3), (2, 32, 64), (1, 6, 130)];

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for shape in SHAPES {
        cases.extend(prepare(shape));
        cases.extend([false, true].into_iter().flat_map(|accumulate| fold(shape, accumulate)));
        cases.extend(sums(shape));
        cases.extend(finalise(shape));
        cases.extend(backward(shape));
    }
    cases
}

fn label((c, h, w): (usize, usize, usize)) -> String {
    format!("{c}x{h}x{w}")
}

/// A normalisation's four values for each channel, or nothing.
fn norm(channels: usize, used: u32, seed: u64) -> Bound {
    if used == 1 {
        Values(normal(4 * channels, seed))
    } else {
        Unused
    }
}

/// From a side to what is read for it.
type Map = fn(usize) -> AxisMap;

fn prepare((c, h, w): (usize, usize, usize)) -> Vec<Case> {
    let maps: [(&str, Map); 6] = [
        ("identity", AxisMap::identity),
        ("reflect", |n| AxisMap::reflect(n, 2)),
        ("boxed", AxisMap::boxed_reflect),
        ("clamp", AxisMap::clamp),
        ("upsample", AxisMap::upsample),
        ("pool", AxisMap::pool),
    ];
    let mut cases = Vec::new();
    for (i, (name, map)) in maps.into_iter().enumerate() {
        let (rows, columns) = (map(h), map(w));
        // All four combinations come up over the maps.
        let (first, second) = (i as u32 % 2, (i as u32 / 2) % 2);
        let kernel = Prepare {
            first,
            second,
            paired: u32::from(rows.paired),
            channels: c as u32,
            src_h: h as u32,
            src_w: w as u32,
            dst_h: rows.len() as u32,
            dst_w: columns.len() as u32,
        };
        let bound = vec![
            Values(normal(c * h * w, 1)),
            norm(c, first, 2),
            norm(c, second, 3),
            Table([rows.table(), columns.table()].concat()),
            Output(c * rows.len() * columns.len()),
        ];
        cases.push(Case::new(&format!("{name} {}", label((c, h, w))), kernel, bound));
    }
    cases
}

fn fold((c, h, w): (usize, usize, usize), accumulate: bool) -> Vec<Case> {
    let case = |name: &str, table: FoldTable, size: (usize, usize), grad: (usize, usize), first: u32| {
        let kernel = Fold {
            first,
            accumulate: u32::from(accumulate),
            most: table.most,
            channels: c as u32,
            h: size.0 as u32,
            w: size.1 as u32,
            grad_h: grad.0 as u32,
            grad_w: grad.1 as u32,
            columns: table.columns,
            scale: table.scale,
        };
        let n = c * size.0 * size.1;
        let bound = vec![
            Values(normal(c * grad.0 * grad.1, 4)),
            if first == 1 { Values(normal(n, 5)) } else { Unused },
            norm(c, first, 6),
            Table(table.table),
            sum(n, accumulate),
        ];
        Case::new(&format!("{name} {}", label((c, h, w))), kernel, bound)
    };
    let adjoint = |rows: AxisMap, columns: AxisMap| {
        let grad = (rows.len(), columns.len());
        (FoldTable::adjoint(&rows, &columns), grad)
    };
    let (reflect, reflect_grad) = adjoint(AxisMap::reflect(h, 2), AxisMap::reflect(w, 2));
    let (boxed, boxed_grad) = adjoint(AxisMap::boxed_reflect(h), AxisMap::boxed_reflect(w));
    vec![
        case("reflect", reflect, (h, w), reflect_grad, 1),
        case("boxed", boxed, (h, w), boxed_grad, 0),
        case("unpool", FoldTable::unpool(h, w), (2 * h, 2 * w), (h, w), 0),
    ]
}

fn sums((c, h, w): (usize, usize, usize)) -> Vec<Case> {
    let plane = h * w;
    let mut cases = Vec::new();
    for (first, gradient, splits) in [(0, 0, 1), (1, 0, 7), (0, 1, 64), (1, 1, 5)] {
        let kernel = BnSums {
            first,
            gradient,
            channels: c as u32,
            plane: plane as u32,
            splits,
        };
        let bound = vec![
            Values(normal(c * plane, 7)),
            norm(c, first, 8),
            norm(c, gradient, 9),
            if gradient == 1 {
                Values(normal(c * plane, 10))
            } else {
                Unused
            },
            Output(2 * c * splits as usize),
        ];
        cases.push(Case::new(&label((c, h, w)), kernel, bound).tolerance(2e-5));
    }
    cases
}

fn finalise((c, h, w): (usize, usize, usize)) -> Vec<Case> {
    let plane = h * w;
    let mut cases = Vec::new();
    for (flag, splits) in [(0, 1), (1, 7)] {
        // Sums of squares large enough for a positive variance.
        let pairs = normal(c * splits, 11).into_iter().zip(uniform(c * splits, 12));
        let partials: Vec<f32> = pairs
            .flat_map(|(a, b)| [a, a * a + (1.0 + b) * plane as f32 / splits as f32])
            .collect();
        let places = shuffled(2 * c, 13);
        let kernel = BnFinalise {
            first: flag,
            channels: c as u32,
            plane: plane as u32,
            splits: splits as u32,
        };
        let bound = vec![
            Values(partials.clone()),
            Values(normal(c * plane, 14)),
            norm(c, flag, 15),
            Values(normal(2 * c, 16)),
            Table(places.clone()),
            Output(4 * c),
        ];
        cases.push(Case::new(&label((c, h, w)), kernel, bound));
        let kernel = BnGradFinalise {
            beta: flag,
            channels: c as u32,
            plane: plane as u32,
            splits: splits as u32,
        };
        let bound = vec![
            Values(partials),
            Table(places),
            State(normal(2 * c + 3, 17)),
            Output(4 * c),
        ];
        cases.push(Case::new(&label((c, h, w)), kernel, bound));
    }
    cases
}

fn backward((c, h, w): (usize, usize, usize)) -> Vec<Case> {
    let mut cases = Vec::new();
    for (first, halo, slack, accumulate) in [
        (0, 0, 0, false),
        (1, 1, 3, false),
        (0, 3, 0, false),
        (0, 0, 0, true),
        (1, 0, 2, true),
    ] {
        let dst_w = w + 2 * halo + slack;
        let kernel = BnBackward {
            first,
            accumulate: u32::from(accumulate),
            channels: c as u32,
            h: h as u32,
            w: w as u32,
            halo: halo as u32,
            dst_w: dst_w as u32,
        };
        let bound = vec![
            Values(normal(c * h * w, 18)),
            Values(normal(c * h * w, 19)),
            norm(c, first, 20),
            Values(normal(4 * c, 21)),
            Values(normal(4 * c, 22)),
            sum(c * (h + 2 * halo) * dst_w, accumulate),
        ];
        cases.push(Case::new(&label((c, h, w)), kernel, bound));
    }
    cases
}
