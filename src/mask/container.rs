//! The safetensors container with one tensor: an 8-byte header length, a JSON header, the tensor's bytes.
//!
//! Written here rather than by the safetensors crate because that writes the metadata in random order, and a mask's
//! file must repeat byte for byte. Read here because one tensor needs few lines, and each fault gets its own sentence.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::MaskError;

/// The longest header that is read. A mask's own is about 1 kB.
const MAX_HEADER: u64 = 1 << 20;
/// Bytes of the header's length.
const PREFIX: usize = 8;

#[derive(Serialize, Deserialize)]
struct Header {
    #[serde(rename = "__metadata__", default)]
    metadata: BTreeMap<String, String>,
    #[serde(flatten)]
    tensors: BTreeMap<String, Tensor>,
}

#[derive(Serialize, Deserialize)]
struct Tensor {
    data_offsets: [u64; 2],
    dtype: String,
    shape: Vec<u64>,
}

/// A file's content, borrowed from its bytes.
pub(super) struct Container<'a> {
    pub metadata: BTreeMap<String, String>,
    pub name: String,
    /// `U8` or `BOOL`, both one byte an element.
    pub dtype: String,
    pub shape: Vec<u64>,
    pub data: &'a [u8],
}

/// The header length that the first bytes claim, if they can start a safetensors file.
pub(super) fn claimed_header(bytes: &[u8]) -> Option<u64> {
    let (prefix, rest) = bytes.split_first_chunk::<PREFIX>()?;
    (rest.first() == Some(&b'{')).then(|| u64::from_le_bytes(*prefix))
}

/// Reads a file that holds one tensor of bytes.
///
/// # Errors
/// One sentence for each way in which the file is not such a file.
pub(super) fn read(bytes: &[u8]) -> Result<Container<'_>, MaskError> {
    let found = bytes.len() as u64;
    let Some((prefix, rest)) = bytes.split_first_chunk::<PREFIX>() else {
        let needed = PREFIX as u64;
        return Err(MaskError::Truncated { needed, found });
    };
    let header_len = u64::from_le_bytes(*prefix);
    if header_len > MAX_HEADER {
        let (bytes, limit) = (header_len, MAX_HEADER);
        return Err(MaskError::HeaderTooLong { bytes, limit });
    }
    let Some((header, data)) = rest.split_at_checked(header_len as usize) else {
        let needed = header_len + PREFIX as u64;
        return Err(MaskError::Truncated { needed, found });
    };
    let header: Header = serde_json::from_slice(header).map_err(|e| MaskError::Header(e.to_string()))?;
    let count = header.tensors.len();
    let mut tensors = header.tensors.into_iter();
    let (Some((name, tensor)), None) = (tensors.next(), tensors.next()) else {
        return Err(MaskError::TensorCount(count));
    };
    tensor.check(data)?;
    Ok(Container {
        metadata: header.metadata,
        name,
        dtype: tensor.dtype,
        shape: tensor.shape,
        data,
    })
}

/// Writes one U8 tensor with sorted metadata: equal input gives equal bytes.
///
/// # Errors
/// [`MaskError::HeaderTooLong`] if the metadata would not be read again.
pub(super) fn write(name: &str, data: &[u8], metadata: BTreeMap<String, String>) -> Result<Vec<u8>, MaskError> {
    let tensor = Tensor {
        data_offsets: [0, data.len() as u64],
        dtype: "U8".to_owned(),
        shape: vec![data.len() as u64],
    };
    let mut tensors = BTreeMap::new();
    tensors.insert(name.to_owned(), tensor);
    let header = Header { metadata, tensors };
    let mut json = serde_json::to_vec(&header).map_err(|e| MaskError::Header(e.to_string()))?;
    // The format pads with spaces so that the tensor starts at a multiple of 8.
    json.resize(json.len().next_multiple_of(8), b' ');
    if json.len() as u64 > MAX_HEADER {
        let (bytes, limit) = (json.len() as u64, MAX_HEADER);
        return Err(MaskError::HeaderTooLong { bytes, limit });
    }
    let mut file = (json.len() as u64).to_le_bytes().to_vec();
    file.extend(json);
    file.extend(data);
    Ok(file)
}

impl Tensor {
    /// Whether the description is that of `data`, all of it, one byte an element.
    fn check(&self, data: &[u8]) -> Result<(), MaskError> {
        let bad = |problem: String| Err(MaskError::Tensor(problem));
        if self.dtype != "U8" && self.dtype != "BOOL" {
            let dtype = super::error::printable(self.dtype.as_bytes());
            return bad(format!("its type is {dtype}"));
        }
        let product = |a: u64, b: &u64| a.checked_mul(*b);
        let elements = self.shape.iter().try_fold(1, product);
        let [start, end] = self.data_offsets;
        if start != 0 || elements != Some(end) {
            return bad("its shape and its place in the file do not agree".to_owned());
        }
        let (needed, found) = (end, data.len() as u64);
        match needed.cmp(&found) {
            std::cmp::Ordering::Greater => Err(MaskError::Truncated { needed, found }),
            std::cmp::Ordering::Less => Err(MaskError::Trailing { extra: found - needed }),
            std::cmp::Ordering::Equal => Ok(()),
        }
    }
}
