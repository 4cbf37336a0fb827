//! What a fit restores: noise, missing pixels, resolution.

use optimal_eye_surgeon::picture::{Picture, decode, encode_png};
use serde_json::Value;

use crate::program::{DEVICES, Desk, SMALL};

const FIT: [&str; 10] = [
    "fit",
    "picture.png",
    "--dense",
    "--lr",
    "0.01",
    "--steps",
    "150",
    "--report",
    "report.json",
    "--out=out.png",
];

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

#[test]
fn each_task_restores_the_picture_it_observed() {
    for device in DEVICES {
        for (task, options, observed, least) in [
            ("denoise", &["--noise", "poisson", "--peak", "40"][..], 48, 18.0),
            ("inpaint", &["--known", "0.6"][..], 48, 18.0),
            ("sr2", &[][..], 24, 18.0),
            ("sr4", &["--sigma", "0.01"][..], 12, 16.0),
        ] {
            // 50 is no multiple of 4: what is left over is cut off.
            let desk = Desk::new(50, 48);
            desk.call(&[&FIT, &SMALL, device, &["--task", task], options])
                .succeeds();
            let report = desk.json("report.json");
            let said = &report["settings"]["task"];
            assert_eq!(said["kind"], task);
            assert_eq!(said["observed_height"], observed, "{task}");
            let psnr = number(&report["final"]["psnr"]);
            assert!(psnr > least, "{task}: {psnr} dB");
            let first = number(&report["curve"][0]["loss"]);
            assert!(number(&report["final"]["loss"]) < 0.3 * first, "{task}: the loss falls");
            let out = decode(&desk.get("out.png")).expect("a picture").picture;
            let width = if task == "sr4" { 48 } else { 50 };
            assert_eq!((out.width, out.height), (width, 48), "{task}");
            if task == "inpaint" {
                let known = number(&said["known"]);
                assert!((0.55..0.65).contains(&known), "{known}");
                let unknown = number(&report["returned"]["psnr_unknown"]);
                assert!(
                    unknown > least - 2.0 && unknown != psnr,
                    "{unknown} dB of what was not known"
                );
            }
        }
    }
}

/// A picture of one's own that is damaged or small: nothing is added, and nothing compared with.
#[test]
fn observed_pictures_are_taken_as_they_are() {
    let desk = Desk::new(40, 36);
    let mut mask = Picture::new(40, 36, vec![1.0; 3 * 40 * 36]).expect("fits");
    for (i, value) in mask.data.iter_mut().enumerate() {
        let (x, y) = (i % 40, i / 40 % 36);
        *value = f32::from(u8::from(!(10..20).contains(&x) || !(8..30).contains(&y)));
    }
    desk.put("mask.png", &encode_png(&mask).expect("a PNG"));
    for (options, size) in [
        (
            &["--task", "inpaint", "--known", "mask.png", "--observed"][..],
            (40, 36),
        ),
        (&["--task", "sr2", "--observed"][..], (80, 72)),
    ] {
        desk.call(&[&FIT, &SMALL, &["--cpu"], options]).succeeds();
        let report = desk.json("report.json");
        assert!(report["final"]["psnr"].is_null() && report["settings"]["task"]["noise"].is_null());
        let out = decode(&desk.get("out.png")).expect("a picture").picture;
        assert_eq!((out.width, out.height), size);
    }
    // 10 x 22 of 40 x 36 pixels are missing.
    desk.call(&[&FIT, &SMALL, &["--cpu", "--task", "inpaint", "--known", "mask.png"]])
        .succeeds();
    let known = number(&desk.json("report.json")["settings"]["task"]["known"]);
    assert!((known - (1.0 - 220.0 / 1440.0)).abs() < 1e-9, "{known}");
}

#[test]
fn options_that_contradict_each_other_are_named() {
    let desk = Desk::new(40, 36);
    for (options, words) in [
        (&["--known", "0.5"][..], "--task inpaint"),
        (&["--task", "inpaint", "--known", "1.5"], "between 0 and 1"),
        (&["--peak", "9"], "--peak"),
        (&["--noise", "poisson", "--sigma", "0.1"], "--sigma"),
        (&["--noise", "poisson", "--observed"], "--noise poisson"),
        (&["--noise", "poisson", "--peak", "0"], "peak must be above 0"),
    ] {
        desk.call(&[&FIT, &SMALL, &["--cpu"], options]).fails(2, words);
    }
    let other = Picture::new(20, 36, vec![1.0; 3 * 20 * 36]).expect("fits");
    desk.put("mask.png", &encode_png(&other).expect("a PNG"));
    desk.call(&[&FIT, &SMALL, &["--cpu", "--task", "inpaint", "--known", "mask.png"]])
        .fails(3, "20x36");
}
