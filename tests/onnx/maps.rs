//! AveragePool, Pad and Upsample: the `prepare` kernel with a table of sources for each axis.

use optimal_eye_surgeon::step::AxisMap;

use crate::fixture::Case;
use crate::graph::{Device, Graph};
use crate::{Comparison, Outcome};

/// Gathers each image by the tables of rows and columns, then cuts out what the node has: (first row, first column).
fn gather(case: &Case, device: &Device, tables: [&[u32]; 2], paired: bool, (top, left): (usize, usize)) -> Outcome {
    let [_, channels, h, w] = case.inputs[0].sides();
    let [_, _, out_h, out_w] = case.outputs[0].sides();
    let mut found = Vec::new();
    for image in case.inputs[0].images() {
        let mut graph = Graph::default();
        let src = graph.map(image, channels, h, w);
        let dst = graph.prepare(src, tables, false, None, paired);
        let [values] = graph.run(device, [dst.id]);
        assert!(
            top + out_h <= dst.h && left + out_w <= dst.w,
            "{}: {}x{}",
            case.name,
            dst.h,
            dst.w
        );
        for plane in values.chunks(dst.h * dst.w) {
            for row in plane.chunks(dst.w).skip(top).take(out_h) {
                found.extend(&row[left..left + out_w]);
            }
        }
    }
    Ok(vec![Comparison::new("output", found, &case.outputs[0])])
}

pub fn average_pool(case: &Case, device: &Device) -> Outcome {
    if case.integers("kernel_shape", [0, 0]) != [2, 2] {
        return Err("the network takes means of 2x2 only");
    }
    let [_, _, h, w] = case.inputs[0].sides();
    match case.integers("strides", [1, 1]) {
        [2, 2] => gather(
            case,
            device,
            [&AxisMap::pool(h).table(), &AxisMap::pool(w).table()],
            true,
            (0, 0),
        ),
        // Every 2x2 mean of the picture is in the boxed map, inside the rows and columns that reflection added.
        [1, 1] => {
            let (rows, columns) = (AxisMap::boxed_reflect(h).table(), AxisMap::boxed_reflect(w).table());
            gather(case, device, [&rows, &columns], true, (2, 2))
        }
        _ => Err("2x2 means are taken at every pixel or at every other one"),
    }
}

pub fn reflect_pad(case: &Case, device: &Device) -> Outcome {
    assert_eq!(case.text("mode"), Some("reflect"));
    let pads: [usize; 8] = match case.inputs.get(1) {
        Some(pads) => std::array::from_fn(|i| pads.values[i] as usize),
        None => case.integers("pads", [0; 8]),
    };
    // Begins of N, C, H, W, then ends.
    let [0, 0, top, left, 0, 0, bottom, right] = pads else {
        return Err("padding is of rows and columns");
    };
    let [_, _, h, w] = case.inputs[0].sides();
    // Our border is as wide on both sides: where the node's is not, the rest is cut off.
    let (high, wide) = (top.max(bottom), left.max(right));
    let (rows, columns) = (AxisMap::reflect(h, high).table(), AxisMap::reflect(w, wide).table());
    gather(case, device, [&rows, &columns], false, (high - top, wide - left))
}

pub fn upsample(case: &Case, device: &Device) -> Outcome {
    assert_eq!(case.text("mode"), Some("nearest"));
    let [1.0, 1.0, rows, columns] = case.inputs[1].values[..] else {
        return Err("upsampling is of rows and columns");
    };
    let [_, _, h, w] = case.inputs[0].sides();
    // The network upsamples by 2; the kernel takes any table, so by 3 just as well.
    let table = |n: usize, factor: usize| match factor {
        2 => AxisMap::upsample(n).table(),
        _ => (0..factor * n).map(|i| (i / factor) as u32).collect(),
    };
    gather(
        case,
        device,
        [&table(h, rows as usize), &table(w, columns as usize)],
        false,
        (0, 0),
    )
}
