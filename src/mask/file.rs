//! The project's own mask files: safetensors with one packed tensor `keep` and sorted metadata.
//!
//! Tensor `keep`, U8 `[ceil(N/8)]`: entry i of the flat order is bit i%8 of byte i/8 (numpy's `bitorder="little"`).

use sha2::{Digest, Sha256};

use super::metadata::{absent, number};
use super::{MAX_ENTRIES, Mask, MaskError, MaskMetadata, container};
use crate::numbers::hex;

/// The value of the metadata key `format`.
pub const FORMAT: &str = "optimal-eye-surgeon mask";
/// The value of the metadata key `version`.
const VERSION: u32 = 1;
const TENSOR: &str = "keep";

impl Mask {
    /// The file's bytes. Equal masks give equal bytes.
    ///
    /// # Errors
    /// [`MaskError`] if the mask is too large, is not one for its network, or its metadata is out of range.
    pub fn to_bytes(&self) -> Result<Vec<u8>, MaskError> {
        self.check_own_network()?;
        let bits = self.bits();
        let mut entries = self.metadata.entries()?;
        let computed = [
            ("format", FORMAT.to_owned()),
            ("version", VERSION.to_string()),
            ("n", self.keep.len().to_string()),
            ("kept", self.kept().to_string()),
            ("sha256", sha256(&bits)),
        ];
        entries.extend(computed.map(|(key, value)| (key.to_owned(), value)));
        container::write(TENSOR, &bits, entries)
    }

    /// Lower-case hexadecimal SHA-256 of the entries as a file packs them: equal for equal masks, whatever is said about them.
    pub fn sha256(&self) -> String {
        sha256(&self.bits())
    }

    /// Reads a file that [`Mask::to_bytes`] wrote and verifies all that it says about itself.
    ///
    /// # Errors
    /// [`MaskError`]: what is wrong and what to do. [`super::import`] reads masks of other programs.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MaskError> {
        Self::from_container(container::read(bytes)?)
    }

    pub(super) fn from_container(file: container::Container<'_>) -> Result<Self, MaskError> {
        let mut entries = file.metadata;
        if entries.get("format").map(String::as_str) != Some(FORMAT) {
            return Err(MaskError::metadata("format", format!("is not \"{FORMAT}\"")));
        }
        let version: u32 = number(&mut entries, "version")?.ok_or_else(|| absent("version"))?;
        if version != VERSION {
            let problem = format!("is {version}, which this program does not know");
            return Err(MaskError::metadata("version", problem));
        }
        let n: u64 = number(&mut entries, "n")?.ok_or_else(|| absent("n"))?;
        let stated: u64 = number(&mut entries, "kept")?.ok_or_else(|| absent("kept"))?;
        let sum = entries.remove("sha256").ok_or_else(|| absent("sha256"))?;
        if n > MAX_ENTRIES {
            return Err(MaskError::TooManyEntries(n));
        }
        if file.name != TENSOR || file.dtype != "U8" || file.shape != [n.div_ceil(8)] {
            let problem = format!("it is not `{TENSOR}`, U8, one bit for each of {n} entries");
            return Err(MaskError::Tensor(problem));
        }
        if !sha256(file.data).eq_ignore_ascii_case(&sum) {
            return Err(MaskError::Checksum);
        }
        let bit = |i: usize| file.data[i / 8] >> (i % 8) & 1 == 1;
        let n = n as usize;
        if (n..file.data.len() * 8).any(bit) {
            return Err(MaskError::Padding);
        }
        let mask = Self {
            keep: (0..n).map(bit).collect(),
            metadata: MaskMetadata::from_entries(entries)?,
        };
        let found = mask.kept() as u64;
        if stated != found {
            return Err(MaskError::Kept { stated, found });
        }
        mask.check_own_network()?;
        Ok(mask)
    }

    /// The size limit, and that the network named in the metadata has N parameters.
    fn check_own_network(&self) -> Result<(), MaskError> {
        let n = self.keep.len() as u64;
        if n > MAX_ENTRIES {
            return Err(MaskError::TooManyEntries(n));
        }
        let Some(description) = &self.metadata.network else {
            return Ok(());
        };
        let network = description
            .build()
            .map_err(|e| MaskError::metadata("network", format!("is impossible ({e})")))?;
        self.check(&network)
    }
}

/// Lower-case hexadecimal SHA-256.
fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}
