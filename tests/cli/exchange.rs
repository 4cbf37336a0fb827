//! State files: what PyTorch wrote goes in, what comes out agrees with PyTorch's own results.

use std::collections::BTreeMap;

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use serde_json::Value;

use crate::program::{DEVICES, Desk, SMALL, fixture, fixture_keep, mask_of, small_network};

type Tensors = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

fn read(bytes: &[u8]) -> Tensors {
    let file = SafeTensors::deserialize(bytes).expect("safetensors");
    let floats = file.iter().filter(|(_, view)| view.dtype() == Dtype::F32);
    floats
        .map(|(name, view)| {
            (
                name.to_owned(),
                (view.shape().to_vec(), bytemuck::pod_collect_to_vec(view.data())),
            )
        })
        .collect()
}

fn fixture_tensors(name: &str) -> Tensors {
    read(&std::fs::read(fixture(name)).expect("the fixture"))
}

fn facts() -> Value {
    serde_json::from_slice(&std::fs::read(fixture("net_a.json")).expect("the fixture")).expect("JSON")
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

fn largest(values: &[f32]) -> f64 {
    values.iter().map(|value| f64::from(value.abs())).fold(0.0, f64::max)
}

#[track_caller]
fn close(what: &str, ours: &[f32], theirs: &[f32], allowed: f64) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    for (a, b) in ours.iter().zip(theirs) {
        let off = (f64::from(*a) - f64::from(*b)).abs();
        assert!(
            off <= allowed,
            "{what}: {a} instead of {b}, off by {off:e}, allowed {allowed:e}"
        );
    }
}

/// Fits net_a for one step from PyTorch's state and compares loss, output, gradients and the step with PyTorch's.
fn fits(case: &str, options: &[&str], device: &[&str]) {
    let desk = Desk::new(56, 40);
    desk.put(
        "mask.st",
        &mask_of(small_network(), fixture_keep()).to_bytes().expect("a mask"),
    );
    let state = fixture("net_a.safetensors");
    let fit = ["fit", "picture.png", "--state-in", state.to_str().expect("text")];
    let call = |more: &[&str]| desk.call(&[&fit, options, &SMALL, device, more]).succeeds();
    call(&["--steps", "0", "--state-out", "start.st", "--report", "report.json"]);
    call(&["--steps", "1", "--state-out", "one.st"]);

    let (expected, start, one) = (
        fixture_tensors(&format!("net_a_{case}.safetensors")),
        read(&desk.get("start.st")),
        read(&desk.get("one.st")),
    );
    let facts = facts();
    let loss = number(&desk.json("report.json")["curve"][0]["loss"]);
    let theirs = number(&facts[case]["loss"][0]);
    assert!((loss - theirs).abs() < 1e-4 * theirs, "{loss} instead of {theirs}");
    let (shape, output) = &start["output"];
    assert_eq!(*shape, [1, 3, 40, 56]);
    let wanted = &expected["output"].1;
    close("output", output, wanted, 1e-4 * largest(wanted));

    let input = fixture_tensors("net_a.safetensors");
    for name in ["z", "noisy"] {
        assert_eq!(one[name], input[name], "{name} comes out as it went in");
    }
    let without: Vec<&str> = facts["without_gradient"]
        .as_array()
        .expect("names")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let keep = fixture_keep();
    let mut offset = 0;
    let mut compared = 0;
    for tensor in facts["tensors"].as_array().expect("tensors") {
        let name = tensor["name"].as_str().expect("a name");
        let (shape, begun) = &input[name];
        let kept = |i: usize| case == "dense" || keep[offset + i];
        let begun: Vec<f32> = begun
            .iter()
            .enumerate()
            .map(|(i, value)| if kept(i) { *value } else { 0.0 })
            .collect();
        assert_eq!(&start[name].0, shape);
        assert_eq!(
            start[name].1, begun,
            "{name}: masked entries are 0, the others as they came"
        );
        let grad = &one[&format!("grad.{name}")].1;
        let masked = |values: &[f32]| values.iter().enumerate().all(|(i, value)| kept(i) || *value == 0.0);
        assert!(masked(grad) && masked(&one[name].1), "{name}");
        offset += begun.len();
        if without.contains(&name) {
            assert_eq!(one[name].1, begun, "{name} has no gradient and stays");
            continue;
        }
        let wanted = &expected[&format!("grad.{name}")].1;
        // Gammas before an upsample are nearly scale-free: what float32 PyTorch misses is all that can be asked.
        let Some(float32) = facts[case]["float32_worst"]["grad"].get(name) else {
            continue;
        };
        close(
            name,
            grad,
            wanted,
            (1e-4 * largest(wanted)).max(3.0 * number(&float32[2])),
        );
        let change: Vec<f32> = one[name].1.iter().zip(&begun).map(|(now, begun)| now - begun).collect();
        let wanted = &expected[&format!("change1.{name}")].1;
        let float32 = number(&facts[case]["float32_worst"]["change1"][name][2]);
        close(&format!("step of {name}"), &change, wanted, 3.0 * float32 + 1e-7);
        compared += 1;
    }
    assert!(compared > 20, "{compared} tensors compared");
}

#[test]
fn a_dense_fit_is_pytorchs() {
    for device in DEVICES {
        fits("dense", &["--dense"], device);
    }
}

#[test]
fn a_sparse_fit_is_pytorchs() {
    for device in DEVICES {
        fits("sparse", &["--mask", "mask.st"], device);
    }
}

/// net_a's state with the uniforms of its learners.
fn learner_state() -> Vec<u8> {
    let mut tensors = fixture_tensors("net_a.safetensors");
    let uniforms = fixture_tensors("net_a_learn.safetensors")
        .remove("uniforms")
        .expect("uniforms");
    tensors.insert("uniforms".into(), uniforms);
    let views = tensors.iter().map(|(name, (shape, values))| {
        (
            name,
            TensorView::new(Dtype::F32, shape.clone(), bytemuck::cast_slice(values)).expect("a tensor"),
        )
    });
    safetensors::serialize(views, None).expect("a file")
}

#[test]
fn mask_learning_is_pytorchs() {
    let (facts, expected) = (facts(), fixture_tensors("net_a_learn.safetensors"));
    for device in DEVICES {
        for (learner, begin, options) in [
            ("paper", 0.0, &[][..]),
            ("fast", 2.0, &["--lr", "0.2", "--pull", "0.002"][..]),
        ] {
            let desk = Desk::new(56, 40);
            desk.put("state.st", &learner_state());
            let learn = [
                "learn",
                "picture.png",
                "--state-in",
                "state.st",
                "--learner",
                learner,
                "--steps",
                "3",
            ];
            desk.call(&[
                &learn,
                options,
                &SMALL,
                device,
                &["--state-out", "out.st", "--report", "r.json"],
            ])
            .succeeds();
            let out = read(&desk.get("out.st"));
            let (shape, logits) = &out["logits"];
            assert_eq!(*shape, [20760]);
            let change = &expected[&format!("{learner}.change3")].1;
            let mut off: Vec<f32> = logits.iter().zip(change).map(|(p, c)| (p - begin - c).abs()).collect();
            off.sort_by(f32::total_cmp);
            assert!(
                off[off.len() / 2] < 1e-6,
                "{learner}: the median logit is off by {}",
                off[off.len() / 2]
            );
            assert!(
                off[off.len() * 95 / 100] < 1e-3,
                "{learner}: 5% of the logits are off by {}",
                off[off.len() * 95 / 100]
            );
            let curve = desk.json("r.json")["curve"].clone();
            for (t, row) in facts["learn"][learner]["rows"]
                .as_array()
                .expect("rows")
                .iter()
                .enumerate()
            {
                let data = number(&curve[t]["loss"]) - number(&curve[t]["kl"]);
                let theirs = number(&row["data"]);
                assert!(
                    (data - theirs).abs() < 1e-4 * theirs,
                    "{learner} {t}: {data} instead of {theirs}"
                );
            }
            let grad = &expected[&format!("{learner}.grad")].1;
            let ours: Vec<f32> = facts["tensors"]
                .as_array()
                .expect("tensors")
                .iter()
                .flat_map(|tensor| {
                    out[&format!("grad.{}", tensor["name"].as_str().expect("a name"))]
                        .1
                        .clone()
                })
                .collect();
            close(learner, &ours, grad, 1e-4 * largest(grad));
        }
    }
}

#[test]
fn a_resumed_run_takes_the_state_again() {
    let desk = Desk::new(56, 40);
    let state = fixture("net_a.safetensors");
    let fit = ["fit", "picture.png", "--state-in", state.to_str().expect("text")];
    let dense = ["--dense"];
    desk.call(&[&fit, &dense, &SMALL, &["--steps", "6", "--state-out", "whole.st"]])
        .succeeds();
    desk.call(&[&fit, &dense, &SMALL, &["--steps", "3", "--checkpoint", "c"]])
        .succeeds();
    desk.call(&[&fit, &["--resume", "c", "--steps", "6", "--state-out", "halves.st"]])
        .succeeds();
    assert!(desk.get("whole.st") == desk.get("halves.st"));
    desk.call(&[&fit[..2], &["--resume", "c"]]).fails(3, "another picture");
}

#[test]
fn what_comes_out_goes_in() {
    let desk = Desk::new(32, 32);
    desk.call(&[
        &["fit", "picture.png", "--dense", "--steps", "2", "--state-out", "a.st"],
        &SMALL,
    ])
    .succeeds();
    let again = [
        "fit",
        "picture.png",
        "--dense",
        "--steps",
        "0",
        "--state-in",
        "a.st",
        "--state-out",
        "b.st",
    ];
    // Another seed: the parameters and z come from the file.
    desk.call(&[&again, &SMALL, &["--init-seed", "9"]]).succeeds();
    let (a, b) = (read(&desk.get("a.st")), read(&desk.get("b.st")));
    for (name, tensor) in &b {
        assert!(*tensor == a[name], "{name}");
    }
}
