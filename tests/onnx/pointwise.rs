//! LeakyRelu and Sigmoid, and BatchNormalization with a batch's own statistics.

use optimal_eye_surgeon::kernels::bn_finalise::BnFinalise;
use optimal_eye_surgeon::kernels::bn_sums::BnSums;
use optimal_eye_surgeon::kernels::sigmoid_loss::SigmoidLoss;
use optimal_eye_surgeon::network::{BN_EPS, LEAKY_SLOPE};
use optimal_eye_surgeon::step::AxisMap;

use crate::fixture::{Case, Tensor};
use crate::graph::{Device, Graph, Map};
use crate::{Comparison, Outcome};

/// Channels, height and width of a tensor with fewer axes.
fn sides(tensor: &Tensor) -> [usize; 3] {
    match tensor.shape[..] {
        [c, h, w] => [c, h, w],
        [c] => [c, 1, 1],
        _ => panic!("{:?}", tensor.shape),
    }
}

fn identity(graph: &mut Graph, src: Map, leaky: bool, second: Option<optimal_eye_surgeon::step::TensorId>) -> Map {
    let (rows, columns) = (AxisMap::identity(src.h).table(), AxisMap::identity(src.w).table());
    graph.prepare(src, [&rows, &columns], leaky, second, false)
}

/// The network's slope is fixed at 0.2 and the nodes have others. LeakyReLU of any slope is a mix of x itself and
/// LeakyReLU of slope 0.2, x (1 - t) + t leaky(x) with 1 - t + 0.2 t = slope, so the kernel's result is mixed so.
pub fn leaky_relu(case: &Case, device: &Device) -> Outcome {
    let [channels, h, w] = sides(&case.inputs[0]);
    let mut graph = Graph::default();
    let src = graph.map(&case.inputs[0].values, channels, h, w);
    let dst = identity(&mut graph, src, true, None);
    let [values] = graph.run(device, [dst.id]);
    let t = (1.0 - case.number("alpha", 0.01)) / (1.0 - f64::from(LEAKY_SLOPE));
    let pairs = case.inputs[0].values.iter().zip(&values);
    let found = pairs
        .map(|(x, leaky)| ((1.0 - t) * f64::from(*x) + t * f64::from(*leaky)) as f32)
        .collect();
    Ok(vec![Comparison::new("output", found, &case.outputs[0])])
}

pub fn sigmoid(case: &Case, device: &Device) -> Outcome {
    let [channels, h, w] = sides(&case.inputs[0]);
    let len = channels * h * w;
    let mut graph = Graph::default();
    let pre = graph.input(&case.inputs[0].values);
    let q = graph.input(&[0.0]);
    let biases = graph.table(&vec![0; channels]);
    let picture = graph.input(&vec![0.0; len]);
    let (out, dpre) = (graph.output(len), graph.output(len));
    let partials = graph.output(h * w * (2 + channels));
    let kernel = SigmoidLoss {
        channels: channels as u32,
        factor: 1,
        masked: 0,
        h: h as u32,
        w: w as u32,
        blocks_h: h as u32,
        blocks_w: w as u32,
        shift_y: 0,
        shift_x: 0,
        x0: 0,
        y0: 0,
        region_w: w as u32,
        region_h: h as u32,
        columns: w as u32,
        scale: 2.0 / len as f32,
    };
    let operands = [
        pre.into(),
        q.into(),
        biases.into(),
        picture.into(),
        picture.into(),
        out.into(),
        dpre.into(),
        partials.into(),
    ];
    graph.push(kernel, &operands);
    let [found] = graph.run(device, [out]);
    Ok(vec![Comparison::new("output", found, &case.outputs[0])])
}

/// A batch is one map as high as all its images together: statistics know no neighbourhood. Our epsilon is fixed: the
/// node's is reached by scaling the input by sqrt(ours / the node's), which scales the variance with it.
pub fn batch_norm(case: &Case, device: &Device) -> Outcome {
    let [n, channels, h, w] = case.inputs[0].sides();
    let factor = (f64::from(BN_EPS) / case.number("epsilon", 1e-5)).sqrt();
    let plane = n * h * w;
    let at = |image: usize, c: usize, i: usize| (image * channels + c) * h * w + i;
    let indices = || (0..channels).flat_map(|c| (0..n).flat_map(move |image| (0..h * w).map(move |i| (image, c, i))));
    let scaled = |v: f32| (f64::from(v) * factor) as f32;
    let stacked: Vec<f32> = indices()
        .map(|(image, c, i)| scaled(case.inputs[0].values[at(image, c, i)]))
        .collect();

    let mut graph = Graph::default();
    let src = graph.map(&stacked, channels, n * h, w);
    let none = graph.unused();
    let splits = 3;
    let partials = graph.output(2 * splits * channels);
    let (channel_count, plane_len) = (channels as u32, plane as u32);
    let sums = BnSums {
        first: 0,
        gradient: 0,
        channels: channel_count,
        plane: plane_len,
        splits: splits as u32,
    };
    graph.push(
        sums,
        &[src.id.into(), none.into(), none.into(), none.into(), partials.into()],
    );
    let q = graph.input(&[case.inputs[1].values.as_slice(), &case.inputs[2].values].concat());
    let places = graph.table(&(0..2 * channel_count).collect::<Vec<u32>>());
    let norm = graph.output(4 * channels);
    let finalise = BnFinalise {
        first: 0,
        channels: channel_count,
        plane: plane_len,
        splits: splits as u32,
    };
    graph.push(
        finalise,
        &[
            partials.into(),
            src.id.into(),
            none.into(),
            q.into(),
            places.into(),
            norm.into(),
        ],
    );
    let dst = identity(&mut graph, src, false, Some(norm));
    let [values, norm] = graph.run(device, [dst.id, norm]);

    let mut found = vec![0.0; values.len()];
    for ((image, c, i), value) in indices().zip(&values) {
        found[at(image, c, i)] = *value;
    }
    // The running statistics are not ours, but they follow from the batch's, which are.
    let momentum = case.number("momentum", 0.9);
    let running = |before: &Tensor, of_batch: &dyn Fn(&[f32]) -> f64| -> Vec<f32> {
        let pairs = before.values.iter().zip(norm.chunks(4));
        pairs
            .map(|(old, norm)| (momentum * f64::from(*old) + (1.0 - momentum) * of_batch(norm)) as f32)
            .collect()
    };
    let mean = running(&case.inputs[3], &|norm| f64::from(norm[2]) / factor);
    let variance = running(&case.inputs[4], &|norm| {
        (f64::from(norm[3]).powi(-2) - f64::from(BN_EPS)) / (factor * factor)
    });
    Ok(vec![
        Comparison::new("output", found, &case.outputs[0]),
        Comparison::new("running mean", mean, &case.outputs[1]),
        Comparison::new("running variance", variance, &case.outputs[2]),
    ])
}
