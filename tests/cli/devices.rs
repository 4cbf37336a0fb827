//! Adapters: listed, chosen, missing.

use serde_json::Value;

use crate::program::{Desk, SMALL};

#[test]
fn the_list_has_indices_and_names() {
    let desk = Desk::new(32, 32);
    let called = desk.call(&[&["devices", "--json"]]);
    called.succeeds();
    let list: Value = serde_json::from_str(&called.stdout).expect("JSON");
    let list = list.as_array().expect("a list");
    assert!(
        !list.is_empty(),
        "the tests need an adapter; install a software Vulkan driver"
    );
    let text = desk.call(&[&["devices"]]).stdout;
    for (index, adapter) in list.iter().enumerate() {
        assert_eq!(adapter["index"], index);
        for key in ["name", "backend", "type", "driver"] {
            assert!(adapter[key].is_string(), "{key}");
        }
        assert!(text.contains(adapter["name"].as_str().expect("a name")));
    }
}

#[test]
fn an_adapter_is_chosen_by_index_or_part_of_its_name() {
    let desk = Desk::new(32, 32);
    let fit = [
        "fit",
        "picture.png",
        "--dense",
        "--steps",
        "1",
        "--report",
        "report.json",
    ];
    desk.call(&[&fit, &SMALL, &["--adapter", "0"]]).succeeds();
    let name = desk.json("report.json")["adapter"]["name"]
        .as_str()
        .expect("a name")
        .to_uppercase();
    let part: String = name.chars().take(6).collect();
    desk.call(&[&fit, &SMALL, &["--adapter", &part]]).succeeds();
    desk.call(&[&fit, &SMALL, &["--adapter", "no such thing"]])
        .fails(4, "no such thing");
    desk.call(&[&fit, &SMALL, &["--adapter", "99"]]).fails(4, "99");
}

/// Only Linux lets a test hide the driver.
#[cfg(target_os = "linux")]
#[test]
fn without_an_adapter_the_cpu_engine_is_named() {
    let desk = Desk::new(32, 32);
    let call = |arguments: &[&[&str]]| {
        let mut command = desk.command(arguments);
        command
            .env("VK_DRIVER_FILES", "/nonexistent.json")
            .env("VK_ICD_FILENAMES", "/nonexistent.json");
        crate::program::Called::from(command.output().expect("the program starts"))
    };
    let fit = ["fit", "picture.png", "--dense", "--steps", "1"];
    call(&[&fit, &SMALL]).fails(4, "--cpu");
    call(&[&["devices"]]).fails(4, "no graphics adapter");
    call(&[&fit, &SMALL, &["--cpu"]]).succeeds();
}
