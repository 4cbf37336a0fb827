//! The report's schema and what its figures mean.

use optimal_eye_surgeon::picture::{decode, psnr};
use serde_json::{Value, json};

use crate::program::{DEVICES, Desk, SMALL};

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

#[test]
fn a_report_holds_every_step_before_and_after() {
    for device in DEVICES {
        let desk = Desk::new(40, 32);
        let fit = [
            "fit",
            "picture.png",
            "--dense",
            "--steps",
            "7",
            "--report",
            "report.json",
            "--out",
            "out.png",
        ];
        desk.call(&[&fit, &SMALL, device, &["--lr", "0.004", "--noise-seed", "5"]])
            .succeeds();
        let report = desk.json("report.json");
        assert_eq!(report["version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(report["command"], "fit");
        for key in ["name", "backend", "type", "driver"] {
            assert!(report["adapter"][key].is_string(), "{key}");
        }
        assert_eq!(
            report["network"],
            json!({ "generator": "hourglass", "levels": 3, "channels": [6, 10, 13], "parameters": 20760 })
        );
        for (key, value) in [
            ("steps", json!(7)),
            ("lr", json!(0.004)),
            ("noise_seed", json!(5)),
            ("dense", json!(true)),
        ] {
            assert_eq!(report["settings"][key], value, "{key}");
        }
        let curve = report["curve"].as_array().expect("a curve");
        let steps: Vec<u64> = curve
            .iter()
            .map(|point| point["step"].as_u64().expect("a step"))
            .collect();
        assert_eq!(steps, (0..=7).collect::<Vec<u64>>());
        let psnrs: Vec<f64> = curve.iter().map(|point| number(&point["psnr"])).collect();
        assert!(number(&curve[7]["loss"]) < number(&curve[0]["loss"]), "it learns");
        assert_eq!(
            report["final"],
            json!({ "loss": curve[7]["loss"], "psnr": curve[7]["psnr"] })
        );
        let highest = psnrs.iter().copied().fold(f64::MIN, f64::max);
        assert_eq!(number(&report["peak"]["psnr"]), highest);
        assert_eq!(
            psnrs[report["peak"]["step"].as_u64().expect("a step") as usize],
            highest
        );
        assert!(number(&report["seconds_per_step"]) > 0.0);
        for key in ["memory_bytes", "macs_per_step"] {
            assert!(number(&report[key]) > 1e5, "{key}");
        }
        // The written picture is the mean of the outputs, but for its 8 bits.
        let read = |name: &str| decode(&desk.get(name)).expect("a picture").picture;
        let returned = number(&report["returned"]["psnr"]);
        assert_eq!(
            (&report["returned"]["which"], returned),
            (&json!("ema"), number(&curve[7]["psnr_ema"]))
        );
        let off = (psnr(&read("out.png"), &read("picture.png")) - returned).abs();
        assert!(off < 0.05, "{off} dB");
    }
}

#[test]
fn without_a_clean_picture_there_is_no_psnr() {
    let desk = Desk::new(32, 32);
    let fit = [
        "fit",
        "picture.png",
        "--dense",
        "--steps",
        "2",
        "--sigma",
        "0",
        "--report",
        "report.json",
    ];
    desk.call(&[&fit, &SMALL]).succeeds();
    let report = desk.json("report.json");
    assert!(
        report["curve"]
            .as_array()
            .expect("a curve")
            .iter()
            .all(|point| point["psnr"].is_null())
    );
    assert_eq!(report["final"]["psnr"], Value::Null);
    assert_eq!(report["peak"], json!({ "step": null, "psnr": null }));
}

#[test]
fn no_steps_measure_the_start() {
    let desk = Desk::new(32, 32);
    let fit = [
        "fit",
        "picture.png",
        "--dense",
        "--steps",
        "0",
        "--report",
        "report.json",
        "--out",
        "out.png",
    ];
    desk.call(&[&fit, &SMALL]).succeeds();
    let report = desk.json("report.json");
    assert_eq!(report["curve"].as_array().map(Vec::len), Some(1));
    assert_eq!(report["seconds_per_step"], Value::Null);
    assert!(desk.has("out.png"));
}

#[test]
fn a_crop_is_the_centre() {
    let desk = Desk::new(61, 40);
    let fit = [
        "fit",
        "picture.png",
        "--dense",
        "--steps",
        "1",
        "--crop",
        "33",
        "--out",
        "out.png",
        "--report",
        "r.json",
    ];
    desk.call(&[&fit, &SMALL]).succeeds();
    let drawn = decode(&desk.get("out.png")).expect("a picture").picture;
    assert_eq!((drawn.width, drawn.height), (33, 33));
    let settings = desk.json("r.json")["settings"].clone();
    assert_eq!(
        (&settings["width"], &settings["padded_width"]),
        (&json!(33), &json!(40))
    );
}

#[test]
fn a_learners_report_has_its_own_columns() {
    let desk = Desk::new(32, 32);
    let learn = [
        "learn",
        "picture.png",
        "--steps",
        "4",
        "--learner",
        "paper",
        "--report",
        "report.json",
    ];
    desk.call(&[&learn, &SMALL]).succeeds();
    let report = desk.json("report.json");
    assert_eq!(report["command"], "learn");
    assert_eq!(report["settings"]["learner"], "paper");
    assert_eq!(report["settings"]["lr"], 0.01);
    assert_eq!(report["mask"]["n"], 20760);
    assert_eq!(report["mask"]["kept"], 1038);
    let curve = report["curve"].as_array().expect("a curve");
    assert_eq!(curve.len(), 5);
    assert!(
        curve
            .iter()
            .all(|point| point["kl"].is_number() && point["mean_logit"].is_number())
    );
}

#[test]
fn the_paths_of_a_masked_fit_agree() {
    let desk = Desk::new(32, 32);
    desk.put_mask();
    let loss = |options: &[&str]| {
        let fit = [
            "fit",
            "picture.png",
            "--mask",
            "mask.safetensors",
            "--steps",
            "4",
            "--report",
            "report.json",
        ];
        desk.call(&[&fit, options]).succeeds();
        let report = desk.json("report.json");
        (number(&report["final"]["loss"]), number(&report["macs_per_step"]))
    };
    let (full, full_macs) = loss(&["--path", "full"]);
    for options in [
        &["--path", "sparse"][..],
        &["--path", "compact"],
        &["--path", "auto"],
        &["--no-rewrites"],
    ] {
        let (other, _) = loss(options);
        assert!(
            (other - full).abs() < 1e-4 * full,
            "{options:?}: {other} instead of {full}"
        );
    }
    let (_, sparse_macs) = loss(&["--path", "sparse"]);
    assert!(sparse_macs < 0.7 * full_macs, "{sparse_macs} of {full_macs}");
}
