//! The network as its convolutions and the channels between them: what masks and their connectivity are about.

use super::{Layer, LiveChannels, Network, Param};

/// One convolution: which channels it reads, and the batch normalisations its outputs pass.
#[derive(Clone, Debug)]
pub(crate) struct Stage {
    pub(crate) weight: Param,
    pub(crate) bias: Option<Param>,
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    pub(crate) taps: usize,
    /// How many times the picture's sides are halved on its output map; a pooling right behind it counts.
    pub(crate) halvings: i32,
    /// What its inputs are, one after another.
    pub(crate) feeds: Vec<Feed>,
    /// Gamma and beta of each normalisation behind it, at the places of its own outputs.
    pub(crate) norms: Vec<(Param, Param)>,
}

/// A set of channels on its way to a convolution: set 0 is the input z, set j the outputs of convolution j - 1.
#[derive(Clone, Debug)]
pub(crate) struct Feed {
    pub(crate) set: usize,
    pub(crate) channels: usize,
    /// The normalisations on this way, at the places of the set's channels.
    pub(crate) norms: Vec<(Param, Param)>,
}

impl Feed {
    /// Whether channel `c` gets through: no gamma on the way is masked.
    pub(crate) fn passes(&self, keep: &[bool], c: usize) -> bool {
        self.norms.iter().all(|(gamma, _)| keep[gamma.offset + c])
    }

    /// Whether channel `c` arrives shifted by a kept beta, whatever it carries.
    pub(crate) fn shifts(&self, keep: &[bool], c: usize) -> bool {
        self.norms.last().is_some_and(|(_, beta)| keep[beta.offset + c])
    }
}

impl Stage {
    /// The set and channel of each input.
    pub(crate) fn sources(&self) -> impl Iterator<Item = (&Feed, usize)> + '_ {
        self.feeds
            .iter()
            .flat_map(|feed| (0..feed.channels).map(move |c| (feed, c)))
    }

    /// Which inputs are live.
    pub(crate) fn live_inputs(&self, live: &LiveChannels) -> Vec<bool> {
        self.sources().map(|(feed, c)| live.sets[feed.set][c]).collect()
    }

    /// The kept weights as (output, input, flat index).
    pub(super) fn kept<'a>(&'a self, keep: &'a [bool]) -> impl Iterator<Item = (usize, usize, usize)> + 'a {
        self.weight.range().filter(|&i| keep[i]).map(|i| {
            let pair = (i - self.weight.offset) / self.taps;
            (pair / self.inputs, pair % self.inputs, i)
        })
    }

    /// Which outputs a kept weight enters from a live input.
    pub(crate) fn entered(&self, keep: &[bool], live_in: &[bool]) -> Vec<bool> {
        let mut entered = vec![false; self.outputs];
        for (o, i, _) in self.kept(keep) {
            entered[o] |= live_in[i];
        }
        entered
    }

    /// Which inputs a kept weight leaves to a live output.
    pub(super) fn left(&self, keep: &[bool], live_out: &[bool]) -> Vec<bool> {
        let mut left = vec![false; self.inputs];
        for (o, i, _) in self.kept(keep) {
            left[i] |= live_out[o];
        }
        left
    }
}

/// The convolutions of a network in order; stage j writes set j + 1 of [`LiveChannels`].
pub(crate) fn stages(network: &Network) -> Vec<Stage> {
    let mut stages: Vec<Stage> = Vec::new();
    let mut values: Vec<Vec<Feed>> = vec![vec![Feed {
        set: 0,
        channels: network.input_channels,
        norms: Vec::new(),
    }]];
    // Of each value's map.
    let mut halvings: Vec<i32> = vec![network.input_halvings as i32];
    for node in &network.nodes {
        let halved = halvings[node.inputs[0]] + node.layer.halvings();
        halvings.push(halved);
        let mut feeds: Vec<Feed> = node.inputs.iter().flat_map(|value| values[*value].clone()).collect();
        match node.layer {
            Layer::Conv {
                weight,
                bias,
                inputs,
                outputs,
                kernel,
                ..
            } => {
                stages.push(Stage {
                    weight,
                    bias,
                    inputs,
                    outputs,
                    taps: kernel * kernel,
                    halvings: halved,
                    feeds,
                    norms: Vec::new(),
                });
                feeds = vec![Feed {
                    set: stages.len(),
                    channels: outputs,
                    norms: Vec::new(),
                }];
            }
            Layer::BatchNorm { gamma, beta, .. } => {
                let mut start = 0;
                for feed in &mut feeds {
                    let norm = (gamma.slice(start, feed.channels), beta.slice(start, feed.channels));
                    feed.norms.push(norm);
                    if let Some(stage) = feed.set.checked_sub(1) {
                        stages[stage].norms.push(norm);
                    }
                    start += feed.channels;
                }
            }
            Layer::AveragePool => {
                // Directly behind a convolution, it is computed with it (method section 7.1).
                if let [Feed { set: 1.., norms, .. }] = feeds.as_slice()
                    && norms.is_empty()
                {
                    stages[feeds[0].set - 1].halvings = halved;
                }
            }
            Layer::Upsample(_) | Layer::LeakyRelu | Layer::Relu | Layer::Concat | Layer::Sigmoid => {}
        }
        values.push(feeds);
    }
    stages
}
