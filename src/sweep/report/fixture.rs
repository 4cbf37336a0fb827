//! Records for tests.

use std::path::PathBuf;

use crate::engine::AdapterDescription;
use crate::network::Hourglass;
use crate::sweep::{Job, Record};

/// A fit of a method to the sample `image`, of 192 pixels, with nothing measured.
pub fn record(method: &str, image: &str, seed: u64) -> Record {
    let job = Job {
        image: PathBuf::from(image),
        image_sha256: "the sample's".to_owned(),
        method: method.parse().expect("a method"),
        source_sha256: None,
        keep: None,
        sigma: 0.1,
        seed,
        size: Some(192),
        steps: 2000,
        learn_steps: None,
        imp_steps: None,
        lr_drop: None,
        network: Hourglass::default(),
    };
    Record::of(&job, AdapterDescription::cpu(), 0.01)
}
