//! Which channels a mask leaves alive, and whether anything reaches the picture (method section 6).

use super::{Network, Node, Param};

/// One convolution and the batch normalisations its outputs pass, in network order.
#[derive(Clone, Debug)]
pub(crate) struct Stage {
    pub(crate) weight: Param,
    pub(crate) bias: Param,
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    pub(crate) taps: usize,
    /// Gamma and beta of each.
    pub(crate) norms: Vec<(Param, Param)>,
}

/// The live channels between convolutions: set 0 is the input z, set j the outputs of convolution j-1, the last the picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveChannels {
    pub sets: Vec<Vec<bool>>,
}

impl LiveChannels {
    /// Indices of the live channels of a set.
    pub fn indices(&self, set: usize) -> Vec<usize> {
        self.sets[set]
            .iter()
            .enumerate()
            .filter(|(_, live)| **live)
            .map(|(i, _)| i)
            .collect()
    }

    pub fn count(&self, set: usize) -> usize {
        self.sets[set].iter().filter(|live| **live).count()
    }
}

/// What [`Connectivity::of`] finds: the live channels, and the first layer that a mask leaves empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connectivity {
    pub live: LiveChannels,
    /// The convolution whose outputs are all dead, as its weight's name; the picture is then one constant colour.
    pub dead_layer: Option<String>,
    /// Kept conv weights that lie between live channels, and all kept conv weights.
    pub reachable_weights: usize,
    pub kept_weights: usize,
}

impl Connectivity {
    /// Follows the mask `keep` (flat, length N) through the network.
    ///
    /// A channel is dead if a gamma on it is masked, or no kept weight enters it, or none leaves it; repeated until
    /// nothing changes. A dead channel is exactly zero, or a constant that the next batch normalisation removes. The
    /// one exception is the last set before the output convolution: there a kept beta shifts the picture.
    pub fn of(network: &Network, keep: &[bool]) -> Self {
        assert_eq!(keep.len(), network.n, "a mask has one entry for each parameter");
        let stages = stages(network);
        let last = stages.len() - 1;
        let mut sets: Vec<Vec<bool>> = vec![vec![true; stages[0].inputs]];
        for stage in &stages {
            let gammas_kept = |c: usize| stage.norms.iter().all(|(gamma, _)| keep[gamma.offset + c]);
            sets.push((0..stage.outputs).map(gammas_kept).collect());
        }
        // Before the output conv a kept beta keeps its channel, whatever enters it.
        let shifts: Vec<bool> = match stages[..last].last().and_then(|s| s.norms.last()) {
            Some((_, beta)) => keep[beta.range()].to_vec(),
            None => vec![false; stages[last].inputs],
        };
        for (live, shift) in sets[last].iter_mut().zip(&shifts) {
            *live |= shift;
        }
        loop {
            let mut changed = false;
            for (j, stage) in stages.iter().enumerate() {
                let (entered, left) = stage.reached(keep, &sets[j], &sets[j + 1]);
                for (c, live) in sets[j].iter_mut().enumerate() {
                    changed |= *live && !left[c];
                    *live &= left[c];
                }
                if j == last {
                    continue;
                }
                for (c, live) in sets[j + 1].iter_mut().enumerate() {
                    let stays = entered[c] || (j + 1 == last && shifts[c]);
                    changed |= *live && !stays;
                    *live &= stays;
                }
            }
            if !changed {
                break;
            }
        }
        let dead = (1..=last).find(|&j| !sets[j].contains(&true));
        let dead_layer = dead.map(|j| network.parameters[stages[j - 1].weight.index].name.clone());
        let (mut reachable_weights, mut kept_weights) = (0, 0);
        for (j, stage) in stages.iter().enumerate() {
            for (o, i, _) in stage.kept(keep) {
                kept_weights += 1;
                reachable_weights += usize::from(sets[j][i] && sets[j + 1][o]);
            }
        }
        Self {
            live: LiveChannels { sets },
            dead_layer,
            reachable_weights,
            kept_weights,
        }
    }

    /// Whether the network draws anything but a constant.
    pub fn is_alive(&self) -> bool {
        self.dead_layer.is_none()
    }

    /// One sentence for a person.
    pub fn sentence(&self) -> String {
        match &self.dead_layer {
            Some(layer) => format!(
                "This mask is dead: no channel of layer {layer} survives, and without skip connections the picture is one constant colour. Keep more weights or learn longer."
            ),
            None => format!(
                "This mask is alive: {} of its {} kept convolution weights lie on a path from the input to the picture.",
                self.reachable_weights, self.kept_weights
            ),
        }
    }
}

impl Stage {
    /// The kept weights as (output, input, flat index).
    fn kept<'a>(&'a self, keep: &'a [bool]) -> impl Iterator<Item = (usize, usize, usize)> + 'a {
        self.weight.range().filter(|&i| keep[i]).map(|i| {
            let pair = (i - self.weight.offset) / self.taps;
            (pair / self.inputs, pair % self.inputs, i)
        })
    }

    /// Which outputs a kept weight enters from a live input, and which inputs one leaves to a live output.
    pub(crate) fn reached(&self, keep: &[bool], live_in: &[bool], live_out: &[bool]) -> (Vec<bool>, Vec<bool>) {
        let mut entered = vec![false; self.outputs];
        let mut left = vec![false; self.inputs];
        for (o, i, _) in self.kept(keep) {
            entered[o] |= live_in[i];
            left[i] |= live_out[o];
        }
        (entered, left)
    }
}

/// The convolutions of a network in order; stage j leads from set j of [`LiveChannels`] to set j+1.
pub(crate) fn stages(network: &Network) -> Vec<Stage> {
    let mut stages: Vec<Stage> = Vec::new();
    for node in &network.nodes {
        match *node {
            Node::Conv {
                weight,
                bias,
                inputs,
                outputs,
                kernel,
                ..
            } => {
                let taps = kernel * kernel;
                stages.push(Stage {
                    weight,
                    bias,
                    inputs,
                    outputs,
                    taps,
                    norms: Vec::new(),
                });
            }
            Node::BatchNorm { gamma, beta, .. } => {
                if let Some(stage) = stages.last_mut() {
                    stage.norms.push((gamma, beta));
                }
            }
            Node::AveragePool | Node::Upsample | Node::LeakyRelu | Node::Sigmoid => {}
        }
    }
    stages
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Hourglass, ParameterKind};

    fn small() -> Network {
        let net = Hourglass {
            input_channels: 3,
            channels: vec![2, 3],
            output_channels: 3,
        };
        net.build().expect("a small network builds")
    }

    #[test]
    fn everything_kept_is_all_live() {
        let network = small();
        let found = Connectivity::of(&network, &vec![true; network.n]);
        assert!(found.is_alive());
        assert!(found.live.sets.iter().flatten().all(|live| *live));
        assert_eq!(found.reachable_weights, found.kept_weights);
    }

    #[test]
    fn a_masked_gamma_kills_its_channel_and_what_only_it_feeds() {
        let network = small();
        let mut keep = vec![true; network.n];
        let gamma = network
            .parameters
            .iter()
            .find(|p| p.name == "1.2.weight")
            .expect("exists");
        keep[gamma.offset] = false;
        let found = Connectivity::of(&network, &keep);
        assert_eq!(found.live.sets[1], vec![false, true]);
        keep[gamma.offset + 1] = false;
        let found = Connectivity::of(&network, &keep);
        assert!(!found.is_alive());
        assert!(found.live.sets[0].iter().all(|live| !live), "nothing leaves the input");
    }

    #[test]
    fn before_the_output_a_kept_shift_keeps_its_channel() {
        let network = small();
        let mut keep = vec![true; network.n];
        for p in &network.parameters {
            if p.kind == ParameterKind::BnBias {
                keep[p.range()].fill(false);
            }
        }
        let gamma = network
            .parameters
            .iter()
            .find(|p| p.name == "4.weight")
            .expect("exists");
        let beta = network.parameters.iter().find(|p| p.name == "4.bias").expect("exists");
        keep[gamma.offset] = false;
        let last = Connectivity::of(&network, &keep).live.sets.len() - 2;
        assert!(!Connectivity::of(&network, &keep).live.sets[last][0]);
        keep[beta.offset] = true;
        assert!(Connectivity::of(&network, &keep).live.sets[last][0]);
    }
}
