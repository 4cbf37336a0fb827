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

#[test]
fn a_reader_that_has_gone_is_no_error() {
    let desk = Desk::new(8, 8);
    desk.put_mask();
    let mut child = desk
        .command(&[&["mask", "info", "mask.safetensors"]])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the program starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !stderr.contains("panicked"), "{stderr}");
}

#[test]
fn a_recipe_stands_for_its_mask_wherever_one_is_named() {
    let desk = Desk::new(32, 32);
    desk.put_mask();
    let printed = desk.call(&[&["mask", "recipe", "mask.safetensors", "--seed", "5"]]);
    printed.succeeds();
    let recipe = printed.stdout.trim();
    assert!(recipe.starts_with("recipe:") && recipe.len() < 120, "{recipe}");
    let facts = |mask: &str| -> Value {
        let called = desk.call(&[&["mask", "info", mask, "--json"]]);
        called.succeeds();
        serde_json::from_str(&called.stdout).expect("JSON")
    };
    let (own, drawn) = (facts("mask.safetensors"), facts(recipe));
    assert_eq!((&own["n"], &own["alive"]), (&drawn["n"], &drawn["alive"]));
    // The mask has channels that only shift the picture, which a recipe leaves out.
    let reachable = |facts: &Value| facts["reachable_conv_weights"].as_f64().expect("a count");
    assert!((0.98..=1.0).contains(&(reachable(&drawn) / reachable(&own))));
    assert_eq!(drawn["method"], "recipe");
    assert_eq!(drawn["seed"], 5);
    desk.call(&[&["fit", "picture.png", "--mask", recipe, "--steps", "1", "--cpu"]])
        .succeeds();
    let again = desk.call(&[&["mask", "recipe", recipe, "--seed", "5"]]);
    assert_eq!(again.stdout, printed.stdout, "what is drawn has the same recipe");

    let cut = &recipe[..recipe.len() - 4];
    desk.call(&[&["mask", "info", cut]]).fails(3, "cut off or was changed");
    desk.call(&[&["mask", "info", "recipe:"]])
        .fails(3, "cut off or was changed");
    desk.call(&[&["mask", "info", "recipe:a b"]])
        .fails(3, "a character that no recipe has");
    desk.call(&[&["mask", "info", recipe, "--levels", "2"]])
        .fails(3, "3 levels");
}
