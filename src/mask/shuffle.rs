//! Controls for what a mask's fit depends on: masks with the same counts but other weights or channels.
//!
//! "Random tickets" (Frankle et al. 2021, Su et al. 2020; method sections 6 and 8). Only kept weights between live
//! channels move; those on dead channels have no effect and stay where they are, so every count holds exactly.

use serde::{Deserialize, Serialize};

use super::redraw::{Layer, Sequence};
use super::{Mask, MaskError};
use crate::network::{Connectivity, LiveChannels, Network, Stage, stages};
use crate::rng::{Draws, Stream};

/// What a shuffle redraws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Shuffle {
    /// Which weights are kept, inside the same live channels. Every tensor keeps its count.
    Weights,
    /// Which channels live, too. Every tensor keeps its count, every layer its number of live channels.
    Channels,
    /// As `Weights`, and the kept weights spread over all convolutions at one density between live channels. Their
    /// total holds; a layer gets more only where its live channels would otherwise lose their last weight.
    Budgets,
}

impl Shuffle {
    /// The `method` of the shuffled mask's metadata.
    pub fn name(self) -> &'static str {
        match self {
            Self::Weights => "shuffled weights",
            Self::Channels => "shuffled channels",
            Self::Budgets => "shuffled budgets",
        }
    }
}

/// Redraws a mask; the same seed gives the same mask. Each live channel stays alive.
///
/// A layer first gets one weight for each live channel, at random, then the rest uniformly.
///
/// # Errors
/// [`MaskError::Length`] if the mask is not for this network, [`MaskError::Dead`] if no live channel remains somewhere.
pub fn shuffle(mask: &Mask, network: &Network, what: Shuffle, seed: u64) -> Result<Mask, MaskError> {
    mask.check(network)?;
    let found = Connectivity::of(network, &mask.keep);
    if !found.is_alive() {
        return Err(MaskError::Dead(found.sentence()));
    }
    let draws = Draws::new(seed, Stream::Shuffle);
    let stages = stages(network);
    let (mut keep, mut live) = (mask.keep.clone(), found.live);
    if what == Shuffle::Channels {
        (keep, live) = permute_channels(&keep, &live, &stages, draws);
    }
    let layers: Vec<Layer> = stages
        .iter()
        .enumerate()
        .map(|(j, stage)| Layer::new(stage, j, &keep, &live))
        .collect();
    let counts = match what {
        Shuffle::Weights | Shuffle::Channels => layers.iter().map(|layer| layer.kept).collect(),
        Shuffle::Budgets => uniform_counts(&layers),
    };
    for (j, (layer, count)) in layers.iter().zip(counts).enumerate() {
        layer.redraw(&mut keep, count, &mut Sequence::new(draws, 2 * j + 1));
    }
    let mut metadata = mask.metadata.clone();
    let old_seed = metadata.seed.map(|seed| format!(", seed {seed}"));
    let origin = metadata.method + old_seed.as_deref().unwrap_or_default();
    metadata.extra.insert("shuffled_from".to_owned(), origin);
    metadata.method = what.name().to_owned();
    metadata.seed = Some(seed);
    Ok(Mask { keep, metadata })
}

/// Keeps the fraction `density` of every convolution's weights, at random, and all other parameters: the random pruning of
/// method section 8, layer by layer. Every channel stays alive; a layer that has more channels than weights to keep gets one
/// weight for each.
pub fn random(network: &Network, density: f64, seed: u64) -> Vec<bool> {
    let draws = Draws::new(seed, Stream::Shuffle);
    let mut keep = vec![true; network.n];
    let live = Connectivity::of(network, &keep).live;
    for (j, stage) in stages(network).iter().enumerate() {
        let layer = Layer::new(stage, j, &keep, &live);
        let count = (density * layer.area() as f64).round() as usize;
        let count = count.clamp(layer.least(), layer.area());
        layer.redraw(&mut keep, count, &mut Sequence::new(draws, 2 * j + 1));
    }
    keep
}

/// Renames the channels between the convolutions at random: the same mask on an equivalent network. All parameters of
/// a channel move together, so normalisations around an upsample keep the same live set. The picture's channels stay.
fn permute_channels(keep: &[bool], live: &LiveChannels, stages: &[Stage], draws: Draws) -> (Vec<bool>, LiveChannels) {
    let last = live.sets.len() - 1;
    let permutation = |(set, channels): (usize, &Vec<bool>)| {
        let mut order: Vec<usize> = (0..channels.len()).collect();
        if set < last {
            let all = order.len();
            Sequence::new(draws, 2 * set).choose(&mut order, all);
        }
        order
    };
    // from[set][c]: the channel whose entries the new channel c takes over.
    let from: Vec<Vec<usize>> = live.sets.iter().enumerate().map(permutation).collect();
    let mut moved = keep.to_vec();
    for (j, stage) in stages.iter().enumerate() {
        let outputs = &from[j + 1];
        let mut start = 0;
        let mut inputs = Vec::with_capacity(stage.inputs);
        for feed in &stage.feeds {
            inputs.extend(from[feed.set].iter().map(|c| start + c));
            start += feed.channels;
        }
        for (pair, taps) in moved[stage.weight.range()].chunks_mut(stage.taps).enumerate() {
            let (o, i) = (pair / stage.inputs, pair % stage.inputs);
            let old = stage.weight.offset + (outputs[o] * stage.inputs + inputs[i]) * stage.taps;
            taps.copy_from_slice(&keep[old..old + stage.taps]);
        }
        let norms = stage.norms.iter().flat_map(|(gamma, beta)| [gamma, beta]);
        for vector in norms.chain(&stage.bias) {
            for (o, entry) in moved[vector.range()].iter_mut().enumerate() {
                *entry = keep[vector.offset + outputs[o]];
            }
        }
    }
    let rename = |(set, from): (&Vec<bool>, &Vec<usize>)| from.iter().map(|&c| set[c]).collect();
    let sets = live.sets.iter().zip(&from).map(rename).collect();
    (moved, LiveChannels { sets })
}

/// The layers' total of kept weights, shared out by area, none below its least. In whole numbers: exact everywhere.
fn uniform_counts(layers: &[Layer]) -> Vec<usize> {
    let mut counts: Vec<usize> = layers.iter().map(Layer::least).collect();
    let mut shares: Vec<usize> = (0..layers.len()).collect();
    let mut total: usize = layers.iter().map(|layer| layer.kept).sum();
    // Layers whose share is below their least get that, and the others share what is left.
    let area = loop {
        let area: usize = shares.iter().map(|&j| layers[j].area()).sum();
        let below = |j: usize| product(total, layers[j].area()) < product(counts[j], area);
        let (fixed, open): (Vec<usize>, Vec<usize>) = shares.iter().partition(|&&j| below(j));
        total -= fixed.iter().map(|&j| counts[j]).sum::<usize>();
        shares = open;
        if fixed.is_empty() {
            break area;
        }
    };
    let mut left = total;
    for &j in &shares {
        counts[j] = (product(total, layers[j].area()) / area as u128) as usize;
        left -= counts[j];
    }
    // Rounding down left over less than one for each layer.
    for &j in shares.iter().take(left) {
        counts[j] += 1;
    }
    counts
}

fn product(a: usize, b: usize) -> u128 {
    a as u128 * b as u128
}

#[cfg(test)]
mod tests;
