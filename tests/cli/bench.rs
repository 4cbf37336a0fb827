//! The benchmark's table and JSON, on a network that a software adapter trains in milliseconds.

use serde_json::Value;

use crate::program::{DEVICES, Desk, SMALL};

const QUICK: [&str; 7] = ["bench", "--windows", "3", "--steps", "1", "--json", "bench.json"];

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

fn runs(report: &Value) -> &[Value] {
    report["runs"].as_array().expect("a list")
}

fn of_path<'a>(report: &'a Value, path: &str) -> &'a Value {
    let found = runs(report).iter().find(|run| run["path"] == path);
    found.unwrap_or_else(|| panic!("no run {path}"))
}

#[test]
fn every_path_is_measured_on_every_device() {
    for device in DEVICES {
        let desk = Desk::new(32, 32);
        let called = desk.call(&[&QUICK, &SMALL, &["--size", "32"], device]);
        called.succeeds();
        let report = desk.json("bench.json");
        assert!(report["adapter"]["name"].is_string());
        assert!(number(&report["peak"]["gflops"]) > 0.0 && number(&report["peak"]["gbps"]) > 0.0);
        let paths: Vec<&str> = runs(&report).iter().filter_map(|run| run["path"].as_str()).collect();
        assert_eq!(paths, ["dense", "rewritten", "compact", "sparse", "learn"]);
        for run in runs(&report) {
            assert_eq!(run["size"], 32);
            assert_eq!(run["windows"].as_array().expect("a list").len(), 3);
            let mut windows: Vec<f64> = run["windows"].as_array().into_iter().flatten().map(number).collect();
            windows.sort_by(f64::total_cmp);
            assert_eq!(number(&run["median_ms"]), windows[1]);
            for key in [
                "median_ms",
                "gmac",
                "bytes",
                "peak_memory",
                "arithmetic_share",
                "bandwidth_share",
            ] {
                assert!(number(&run[key]) > 0.0, "{key} of {}", run["path"]);
            }
            assert_eq!(run["encode_ms"].is_null(), device.contains(&"--cpu"));
            let path = run["path"].as_str().expect("a name");
            assert!(called.stdout.contains(&format!("32 {path}")), "{}", called.stdout);
        }
        // The rewrites, dead channels and lists each save arithmetic that is planned, whatever the clock says.
        let gmac = |path| number(&of_path(&report, path)["gmac"]);
        assert!(gmac("dense") > gmac("rewritten") && gmac("compact") > gmac("sparse"));
        assert_eq!(of_path(&report, "rewritten")["speedup_to_rewritten"], 1.0);
        let sparse = of_path(&report, "sparse");
        let ceiling = number(&sparse["ceiling_to_rewritten"]);
        assert!((ceiling - gmac("rewritten") / gmac("sparse")).abs() < 1e-6 * ceiling);
        // By kernel and by layer it is the same time; where there are timestamps there are both.
        assert_eq!(sparse["kernels"].is_null(), sparse["layers"].is_null());
        if let (Some(kernels), Some(layers)) = (sparse["kernels"].as_array(), sparse["layers"].as_array()) {
            let by_kernel: f64 = kernels.iter().map(|group| number(&group["ms"])).sum();
            let by_layer: f64 = layers.iter().map(|time| 1e3 * number(&time["seconds"])).sum();
            assert!((by_kernel - by_layer).abs() < 1e-6 * by_layer, "{by_kernel} {by_layer}");
        }
        assert!(
            (number(&sparse["density"]) - 0.05).abs() < 0.03,
            "a random mask of 5% by default"
        );
    }
}

#[test]
fn densities_make_a_curve_beside_the_given_mask() {
    let desk = Desk::new(32, 32);
    desk.put_mask();
    let cases = [
        "--size",
        "32",
        "--density",
        "20,100,2",
        "--mask",
        "mask.safetensors",
        "--path",
        "rewritten,lists",
    ];
    desk.call(&[&QUICK, &cases]).succeeds();
    let report = desk.json("bench.json");
    let lists: Vec<(&str, f64)> = runs(&report)
        .iter()
        .filter(|run| run["path"] == "lists")
        .map(|run| (run["mask"].as_str().expect("a name"), number(&run["density"])))
        .collect();
    assert_eq!(lists.len(), 4);
    assert_eq!(lists[0].0, "mask.safetensors");
    assert!((lists[1].1 - 0.2).abs() < 0.01 && lists[2].1 == 1.0, "{lists:?}");
    let curves = report["break_even"].as_array().expect("a list");
    assert_eq!(curves.len(), 1, "the given mask has one density only: {curves:?}");
    let curve: Vec<f64> = curves[0]["curve"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|point| number(&point[0]))
        .collect();
    assert_eq!(curve.len(), 3);
    assert!(curve.is_sorted(), "{curve:?}");
    if !curves[0]["density"].is_null() {
        let found = number(&curves[0]["density"]);
        assert!(curve[0] < found && found <= 1.0, "{found}");
    }
}

#[test]
fn sizes_are_measured_one_after_the_other() {
    let desk = Desk::new(32, 32);
    desk.call(&[&QUICK, &SMALL, &["--sizes", "32,64", "--path", "sparse"]])
        .succeeds();
    let report = desk.json("bench.json");
    let found: Vec<(u64, f64)> = runs(&report)
        .iter()
        .map(|run| (run["size"].as_u64().expect("a side"), number(&run["gmac"])))
        .collect();
    assert_eq!(found.len(), 2);
    assert_eq!((found[0].0, found[1].0), (32, 64));
    let growth = found[1].1 / found[0].1;
    assert!(
        (3.0..4.5).contains(&growth),
        "four times the pixels, {growth} times the arithmetic"
    );
    assert!(runs(&report)[0]["speedup_to_dense"].is_null(), "dense was not measured");
}

#[test]
fn what_cannot_be_measured_is_refused_before_any_work() {
    let desk = Desk::new(32, 32);
    desk.call(&[&["bench", "--size", "200"]]).fails(2, "multiples of 64");
    desk.call(&[&["bench", "--mask", "no such mask"]])
        .fails(3, "no such mask");
    desk.call(&[&["bench", "--json", "missing/bench.json"]])
        .fails(2, "bench.json");
    for density in ["0", "101", "many"] {
        let called = desk.call(&[&["bench", "--density", density]]);
        assert_eq!(called.code, 2, "{density}");
    }
}
