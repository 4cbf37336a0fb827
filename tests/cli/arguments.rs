//! Bad arguments end with 2 before any work; help and version with 0.

use crate::program::{Desk, SMALL};

#[test]
fn what_the_parser_refuses() {
    let desk = Desk::new(32, 32);
    let cases: [&[&str]; 12] = [
        &[],
        &["polish"],
        &["fit"],
        &["fit", "picture.png"],
        &["fit", "picture.png", "--dense", "--mask", "m"],
        &["fit", "picture.png", "--dense", "--steps", "-1"],
        &["fit", "picture.png", "--dense", "--crop", "8"],
        &["fit", "picture.png", "--dense", "--levels", "11"],
        &["fit", "picture.png", "--dense", "--cpu", "--adapter", "0"],
        &["fit", "picture.png", "--dense", "--path", "diagonal"],
        &[
            "fit",
            "picture.png",
            "--dense",
            "--checkpoint",
            "c",
            "--checkpoint-every",
            "0",
        ],
        &["learn", "picture.png", "--learner", "slow"],
    ];
    for case in cases {
        let called = desk.call(&[case]);
        assert_eq!(called.code, 2, "{case:?}");
    }
}

#[test]
fn what_the_settings_refuse() {
    let desk = Desk::new(32, 32);
    let cases: [(&[&str], &str); 10] = [
        (
            &["fit", "--dense", "--steps", "8388608"],
            "the number of steps must be at most 8,388,607",
        ),
        (&["fit", "--dense", "--lr", "0"], "learning rate"),
        (&["fit", "--dense", "--lr", "NaN"], "learning rate"),
        (&["fit", "--dense", "--sigma=-0.1"], "sigma"),
        (&["fit", "--dense", "--steps", "99999999999"], "steps"),
        (&["fit", "--dense", "--channels", "6,10"], "--levels 3 needs 3 numbers"),
        (&["learn", "--keep", "0"], "keep"),
        (&["learn", "--keep", "1.5"], "keep"),
        (&["learn", "--tau", "0"], "tau"),
        (&["learn", "--pull", "1"], "pull"),
    ];
    for (case, words) in cases {
        // The small network's channels would hide the wrong ones.
        let network: &[&str] = if case.contains(&"--channels") {
            &["--levels", "3"]
        } else {
            &SMALL
        };
        desk.call(&[case, &["picture.png"], network]).fails(2, words);
    }
    desk.call(&[&["fit", "picture.png", "--dense", "--channels", "6,0"]])
        .fails(2, "channels");
}

#[test]
fn help_shows_defaults_and_examples() {
    let desk = Desk::new(32, 32);
    let help = |arguments: &[&str]| {
        let called = desk.call(&[arguments]);
        called.succeeds();
        called.stdout
    };
    let fit = help(&["fit", "--help"]);
    for words in [
        "Examples:",
        "[default: 2000 with a mask, 2000 dense]",
        "0.01 with a mask and for other generators, 0.001 dense",
        "--resume",
    ] {
        assert!(fit.contains(words), "{words} in {fit}");
    }
    let learn = help(&["learn", "--help"]);
    for words in [
        "Examples:",
        "[default: 1000 fast, 60000 paper]",
        "[default: 0.05]",
        "1e-9 paper",
        "--mask-out",
    ] {
        assert!(learn.contains(words), "{words} in {learn}");
    }
    let prune = help(&["prune", "--help"]);
    for words in [
        "[default: global]",
        "[default: 0.05]",
        "[default: 100]",
        "theta * Hg",
        "--shuffle",
    ] {
        assert!(prune.contains(words), "{words} in {prune}");
    }
    for command in [
        &["prune", "--help"][..],
        &["mask", "info", "--help"],
        &["mask", "import", "--help"],
        &["devices", "--help"],
        &["--help"],
    ] {
        assert!(help(command).contains("Examples:"), "{command:?}");
    }
    assert!(help(&["--version"]).contains(env!("CARGO_PKG_VERSION")));
}
