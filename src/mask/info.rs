//! Facts about a mask on its network: what it keeps where, which channels live, whether anything reaches the picture.

use serde::Serialize;

use super::{Mask, MaskError};
use crate::network::{Connectivity, Hourglass, Network, ParameterKind, stages};

/// Everything that `oes mask info` says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MaskInfo {
    /// Number of parameters N.
    pub n: usize,
    pub kept: usize,
    /// kept / N.
    pub fraction_kept: f64,
    /// The fraction that was asked for.
    pub keep: f64,
    pub method: String,
    pub seed: Option<u64>,
    pub steps: Option<u64>,
    pub image: Option<String>,
    pub licence: Option<String>,
    pub network: Hourglass,
    /// Whether the network draws anything but one constant colour.
    pub alive: bool,
    /// The first convolution without a live output, if there is one.
    pub dead_layer: Option<String>,
    /// One sentence on that.
    pub connectivity: String,
    /// All conv weights, those between live channels (what remains when dead channels are dropped), the kept ones,
    /// and the kept ones between live channels.
    pub conv_weights: usize,
    pub live_conv_weights: usize,
    pub kept_conv_weights: usize,
    pub reachable_conv_weights: usize,
    pub live: Vec<LiveInfo>,
    pub kinds: Vec<KindInfo>,
    pub tensors: Vec<TensorInfo>,
}

/// The channels behind one convolution, or of the input.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LiveInfo {
    /// `input`, or the convolution's weight.
    pub stage: String,
    pub channels: usize,
    pub live: usize,
}

/// All parameters of one kind.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KindInfo {
    pub kind: &'static str,
    pub numel: usize,
    pub kept: usize,
}

/// One parameter tensor.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TensorInfo {
    pub name: String,
    pub kind: &'static str,
    pub shape: Vec<usize>,
    pub numel: usize,
    pub kept: usize,
}

/// The four kinds, in the order in which a layer has them.
const KINDS: [ParameterKind; 4] = [
    ParameterKind::ConvWeight,
    ParameterKind::ConvBias,
    ParameterKind::BnWeight,
    ParameterKind::BnBias,
];

fn kind_name(kind: ParameterKind) -> &'static str {
    match kind {
        ParameterKind::ConvWeight => "conv_weight",
        ParameterKind::ConvBias => "conv_bias",
        ParameterKind::BnWeight => "bn_weight",
        ParameterKind::BnBias => "bn_bias",
    }
}

/// Looks at a mask on the network that it is for, built from `description`.
///
/// # Errors
/// [`MaskError::Length`] if it is for another network.
pub fn info(mask: &Mask, description: &Hourglass, network: &Network) -> Result<MaskInfo, MaskError> {
    mask.check(network)?;
    let found = Connectivity::of(network, &mask.keep);
    let stages = stages(network);
    let tensors: Vec<TensorInfo> = network
        .parameters
        .iter()
        .map(|parameter| TensorInfo {
            name: parameter.name.clone(),
            kind: kind_name(parameter.kind),
            shape: parameter.shape.clone(),
            numel: parameter.len(),
            kept: mask.keep[parameter.range()].iter().filter(|kept| **kept).count(),
        })
        .collect();
    let kinds = KINDS.map(|kind| {
        let kind = kind_name(kind);
        let of_kind = tensors.iter().filter(|tensor| tensor.kind == kind);
        KindInfo {
            kind,
            numel: of_kind.clone().map(|tensor| tensor.numel).sum(),
            kept: of_kind.map(|tensor| tensor.kept).sum(),
        }
    });
    let stage_name = |set: usize| match set {
        0 => "input".to_owned(),
        _ => network.parameters[stages[set - 1].weight.index].name.clone(),
    };
    let live_sets = found.live.sets.iter().enumerate();
    let live = live_sets.map(|(set, channels)| LiveInfo {
        stage: stage_name(set),
        channels: channels.len(),
        live: found.live.count(set),
    });
    let between_live = stages.iter().enumerate().map(|(j, stage)| {
        let inputs = stage.live_inputs(&found.live).iter().filter(|live| **live).count();
        inputs * found.live.count(j + 1) * stage.taps
    });
    Ok(MaskInfo {
        n: mask.keep.len(),
        kept: mask.kept(),
        fraction_kept: mask.fraction_kept(),
        keep: mask.metadata.keep,
        method: mask.metadata.method.clone(),
        seed: mask.metadata.seed,
        steps: mask.metadata.steps,
        image: mask.metadata.image.clone(),
        licence: mask.metadata.licence.clone(),
        network: description.clone(),
        alive: found.is_alive(),
        dead_layer: found.dead_layer.clone(),
        connectivity: found.sentence(),
        conv_weights: kinds[0].numel,
        live_conv_weights: between_live.sum(),
        kept_conv_weights: found.kept_weights,
        reachable_conv_weights: found.reachable_weights,
        live: live.collect(),
        kinds: kinds.to_vec(),
        tensors,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::MaskMetadata;

    #[test]
    fn the_counts_of_a_mask_made_by_hand() {
        let description = Hourglass {
            input_channels: 2,
            channels: vec![4],
            output_channels: 3,
        };
        let network = description.build().expect("a tiny network builds");
        let mut keep = vec![true; network.n];
        // One gamma behind the first convolution goes, and with it its channel.
        let gamma = network.parameters.iter().find(|p| p.name == "1.2.weight");
        keep[gamma.expect("the network has it").offset] = false;
        let mask = Mask {
            keep,
            metadata: MaskMetadata {
                method: "by hand".to_owned(),
                keep: 0.99,
                seed: Some(9),
                ..MaskMetadata::default()
            },
        };
        let facts = info(&mask, &description, &network).expect("the mask fits");
        assert_eq!(facts.kept, network.n - 1);
        assert!(facts.alive);
        let live: Vec<usize> = facts.live.iter().map(|live| live.live).collect();
        assert_eq!(live, [2, 3, 4, 4, 3]);
        assert_eq!(facts.live[1].stage, "1.1.1.weight");
        // 25 (2x3 + 3x4) + 9 x 4x4 + 4x3 of 25 (2x4 + 4x4) + 9 x 4x4 + 4x3.
        assert_eq!(facts.live_conv_weights, 450 + 144 + 12);
        assert_eq!(facts.reachable_conv_weights, facts.live_conv_weights);
        assert_eq!(facts.conv_weights, 600 + 144 + 12);
        let kept: usize = facts.kinds.iter().map(|kind| kind.kept).sum();
        assert_eq!(kept, facts.kept);
        let by_tensor: usize = facts.tensors.iter().map(|tensor| tensor.kept).sum();
        assert_eq!(by_tensor, facts.kept);

        let text = facts.to_string();
        assert!(
            text.contains("606 of 756 convolution weights remain (80.16%)"),
            "{text}"
        );
        assert!(text.contains("seed      9\n"), "{text}");
        let json = serde_json::to_value(&facts).expect("plain data");
        assert_eq!(json["tensors"][2]["kind"], "bn_weight");
    }

    #[test]
    fn a_mask_for_another_network_is_refused() {
        let description = Hourglass::with_levels(1);
        let network = description.build().expect("one level builds");
        let mask = Mask {
            keep: vec![true; 5],
            metadata: MaskMetadata::default(),
        };
        let length = MaskError::Length {
            mask: 5,
            network: network.n,
        };
        assert_eq!(info(&mask, &description, &network), Err(length));
    }
}
