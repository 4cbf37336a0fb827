//! Which picture a fit returns.

use serde_json::Value;

use optimal_eye_surgeon::picture::{decode, psnr};

use crate::program::{DEVICES, Desk, SMALL};

const FIT: [&str; 6] = ["fit", "picture.png", "--steps", "130", "--report", "report.json"];

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// The step at which a run ends by its own curve: `patience` steps after the least statistic of what was drawn before.
fn end(curve: &[Value], patience: usize) -> usize {
    let mut least = 100;
    for step in 100.. {
        if step == least + patience {
            return step;
        }
        if number(&curve[step]["statistic"]) < number(&curve[least]["statistic"]) {
            least = step;
        }
    }
    unreachable!("a curve ends")
}

/// The PSNR of the picture that was written, in dB.
fn written(desk: &Desk) -> f64 {
    let read = |name: &str| decode(&desk.get(name)).expect("a picture").picture;
    psnr(&read("out.png"), &read("picture.png"))
}

#[test]
fn each_result_is_the_picture_that_the_report_measures() {
    for device in DEVICES {
        for which in ["last", "ema", "stopped", "stopped-ema"] {
            let desk = Desk::new(40, 32);
            let result = ["--dense", "--return", which, "--out", "out.png"];
            desk.call(&[&FIT, &SMALL, device, &result]).succeeds();
            let report = desk.json("report.json");
            let returned = &report["returned"];
            assert_eq!(returned["which"], which);
            let measured = number(&returned["psnr"]);
            assert!((written(&desk) - measured).abs() < 0.05, "{which}: 8 bits cost little");
            let curve = report["curve"].as_array().expect("a curve");
            let step = returned["step"].as_u64().expect("a step") as usize;
            let column = if which.ends_with("ema") { "psnr_ema" } else { "psnr" };
            assert_eq!(curve[step][column], returned["psnr"], "{which}");
            if which.starts_with("stopped") {
                let least = (100..curve.len())
                    .min_by(|a, b| number(&curve[*a]["statistic"]).total_cmp(&number(&curve[*b]["statistic"])));
                assert_eq!(least, Some(step), "{which}");
            } else {
                assert_eq!(step, 130);
            }
        }
    }
}

/// Exactly so many steps after its best moment, however fast the machine is; and a run that has ended stays so.
#[test]
fn patience_ends_a_run() {
    for device in DEVICES {
        for patience in [10, 40] {
            let desk = Desk::new(40, 32);
            let fit = ["fit", "picture.png", "--report", "report.json", "--out", "out.png"];
            let words = patience.to_string();
            let options = ["--dense", "--lr", "0.01", "--return", "stopped", "--patience", &words];
            let save = ["--steps", "4000", "--checkpoint", "run.ckpt"];
            desk.call(&[&fit, &SMALL, device, &options, &save]).succeeds();
            let report = desk.json("report.json");
            let curve = report["curve"].as_array().expect("a curve");
            assert_eq!(report["steps_done"], end(curve, patience), "{device:?}, {patience}");
            assert_eq!(curve.len(), end(curve, patience) + 1);
            assert_eq!(report["interrupted"], false);

            let picture = desk.get("out.png");
            desk.call(&[&fit, device, &["--resume", "run.ckpt", "--return", "stopped"]])
                .succeeds();
            let again = desk.json("report.json");
            for key in ["steps_done", "returned", "curve", "interrupted"] {
                assert_eq!(again[key], report[key], "{device:?}, {patience}: {key}");
            }
            assert_eq!(desk.get("out.png"), picture);
        }
    }
}

/// Nobody has to choose a number of steps, nor what is returned.
#[test]
fn by_default_a_fit_ends_past_its_best_moment_and_returns_it() {
    let desk = Desk::new(40, 32);
    let fit = [
        "fit",
        "picture.png",
        "--steps",
        "100000",
        "--report",
        "report.json",
        "--out",
        "out.png",
    ];
    desk.call(&[&fit, &SMALL, &["--dense", "--lr", "0.01"]]).succeeds();
    let report = desk.json("report.json");
    let returned = &report["returned"];
    assert_eq!(returned["which"], "stopped-ema");
    assert!((written(&desk) - number(&returned["psnr"])).abs() < 0.05);
    let curve = report["curve"].as_array().expect("a curve");
    assert_eq!(report["steps_done"], end(curve, 500));
    let least = curve[100..]
        .iter()
        .min_by(|a, b| number(&a["statistic"]).total_cmp(&number(&b["statistic"])));
    assert_eq!(least.expect("some")["step"], returned["step"]);
}

#[test]
fn the_windowed_variance_says_when_to_stop_too() {
    let desk = Desk::new(40, 32);
    let options = ["--dense", "--return", "stopped", "--stop-by", "wmv", "--window", "110"];
    desk.call(&[&FIT, &SMALL, &options]).succeeds();
    let report = desk.json("report.json");
    assert!(
        report["returned"]["step"].as_u64().expect("a step") >= 109,
        "the window is full first"
    );
    assert_eq!(report["settings"]["tracking"]["statistic"]["wmv"]["window"], 110);
}

#[test]
fn an_ensemble_is_the_mean_of_its_members_and_better_than_their_mean() {
    for device in DEVICES {
        let desk = Desk::new(40, 32);
        let options = ["--dense", "--return", "ensemble", "--members", "3", "--out", "out.png"];
        desk.call(&[&FIT, &SMALL, device, &options]).succeeds();
        let report = desk.json("report.json");
        let members = report["members"].as_array().expect("members");
        let seeds: Vec<u64> = members
            .iter()
            .map(|member| member["init_seed"].as_u64().expect("a seed"))
            .collect();
        assert_eq!(seeds, [0, 1000, 2000]);
        let psnrs: Vec<f64> = members
            .iter()
            .map(|member| number(&member["returned"]["psnr"]))
            .collect();
        assert!(psnrs[0] != psnrs[1], "the members differ");
        let mean = psnrs.iter().sum::<f64>() / 3.0;
        let returned = number(&report["returned"]["psnr"]);
        assert!(returned > mean, "{returned} dB against {mean} dB on average");
        assert!((written(&desk) - returned).abs() < 0.05);
    }
}

#[test]
fn options_without_a_meaning_are_refused() {
    let desk = Desk::new(40, 32);
    for (options, words) in [
        (
            &["--return", "ema", "--patience", "5"][..],
            "--patience means nothing with --return ema",
        ),
        (&["--stop-by", "wmv", "--alpha", "0.1"], "--alpha means nothing"),
        (
            &["--return", "ema", "--members", "3"],
            "--members means nothing with --return ema",
        ),
        (&["--return", "stopped", "--window", "5"], "--window means nothing"),
        (
            &["--return", "ensemble", "--checkpoint", "run.ckpt"],
            "--checkpoint is for a single network",
        ),
    ] {
        desk.call(&[&FIT, &SMALL, &["--dense"], options]).fails(2, words);
    }
    // Before anything is trained: the step at which one learns that there is no result would be the last.
    for (options, words) in [
        (
            &["--fit", "sgld", "--return", "stopped"][..],
            "watches for no moment to stop",
        ),
        (
            &["--dense", "--return", "stopped-ema", "--steps", "99"],
            "from step 100 on",
        ),
    ] {
        desk.call(&[&["fit", "picture.png"], &SMALL, options, &["--checkpoint", "never"]])
            .fails(2, words);
        assert!(!desk.path("never").exists());
    }
    let settings = [
        (&["--return", "ema", "--ema", "1"][..], "the average's decay"),
        (
            &["--return", "stopped", "--stop-by", "wmv", "--window", "1000"],
            "2 to 257",
        ),
        (
            &["--lr-drop-at", "5", "--lr-drop", "0"],
            "the factor of the learning rate",
        ),
    ];
    for (options, words) in settings {
        desk.call(&[&FIT, &SMALL, &["--dense"], options]).fails(2, words);
    }
}

#[test]
fn a_checkpoint_keeps_what_was_followed() {
    let desk = Desk::new(40, 32);
    let save = ["--dense", "--return", "ema", "--checkpoint", "run.ckpt"];
    desk.call(&[&["fit", "picture.png", "--steps", "60"], &SMALL, &save])
        .succeeds();
    let go_on = ["--resume", "run.ckpt", "--return", "ema"];
    desk.call(&[&FIT, &go_on]).succeeds();
    let whole = Desk::new(40, 32);
    whole.call(&[&FIT, &SMALL, &["--dense", "--return", "ema"]]).succeeds();
    assert_eq!(
        desk.json("report.json")["returned"],
        whole.json("report.json")["returned"]
    );
}

#[test]
fn an_option_that_contradicts_a_checkpoint_is_refused_by_name() {
    let desk = Desk::new(40, 32);
    let make = |options: &[&str], file: &str| {
        let fit = [
            "fit",
            "picture.png",
            "--steps",
            "3",
            "--dense",
            "--cpu",
            "--checkpoint",
            file,
        ];
        desk.call(&[&fit, &SMALL, options]).succeeds();
    };
    make(&["--patience", "50", "--alpha", "0.2", "--lr-drop-at", "2"], "emv");
    make(&["--stop-by", "wmv", "--window", "60"], "wmv");
    make(&["--return", "last"], "last");
    make(&["--fit", "sgld"], "sgld");
    let call = |file: &'static str, options: &[&str]| {
        desk.call(&[&["fit", "picture.png", "--cpu", "--resume", file], options])
    };
    let stopped = ["--return", "stopped-ema", "--steps", "110"];
    for (file, options) in [
        ("emv", &stopped[..]),
        (
            "emv",
            &[
                "--ema",
                "0.99",
                "--stop-by",
                "emv",
                "--alpha",
                "0.2",
                "--patience",
                "50",
            ],
        ),
        ("emv", &["--lr-drop-at", "2", "--lr-drop", "0.3"]),
        ("emv", &["--return", "last"]),
        ("wmv", &stopped),
        ("wmv", &["--window", "60"]),
        ("last", &[]),
    ] {
        call(file, options).succeeds();
    }
    for (file, options, words) in [
        ("emv", &["--ema", "0.9"][..], "--ema 0.99, not 0.9"),
        ("emv", &["--stop-by", "wmv"], "--stop-by emv, not wmv"),
        ("emv", &["--alpha", "0.1"], "--alpha 0.2, not 0.1"),
        ("emv", &["--patience", "60"], "--patience 50, not 60"),
        ("emv", &["--lr-drop-at", "3"], "--lr-drop-at 2, not 3"),
        (
            "emv",
            &["--lr-drop-at", "2", "--lr-drop", "0.5"],
            "--lr-drop 0.3, not 0.5",
        ),
        (
            "emv",
            &["--return", "stopped", "--lr-drop-at", "3"],
            "--lr-drop-at 2, not 3",
        ),
        ("wmv", &["--stop-by", "emv"], "--stop-by wmv, not emv"),
        ("wmv", &["--window", "61"], "--window 60, not 61"),
        ("wmv", &["--lr-drop-at", "2"], "--lr-drop-at none, not 2"),
        ("sgld", &["--fit", "adam"], "--fit sgld, not adam"),
        ("last", &["--fit", "sgld"], "--fit adam, not sgld"),
        ("last", &["--return", "ema"], "--return last, not ema"),
        ("last", &["--patience", "5"], "--return last, not --patience"),
    ] {
        call(file, options).fails(3, words);
    }
    for (file, options, words) in [
        ("emv", &["--members", "3"][..], "--members means nothing"),
        ("emv", &["--window", "60"], "--window means nothing"),
        ("wmv", &["--alpha", "0.1"], "--alpha means nothing"),
        (
            "emv",
            &["--return", "ema", "--patience", "50"],
            "--patience means nothing",
        ),
    ] {
        call(file, options).fails(2, words);
    }
}
