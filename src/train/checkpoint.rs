//! The state from which a run goes on bit by bit as if it had never stopped. What a seed can redraw is stored as its seed.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use safetensors::SafeTensors;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::TrainError;
use super::exchange::Owned;
use super::run::Point;
use super::spec::{Job, RunSpec};
use crate::numbers::hex;

/// A run's state after `step` updates.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    pub spec: RunSpec,
    pub step: u64,
    /// SHA-256 of the picture it was fitted to.
    pub picture: String,
    /// Kept parameters, or a learner's logits.
    pub(super) trained: Vec<f32>,
    /// Adam's state.
    pub(super) m: Vec<f32>,
    pub(super) v: Vec<f32>,
    /// What follows the outputs, by name.
    pub(super) tracked: BTreeMap<String, Vec<f32>>,
    pub curve: Vec<Point>,
    /// theta_in and z, where they came from outside.
    pub(super) theta: Option<Vec<f32>>,
    pub(super) input: Option<Vec<f32>>,
    /// The kept entries of the first step's gradient, where the run keeps it.
    pub(super) first_gradient: Option<Vec<f32>>,
}

/// The text part of the file.
#[derive(Serialize, Deserialize)]
struct Header {
    spec: RunSpec,
    step: u64,
    picture: String,
    curve: Vec<Point>,
    /// Parameters of the mask; 0 where there is none.
    mask_len: usize,
}

const FORMAT: &str = "oes-checkpoint";
const VERSION: &str = "1";
/// In front of the names of what follows the outputs.
const TRACKED: &str = "tracked.";

impl Checkpoint {
    /// A safetensors file.
    ///
    /// # Errors
    /// [`TrainError::Checkpoint`] if the writer refuses.
    pub fn to_bytes(&self) -> Result<Vec<u8>, TrainError> {
        let keep = self.spec.bits();
        let header = Header {
            spec: self.spec.clone(),
            step: self.step,
            picture: self.picture.clone(),
            curve: self.curve.clone(),
            mask_len: keep.map_or(0, |keep| keep.len()),
        };
        let header = serde_json::to_string(&header).map_err(|e| TrainError::Checkpoint(e.to_string()))?;
        let named = [
            ("trained", Some(&self.trained)),
            ("m", Some(&self.m)),
            ("v", Some(&self.v)),
            ("theta", self.theta.as_ref()),
            ("z", self.input.as_ref()),
            ("first_gradient", self.first_gradient.as_ref()),
        ];
        let tracked = self.tracked.iter();
        let tracked = tracked.map(|(name, values)| (format!("{TRACKED}{name}"), Some(values)));
        let mut tensors: Vec<(String, Owned)> = named
            .into_iter()
            .map(|(name, values)| (name.to_string(), values))
            .chain(tracked)
            .filter_map(|(name, values)| {
                let values = values?;
                let data = bytemuck::cast_slice(values).to_vec();
                Some((
                    name,
                    Owned {
                        shape: vec![values.len()],
                        data,
                    },
                ))
            })
            .collect();
        if let Some(keep) = keep {
            let words: Vec<u32> = keep
                .chunks(32)
                .map(|word| word.iter().enumerate().map(|(i, k)| u32::from(*k) << i).sum())
                .collect();
            let data = bytemuck::cast_slice(&words).to_vec();
            tensors.push((
                "keep".into(),
                Owned {
                    shape: vec![words.len()],
                    data,
                },
            ));
        }
        let sum = sum(
            &header,
            tensors
                .iter()
                .map(|(name, tensor)| (name.as_str(), tensor.data.as_slice())),
        );
        let metadata = HashMap::from([
            ("format".to_string(), FORMAT.to_string()),
            ("version".to_string(), VERSION.to_string()),
            ("run".to_string(), header),
            ("sha256".to_string(), sum),
        ]);
        safetensors::serialize(tensors, Some(metadata)).map_err(|e| TrainError::Checkpoint(e.to_string()))
    }

    /// # Errors
    /// [`TrainError::Checkpoint`] saying what is wrong with the file.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, TrainError> {
        let bad = |what: &str| TrainError::Checkpoint(what.into());
        let (_, head) = SafeTensors::read_metadata(bytes)
            .map_err(|e| TrainError::Checkpoint(format!("the file is damaged ({e})")))?;
        let metadata = head.metadata().clone().unwrap_or_default();
        if metadata.get("format").map(String::as_str) != Some(FORMAT) {
            return Err(bad("the file is no checkpoint of this program"));
        }
        if metadata.get("version").map(String::as_str) != Some(VERSION) {
            return Err(bad("it was written by another version of this program"));
        }
        let run = metadata.get("run").ok_or_else(|| bad("its settings are missing"))?;
        let header: Header = serde_json::from_str(run)
            .map_err(|e| TrainError::Checkpoint(format!("its settings are unreadable ({e})")))?;
        let file = SafeTensors::deserialize(bytes)
            .map_err(|e| TrainError::Checkpoint(format!("the file is damaged ({e})")))?;
        let found = file.iter().map(|(name, view)| (name, view.data()));
        if metadata.get("sha256") != Some(&sum(run, found)) {
            return Err(bad("the file is damaged (it does not match its SHA-256 sum)"));
        }
        let words = |name: &str| {
            file.tensor(name)
                .ok()
                .map(|view| bytemuck::pod_collect_to_vec::<u8, u32>(view.data()))
        };
        let floats = |name: &str| words(name).map(|words| words.into_iter().map(f32::from_bits).collect::<Vec<f32>>());
        let mut tracked = BTreeMap::new();
        tracked.extend(
            file.names()
                .into_iter()
                .filter_map(|name| Some((name.strip_prefix(TRACKED)?.to_string(), floats(name)?))),
        );
        let needed = |name: &str| floats(name).ok_or_else(|| bad("a tensor is missing"));
        let mut spec = header.spec;
        if header.mask_len > 0 {
            let bits = words("keep").ok_or_else(|| bad("its mask is missing"))?;
            if bits.len() != header.mask_len.div_ceil(32) {
                return Err(bad("its mask has the wrong length"));
            }
            let keep = (0..header.mask_len)
                .map(|i| bits[i / 32] >> (i % 32) & 1 == 1)
                .collect();
            let keep = Arc::new(keep);
            match &mut spec.job {
                Job::Fit(fit) => fit.keep = Some(keep),
                Job::Learn(learn) => learn.from.iter_mut().for_each(|from| from.keep = Arc::clone(&keep)),
            }
        }
        Ok(Self {
            spec,
            step: header.step,
            picture: header.picture,
            trained: needed("trained")?,
            m: needed("m")?,
            v: needed("v")?,
            tracked,
            curve: header.curve,
            theta: floats("theta"),
            input: floats("z"),
            first_gradient: floats("first_gradient"),
        })
    }
}

/// SHA-256 of the settings and of all tensors, in the order of their names.
fn sum<'a>(header: &str, tensors: impl Iterator<Item = (&'a str, &'a [u8])>) -> String {
    let mut tensors: Vec<_> = tensors.collect();
    tensors.sort_unstable();
    let mut hash = Sha256::new();
    hash.update(header.as_bytes());
    for (name, data) in tensors {
        hash.update(name.as_bytes());
        hash.update((data.len() as u64).to_le_bytes());
        hash.update(data);
    }
    hex(&hash.finalize())
}
