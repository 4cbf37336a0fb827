//! The networks whose gradients are tested as a whole.

use optimal_eye_surgeon::network::{DeepDecoder, Graph, Hourglass, Interpolation, Network, SkipHourglass};

/// The authors', small.
pub fn network() -> Network {
    let description = Hourglass {
        input_channels: 5,
        channels: vec![5, 7],
        output_channels: 3,
    };
    description.build().expect("a small network")
}

/// Concatenations of a plain map with one that is still to be upsampled; values that two convolutions read.
pub fn skip() -> Network {
    let description = SkipHourglass {
        input_channels: 5,
        channels: vec![5, 7],
        skip_channels: 3,
        output_channels: 3,
        interpolation: Interpolation::Nearest,
    };
    description.build().expect("a small network")
}

/// The standard network of Deep Image Prior, small: bilinear upsampling.
pub fn bilinear_skip() -> Network {
    let description = SkipHourglass {
        input_channels: 5,
        channels: vec![5, 7],
        skip_channels: 3,
        output_channels: 3,
        interpolation: Interpolation::Bilinear,
    };
    description.build().expect("a small network")
}

/// ReLUs on upsampled maps, no biases, and a z of 5 x 7 pixels for maps of 20 x 28.
pub fn decoder() -> Network {
    let description = DeepDecoder {
        width: 6,
        doublings: 2,
        output_channels: 3,
    };
    description.build().expect("a small network")
}

/// What neither description has: an upsampled value read by a 1x1 and a 5x5 convolution that pools, normalised again
/// on one of the ways, and a concatenation of three values of which two are the same.
pub fn branches() -> Network {
    let mut graph = Graph::new(4);
    let block = |graph: &mut Graph, from, name: &str, outputs, kernel, stride| {
        let value = graph.conv(from, name, outputs, kernel, stride);
        let value = graph.batch_norm(value, &format!("{name}.norm"));
        graph.leaky_relu(value)
    };
    let small = block(&mut graph, Graph::INPUT, "a", 5, 3, 2);
    let large = graph.upsample(small, Interpolation::Nearest);
    let direct = block(&mut graph, large, "b", 3, 1, 1);
    let again = graph.batch_norm(large, "again");
    let pooled = graph.conv(again, "c", 4, 5, 1);
    let pooled = graph.average_pool(pooled);
    let pooled = graph.batch_norm(pooled, "c.norm");
    let pooled = graph.leaky_relu(pooled);
    let back = graph.upsample(pooled, Interpolation::Nearest);
    let all = graph.concat(&[direct, back, direct]);
    let top = block(&mut graph, all, "d", 6, 3, 1);
    let picture = graph.conv(top, "e", 3, 1, 1);
    graph.finish(picture).expect("an order that a step can be made of")
}
