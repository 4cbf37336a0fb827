//! Reads ONNX's node tests from tests/fixtures (see the README there).

use std::path::PathBuf;

use safetensors::{Dtype, SafeTensors};
use serde_json::Value;

/// A tensor of any of the fixture's types, as f32: its integers are small.
#[derive(Clone, Debug)]
pub struct Tensor {
    pub shape: Vec<usize>,
    pub values: Vec<f32>,
}

/// One node with what goes in and what has to come out.
pub struct Case {
    pub name: String,
    pub op: String,
    attributes: Value,
    pub inputs: Vec<Tensor>,
    pub outputs: Vec<Tensor>,
}

fn tensor(tensors: &SafeTensors<'_>, name: &str) -> Tensor {
    let view = tensors.tensor(name).expect("a tensor of the table");
    let bytes = view.data();
    let values = match view.dtype() {
        Dtype::F32 => bytemuck::pod_collect_to_vec(bytes),
        Dtype::I32 => bytemuck::pod_collect_to_vec::<u8, i32>(bytes)
            .iter()
            .map(|v| *v as f32)
            .collect(),
        Dtype::I64 => bytemuck::pod_collect_to_vec::<u8, i64>(bytes)
            .iter()
            .map(|v| *v as f32)
            .collect(),
        other => panic!("{name} is of type {other:?}"),
    };
    Tensor {
        shape: view.shape().to_vec(),
        values,
    }
}

/// Every case of the fixture.
pub fn cases() -> Vec<Case> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let table: Value = serde_json::from_slice(&std::fs::read(folder.join("onnx_nodes.json")).expect("the table"))
        .expect("a JSON table");
    let bytes = std::fs::read(folder.join("onnx_nodes.safetensors")).expect("the tensors");
    let tensors = SafeTensors::deserialize(&bytes).expect("a safetensors file");
    let table = table.as_object().expect("an object of tests");
    table
        .iter()
        .map(|(name, test)| {
            let [node] = test["nodes"].as_array().expect("nodes").as_slice() else {
                panic!("{name} is not a single node");
            };
            let all = |side: &str, key: &str| {
                let count = test[side].as_array().expect("shapes").len();
                (0..count)
                    .map(|i| tensor(&tensors, &format!("{name}.{key}{i}")))
                    .collect()
            };
            Case {
                name: name.clone(),
                op: node["op"].as_str().expect("an operator").into(),
                attributes: node["attributes"].clone(),
                inputs: all("inputs", "in"),
                outputs: all("outputs", "out"),
            }
        })
        .collect()
}

impl Case {
    /// A list of integers, or the default where the node does not name it.
    pub fn integers<const N: usize>(&self, name: &str, default: [usize; N]) -> [usize; N] {
        self.attributes.get(name).map_or(default, |values| {
            std::array::from_fn(|i| values[i].as_u64().expect("an integer that is not negative") as usize)
        })
    }

    pub fn number(&self, name: &str, default: f64) -> f64 {
        self.attributes
            .get(name)
            .map_or(default, |value| value.as_f64().expect("a number"))
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.attributes.get(name)?.as_str()
    }
}

impl Tensor {
    /// The four sides of a batch of images.
    pub fn sides(&self) -> [usize; 4] {
        self.shape.clone().try_into().expect("N, C, H, W")
    }

    /// The images of a batch.
    pub fn images(&self) -> impl Iterator<Item = &[f32]> {
        let [_, c, h, w] = self.sides();
        self.values.chunks(c * h * w)
    }
}
