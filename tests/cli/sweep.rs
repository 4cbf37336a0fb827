//! Sweeps: what a plan stands for, that a kill at any moment changes nothing, and what the report says.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

use optimal_eye_surgeon::rng::philox4x32_10;
use optimal_eye_surgeon::sweep::{Plan, SweepError};
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
    let seed: u32 = 7;
    loop {
        let mut child = desk
            .command(&[&SWEEP, &["--cpu"]])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        // Some die before their first result, some after several.
        let [random, ..] = philox4x32_10([kills, 0, 0, 0], [seed, 0]);
        std::thread::sleep(Duration::from_millis(100 + u64::from(random % 900)));
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
fn a_learned_mask_its_twin_and_its_transfer_are_learned_once() {
    let desk = desk();
    let plan = "images = ['picture.png']\nmethods = ['oes', 'oes-shuffle-weights', 'oes-on:second.png']\nkeep = [0.6]\nseeds = [2]\n\
                steps = 9\nlearn_steps = 15\nchannels = [6, 10, 13]";
    desk.put("plan.toml", plan.as_bytes());
    desk.call(&[&SWEEP, &["--cpu"]]).succeeds();
    let found = results(&desk, &["results/results.jsonl"]);
    let of = |method: &str| found.values().find(|record| record["method"] == method).expect("one");
    let (own, twin, other) = (of("oes"), of("oes-shuffle-weights"), of("oes-on:second.png"));
    assert_eq!(own["mask_file"], twin["mask_file"]);
    assert_ne!(own["mask_file"], other["mask_file"]);
    assert_eq!(own["kept"], twin["kept"]);
    assert_ne!(own["mask_sha256"], twin["mask_sha256"]);
    // The pictures hold the same.
    assert_eq!(own["mask_sha256"], other["mask_sha256"]);
    assert_eq!(own["last_psnr"], other["last_psnr"]);
    assert_eq!(other["source_sha256"], own["image_sha256"]);
    let masks = std::fs::read_dir(desk.path("results/masks")).expect("a folder");
    assert_eq!(masks.count(), 2);

    let file = own["mask_file"].as_str().expect("a file");
    desk.call(&[&[
        "prune",
        "--method",
        "shuffle",
        "--from",
        &format!("results/{file}"),
        "--shuffle",
        "weights",
        "--seed",
        "2",
        "--mask-out",
        "twin.safetensors",
    ]])
    .succeeds();
    let bytes = desk.get("twin.safetensors");
    let alone = optimal_eye_surgeon::mask::Mask::from_bytes(&bytes).expect("a mask");
    assert_eq!(twin["mask_sha256"], alone.sha256().as_str(), "the same twin alone");
}

#[test]
fn a_mask_that_cannot_be_redrawn_is_a_result_and_no_end() {
    let desk = desk();
    // Learned for so short a time that nothing is left alive.
    let plan = "images = ['picture.png']\nmethods = ['oes', 'oes-shuffle-weights', 'mask:mask.safetensors']\nkeep = [0.3]\nseeds = [2]\n\
                steps = 9\nlearn_steps = 15\nchannels = [6, 10, 13]";
    desk.put("plan.toml", plan.as_bytes());
    desk.call(&[&SWEEP, &["--cpu"]]).succeeds();
    let found = results(&desk, &["results/results.jsonl"]);
    let outcome = |method: &str| {
        let of = found.values().find(|record| record["method"] == method).expect("one");
        of["outcome"].as_str().expect("an outcome").to_owned()
    };
    assert_eq!(outcome("oes"), "collapsed");
    assert_eq!(outcome("oes-shuffle-weights"), "collapsed");
    assert_eq!(outcome("mask:mask.safetensors"), "fitted", "the sweep went on");
}

#[test]
fn a_file_that_changes_is_another_job() {
    let desk = desk();
    let plan = "images = ['picture.png']\nmethods = ['mask:mask.safetensors']\nsteps = 5";
    desk.put("plan.toml", plan.as_bytes());
    let jobs = || {
        desk.call(&[&SWEEP, &["--cpu"]]).succeeds();
        results(&desk, &["results/results.jsonl"]).len()
    };
    assert_eq!((jobs(), jobs()), (1, 1), "done before");
    let shuffle = [
        "prune",
        "--method",
        "shuffle",
        "--from",
        "mask.safetensors",
        "--shuffle",
        "weights",
    ];
    desk.call(&[&shuffle, &["--mask-out", "new.safetensors"]]).succeeds();
    let mask = desk.get("new.safetensors");
    desk.put("mask.safetensors", &mask);
    assert_eq!(jobs(), 2, "another mask of the same name");
    let other = Desk::new(40, 33).get("picture.png");
    desk.put("picture.png", &other);
    assert_eq!(jobs(), 3, "another picture of the same name");
    desk.call(&[&["report", "results", "--out", "report"]]).succeeds();
    let table = String::from_utf8(desk.get("report/report.md")).expect("text");
    assert!(table.contains("2 pictures (picture.png ("), "told apart:\n{table}");
}

#[test]
fn what_is_missing_is_told_before_the_first_job() {
    let desk = desk();
    desk.put("flat.npy", &npy_mask(77));
    let plan = |methods: &str, more: &str| {
        let text = format!(
            "images = ['picture.png', 'second.png']\nmethods = ['snip', {methods}]\nsteps = 5\nchannels = [6, 10, 13]\n{more}"
        );
        desk.put("plan.toml", text.as_bytes());
    };
    for (methods, more, code, words) in [
        ("'mask:nowhere'", "", 3, "no file and no preset nowhere"),
        ("'mask:flat.npy'", "", 3, "the mask has 77 entries"),
        ("'ensemble:flat.npy'", "", 3, "the mask has 77 entries"),
        ("'oes-on:nowhere.png'", "", 1, "nowhere.png"),
        ("'dense'", "size = 200", 3, "200"),
        ("'dense'", "lr_drop_at = 2\nlr_drop = 0.0", 2, "must be"),
        ("'oes'", "learn_steps = 100000000", 2, "must be"),
    ] {
        plan(methods, more);
        desk.call(&[&SWEEP, &["--cpu"]]).fails(code, words);
        assert!(nothing_ran(&desk), "{methods} {more}");
    }
    plan("'dense'", "");
    desk.put("second.png", b"no picture");
    desk.call(&[&SWEEP, &["--cpu"]]).fails(3, "second.png");
    assert!(nothing_ran(&desk));
}

fn nothing_ran(desk: &Desk) -> bool {
    let results = std::fs::metadata(desk.path("results/results.jsonl"));
    results.map_or(true, |results| results.len() == 0)
}

/// A one-dimensional uint8 array of ones, which names no network.
fn npy_mask(entries: usize) -> Vec<u8> {
    let mut header = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': ({entries},), }}");
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.bytes());
    bytes.extend(vec![1; entries]);
    bytes
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
        "psnr-over-keep.svg",
        "peak-over-keep.svg",
        "psnr-over-sigma.svg",
        "peak-over-sigma.svg",
        "layer-densities.svg",
        "transfer-whole-25-sigma0.05.svg",
        "transfer-whole-25-sigma0.1.svg",
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
                .jobs(|mask| Ok::<_, SweepError>(mask.to_owned()))
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            assert!(!jobs.is_empty());
        }
        count += 1;
    }
    assert_eq!(count, 15);
}
