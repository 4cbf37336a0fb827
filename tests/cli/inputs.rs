//! Input that cannot be used ends with 3 and one sentence, a dead mask with 5.

use optimal_eye_surgeon::network::Hourglass;

use crate::program::{Desk, SMALL, fixture_keep, mask_of, small_network};

const DENSE: [&str; 3] = ["--dense", "--steps", "1"];

#[test]
fn pictures() {
    let desk = Desk::new(40, 40);
    desk.put("notes.txt", b"not a picture at all");
    desk.put("cut.png", &desk.get("picture.png")[..200]);
    desk.put("empty.png", b"");
    for (name, words) in [
        ("missing.png", "missing.png cannot be read"),
        (".", "cannot be read"),
        ("notes.txt", "text"),
        ("cut.png", "damaged"),
        ("empty.png", "empty"),
    ] {
        desk.call(&[&["fit", name], &DENSE, &SMALL]).fails(3, words);
        desk.call(&[&["learn", name, "--steps", "1"], &SMALL]).fails(3, words);
    }
    desk.call(&[&["fit", "picture.png", "--crop", "41"], &DENSE, &SMALL])
        .fails(3, "does not fit");
}

#[test]
fn masks() {
    let desk = Desk::new(40, 40);
    let fit = |mask: &str| desk.call(&[&["fit", "picture.png", "--steps", "1", "--mask", mask]]);
    desk.put("notes.txt", b"not a mask at all");
    fit("no-such-preset").fails(3, "preset");
    fit("picture.png").fails(3, "PNG picture");
    fit("notes.txt").fails(3, "not a mask");
    fit(".").fails(3, "cannot be read");
    desk.put_mask();
    let mut bytes = desk.get("mask.safetensors");
    bytes.truncate(bytes.len() - 1);
    desk.put("cut.safetensors", &bytes);
    fit("cut.safetensors").fails(3, "cut.safetensors");
    let mut bytes = desk.get("mask.safetensors");
    *bytes.last_mut().expect("bytes") ^= 1;
    desk.put("flipped.safetensors", &bytes);
    fit("flipped.safetensors").fails(3, "SHA-256");
}

#[test]
fn a_masks_network_holds_unless_it_contradicts_the_options() {
    let desk = Desk::new(40, 40);
    desk.put_mask();
    let fit = |network: &[&str]| {
        let fit = [
            "fit",
            "picture.png",
            "--steps",
            "1",
            "--mask",
            "mask.safetensors",
            "--report",
            "report.json",
        ];
        desk.call(&[&fit, network])
    };
    for agreeing in [&[][..], &["--levels", "3"], &SMALL] {
        fit(agreeing).succeeds();
        assert_eq!(
            desk.json("report.json")["network"]["channels"],
            serde_json::json!([6, 10, 13])
        );
    }
    fit(&["--levels", "2"]).fails(3, "3 levels with channels 6,10,13");
    fit(&["--channels", "6,10,14"]).fails(3, "6,10,14");
    // A mask that names no network is for the one of the options, if it has as many entries.
    let bytes: Vec<u8> = fixture_keep().into_iter().map(u8::from).collect();
    desk.put("plain.npy", &npy(&bytes));
    let plain = ["fit", "picture.png", "--steps", "1", "--mask", "plain.npy"];
    desk.call(&[&plain, &SMALL]).succeeds();
    desk.call(&[&plain]).fails(3, "20760 entries");
}

/// A one-dimensional uint8 `.npy` file.
fn npy(entries: &[u8]) -> Vec<u8> {
    let mut header = format!(
        "{{'descr': '|u1', 'fortran_order': False, 'shape': ({},), }}",
        entries.len()
    );
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend((header.len() as u16).to_le_bytes());
    file.extend(header.as_bytes());
    file.extend(entries);
    file
}

#[test]
fn a_dead_mask_is_explained_before_anything_is_allocated() {
    let desk = Desk::new(40, 40);
    let network = small_network();
    let built = network.build().expect("a network");
    let mut keep = vec![true; built.n];
    let gamma = built
        .parameters
        .iter()
        .find(|p| p.name == "1.5.weight")
        .expect("a gamma");
    keep[gamma.range()].fill(false);
    desk.put("dead.safetensors", &mask_of(network, keep).to_bytes().expect("a mask"));
    let fit = ["fit", "picture.png", "--mask", "dead.safetensors", "--out", "out.png"];
    // The adapter does not exist: the mask is looked at first.
    desk.call(&[&fit, &["--adapter", "no such thing"]]).fails(5, "dead");
    assert!(!desk.has("out.png"));
}

#[test]
fn state_files() {
    let desk = Desk::new(40, 40);
    desk.put("notes.txt", b"not a state at all");
    let fit = |state: &str| desk.call(&[&["fit", "picture.png", "--state-in", state], &DENSE, &SMALL]);
    fit("missing.safetensors").fails(3, "cannot be read");
    fit("notes.txt").fails(3, "safetensors");
    // Of another size, and of another network.
    fit(crate::program::fixture("net_a.safetensors").to_str().expect("text")).fails(3, "shape");
    fit(crate::program::fixture("net_b.safetensors").to_str().expect("text")).fails(3, "state file");
}

#[test]
fn a_six_level_mask_is_not_for_a_grey_network() {
    let desk = Desk::new(40, 40);
    let network = Hourglass {
        output_channels: 1,
        ..small_network()
    };
    let n = network.build().expect("a network").n;
    desk.put(
        "grey.safetensors",
        &mask_of(network, vec![true; n]).to_bytes().expect("a mask"),
    );
    desk.call(&[&["fit", "picture.png", "--mask", "grey.safetensors"]])
        .fails(3, "draws 1 channels");
}
