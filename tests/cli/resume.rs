//! A run that was stopped goes on bit by bit as if it had not been; a checkpoint of another run is refused.

use crate::program::{DEVICES, Desk, SMALL};

/// Runs `command` for 12 steps at once, and for 6 and from there to 12: all that comes out must be the same.
fn goes_on(device: &[&str], command: &[&str]) {
    let desk = Desk::new(43, 34);
    desk.put_mask();
    let base: &[&[&str]] = &[command, device];
    let learns = command[0] == "learn";
    let call = |more: &[&str], mask: &'static str| {
        let mask: &[&str] = if learns { &["--mask-out", mask] } else { &[] };
        desk.call(&[&base.concat(), more, mask]).succeeds();
    };
    call(
        &[
            "--steps",
            "12",
            "--state-out",
            "whole.st",
            "--report",
            "whole.json",
            "--out",
            "whole.png",
        ],
        "whole.mask",
    );
    call(&["--steps", "6", "--checkpoint", "run.ckpt"], "half.mask");
    call(
        &[
            "--steps",
            "12",
            "--resume",
            "run.ckpt",
            "--state-out",
            "halves.st",
            "--report",
            "halves.json",
            "--out",
            "halves.png",
        ],
        "halves.mask",
    );
    assert!(
        desk.get("whole.st") == desk.get("halves.st"),
        "{command:?} {device:?}: another state"
    );
    assert_eq!(desk.get("whole.png"), desk.get("halves.png"));
    let (whole, halves) = (desk.json("whole.json"), desk.json("halves.json"));
    let losses = |report: &serde_json::Value| -> Vec<f64> {
        let curve = report["curve"].as_array().expect("a curve");
        curve
            .iter()
            .map(|point| point["loss"].as_f64().expect("a loss"))
            .collect()
    };
    assert_eq!(losses(&whole).len(), 13);
    assert_eq!(losses(&halves), losses(&whole));
    assert_eq!(halves["settings"]["resumed_at"], 6);
    if learns {
        let [whole, halves] = ["whole.mask", "halves.mask"]
            .map(|name| optimal_eye_surgeon::mask::Mask::from_bytes(&desk.get(name)).expect("a mask"));
        assert_eq!(whole.keep, halves.keep);
    }
}

#[test]
fn a_sparse_fit_goes_on() {
    for device in DEVICES {
        goes_on(device, &["fit", "picture.png", "--mask", "mask.safetensors"]);
    }
}

/// Without options a fit may begin on one engine and, elsewhere or later, go on on the other.
#[test]
fn a_fit_goes_on_on_the_other_engine() {
    let desk = Desk::new(43, 34);
    desk.put_mask();
    let loss = |options: &[&[&str]]| {
        let fit = ["fit", "picture.png", "--report", "report.json"];
        desk.call(&[&fit, &options.concat()]).succeeds();
        desk.json("report.json")["final"]["loss"].as_f64().expect("a loss")
    };
    for [first, second] in [DEVICES, [DEVICES[1], DEVICES[0]]] {
        for what in [
            &["--mask", "mask.safetensors"][..],
            &[&["--dense"], &SMALL[..]].concat(),
        ] {
            let whole = loss(&[what, first, &["--steps", "12"]]);
            loss(&[what, first, &["--steps", "6", "--checkpoint", "c"]]);
            let halves = loss(&[second, &["--resume", "c", "--steps", "12"]]);
            assert!((whole - halves).abs() < 1e-4 * whole, "{what:?}: {whole} and {halves}");
        }
    }
}

#[test]
fn a_dense_fit_goes_on() {
    for device in DEVICES {
        goes_on(device, &[&["fit", "picture.png", "--dense"], &SMALL[..]].concat());
    }
}

#[test]
fn a_learner_goes_on() {
    for device in DEVICES {
        for options in [
            &["--learner", "fast"][..],
            &["--learner", "paper"],
            &["--start-from", "mask.safetensors"],
        ] {
            goes_on(device, &[&["learn", "picture.png"], options, &SMALL[..]].concat());
        }
    }
}

#[test]
fn a_learners_settings_hold() {
    let desk = Desk::new(32, 32);
    desk.put_mask();
    let learn = ["learn", "picture.png"];
    let from = ["--start-from", "mask.safetensors"];
    desk.call(&[&learn, &["--steps", "2", "--checkpoint", "from.ckpt"], &from])
        .succeeds();
    desk.call(&[&learn, &["--steps", "2", "--checkpoint", "plain.ckpt"], &SMALL])
        .succeeds();
    desk.call(&[
        &learn,
        &["--resume", "from.ckpt", "--steps", "3", "--report", "report.json"],
        &from,
    ])
    .succeeds();
    let report = desk.json("report.json");
    assert_eq!(report["settings"]["from"]["name"], "mask.safetensors");
    assert_eq!(report["network"]["levels"], 3, "the mask's network");
    for (options, words) in [
        (&from[..], "another start"),
        (&["--tau", "0.3"], "--tau 0.2, not 0.3"),
        (&["--scope", "layer"], "--scope global, not layer"),
    ] {
        desk.call(&[&learn, &["--resume", "plain.ckpt"], options])
            .fails(3, words);
    }
    desk.call(&[&learn, &from, &["--levels", "4"]]).fails(3, "3 levels");
}

#[test]
fn the_checkpoints_settings_hold() {
    let desk = Desk::new(32, 32);
    let fit = ["fit", "picture.png", "--noise-seed", "3"];
    desk.call(&[
        &fit,
        &[
            "--dense",
            "--steps",
            "4",
            "--lr",
            "0.005",
            "--seed",
            "8",
            "--checkpoint",
            "run.ckpt",
        ],
        &SMALL,
    ])
    .succeeds();
    desk.call(&[
        &fit,
        &["--resume", "run.ckpt", "--steps", "6", "--report", "report.json"],
    ])
    .succeeds();
    let report = desk.json("report.json");
    assert_eq!(report["settings"]["lr"], 0.005);
    assert_eq!(report["settings"]["seed"], 8);
    assert_eq!(report["network"]["levels"], 3);
    assert_eq!(report["curve"].as_array().map(Vec::len), Some(7));
    for (options, words) in [
        (&["--lr", "0.004"][..], "--lr 0.005, not 0.004"),
        (&["--seed", "9"], "--seed 8, not 9"),
        (&["--levels", "2"], "3 levels"),
        (&["--steps", "3"], "more than the 3"),
        (&["--noise-seed", "4"], "another picture"),
        (&["--crop", "30"], "another picture"),
        (&["--no-rewrites"], "rewrites"),
    ] {
        let fit: &[&str] = if options[0] == "--noise-seed" { &fit[..2] } else { &fit };
        desk.call(&[fit, &["--resume", "run.ckpt"], options]).fails(3, words);
    }
    desk.put_mask();
    desk.call(&[&fit, &["--resume", "run.ckpt", "--mask", "mask.safetensors"]])
        .fails(3, "this mask");
    desk.call(&[&["learn"], &fit[1..], &["--resume", "run.ckpt"]])
        .fails(3, "checkpoint");
}

/// The same command with `--resume` goes on, whatever network it names.
#[test]
fn other_networks_go_on_with_the_options_that_made_them() {
    let desk = Desk::new(32, 32);
    let fit = ["fit", "picture.png", "--cpu", "--checkpoint", "run.ckpt"];
    for options in [
        &["--generator", "deep-decoder", "--levels", "3", "--channels", "8"][..],
        &["--generator", "skip", "--levels", "2"],
    ] {
        desk.call(&[&fit, options, &["--steps", "1"]]).succeeds();
        let resume = ["--steps", "2", "--resume", "run.ckpt"];
        desk.call(&[&fit, options, &resume]).succeeds();
        desk.call(&[&fit, &options[..2], &["--levels", "4"], &resume])
            .fails(3, "levels");
    }
}

#[test]
fn a_damaged_checkpoint_falls_back_to_the_one_before() {
    let desk = Desk::new(32, 32);
    let fit = ["fit", "picture.png"];
    let save = [
        "--dense",
        "--steps",
        "9",
        "--checkpoint",
        "run.ckpt",
        "--checkpoint-every",
        "4",
        "--state-out",
        "whole.st",
    ];
    desk.call(&[&fit, &save, &SMALL]).succeeds();
    let good = desk.get("run.ckpt");
    let resume = || desk.call(&[&fit, &["--resume", "run.ckpt", "--state-out", "again.st"]]);

    let mut flipped = good.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 4;
    for damaged in [&good[..good.len() / 2], &[][..], &b"notes"[..], &flipped] {
        desk.put("run.ckpt", damaged);
        let called = resume();
        called.succeeds();
        assert!(
            called.errors[0].contains("run.ckpt.previous after 8 steps"),
            "{:?}",
            called.errors
        );
        assert!(desk.get("again.st") == desk.get("whole.st"));
    }
    std::fs::remove_file(desk.path("run.ckpt")).expect("removed");
    resume().succeeds();
    desk.put("run.ckpt", &flipped);
    desk.put("run.ckpt.previous", b"notes");
    resume().fails(3, "damaged");
    desk.put("run.ckpt", &desk.get("picture.png"));
    resume().fails(3, "checkpoint");
    std::fs::remove_file(desk.path("run.ckpt")).expect("removed");
    resume().fails(3, "cannot be read");
}

#[test]
fn a_finished_run_is_only_drawn_again() {
    let desk = Desk::new(32, 32);
    let fit = ["fit", "picture.png"];
    desk.call(&[
        &fit,
        &["--dense", "--steps", "3", "--checkpoint", "c", "--out", "first.png"],
        &SMALL,
    ])
    .succeeds();
    desk.call(&[&fit, &["--resume", "c", "--out", "second.png"]]).succeeds();
    assert_eq!(desk.get("first.png"), desk.get("second.png"));
}
