//! Sweeps: what a plan stands for, that a kill at any moment changes nothing, and what the report says.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

use optimal_eye_surgeon::sweep::Plan;
use serde_json::Value;

use crate::program::{DEVICES, Desk};

const PLAN: &str = "\
images = ['picture.png', 'second.png']
methods = ['dense', 'oes', 'snip', 'imp', 'mask:mask.safetensors', 'shuffle-channels:mask.safetensors']
keep = [0.3]
seeds = [0, 1]
steps = 25
learn_steps = 15
imp_steps = 5
channels = [6, 10, 13]
";
/// Pictures x methods x seeds.
const JOBS: usize = 2 * 6 * 2;

fn desk() -> Desk {
    let desk = Desk::new(40, 32);
    let second = desk.get("picture.png");
    desk.put("second.png", &second);
    desk.put_mask();
    desk.put("plan.toml", PLAN.as_bytes());
    desk
}

const SWEEP: [&str; 4] = ["sweep", "plan.toml", "--out", "results"];

/// The results by job, without what differs from run to run.
fn results(desk: &Desk, files: &[&str]) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    for file in files {
        let text = String::from_utf8(desk.get(file)).expect("text");
        assert!(text.is_empty() || text.ends_with('\n'), "{file} ends with a whole line");
        for line in text.lines() {
            let mut record: Value = serde_json::from_str(line).expect("a result");
            record["seconds"] = Value::Null;
            let id = record["id"].as_str().expect("an id").to_string();
            assert_eq!(found.insert(id, record), None, "each job once");
        }
    }
    found
}

#[test]
fn every_job_has_a_result_that_can_be_repeated() {
    for device in DEVICES {
        let desk = desk();
        desk.call(&[&SWEEP, device]).succeeds();
        let found = results(&desk, &["results/results.jsonl"]);
        assert_eq!(found.len(), JOBS);
        for record in found.values() {
            let collapsed = record["outcome"] == "collapsed";
            assert!(
                record["outcome"] == "fitted" || (record["method"] == "oes" || record["method"] == "imp") && collapsed,
                "{record}"
            );
            assert_eq!(record["last_psnr"].is_null(), collapsed);
            assert_eq!(record["last_ssim"].is_null(), collapsed);
            assert_eq!(record["image_sha256"].as_str().expect("a sum").len(), 64);
        }
        let dense = found.values().find(|record| record["method"] == "dense").expect("one");
        let fit = [
            "fit",
            "picture.png",
            "--dense",
            "--steps",
            "25",
            "--channels",
            "6,10,13",
            "--report",
            "one.json",
        ];
        let seed = dense["seed"].to_string();
        desk.call(&[
            &fit,
            &["--init-seed", &seed, "--seed", &seed, "--noise-seed", &seed],
            device,
        ])
        .succeeds();
        assert_eq!(
            desk.json("one.json")["final"]["psnr"],
            dense["last_psnr"],
            "the same fit alone"
        );
    }
}

#[test]
fn a_kill_at_any_moment_changes_nothing() {
    let whole = desk();
    whole.call(&[&SWEEP, &["--cpu"]]).succeeds();
    let expected = results(&whole, &["results/results.jsonl"]);

    let desk = desk();
    let mut kills = 0;
    loop {
        let mut child = desk
            .command(&[&SWEEP, &["--cpu"]])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        // Some die before their first result, some after several.
        std::thread::sleep(Duration::from_millis(150 + 170 * (kills % 5)));
        if let Some(status) = child.try_wait().expect("a status") {
            assert!(status.success());
            break;
        }
        child.kill().expect("it dies");
        child.wait().expect("it is gone");
        kills += 1;
        assert!(kills < 200, "it gets on");
        if kills == 2 {
            // A line that the kill cut off.
            let mut file = desk.get("results/results.jsonl");
            file.extend(b"{\"id\":\"half");
            desk.put("results/results.jsonl", &file);
        }
    }
    assert!(kills > 2, "it was killed {kills} times");
    assert_eq!(results(&desk, &["results/results.jsonl"]), expected);
    for folder in [&whole, &desk] {
        folder.call(&[&["report", "results", "--out", "report"]]).succeeds();
    }
    assert_eq!(
        whole.get("report/report.md"),
        desk.get("report/report.md"),
        "the same table"
    );
}

#[test]
fn imp_that_keeps_less_goes_on_from_the_rounds_before() {
    let desk = Desk::new(40, 32);
    let plan = |name: &str, keep: &str| {
        let text = format!(
            "images = ['picture.png']\nmethods = ['imp']\nkeep = {keep}\nseeds = [3]\nsteps = 9\nimp_steps = 6\nchannels = [6, 10, 13]"
        );
        desk.put(name, text.as_bytes());
    };
    let sweep = |plan: &str, out: &str| desk.call(&[&["sweep", plan, "--out", out, "--cpu"]]).succeeds();
    plan("both.toml", "[0.5, 0.41]");
    plan("less.toml", "[0.41]");
    sweep("both.toml", "both");
    sweep("less.toml", "less");
    let (both, less) = (
        results(&desk, &["both/results.jsonl"]),
        results(&desk, &["less/results.jsonl"]),
    );
    assert_eq!((both.len(), less.len()), (2, 1));
    let (id, less) = less.iter().next().expect("one");
    assert_eq!(&both[id], less, "rounds of another job are as good as its own");
    let masks = std::fs::read_dir(desk.path("both/masks")).expect("a folder");
    assert_eq!(
        masks.count(),
        4,
        "three rounds keep 51%, a fourth 41%, and none was done twice"
    );

    let seeds = ["--init-seed", "3", "--seed", "3", "--noise-seed", "3", "--cpu"];
    let prune = [
        "prune",
        "picture.png",
        "--method",
        "imp",
        "--keep",
        "0.41",
        "--steps",
        "6",
        "--mask-out",
        "m",
    ];
    desk.call(&[&prune, &["--channels", "6,10,13"], &seeds]).succeeds();
    let fit = [
        "fit",
        "picture.png",
        "--mask",
        "m",
        "--steps",
        "9",
        "--report",
        "one.json",
    ];
    desk.call(&[&fit, &seeds]).succeeds();
    assert_eq!(
        desk.json("one.json")["final"]["psnr"],
        less["last_psnr"],
        "the same rounds alone"
    );
}

#[test]
fn shards_share_the_work_and_are_merged() {
    let whole = desk();
    whole.call(&[&SWEEP, &["--cpu"]]).succeeds();
    let desk = desk();
    for shard in ["1/3", "2/3", "3/3"] {
        desk.call(&[&SWEEP, &["--cpu", "--shard", shard]]).succeeds();
    }
    let files = [1, 2, 3].map(|index| format!("results/results-{index}-of-3.jsonl"));
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    assert!(
        files.iter().all(|file| !desk.get(file).is_empty()),
        "each shard has work"
    );
    assert_eq!(results(&desk, &files), results(&whole, &["results/results.jsonl"]));
    for folder in [&whole, &desk] {
        folder.call(&[&["report", "results", "--out", "report"]]).succeeds();
    }
    assert_eq!(whole.get("report/report.md"), desk.get("report/report.md"));
}

#[test]
fn a_report_has_tables_and_plots() {
    let desk = desk();
    let plan = PLAN
        .replace("'shuffle-channels:mask.safetensors'", "'mask:second.safetensors'")
        .replace("keep = [0.3]", "keep = [0.2, 0.4]\nsigma = [0.05, 0.1]");
    desk.put("plan.toml", plan.as_bytes());
    let mask = desk.get("mask.safetensors");
    desk.put("second.safetensors", &mask);
    desk.call(&[&SWEEP, &["--cpu"]]).succeeds();
    desk.call(&[&["report", "results", "--out", "report"]]).succeeds();
    let table = String::from_utf8(desk.get("report/report.md")).expect("text");
    for words in [
        "## By method",
        "| dense |",
        "| oes 0.2 |",
        "## By picture",
        "## Transfer",
        "second.png",
        " ± ",
    ] {
        assert!(table.contains(words), "{words} is missing:\n{table}");
    }
    let lines = String::from_utf8(desk.get("report/results.csv")).expect("text");
    assert_eq!(
        lines.lines().count(),
        1 + 2 * 2 * 2 * (1 + 2 + 2 + 2 + 2),
        "one line a run, and the titles"
    );
    for plot in [
        "psnr-over-steps-whole-25-sigma0.05.svg",
        "psnr-over-steps-whole-25-sigma0.1.svg",
        "psnr-over-sigma.svg",
        "layer-densities.svg",
        "transfer.svg",
    ] {
        let svg = String::from_utf8(desk.get(&format!("report/{plot}"))).expect("text");
        assert!(svg.contains("<svg") && svg.contains("</svg>"), "{plot}");
    }
}

#[test]
fn what_cannot_be_used_is_named() {
    let desk = desk();
    for (plan, code, words) in [
        ("methods = ['magic']", 2, "there is no method magic"),
        ("methods = 3", 2, "is no plan"),
        (
            "methods = ['dense']\nimages = ['nowhere']",
            1,
            "there is no such picture or folder",
        ),
        (
            "methods = ['mask:nowhere']\nimages = ['picture.png']",
            3,
            "no file and no preset nowhere",
        ),
    ] {
        desk.put("bad.toml", plan.as_bytes());
        desk.call(&[&["sweep", "bad.toml", "--out", "bad", "--cpu"]])
            .fails(code, words);
    }
    desk.call(&[&SWEEP, &["--shard", "4/3"]]).fails(2, "is no shard");
    std::fs::create_dir(desk.path("empty")).expect("a folder");
    desk.call(&[&["report", "empty", "--out", "report"]])
        .fails(3, "holds no results");
    desk.put("empty/results.jsonl", b"{}\n");
    desk.call(&[&["report", "empty", "--out", "report"]]).fails(3, "line 1");
}

/// Every plan of the repository is one; those for the samples find their pictures and masks.
#[test]
fn the_plans_of_the_repository_are_plans() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut count = 0;
    for entry in std::fs::read_dir(root.join("plans")).expect("the folder") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("text");
        let plan = Plan::parse(&text, &path).unwrap_or_else(|error| panic!("{error}"));
        if path.to_string_lossy().contains("-small") {
            let jobs = plan
                .jobs()
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            assert!(!jobs.is_empty());
        }
        count += 1;
    }
    assert_eq!(count, 15);
}
