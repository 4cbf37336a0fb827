//! Every file that is asked for is written whole, and paths that cannot be written are refused before the work.

use optimal_eye_surgeon::mask::Mask;
use optimal_eye_surgeon::picture::decode;

use crate::program::{DEVICES, Desk, SMALL, small_network};

const MANY: [&str; 2] = ["--steps", "1000000"];

#[test]
fn a_fit_writes_what_was_asked_for_and_nothing_else() {
    for device in DEVICES {
        let desk = Desk::new(45, 33);
        desk.put_mask();
        let files = [
            "--out",
            "out.png",
            "--report",
            "report.json",
            "--checkpoint",
            "run.ckpt",
            "--state-out",
            "state.st",
        ];
        let fit = [
            "fit",
            "picture.png",
            "--mask",
            "mask.safetensors",
            "--steps",
            "3",
            "--checkpoint-every",
            "2",
        ];
        desk.call(&[&fit, &files, device]).succeeds();
        let expected = [
            "mask.safetensors",
            "out.png",
            "picture.png",
            "report.json",
            "run.ckpt",
            "run.ckpt.previous",
            "state.st",
        ];
        assert_eq!(desk.names(), expected);
        let drawn = decode(&desk.get("out.png")).expect("a picture").picture;
        assert_eq!((drawn.width, drawn.height), (45, 33), "cropped to the picture's size");
    }
}

#[test]
fn a_learner_by_layer_keeps_the_same_of_each() {
    let desk = Desk::new(33, 45);
    for learner in ["fast", "paper"] {
        let learn = [
            "learn",
            "picture.png",
            "--steps",
            "3",
            "--keep",
            "0.25",
            "--scope",
            "layer",
        ];
        desk.call(&[
            &learn,
            &["--learner", learner, "--mask-out", "learned.safetensors"],
            &SMALL,
        ])
        .succeeds();
        let mask = Mask::from_bytes(&desk.get("learned.safetensors")).expect("a mask");
        assert_eq!(mask.metadata.method, format!("OES per layer, {learner} learner"));
        let network = small_network().build().expect("a network");
        for parameter in &network.parameters {
            let kept = mask.keep[parameter.range()].iter().filter(|kept| **kept).count();
            let wanted = match parameter.kind.is_conv_weight() {
                true => parameter.len() / 4,
                false => parameter.len(),
            };
            assert_eq!(kept, wanted, "{}", parameter.name);
        }
    }
}

#[test]
fn a_learner_writes_a_mask_that_says_how_it_was_learned() {
    let desk = Desk::new(33, 45);
    let learn = [
        "learn",
        "picture.png",
        "--steps",
        "3",
        "--keep",
        "0.25",
        "--seed",
        "7",
        "--licence",
        "CC0 1.0",
    ];
    desk.call(&[&learn, &SMALL, &["--mask-out", "learned.safetensors"]])
        .succeeds();
    let mask = Mask::from_bytes(&desk.get("learned.safetensors")).expect("a mask");
    assert_eq!(mask.kept(), 20_760 / 4);
    let metadata = &mask.metadata;
    assert_eq!((metadata.seed, metadata.steps), (Some(7), Some(3)));
    assert_eq!(metadata.image.as_deref(), Some("picture.png"));
    assert_eq!(metadata.licence.as_deref(), Some("CC0 1.0"));
    assert_eq!(
        metadata.network.as_ref().map(|network| network.channels.clone()),
        Some(vec![6, 10, 13])
    );
    let settings: serde_json::Value =
        serde_json::from_str(metadata.settings.as_deref().expect("settings")).expect("JSON");
    for (key, value) in [("sigma", 0.1), ("lr", 0.2), ("pull", 0.002), ("tau", 0.2)] {
        assert_eq!(settings[key], value, "{key}");
    }
    assert_eq!(settings["learner"], "fast");
    // The same again gives the same bytes.
    desk.call(&[&learn, &SMALL, &["--mask-out", "again.safetensors"]])
        .succeeds();
    assert_eq!(desk.get("learned.safetensors"), desk.get("again.safetensors"));
}

#[test]
fn paths_that_cannot_be_written_are_refused_before_the_work() {
    let desk = Desk::new(32, 32);
    desk.put("file", b"");
    std::fs::create_dir(desk.path("folder")).expect("a folder");
    let before = desk.names();
    for option in ["--out", "--report", "--checkpoint", "--state-out"] {
        for path in ["nowhere/x", "file/x", "folder", ".."] {
            desk.call(&[&["fit", "picture.png", "--dense", option, path], &MANY, &SMALL])
                .fails(2, "cannot be written");
        }
    }
    desk.call(&[&["learn", "picture.png", "--mask-out", "nowhere/x"], &MANY, &SMALL])
        .fails(2, "nowhere/x");
    let twice = ["fit", "picture.png", "--dense", "--out", "x", "--report", "./x"];
    desk.call(&[&twice, &MANY, &SMALL]).fails(2, "two outputs");
    let over = ["fit", "picture.png", "--dense", "--out", "picture.png"];
    desk.call(&[&over, &MANY, &SMALL]).fails(2, "overwritten");
    assert_eq!(desk.names(), before, "a refused call leaves nothing behind");
}

/// A folder in which not even root creates files.
#[cfg(target_os = "linux")]
#[test]
fn a_read_only_folder_is_refused_before_the_work() {
    let desk = Desk::new(32, 32);
    let fit = ["fit", "picture.png", "--dense", "--out", "/proc/out.png"];
    desk.call(&[&fit, &MANY, &SMALL])
        .fails(2, "/proc/out.png cannot be written");
}

#[cfg(unix)]
#[test]
fn a_device_is_written_to_and_a_link_is_followed() {
    let desk = Desk::new(32, 32);
    desk.put("real.json", b"old");
    std::os::unix::fs::symlink("real.json", desk.path("link.json")).expect("a link");
    let fit = [
        "fit",
        "picture.png",
        "--dense",
        "--steps",
        "1",
        "--out",
        "/dev/null",
        "--report",
        "link.json",
    ];
    desk.call(&[&fit, &SMALL]).succeeds();
    assert!(desk.path("link.json").is_symlink());
    assert_eq!(desk.json("real.json")["command"], "fit");
}
