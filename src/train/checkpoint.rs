//! The state from which a run goes on bit by bit as if it had never stopped. What a seed can redraw is stored as its seed.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use safetensors::SafeTensors;
use safetensors::tensor::Dtype;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::exchange::Owned;
use super::run::Point;
use super::spec::{Job, RunSpec};
use super::{TrainError, curve};
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
    /// Parameters of the mask; 0 where there is none.
    mask_len: usize,
}

const FORMAT: &str = "oes-checkpoint";
const VERSION: &str = "2";
const CURVE: &str = "curve";
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
            .filter_map(|(name, values)| Some((name, Owned::new(Dtype::F32, &[values?.len()], values?))))
            .collect();
        let rows = Owned::new(
            Dtype::F64,
            &[self.curve.len(), curve::COLUMNS],
            &curve::rows(&self.curve),
        );
        tensors.push((CURVE.into(), rows));
        if let Some(keep) = keep {
            let words: Vec<u32> = keep
                .chunks(32)
                .map(|word| word.iter().enumerate().map(|(i, k)| u32::from(*k) << i).sum())
                .collect();
            tensors.push(("keep".into(), Owned::new(Dtype::F32, &[words.len()], &words)));
        }
        let sum = sum(
            &header,
            tensors.iter().map(|(name, tensor)| (name.as_str(), tensor.bytes())),
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
        let rows = file.tensor(CURVE).map_err(|_| bad("its curve is missing"))?;
        if rows.dtype() != Dtype::F64 || rows.shape().get(1..) != Some(&[curve::COLUMNS]) {
            return Err(bad("its curve has another shape"));
        }
        let curve = curve::points(&bytemuck::pod_collect_to_vec(rows.data()));
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
            curve,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Hourglass;

    fn checkpoint(points: u64) -> Checkpoint {
        let point = |step: u64| Point {
            step,
            loss: 1.0 / (step + 3) as f64,
            psnr: Some(if step == 0 { f64::INFINITY } else { 0.1 + step as f64 }),
            kl: None,
            mean_logit: (step == 1).then_some(-0.3),
            average_psnr: Some(7.0),
            statistic: (step > 1).then_some(1e-30),
        };
        Checkpoint {
            spec: RunSpec::dense(Hourglass::with_levels(1)),
            step: points,
            picture: "a picture".into(),
            trained: vec![1.5, f32::MIN_POSITIVE],
            m: vec![0.25; 2],
            v: vec![0.75; 2],
            tracked: BTreeMap::from([("mean".into(), vec![3.0])]),
            curve: (0..points).map(point).collect(),
            theta: None,
            input: None,
            first_gradient: Some(vec![0.5]),
        }
    }

    fn read(checkpoint: &Checkpoint) -> Checkpoint {
        Checkpoint::from_bytes(&checkpoint.to_bytes().expect("bytes")).expect("readable")
    }

    #[test]
    fn a_checkpoint_comes_back_whole() {
        for points in [0, 3] {
            assert_eq!(read(&checkpoint(points)), checkpoint(points));
        }
    }

    /// As text its curve was longer than any header that is read.
    #[test]
    fn a_long_run_can_be_gone_on_with() {
        let long = checkpoint(1_000_000);
        assert_eq!(read(&long).curve, long.curve);
    }

    #[test]
    fn files_of_other_versions_are_refused() {
        let file = checkpoint(3).to_bytes().expect("bytes");
        let text = format!("\"version\":\"{VERSION}\"");
        let at = file.windows(text.len()).position(|window| window == text.as_bytes());
        for version in [b'1', b'3'] {
            let mut other = file.clone();
            other[at.expect("the version") + text.len() - 2] = version;
            let refused = Checkpoint::from_bytes(&other).expect_err("another version").to_string();
            assert!(refused.contains("another version"), "{refused}");
        }
    }
}
