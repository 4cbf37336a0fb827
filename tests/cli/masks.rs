//! `oes mask`: what it says about files, and what it makes of other programs' masks.

use optimal_eye_surgeon::mask::Mask;
use serde_json::Value;

use crate::program::{Desk, SMALL, fixture_keep};

#[test]
fn info_counts_what_is_kept() {
    let desk = Desk::new(32, 32);
    desk.put_mask();
    let called = desk.call(&[&["mask", "info", "mask.safetensors", "--json"]]);
    called.succeeds();
    let facts: Value = serde_json::from_str(&called.stdout).expect("JSON");
    let kept = fixture_keep().iter().filter(|kept| **kept).count();
    assert_eq!(facts["n"], 20760);
    assert_eq!(facts["kept"], kept);
    assert_eq!(facts["alive"], true);
    let tensors = facts["tensors"].as_array().expect("tensors");
    assert_eq!(
        tensors
            .iter()
            .map(|tensor| tensor["kept"].as_u64().expect("a count"))
            .sum::<u64>(),
        kept as u64
    );
    let text = desk.call(&[&["mask", "info", "mask.safetensors"]]);
    text.succeeds();
    assert!(
        text.stdout.contains("20,760") && text.stdout.contains("alive"),
        "{}",
        text.stdout
    );
    desk.call(&[&["mask", "info", "picture.png"]]).fails(3, "PNG picture");
    desk.call(&[&["mask", "info", "nothing"]]).fails(3, "nothing");
    desk.call(&[&["mask", "info", "mask.safetensors", "--levels", "2"]])
        .fails(3, "3 levels");
}

/// A safetensors file with one U8 tensor, one byte an entry.
fn foreign() -> Vec<u8> {
    let data: Vec<u8> = fixture_keep().into_iter().map(u8::from).collect();
    let header = format!(
        r#"{{"mask":{{"dtype":"U8","shape":[{n}],"data_offsets":[0,{n}]}}}}"#,
        n = data.len()
    );
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.as_bytes());
    file.extend(data);
    file
}

#[test]
fn import_makes_a_file_that_knows_its_network() {
    let desk = Desk::new(32, 32);
    desk.put("foreign.safetensors", &foreign());
    let import = ["mask", "import", "foreign.safetensors", "--out", "own.safetensors"];
    desk.call(&[&import]).fails(3, "20760 entries");
    assert!(!desk.has("own.safetensors"));
    desk.call(&[&import, &SMALL, &["--licence", "CC0 1.0"]]).succeeds();
    let mask = Mask::from_bytes(&desk.get("own.safetensors")).expect("an own file");
    assert_eq!(mask.keep, fixture_keep());
    assert_eq!(mask.metadata.licence.as_deref(), Some("CC0 1.0"));
    // No options are needed any more.
    desk.call(&[&["mask", "info", "own.safetensors"]]).succeeds();
    desk.call(&[&["fit", "picture.png", "--mask", "own.safetensors", "--steps", "1"]])
        .succeeds();
    desk.call(&[&["mask", "import", "own.safetensors", "--out", "own.safetensors"]])
        .fails(2, "overwritten");
    desk.call(&[&["mask", "import", "own.safetensors", "--out", "nowhere/own"]])
        .fails(2, "cannot be written");
}
