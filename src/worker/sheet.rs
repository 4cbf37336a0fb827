//! A mask file as a person looks at it: what it keeps of each layer, and how it was made.

use serde_json::Value;

use super::look::layers;
use super::protocol::{MaskFacts, MaskOrigin, MaskStart};
use crate::mask::{Mask, MaskMetadata, Recipe};
use crate::network::{Connectivity, Network};

/// What is told of a mask for `network` whose file has this name, SHA-256 and length.
pub fn sheet(name: String, sha256: String, bytes: usize, mask: &Mask, network: &Network) -> MaskFacts {
    let found = Connectivity::of(network, &mask.keep);
    let (input, layers) = layers(network, &mask.keep, &found);
    let described = mask.metadata.network.as_ref();
    let recipe = described.and_then(|network| Recipe::of(mask, network, 0).ok());
    MaskFacts {
        name,
        sha256,
        bytes,
        kept: mask.kept(),
        n: network.n,
        alive: found.is_alive(),
        sentence: found.sentence(),
        kept_weights: found.kept_weights,
        reachable_weights: found.reachable_weights,
        input,
        layers,
        origin: origin(&mask.metadata),
        recipe: recipe.map(|recipe| recipe.to_string()),
    }
}

/// The settings lie flat where the command line wrote the file, and below `run` where the page did.
fn origin(metadata: &MaskMetadata) -> MaskOrigin {
    let settings: Value = metadata
        .settings
        .as_deref()
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    let places = ["", "/run", "/job/learn", "/run/job/learn"];
    let find = |key: &str| {
        let found = places
            .iter()
            .find_map(|place| settings.pointer(&format!("{place}/{key}")));
        found.filter(|value| !value.is_null())
    };
    let number = |key: &str| find(key).and_then(Value::as_f64);
    let whole = |key: &str| find(key).and_then(Value::as_u64);
    let side = |key: &str| whole(key).and_then(|side| usize::try_from(side).ok());
    let start = match (whole("init_seed"), side("width"), side("height")) {
        _ if find("state_in").is_some() => MaskStart::Supplied,
        (Some(init_seed), Some(width), Some(height)) => MaskStart::Known {
            init_seed,
            width,
            height,
        },
        _ => MaskStart::Unknown,
    };
    MaskOrigin {
        method: metadata.method.clone(),
        keep: metadata.keep,
        steps: metadata.steps,
        seed: metadata.seed,
        image: metadata.image.clone(),
        licence: metadata.licence.clone(),
        lr: number("lr"),
        tau: number("tau"),
        kl: number("kl"),
        pull: number("pull"),
        sigma: number("sigma"),
        adapter: find("adapter").and_then(Value::as_str).map(str::to_owned),
        start,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::import;
    use crate::network::Hourglass;
    use crate::train::{Learner, RunSpec};

    fn of_settings(settings: &Value) -> MaskOrigin {
        origin(&MaskMetadata {
            settings: Some(settings.to_string()),
            ..MaskMetadata::default()
        })
    }

    #[test]
    fn a_preset_says_how_it_was_learned() {
        let bytes = include_bytes!("../../static/masks/chelsea.safetensors");
        let mask = import(bytes, "chelsea.safetensors").expect("a preset");
        let network = Hourglass::default().build().expect("the paper's network");
        let facts = sheet("Cat mask".to_owned(), String::new(), bytes.len(), &mask, &network);
        assert!(facts.alive);
        assert_eq!((facts.kept, facts.n, facts.layers.len()), (150_443, 3_008_867, 19));
        let kept: usize = facts.layers.iter().map(|layer| layer.kept).sum();
        assert_eq!(kept, facts.kept_weights);
        assert_eq!(facts.reachable_weights, kept, "the fast learner keeps nothing else");
        let known = matches!(facts.origin.start, MaskStart::Known { init_seed: 0, width, height } if width == height);
        assert!(known, "{:?}", facts.origin.start);
        assert!(facts.origin.lr.is_some() && facts.origin.sigma.is_some() && facts.origin.steps.is_some());
    }

    #[test]
    fn settings_are_found_where_the_page_puts_them() {
        let run = RunSpec {
            init_seed: 7,
            ..RunSpec::learn(Hourglass::default(), Learner::Paper)
        };
        let settings = serde_json::json!({ "run": run, "width": 45, "height": 37, "sigma": 0.2 });
        let found = of_settings(&settings);
        let start = MaskStart::Known {
            init_seed: 7,
            width: 45,
            height: 37,
        };
        assert_eq!((found.start, found.sigma, found.kl), (start, Some(0.2), Some(1e-9)));
        assert_eq!((found.lr, found.tau), (Some(run.lr), Some(0.2)));
    }

    #[test]
    fn a_start_that_is_not_in_the_file_is_not_made_up() {
        let start = |settings: &Value| of_settings(settings).start;
        assert_eq!(start(&serde_json::json!({})), MaskStart::Unknown);
        assert_eq!(
            start(&serde_json::json!({ "init_seed": 3, "width": 64 })),
            MaskStart::Unknown
        );
        let supplied =
            serde_json::json!({ "init_seed": 3, "width": 64, "height": 64, "state_in": "theta.safetensors" });
        assert_eq!(start(&supplied), MaskStart::Supplied);
        let unsupplied = serde_json::json!({ "init_seed": 3, "width": 64, "height": 64, "state_in": null });
        assert!(matches!(start(&unsupplied), MaskStart::Known { .. }));
    }
}
