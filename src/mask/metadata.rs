//! Where a mask comes from: the text entries of its file.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

use super::MaskError;
use crate::network::Hourglass;

/// The keys that [`super::Mask::to_bytes`] computes from the mask itself.
const COMPUTED: [&str; 5] = ["format", "version", "n", "kept", "sha256"];
/// The keys of the fields of [`MaskMetadata`].
const FIELDS: [&str; 8] = [
    "network", "keep", "method", "seed", "steps", "image", "licence", "settings",
];

/// How a mask was made. What is not known is `None` and absent from the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MaskMetadata {
    /// The network that the mask is for.
    pub network: Option<Hourglass>,
    /// The fraction of parameters to keep that was asked for, 0 to 1.
    pub keep: f64,
    /// How it was made, such as `paper`, `fast` or `imported`.
    pub method: String,
    pub seed: Option<u64>,
    /// Steps of mask learning.
    pub steps: Option<u64>,
    /// The picture it was learned on.
    pub image: Option<String>,
    /// The licence of the mask.
    pub licence: Option<String>,
    /// How exactly it was learned, as JSON text.
    pub settings: Option<String>,
    /// Further entries, under keys that no field here has. They survive reading and writing.
    pub extra: BTreeMap<String, String>,
}

impl MaskMetadata {
    /// The entries as text, ready for a file; [`MaskMetadata::from_entries`] reads them.
    ///
    /// # Errors
    /// [`MaskError::Metadata`] if a value is out of range or `extra` uses a key that is taken.
    pub(super) fn entries(&self) -> Result<BTreeMap<String, String>, MaskError> {
        check_keep(self.keep)?;
        self.settings.as_deref().map_or(Ok(()), check_json)?;
        let mut entries = self.extra.clone();
        for key in COMPUTED.iter().chain(&FIELDS) {
            if entries.contains_key(*key) {
                return Err(MaskError::metadata(key, "is taken and cannot be an extra"));
            }
        }
        let network = match &self.network {
            Some(network) => {
                Some(serde_json::to_string(network).map_err(|e| MaskError::metadata("network", e.to_string()))?)
            }
            None => None,
        };
        let values = [
            network,
            Some(self.keep.to_string()),
            Some(self.method.clone()),
            self.seed.map(|seed| seed.to_string()),
            self.steps.map(|steps| steps.to_string()),
            self.image.clone(),
            self.licence.clone(),
            self.settings.clone(),
        ];
        for (key, value) in FIELDS.iter().zip(values) {
            entries.extend(value.map(|value| ((*key).to_owned(), value)));
        }
        Ok(entries)
    }

    /// Reads the entries of a file, without those that describe the tensor itself.
    ///
    /// # Errors
    /// [`MaskError::Metadata`] naming the key that is absent or unreadable.
    pub(super) fn from_entries(mut entries: BTreeMap<String, String>) -> Result<Self, MaskError> {
        for key in COMPUTED {
            entries.remove(key);
        }
        let network = entries
            .remove("network")
            .map(|text| serde_json::from_str(&text))
            .transpose()
            .map_err(|e| MaskError::metadata("network", format!("is unreadable ({e})")))?;
        let keep = number(&mut entries, "keep")?.ok_or_else(|| absent("keep"))?;
        check_keep(keep)?;
        let settings = entries.remove("settings");
        settings.as_deref().map_or(Ok(()), check_json)?;
        Ok(Self {
            network,
            keep,
            method: entries.remove("method").ok_or_else(|| absent("method"))?,
            seed: number(&mut entries, "seed")?,
            steps: number(&mut entries, "steps")?,
            image: entries.remove("image"),
            licence: entries.remove("licence"),
            settings,
            extra: entries,
        })
    }
}

/// Takes the entry `key` as a number, if it is there.
pub(super) fn number<T: DeserializeOwned>(
    entries: &mut BTreeMap<String, String>,
    key: &str,
) -> Result<Option<T>, MaskError> {
    let parse =
        |text: String| serde_json::from_str(&text).map_err(|_| MaskError::metadata(key, "is not a number in range"));
    entries.remove(key).map(parse).transpose()
}

pub(super) fn absent(key: &str) -> MaskError {
    MaskError::metadata(key, "is absent")
}

fn check_keep(keep: f64) -> Result<(), MaskError> {
    if (0.0..=1.0).contains(&keep) {
        return Ok(());
    }
    Err(MaskError::metadata("keep", "is not between 0 and 1"))
}

fn check_json(text: &str) -> Result<(), MaskError> {
    serde_json::from_str::<serde::de::IgnoredAny>(text)
        .map(|_| ())
        .map_err(|e| MaskError::metadata("settings", format!("is not JSON ({e})")))
}
