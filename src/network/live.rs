//! Which channels a mask leaves alive, and whether anything reaches the picture (method section 6).

use super::Network;
use super::stage::stages;
use crate::numbers::thousands;

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

/// What [`Connectivity::of`] finds: the live channels, and whether anything gets through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connectivity {
    pub live: LiveChannels,
    /// Where no path leads from the input to the picture: the first convolution whose outputs are all dead, as its weight's
    /// name. The picture is then one constant colour.
    pub dead_layer: Option<String>,
    /// Kept conv weights that lie between live channels, and all kept conv weights.
    pub reachable_weights: usize,
    pub kept_weights: usize,
}

impl Connectivity {
    /// Follows the mask `keep` (flat, length N) through the network.
    ///
    /// A channel lives if a path of kept weights and gammas leads from the input through it to the picture. One that does
    /// not is exactly zero, or a constant that a later batch normalisation removes. The one exception are the channels that
    /// the output convolution reads: there a kept beta shifts the picture, whatever the channel carries.
    pub fn of(network: &Network, keep: &[bool]) -> Self {
        assert_eq!(keep.len(), network.n, "a mask has one entry for each parameter");
        let stages = stages(network);
        let last = stages.len() - 1;
        // Forward: what the input reaches. By set, then channel.
        let mut carries: Vec<Vec<bool>> = vec![vec![true; network.input_channels]];
        for stage in &stages {
            let arrives = stage
                .sources()
                .map(|(feed, c)| carries[feed.set][c] && feed.passes(keep, c));
            let arrives: Vec<bool> = arrives.collect();
            carries.push(stage.entered(keep, &arrives));
        }
        let alive = carries[last + 1].contains(&true);
        // Backward: what of that reaches the picture.
        let mut sets: Vec<Vec<bool>> = carries.iter().map(|set| vec![false; set.len()]).collect();
        sets[last + 1].fill(true);
        for (j, stage) in stages.iter().enumerate().rev() {
            let left = stage.left(keep, &sets[j + 1]);
            for ((feed, c), left) in stage.sources().zip(left) {
                let shifts = j == last && feed.shifts(keep, c);
                let carried = carries[feed.set][c] && feed.passes(keep, c);
                sets[feed.set][c] |= left && (carried || shifts);
            }
        }
        let dead = (1..=last).find(|&j| !sets[j].contains(&true)).unwrap_or(last);
        let dead_layer = (!alive).then(|| network.parameters[stages[dead - 1].weight.index].name.clone());
        let live = LiveChannels { sets };
        let (mut reachable_weights, mut kept_weights) = (0, 0);
        for (j, stage) in stages.iter().enumerate() {
            let live_in = stage.live_inputs(&live);
            for (o, i, _) in stage.kept(keep) {
                kept_weights += 1;
                reachable_weights += usize::from(live_in[i] && live.sets[j + 1][o]);
            }
        }
        Self {
            live,
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
                "This mask is dead: no channel of layer {layer} survives, no other path leads to the picture, and it is one constant colour. Keep more weights or learn longer."
            ),
            None => format!(
                "This mask is alive: {} of its {} kept convolution weights lie on a path from the input to the picture.",
                thousands(self.reachable_weights as u64),
                thousands(self.kept_weights as u64)
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Hourglass, Interpolation, Parameter, ParameterKind, SkipHourglass};

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

    #[test]
    fn a_skip_connection_leads_around_a_dead_layer() {
        let description = SkipHourglass {
            input_channels: 3,
            channels: vec![2, 3],
            skip_channels: 2,
            output_channels: 3,
            interpolation: Interpolation::Nearest,
        };
        let network = description.build().expect("a small network builds");
        let mut keep = vec![true; network.n];
        let range = |name: &str| {
            let named = network.parameters.iter().find(|p| p.name == name);
            named.map(Parameter::range).expect("exists")
        };
        let of = |keep: &[bool]| Connectivity::of(&network, keep);
        assert!(of(&keep).live.sets.iter().flatten().all(|live| *live));
        // Nothing gets through the inner level but its skip connection ...
        keep[range("1.down.conv.weight")].fill(false);
        let found = of(&keep);
        assert!(found.is_alive());
        let dead = found.live.sets.iter().filter(|set| !set.contains(&true)).count();
        assert_eq!(dead, 2, "the branch's two convolutions");
        // ... whose half of the normalisation of both is masked, and then the outer skip connection is cut, too.
        keep[range("1.joined.weight").start..][..2].fill(false);
        let found = of(&keep);
        assert!(found.is_alive());
        assert!(found.live.count(0) == 3, "the outer skip connection reads all of z");
        keep[range("0.skip.conv.weight")].fill(false);
        let found = of(&keep);
        assert!(!found.is_alive());
        assert_eq!(found.dead_layer.as_deref(), Some("0.skip.conv.weight"));
    }
}
