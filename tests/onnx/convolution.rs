//! Conv and ConvTranspose: the two dense kernels of a link. They test no borders: a padded map is stored with its zeros.

use optimal_eye_surgeon::kernels::correlate::Correlate;
use optimal_eye_surgeon::kernels::correlate_transposed::CorrelateTransposed;
use optimal_eye_surgeon::kernels::pack_weights::PackWeights;
use optimal_eye_surgeon::step::{AxisMap, TensorId};

use crate::fixture::{Case, Tensor};
use crate::graph::{Device, Graph};
use crate::{Comparison, Outcome};

const ONE_STRIDE: &str = "a link has one stride for both axes";

/// `values`, channels of h x w, inside borders of zeros: [top, left, bottom, right].
fn bordered(values: &[f32], [h, w]: [usize; 2], [top, left, bottom, right]: [usize; 4]) -> Vec<f32> {
    let (full_h, full_w) = (h + top + bottom, w + left + right);
    let mut full = vec![0.0; values.len() / (h * w) * full_h * full_w];
    for (at, row) in values.chunks(w).enumerate() {
        let (channel, y) = (at / h, at % h);
        full[(channel * full_h + top + y) * full_w + left..][..w].copy_from_slice(row);
    }
    full
}

/// Weights in the layout of a direction, packed by the kernel that does so in a step. They are square: missing taps are 0.
fn packed(graph: &mut Graph, weights: &Tensor, transposed: bool) -> (TensorId, usize) {
    let [coarse, fine, h, w] = weights.sides();
    let k = h.max(w);
    let square = bordered(&weights.values, [h, w], [0, 0, k - h, k - w]);
    let q = graph.input(&square);
    let (outer, inner) = if transposed { (fine, coarse) } else { (coarse, fine) };
    let packed = graph.output(outer.div_ceil(4) * inner * k * k * 4);
    let kernel = PackWeights {
        widened: 0,
        transposed: u32::from(transposed),
        k: k as u32,
        coarse_ch: coarse as u32,
        fine_ch: fine as u32,
        offset: 0,
        inputs: fine as u32,
    };
    graph.push(kernel, &[q.into(), packed.into()]);
    (packed, k)
}

/// [top, left, bottom, right] as the node has them, or as SAME_LOWER derives them: the odd one in front.
fn pads(case: &Case, size: [usize; 2], kernel: [usize; 2], stride: usize) -> [usize; 4] {
    match case.text("auto_pad") {
        None => case.integers("pads", [0; 4]),
        Some("SAME_LOWER") => {
            let total = |axis: usize| {
                let n: usize = size[axis];
                ((n.div_ceil(stride) - 1) * stride + kernel[axis]).saturating_sub(n)
            };
            let (rows, columns) = (total(0), total(1));
            [rows.div_ceil(2), columns.div_ceil(2), rows / 2, columns / 2]
        }
        Some(other) => panic!("{}: auto_pad {other}", case.name),
    }
}

pub fn conv(case: &Case, device: &Device) -> Outcome {
    let [stride, other] = case.integers("strides", [1, 1]);
    if stride != other {
        return Err(ONE_STRIDE);
    }
    assert_eq!(case.integers("dilations", [1, 1]), [1, 1]);
    let (input, weights) = (&case.inputs[0], &case.inputs[1]);
    let [_, fine_ch, h, w] = input.sides();
    let [coarse_ch, _, kernel_h, kernel_w] = weights.sides();
    let pads = pads(case, [h, w], [kernel_h, kernel_w], stride);
    let [_, _, out_h, out_w] = case.outputs[0].sides();
    let mut found = Vec::new();
    for image in input.images() {
        let mut graph = Graph::default();
        let (packed, k) = packed(&mut graph, weights, false);
        // The taps that a kernel gained to be square need something to read: more zeros.
        let [top, left, bottom, right] = pads;
        let border = [top, left, bottom + k - kernel_h, right + k - kernel_w];
        let (fine_h, fine_w) = (h + border[0] + border[2], w + border[1] + border[3]);
        let fine = graph.map(&bordered(image, [h, w], border), fine_ch, fine_h, fine_w);
        let size = |n: usize| (n - k) / stride + 1;
        assert_eq!([size(fine_h), size(fine_w)], [out_h, out_w], "{}", case.name);
        let coarse = graph.output(coarse_ch * out_h * out_w);
        let kernel = Correlate {
            k: k as u32,
            stride: stride as u32,
            strip: 2,
            rows: 2,
            accumulate: 0,
            fine_ch: fine_ch as u32,
            fine_h: fine_h as u32,
            fine_w: fine_w as u32,
            coarse_ch: coarse_ch as u32,
            coarse_h: out_h as u32,
            coarse_w: out_w as u32,
        };
        graph.push(kernel, &[fine.id.into(), packed.into(), coarse.into()]);
        let mut output = crate::graph::Map {
            id: coarse,
            channels: coarse_ch,
            h: out_h,
            w: out_w,
        };
        // Biases in front of a normalisation are never added: here one that scales by 1 does so.
        if let Some(bias) = case.inputs.get(2) {
            let norm: Vec<f32> = bias.values.iter().flat_map(|b| [1.0, *b, 0.0, 0.0]).collect();
            let norm = graph.input(&norm);
            let (rows, columns) = (AxisMap::identity(out_h).table(), AxisMap::identity(out_w).table());
            output = graph.prepare(output, [&rows, &columns], false, Some(norm), false);
        }
        let [values] = graph.run(device, [output.id]);
        found.extend(values);
    }
    Ok(vec![Comparison::new("output", found, &case.outputs[0])])
}

pub fn conv_transpose(case: &Case, device: &Device) -> Outcome {
    let [stride, other] = case.integers("strides", [1, 1]);
    if stride != other {
        return Err(ONE_STRIDE);
    }
    let (input, weights) = (&case.inputs[0], &case.inputs[1]);
    let [_, coarse_ch, h, w] = input.sides();
    let [_, fine_ch, ..] = weights.sides();
    let [_, _, fine_h, fine_w] = case.outputs[0].sides();
    let mut found = Vec::new();
    for image in input.images() {
        let mut graph = Graph::default();
        let (packed, k) = packed(&mut graph, weights, true);
        assert_eq!(
            [fine_h, fine_w],
            [(h - 1) * stride + k, (w - 1) * stride + k],
            "{}",
            case.name
        );
        let halo = (k - 1).div_ceil(stride);
        let (full_h, full_w) = (h + 2 * halo, w + 2 * halo);
        let coarse = graph.map(&bordered(image, [h, w], [halo; 4]), coarse_ch, full_h, full_w);
        let fine = graph.output(fine_ch * fine_h * fine_w);
        let kernel = CorrelateTransposed {
            k: k as u32,
            stride: stride as u32,
            shift: (stride * halo) as u32,
            strip: 2,
            rows: 2,
            accumulate: 0,
            coarse_ch: coarse_ch as u32,
            coarse_h: full_h as u32,
            coarse_w: full_w as u32,
            fine_ch: fine_ch as u32,
            fine_h: fine_h as u32,
            fine_w: fine_w as u32,
        };
        graph.push(kernel, &[coarse.id.into(), packed.into(), fine.into()]);
        let [values] = graph.run(device, [fine]);
        found.extend(values);
    }
    Ok(vec![Comparison::new("output", found, &case.outputs[0])])
}
