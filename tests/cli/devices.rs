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

/// Lists are faster on the CPU engine than on a program that plays a GPU, all else is not: without an option a fit goes to the
/// better of the two and says so. With a GPU everything goes there, and nothing is said.
#[test]
fn without_a_gpu_fits_with_a_mask_run_on_the_cpu_engine() {
    let desk = Desk::new(32, 32);
    desk.put_mask();
    let list: Value = serde_json::from_str(&desk.call(&[&["devices", "--json"]]).stdout).expect("JSON");
    let gpu = &list[0];
    let software = gpu["software"] == true;
    let fit = ["fit", "picture.png", "--steps", "1", "--report", "report.json"];
    let masked = [&fit[..], &["--mask", "mask.safetensors"]].concat();
    let run = |arguments: &[&[&str]]| {
        let called = desk.call(arguments);
        called.succeeds();
        let told = called.errors.iter().find(|line| line.contains("there is no GPU"));
        (desk.json("report.json")["adapter"]["name"].clone(), told.cloned())
    };
    for path in ["auto", "sparse", "compact", "full"] {
        let lists = path == "auto" || path == "sparse";
        let (name, told) = run(&[&masked, &["--path", path]]);
        let on_cpu = software && lists;
        assert_eq!(
            if on_cpu {
                "CPU engine"
            } else {
                gpu["name"].as_str().expect("a name")
            },
            name,
            "{path}"
        );
        let other = if lists { "--adapter 0" } else { "--cpu" };
        assert_eq!(told.is_some_and(|line| line.contains(other)), software, "{path}");
    }
    let (name, told) = run(&[&fit, &["--dense"], &SMALL]);
    assert_eq!(name, gpu["name"]);
    assert_eq!(told.is_some_and(|line| line.contains("--cpu")), software);
    assert_eq!(run(&[&masked, &["--adapter", "0"]]), (gpu["name"].clone(), None));
    assert_eq!(run(&[&masked, &["--cpu"]]), ("CPU engine".into(), None));
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
    desk.put_mask();
    let masked = call(&[&["fit", "picture.png", "--steps", "1", "--mask", "mask.safetensors"]]);
    masked.fails(0, "no graphics adapter; computing on the CPU engine");
    assert!(masked.stdout.contains("on CPU engine"), "{}", masked.stdout);
    desk.put(
        "plan.toml",
        b"images = ['picture.png']\nmethods = ['mask:mask.safetensors', 'dense']\nsteps = 1",
    );
    call(&[&["sweep", "plan.toml", "--out", "results"]]).fails(4, "--cpu");
    desk.put(
        "plan.toml",
        b"images = ['picture.png']\nmethods = ['mask:mask.safetensors']\nsteps = 1",
    );
    call(&[&["sweep", "plan.toml", "--out", "results"]]).succeeds();
}
