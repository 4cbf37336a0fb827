//! `oes prune`: masks of every method, their files, and what is refused.

use optimal_eye_surgeon::mask::{Mask, info, keep_count};
use optimal_eye_surgeon::network::{Network, ParameterKind};
use optimal_eye_surgeon::prune::prunable;
use safetensors::SafeTensors;
use serde_json::Value;

use crate::program::{Called, DEVICES, Desk, SMALL, fixture, mask_of, small_network};

const METHODS: [&str; 5] = ["random", "magnitude", "snip", "grasp", "synflow"];

fn network() -> Network {
    small_network().build().expect("builds")
}

fn call(desk: &Desk, method: &str, out: &str, more: &[&str]) -> Called {
    let prune = ["prune", "picture.png", "--method", method, "--mask-out", out, "--cpu"];
    desk.call(&[&prune, &SMALL, more])
}

fn made(desk: &Desk, method: &str, out: &str, more: &[&str]) -> Mask {
    call(desk, method, out, more).succeeds();
    Mask::from_bytes(&desk.get(out)).expect("a mask file")
}

/// Kept conv weights of each layer.
fn layers(mask: &Mask) -> Vec<usize> {
    let kept = |range: std::ops::Range<usize>| mask.keep[range].iter().filter(|kept| **kept).count();
    prunable(&network()).map(kept).collect()
}

#[test]
fn every_method_keeps_what_was_asked_for_and_says_how() {
    let desk = Desk::new(48, 40);
    let weights: Vec<usize> = prunable(&network()).map(|range| range.len()).collect();
    for method in METHODS {
        for scope in ["global", "layer"] {
            let mask = made(
                &desk,
                method,
                "m.safetensors",
                &["--scope", scope, "--keep", "0.3", "--seed", "4", "--licence", "CC0 1.0"],
            );
            if scope == "layer" {
                let wanted: Vec<usize> = weights.iter().map(|len| keep_count(*len, 0.3)).collect();
                assert_eq!(layers(&mask), wanted, "{method}");
            }
            let kept = layers(&mask).iter().sum::<usize>();
            if scope == "global" {
                assert_eq!(kept, keep_count(weights.iter().sum(), 0.3), "{method}");
            }
            let others = mask.keep.len() - weights.iter().sum::<usize>();
            assert_eq!(mask.kept(), kept + others, "{method}: nothing else is pruned");

            let metadata = &mask.metadata;
            assert!(
                metadata.method.to_lowercase().starts_with(method),
                "{}",
                metadata.method
            );
            assert!(metadata.method.contains(scope), "{}", metadata.method);
            assert_eq!((metadata.keep, metadata.seed), (0.3, Some(4)));
            assert_eq!(metadata.licence.as_deref(), Some("CC0 1.0"));
            assert_eq!(metadata.network, Some(small_network()));
            let settings: Value = serde_json::from_str(metadata.settings.as_deref().expect("settings")).expect("JSON");
            assert_eq!(
                (&settings["method"], &settings["scope"]),
                (&method.into(), &scope.into())
            );
            let sees = method == "snip" || method == "grasp";
            assert_eq!(metadata.image.is_some(), sees, "{method}");
            assert_eq!(settings["sigma"].is_number(), sees, "{method}");
        }
    }
}

#[test]
fn a_mask_repeats_and_is_a_mask_like_any_other() {
    let desk = Desk::new(48, 40);
    for method in METHODS {
        let options = ["--keep", "0.3", "--scope", "layer"];
        made(&desk, method, "a.safetensors", &options);
        let said = call(&desk, method, "b.safetensors", &options);
        assert!(said.stdout.contains("This mask is alive"), "{}", said.stdout);
        assert_eq!(desk.get("a.safetensors"), desk.get("b.safetensors"), "{method}");
        desk.call(&[&["mask", "info", "a.safetensors"]]).succeeds();
        desk.call(&[&["fit", "picture.png", "--mask", "a.safetensors", "--steps", "1", "--cpu"]])
            .succeeds();
    }
}

#[test]
fn masks_follow_what_they_depend_on() {
    let desk = Desk::new(48, 40);
    let mask = |method: &str, more: &[&str]| made(&desk, method, "m.safetensors", more).keep;
    for (method, option, follows) in [
        ("random", "--seed", true),
        ("random", "--init-seed", false),
        ("magnitude", "--init-seed", true),
        ("magnitude", "--noise-seed", false),
        ("synflow", "--init-seed", true),
        ("synflow", "--noise-seed", false),
        ("snip", "--noise-seed", true),
        ("grasp", "--noise-seed", true),
        ("grasp", "--seed", false),
    ] {
        let changed = mask(method, &[option, "1"]) != mask(method, &[]);
        assert_eq!(changed, follows, "{method} {option}");
    }
    assert_ne!(mask("synflow", &["--rounds", "1"]), mask("synflow", &[]));
}

#[test]
fn a_supplied_state_is_what_is_pruned() {
    let desk = Desk::new(56, 40);
    let state = fixture("net_a.safetensors");
    let stored = std::fs::read(fixture("prune_net_a.safetensors")).expect("the fixture");
    let stored = SafeTensors::deserialize(&stored).expect("safetensors");
    for method in ["grasp", "synflow"] {
        let options = ["--state-in", state.to_str().expect("text"), "--keep", "0.1"];
        let mask = made(&desk, method, "m.safetensors", &options);
        let wanted = stored.tensor(&format!("{method}.global")).expect("a mask");
        let wanted: Vec<bool> = wanted.data().iter().map(|kept| *kept == 1).collect();
        assert!(mask.keep == wanted, "{method} is PyTorch's");
        let settings = mask.metadata.settings.expect("settings");
        assert!(settings.contains("net_a.safetensors"), "{settings}");
    }
    desk.put("wrong.st", b"nothing");
    call(&desk, "magnitude", "m.safetensors", &["--state-in", "wrong.st"]).fails(3, "safetensors");
}

#[test]
fn snip_runs_on_the_adapter() {
    let desk = Desk::new(48, 40);
    let masks = DEVICES.map(|device| {
        let prune = [
            "prune",
            "picture.png",
            "--method",
            "snip",
            "--keep",
            "0.3",
            "--mask-out",
            "m",
        ];
        desk.call(&[&prune, &SMALL, device]).succeeds();
        Mask::from_bytes(&desk.get("m")).expect("a mask file")
    });
    let differ = masks[0].keep.iter().zip(&masks[1].keep).filter(|(a, b)| a != b).count();
    // Rounding moves what lies at the threshold.
    assert!(differ <= 20, "{differ} of {} weights differ", masks[0].kept());
}

/// The kept parameters that are left when a fifth, rounded up, with the smallest trained values is gone.
fn without_the_smallest(keep: &[bool], state: &[u8]) -> Vec<bool> {
    let state = SafeTensors::deserialize(state).expect("safetensors");
    let size = |name: &str| {
        let tensor = state.tensor(name).expect("a parameter");
        let values: Vec<f32> = bytemuck::pod_collect_to_vec(tensor.data());
        values.into_iter().map(f32::abs)
    };
    let sizes: Vec<f32> = network().parameters.iter().flat_map(|p| size(&p.name)).collect();
    let mut kept: Vec<usize> = (0..keep.len()).filter(|&i| keep[i]).collect();
    kept.sort_by(|&a, &b| sizes[a].total_cmp(&sizes[b]));
    let mut left = keep.to_vec();
    for &i in &kept[..kept.len().div_ceil(5)] {
        left[i] = false;
    }
    left
}

#[test]
fn iterative_pruning_trains_prunes_and_rewinds() {
    let desk = Desk::new(48, 40);
    let mut keep = vec![true; network().n];
    for p in network().parameters.iter().filter(|p| p.kind == ParameterKind::BnBias) {
        keep[p.range()].fill(false);
    }
    // Round by round by hand: a fit from theta_in with the mask so far, and what that leaves.
    for rounds in ["1", "2", "3"] {
        desk.put("m", &mask_of(small_network(), keep.clone()).to_bytes().expect("a mask"));
        let fit = [
            "fit",
            "picture.png",
            "--mask",
            "m",
            "--steps",
            "4",
            "--lr",
            "0.02",
            "--state-out",
            "s",
            "--cpu",
        ];
        desk.call(&[&fit]).succeeds();
        let next = without_the_smallest(&keep, &desk.get("s"));
        let mask = made(
            &desk,
            "imp",
            "imp",
            &["--rounds", rounds, "--steps", "4", "--lr", "0.02"],
        );
        assert!(mask.keep == next, "after {rounds} rounds");
        assert!(mask.metadata.method.starts_with(&format!("IMP, {rounds} round")));
        assert_eq!(mask.metadata.keep, mask.fraction_kept());
        keep = next;
    }
    let by_keep = made(&desk, "imp", "imp", &["--keep", "0.8", "--steps", "2"]);
    assert_eq!(by_keep.metadata.method, "IMP, 1 round");
    let both = ["--keep", "0.1", "--rounds", "2"];
    call(&desk, "imp", "imp", &both).fails(2, "--keep means nothing to --method imp beside --rounds");
    call(&desk, "imp", "imp", &["--keep", "1"]).fails(2, "keep");
    call(&desk, "imp", "imp", &["--lr", "0"]).fails(2, "learning rate");
}

#[test]
fn iterative_pruning_goes_on_from_its_file() {
    let desk = Desk::new(48, 40);
    let imp = |rounds: &'static str, more: &[&'static str]| {
        [&["--rounds", rounds, "--steps", "4", "--seed", "5"], more].concat()
    };
    made(&desk, "imp", "whole", &imp("3", &[]));
    made(&desk, "imp", "parts", &imp("1", &[]));
    let parts = made(&desk, "imp", "parts", &imp("3", &["--resume", "parts"]));
    assert_eq!(parts.metadata.method, "IMP, 3 rounds");
    assert_eq!(desk.get("parts"), desk.get("whole"));
    made(&desk, "imp", "again", &imp("3", &["--resume", "parts"]));
    assert_eq!(desk.get("again"), desk.get("whole"), "no round is left");

    let refused = |options: &[&'static str], words| {
        let options = imp("4", &[&["--resume", "parts"], options].concat());
        call(&desk, "imp", "other", &options).fails(3, words);
    };
    refused(&["--lr", "0.02"], "lr 0.01, not 0.02");
    refused(&["--init-seed", "1"], "init_seed 0, not 1");
    refused(&["--noise-seed", "1"], "noise_seed 0, not 1");
    refused(&["--crop", "32"], "crop null, not 32");
    call(&desk, "imp", "other", &imp("2", &["--resume", "parts"])).fails(3, "3 rounds behind it, more than the 2");
    desk.put_mask();
    call(&desk, "imp", "other", &imp("3", &["--resume", "mask.safetensors"])).fails(3, "it holds no rounds");
    call(&desk, "imp", "other", &imp("3", &["--resume", "nothing"])).fails(3, "cannot be read");
    call(&desk, "snip", "other", &["--resume", "parts"]).fails(2, "--resume means nothing to --method snip");
    desk.put("picture.png", &Desk::new(48, 41).get("picture.png"));
    refused(&["--crop", "40"], "crop null, not 40");
    refused(&[], "height 40, not 41");
    assert!(!desk.has("other"));
}

#[test]
fn a_dead_mask_is_written_and_told() {
    let desk = Desk::new(48, 40);
    let called = call(&desk, "magnitude", "dead.safetensors", &["--keep", "0.001"]);
    called.fails(0, "This mask is dead");
    let mask = Mask::from_bytes(&desk.get("dead.safetensors")).expect("a mask file");
    assert!(!info(&mask, &small_network(), &network()).expect("fits").alive);
    let shuffle = [
        "prune",
        "--method",
        "shuffle",
        "--from",
        "dead.safetensors",
        "--mask-out",
        "twin",
    ];
    desk.call(&[&shuffle, &["--shuffle", "weights"]]).fails(3, "dead");
    assert!(!desk.has("twin"));
}

#[test]
fn a_shuffled_twin_keeps_the_counts() {
    let desk = Desk::new(48, 40);
    desk.put_mask();
    let shuffle = |what: &str, seed: &str, out: &str| {
        let from = ["prune", "--method", "shuffle", "--from", "mask.safetensors"];
        let called = desk.call(&[&from, &["--shuffle", what, "--seed", seed, "--mask-out", out]]);
        called.succeeds();
        assert!(called.stdout.contains("This mask is alive"), "{}", called.stdout);
        Mask::from_bytes(&desk.get(out)).expect("a mask file")
    };
    let original = Mask::from_bytes(&desk.get("mask.safetensors")).expect("a mask file");
    let tensors = |mask: &Mask| {
        let facts = info(mask, &small_network(), &network()).expect("fits");
        facts.tensors.iter().map(|tensor| tensor.kept).collect::<Vec<_>>()
    };
    for (what, name, same) in [
        ("weights", "shuffled weights", true),
        ("channels", "shuffled channels", true),
        ("budgets", "shuffled budgets", false),
    ] {
        let twin = shuffle(what, "1", "twin");
        assert_eq!(twin, shuffle(what, "1", "again"), "a seed repeats");
        assert_ne!(twin.keep, shuffle(what, "2", "other").keep);
        assert_ne!(twin.keep, original.keep);
        assert_eq!(twin.kept(), original.kept(), "{what}");
        assert_eq!(tensors(&twin) == tensors(&original), same, "{what}");
        assert_eq!(twin.metadata.method, name);
        assert_eq!(twin.metadata.seed, Some(1));
        assert_eq!(twin.metadata.extra["shuffled_from"], "test");
        assert_eq!(twin.metadata.network, Some(small_network()));
    }
    // A preset's name does as well, and a twin has a twin.
    let chain = [
        "prune",
        "--method",
        "shuffle",
        "--from",
        "twin",
        "--shuffle",
        "weights",
        "--mask-out",
        "t2",
    ];
    desk.call(&[&chain]).succeeds();
    let preset = [
        "prune",
        "--method",
        "shuffle",
        "--from",
        "chelsea",
        "--shuffle",
        "weights",
        "--mask-out",
        "p",
    ];
    desk.call(&[&preset]).succeeds();
}

#[test]
fn options_without_effect_are_refused() {
    let desk = Desk::new(48, 40);
    desk.put_mask();
    let shuffle = [
        "prune",
        "--method",
        "shuffle",
        "--shuffle",
        "weights",
        "--mask-out",
        "m",
    ];
    let from = ["--from", "mask.safetensors"];
    let cases: [&[&[&str]]; 13] = [
        &[&shuffle, &["picture.png"]],
        &[&["prune", "picture.png", "--method", "snip"]],
        &[&["prune", "picture.png", "--mask-out", "m"]],
        &[&["prune", "--method", "snip", "--mask-out", "m"]],
        &[&shuffle],
        &[&shuffle[..3], &from, &["--mask-out", "m"]],
        &[&shuffle, &from, &["picture.png"]],
        &[&shuffle, &from, &["--keep", "0.1"]],
        &[&shuffle, &from, &["--sigma", "0.1"]],
        &[&shuffle, &from, &["--init-seed", "1"]],
        &[&shuffle, &from, &["--cpu"]],
        &[&[
            "prune",
            "picture.png",
            "--method",
            "snip",
            "--mask-out",
            "m",
            "--shuffle",
            "weights",
        ]],
        &[&[
            "prune",
            "picture.png",
            "--method",
            "synflow",
            "--mask-out",
            "m",
            "--rounds",
            "0",
        ]],
    ];
    for case in cases {
        assert_eq!(desk.call(case).code, 2, "{case:?}");
    }
    let snip = ["prune", "--method", "snip", "--shuffle", "weights", "--mask-out", "m"];
    desk.call(&[&snip, &from]).fails(2, "--method shuffle");
    let refused = |method: &str, more: &[&str], words: &str| {
        let prune = ["prune", "picture.png", "--method", method, "--mask-out", "m"];
        desk.call(&[&prune, &SMALL, more]).fails(2, words);
    };
    refused("grasp", &["--rounds", "3"], "--rounds means nothing");
    refused("grasp", &["--adapter", "0"], "--adapter means nothing");
    for keep in ["0", "1.5", "NaN"] {
        refused("random", &["--keep", keep], "keep");
    }
    call(&desk, "random", "picture.png", &[]).fails(2, "overwritten");
    desk.call(&[&shuffle[..5], &from, &["--mask-out", "mask.safetensors"]])
        .fails(2, "overwritten");
    assert!(!desk.has("m"));
}
