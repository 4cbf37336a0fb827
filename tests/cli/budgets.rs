//! `oes budgets`: the file that a search writes, and what is refused.

use optimal_eye_surgeon::mask::{Mask, keep_count};
use serde_json::Value;

use crate::program::{Called, DEVICES, Desk};

fn call(desk: &Desk, out: &str, more: &[&str]) -> Called {
    let search = [
        "budgets",
        "picture.png",
        "--start-from",
        "mask.safetensors",
        "--mask-out",
        out,
    ];
    let short = ["--steps", "12", "--waves", "1", "--keep", "0.2"];
    desk.call(&[&search, &short, more])
}

fn made(desk: &Desk, out: &str, more: &[&str]) -> (Mask, Value) {
    call(desk, out, more).succeeds();
    let mask = Mask::from_bytes(&desk.get(out)).expect("a mask file");
    let settings = mask.metadata.settings.as_deref().expect("settings");
    let settings = serde_json::from_str(settings).expect("JSON");
    (mask, settings)
}

#[test]
fn a_search_repeats_and_its_file_says_how() {
    let desk = Desk::new(48, 40);
    desk.put_mask();
    let options = ["--evaluations", "13", "--seed", "3", "--licence", "CC0 1.0", "--cpu"];
    let (mask, settings) = made(&desk, "a", &options);
    assert_eq!(mask.kept(), keep_count(mask.keep.len(), 0.2));
    let metadata = &mask.metadata;
    assert_eq!(metadata.method, "searched budgets");
    assert_eq!((metadata.keep, metadata.seed), (0.2, Some(3)));
    assert_eq!(metadata.image.as_deref(), Some("picture.png"));
    assert_eq!(metadata.licence.as_deref(), Some("CC0 1.0"));
    // Two coordinates make six candidates a generation.
    assert_eq!(metadata.steps, Some(2 * 6 * 12));
    assert_eq!(settings["generations"].as_array().map(Vec::len), Some(2));
    assert_eq!(
        (&settings["evaluations"], &settings["sigma"]),
        (&12.into(), &0.1.into())
    );
    assert_eq!(settings["start_from"], "mask.safetensors");
    for number in [
        &settings["macs"]["found"],
        &settings["compared"]["start"],
        &settings["compared"]["found"],
    ] {
        assert!(number.is_number(), "{settings}");
    }
    made(&desk, "b", &options);
    assert_eq!(desk.get("a"), desk.get("b"), "on any number of cores");
    desk.call(&[&["mask", "recipe", "a"]]).succeeds();
    for device in DEVICES {
        made(&desk, "c", &[&["--evaluations", "6"], device].concat());
    }
}

#[test]
fn a_search_goes_on_from_its_file() {
    let desk = Desk::new(48, 40);
    desk.put_mask();
    let search = |evaluations, more: &[&'static str]| [&["--evaluations", evaluations, "--cpu"], more].concat();
    made(&desk, "whole", &search("18", &[]));
    let (_, half) = made(&desk, "parts", &search("6", &[]));
    let (_, parts) = made(&desk, "parts", &search("18", &["--resume", "parts"]));
    assert_eq!(desk.get("parts"), desk.get("whole"));
    assert_eq!(half["generations"][0], parts["generations"][0]);
    // What the file says counts: nothing is judged again.
    let mut other = Mask::from_bytes(&desk.get("whole")).expect("a mask file");
    let mut settings = half.clone();
    settings["generations"] = serde_json::json!([[1.5, 2.5, 3.5, 4.5, 5.5, null]]);
    other.metadata.settings = Some(settings.to_string());
    desk.put("edited", &other.to_bytes().expect("a mask"));
    let (_, edited) = made(&desk, "edited", &search("12", &["--resume", "edited"]));
    assert_eq!(edited["generations"][0], settings["generations"][0]);

    let refused = |options: &[&'static str], words| {
        let options = search("18", &[&["--resume", "parts"], options].concat());
        call(&desk, "other", &options).fails(3, words);
    };
    refused(&["--seed", "1"], "seed 0, not 1");
    refused(&["--noise-seed", "1"], "noise_seed 0, not 1");
    refused(&["--spread", "0.5"], "spread 0.3, not 0.5");
    refused(&["--crop", "32"], "crop null, not 32");
    call(&desk, "other", &search("12", &["--resume", "parts"])).fails(3, "3 generations behind it, more than the 2");
    call(&desk, "other", &search("18", &["--resume", "mask.safetensors"])).fails(3, "it holds no search");
    desk.put("picture.png", &Desk::new(40, 48).get("picture.png"));
    refused(&[], "pictures");
    assert!(!desk.has("other"));
}

#[test]
fn without_evaluations_the_start_is_brought_to_what_is_asked_for() {
    let desk = Desk::new(48, 40);
    desk.put_mask();
    let (_, free) = made(&desk, "a", &["--evaluations", "0", "--cpu"]);
    let (mask, limited) = made(&desk, "b", &["--evaluations", "0", "--macs-at-most", "0.7", "--cpu"]);
    assert_eq!(mask.kept(), keep_count(mask.keep.len(), 0.2));
    let macs = |settings: &Value| settings["macs"]["found"].as_f64().expect("a number");
    assert!(macs(&limited) < 0.85 * macs(&free), "{limited}");
    assert_eq!(limited["macs"]["start"], limited["macs"]["found"]);
}

#[test]
fn what_cannot_be_searched_is_refused() {
    let desk = Desk::new(48, 40);
    desk.put_mask();
    for (options, words) in [
        (["--keep", "0"], "keep"),
        (["--waves", "0"], "cosines"),
        (["--waves", "10"], "cosines"),
        (["--spread", "0"], "spread"),
        (
            ["--evaluations", "40001"],
            "the number of evaluations must be at most 40,000",
        ),
        (["--macs-at-most", "0"], "multiply-adds"),
        (["--sigma", "0"], "sigma"),
    ] {
        let begin = [
            "budgets",
            "picture.png",
            "--start-from",
            "mask.safetensors",
            "--mask-out",
            "m",
        ];
        desk.call(&[&begin, &options]).fails(2, words);
    }
    let nowhere = ["budgets", "picture.png", "--start-from", "nothing", "--mask-out", "m"];
    desk.call(&[&nowhere]).fails(3, "no preset nothing");
    let over = [
        "budgets",
        "picture.png",
        "--start-from",
        "mask.safetensors",
        "--mask-out",
        "picture.png",
    ];
    desk.call(&[&over]).fails(2, "would be overwritten");
    assert!(!desk.has("m"));
}
