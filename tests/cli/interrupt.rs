//! Ctrl-C: the step is finished, everything is written, the exit code is 130.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use optimal_eye_surgeon::mask::Mask;

use crate::program::{Called, DEVICES, Desk, SMALL};

/// Starts the program.
fn start(desk: &Desk, arguments: &[&[&str]]) -> Child {
    let mut command = desk.command(arguments);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    child.expect("the program starts")
}

fn press_ctrl_c(child: &Child) {
    let kill = format!("kill -INT {}", child.id());
    let sent = Command::new("sh").args(["-c", &kill]).status();
    assert!(sent.expect("a shell").success());
}

/// Starts the program, waits until it has written `sign`, presses Ctrl-C.
fn interrupt(desk: &Desk, arguments: &[&[&str]], sign: &str) -> Called {
    let child = start(desk, arguments);
    let started = Instant::now();
    while !desk.has(sign) {
        assert!(
            started.elapsed() < Duration::from_secs(120),
            "no {sign} after two minutes"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    press_ctrl_c(&child);
    child.wait_with_output().expect("it ends").into()
}

/// Starts the program, waits until it tells of its first steps, presses Ctrl-C.
fn interrupt_in_steps(desk: &Desk, arguments: &[&[&str]]) -> Called {
    let mut child = start(desk, arguments);
    let mut stderr = Vec::new();
    let mut lines = BufReader::new(child.stderr.take().expect("a pipe"));
    let mut from = 0;
    while !stderr[from..].starts_with(b"step ") {
        from = stderr.len();
        let read = lines.read_until(b'\n', &mut stderr).expect("a line");
        assert!(read > 0, "it ended: {}", String::from_utf8_lossy(&stderr));
    }
    press_ctrl_c(&child);
    lines.read_to_end(&mut stderr).expect("the rest");
    let output = child.wait_with_output().expect("it ends");
    Output { stderr, ..output }.into()
}

#[test]
fn a_fit_writes_its_results() {
    for device in DEVICES {
        let desk = Desk::new(32, 32);
        let fit = [&["fit", "picture.png", "--dense"], &SMALL[..], device].concat();
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
        let long = ["--steps", "1000000", "--checkpoint-every", "3"];
        let called = interrupt(&desk, &[&fit, &files, &long], "run.ckpt");
        assert_eq!(called.code, 130, "{:?}", called.errors);
        let report = desk.json("report.json");
        let done = report["steps_done"].as_u64().expect("steps");
        assert!((3..1_000_000).contains(&done), "{done}");
        assert_eq!(report["interrupted"], true);
        let curve = report["curve"].as_array().expect("a curve");
        assert_eq!(
            curve.last().expect("points")["step"],
            done,
            "measured after the last step"
        );

        // As if only so many steps had been asked for.
        let steps = done.to_string();
        desk.call(&[
            &fit,
            &["--steps", &steps, "--out", "plain.png", "--state-out", "plain.st"],
        ])
        .succeeds();
        assert!(desk.get("plain.st") == desk.get("state.st"));
        assert_eq!(desk.get("plain.png"), desk.get("out.png"));

        // And it goes on from there.
        let more = (done + 4).to_string();
        desk.call(&[&fit, &["--steps", &more, "--state-out", "more.st"]])
            .succeeds();
        desk.call(&[
            &fit,
            &["--steps", &more, "--resume", "run.ckpt", "--state-out", "resumed.st"],
        ])
        .succeeds();
        assert!(desk.get("more.st") == desk.get("resumed.st"));
    }
}

/// Before there is a moment to stop there is a picture, a state and a report all the same.
#[test]
fn a_fit_that_is_to_stop_writes_what_there_is_before() {
    let desk = Desk::new(96, 96);
    let fit = [
        "fit",
        "picture.png",
        "--dense",
        "--levels",
        "4",
        "--cpu",
        "--stop-by",
        "wmv",
        "--window",
        "257",
    ];
    let files = [
        "--out",
        "out.png",
        "--report",
        "report.json",
        "--state-out",
        "state.st",
        "--checkpoint",
        "run.ckpt",
        "--checkpoint-every",
        "1",
    ];
    for which in ["stopped", "stopped-ema"] {
        let called = interrupt(&desk, &[&fit, &files, &["--return", which]], "run.ckpt");
        assert_eq!(called.code, 130, "{:?}", called.errors);
        let said = called.errors.last().expect("a sentence");
        assert!(
            said.contains("no moment to stop yet") && said.contains(&format!("--return ema, not {which}")),
            "{said}"
        );
        let report = desk.json("report.json");
        assert_eq!(report["returned"]["which"], "ema");
        assert_eq!(report["interrupted"], true);
        for file in ["out.png", "report.json", "state.st", "run.ckpt", "run.ckpt.previous"] {
            std::fs::remove_file(desk.path(file))
                .unwrap_or_else(|error| assert_eq!(file, "run.ckpt.previous", "{error}"));
        }
    }
}

#[test]
fn a_learner_writes_its_mask() {
    let desk = Desk::new(32, 32);
    let learn = [
        "learn",
        "picture.png",
        "--steps",
        "1000000",
        "--mask-out",
        "mask.st",
        "--checkpoint",
        "c",
    ];
    let called = interrupt(&desk, &[&learn, &SMALL, &["--checkpoint-every", "3"]], "c");
    assert_eq!(called.code, 130, "{:?}", called.errors);
    let mask = optimal_eye_surgeon::mask::Mask::from_bytes(&desk.get("mask.st")).expect("a mask");
    assert!(mask.metadata.steps.is_some_and(|steps| (3..1_000_000).contains(&steps)));
}

#[test]
fn iterative_pruning_keeps_its_complete_rounds() {
    let desk = Desk::new(32, 32);
    let prune = [
        &["prune", "picture.png", "--method", "imp", "--steps", "800", "--cpu"][..],
        &SMALL,
    ]
    .concat();
    let out = ["--mask-out", "imp.safetensors"];
    let called = interrupt(&desk, &[&prune, &out, &["--rounds", "10"]], "imp.safetensors");
    assert_eq!(called.code, 130, "{:?}", called.errors);
    let mask = Mask::from_bytes(&desk.get("imp.safetensors")).expect("a mask file");
    let rounds = mask.metadata.steps.expect("steps") / 800;
    assert!((1..10).contains(&rounds), "{rounds}");
    let method = &mask.metadata.method;
    assert!(method.starts_with(&format!("IMP, {rounds} round")), "{method}");

    // The file is all that there is of the rounds.
    let kept = desk.get("imp.safetensors");
    let begun =
        format!("it holds {rounds} of the 10 rounds of an unfinished imp; go on with it by --resume imp.safetensors");
    desk.call(&[&prune, &out, &["--rounds", "10"]]).fails(2, &begun);
    assert!(desk.get("imp.safetensors") == kept);
    let more = (rounds + 1).to_string();
    let resume = ["--resume", "imp.safetensors", "--rounds", &more];
    desk.call(&[&prune, &out, &resume]).succeeds();
    desk.call(&[&prune, &["--mask-out", "whole", "--rounds", &more]])
        .succeeds();
    assert!(desk.get("imp.safetensors") == desk.get("whole"));
}

/// Nothing is complete yet: what the file holds is worth more.
#[test]
fn a_mask_that_nothing_has_been_done_for_replaces_nothing() {
    let desk = Desk::new(32, 32);
    desk.put_mask();
    let mask = desk.get("mask.safetensors");
    let imp = ["prune", "picture.png", "--method", "imp", "--steps", "1000000", "--cpu"];
    let search = [
        "budgets",
        "picture.png",
        "--start-from",
        "mask.safetensors",
        "--steps",
        "1000000",
        "--waves",
        "1",
        "--cpu",
    ];
    for (command, words) in [
        ([&imp[..], &SMALL].concat(), "no round was complete"),
        (search.to_vec(), "no generation was complete"),
    ] {
        desk.put("out", &mask);
        let called = interrupt_in_steps(&desk, &[&command, &["--mask-out", "out"]]);
        called.fails(130, words);
        assert!(desk.get("out") == mask, "{command:?}");
    }
}

#[test]
fn a_search_keeps_its_complete_generations() {
    let desk = Desk::new(32, 32);
    desk.put_mask();
    let search = [
        "budgets",
        "picture.png",
        "--start-from",
        "mask.safetensors",
        "--mask-out",
        "searched",
        "--cpu",
        "--steps",
        "50",
        "--waves",
        "1",
        "--keep",
        "0.2",
    ];
    let called = interrupt(&desk, &[&search, &["--evaluations", "40000"]], "searched");
    assert_eq!(called.code, 130, "{:?}", called.errors);
    let kept = desk.get("searched");
    let mask = Mask::from_bytes(&kept).expect("a mask file");
    // Six candidates a generation.
    let generations = mask.metadata.steps.expect("steps") / (6 * 50);
    assert!((1..6_000).contains(&generations), "{generations}");

    // The file is all that there is of the search.
    let begun =
        format!("it holds an unfinished search, {generations} generations of it; go on with it by --resume searched");
    desk.call(&[&search, &["--evaluations", "0"]]).fails(2, &begun);
    assert!(desk.get("searched") == kept);
    let judged = (6 * generations).to_string();
    desk.call(&[&search, &["--resume", "searched", "--evaluations", &judged]])
        .succeeds();
    // Once it is finished there is nothing to lose.
    desk.call(&[&search, &["--evaluations", "0"]]).succeeds();
}
