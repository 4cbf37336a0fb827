//! Which kept parameters a fit trains.

use super::{LiveChannels, Network, Param, stages};

/// The kept parameters that can change the picture, as flat indices in order: those on live channels that have a gradient.
pub(crate) fn trained_entries(network: &Network, keep: &[bool], live: &LiveChannels) -> Vec<u32> {
    let mut flat = Vec::new();
    let mut add = |at: usize| {
        if keep[at] {
            flat.push(at as u32);
        }
    };
    let has_gradient = |param: &Param| network.parameters[param.index].has_gradient;
    for (j, stage) in stages(network).iter().enumerate() {
        let live_in = stage.live_inputs(live);
        let outputs = live.indices(j + 1);
        for o in &outputs {
            for i in (0..stage.inputs).filter(|i| live_in[*i]) {
                let start = stage.weight.offset + (o * stage.inputs + i) * stage.taps;
                (start..start + stage.taps).for_each(&mut add);
            }
        }
        let norms = stage.norms.iter().flat_map(|(gamma, beta)| [gamma, beta]);
        for vector in norms.chain(&stage.bias).filter(|param| has_gradient(param)) {
            outputs.iter().for_each(|o| add(vector.offset + o));
        }
    }
    flat.sort_unstable();
    flat
}
