//! What can be wrong with a mask or a mask file, each as one sentence for a person.

use crate::numbers::thousands;

/// Why a mask cannot be read, written, made or used.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum MaskError {
    #[error("the file is empty; download or export the mask again")]
    Empty,
    #[error("the file looks like {0}, not like a mask; choose a .safetensors, .npy or .pkl file")]
    LooksLike(&'static str),
    #[error(
        "{0} is not a mask of a known format (safetensors, .npy, or the authors' .pkl); export it as a one-dimensional uint8 .npy file"
    )]
    Unknown(String),
    #[error("the file breaks off: it has {found} bytes and needs {needed}; download or export it again")]
    Truncated { needed: u64, found: u64 },
    #[error(
        "the file goes on after its mask (extra bytes: {extra}), so it is damaged or something else; export it again"
    )]
    Trailing { extra: u64 },
    #[error(
        "the file claims {0} entries, more than the {max} that a mask may have; check that it is a mask",
        max = super::MAX_ENTRIES
    )]
    TooManyEntries(u64),
    #[error("the file claims a header of {bytes} bytes, more than the {limit} allowed; export it again")]
    HeaderTooLong { bytes: u64, limit: u64 },
    #[error("the safetensors header is unreadable ({0}); export the file again")]
    Header(String),
    #[error("a mask file holds exactly one tensor, this one holds {0}; save the mask alone")]
    TensorCount(usize),
    #[error("the tensor cannot be a mask: {0}; save one U8 or BOOL tensor with one entry a parameter")]
    Tensor(String),
    #[error("the .npy file cannot be a mask: {0}; save a one-dimensional bool or uint8 array")]
    Npy(String),
    #[error(
        "the pickle uses opcode {name} (0x{code:02x}) at byte {offset}, which no mask needs, so it was refused unread; export the mask as .npy"
    )]
    PickleOpcode {
        name: &'static str,
        code: u8,
        offset: usize,
    },
    #[error(
        "the pickle asks for {name} at byte {offset}, which no mask needs, so it was refused unexecuted; do not open this file elsewhere if you do not trust it"
    )]
    PickleGlobal { name: String, offset: usize },
    #[error("the pickle is not one of the authors' masks: {problem} at byte {offset}; export the mask as .npy")]
    Pickle { problem: String, offset: usize },
    #[error("entry {index} is {value}, but a mask holds only 0 and 1; threshold it first")]
    NotBinary { index: usize, value: u8 },
    #[error("the mask file's metadata is wrong: `{key}` {problem}; export the file again")]
    Metadata { key: String, problem: String },
    #[error("the mask does not match its SHA-256 sum, so the file is damaged; download it again")]
    Checksum,
    #[error("the unused bits after the last entry are not 0, so the file is damaged; export it again")]
    Padding,
    #[error("the file says that it keeps {stated} entries but keeps {found}; export it again")]
    Kept { stated: u64, found: u64 },
    #[error(
        "the mask has {} entries but the network {} parameters; set the levels and channels that the mask was made for",
        thousands(*mask as u64),
        thousands(*network as u64)
    )]
    Length { mask: usize, network: usize },
    #[error("logit {0} is not a number, so the learning has diverged; lower the learning rate")]
    NanLogit(usize),
    #[error("the score of weight {0} is not a number; check the parameters and pictures that were supplied")]
    NanScore(usize),
    #[error("{count} of {n} entries cannot be kept; keep between 0 and all")]
    Count { count: usize, n: usize },
    #[error("a dead mask cannot be redrawn: {0}")]
    Dead(String),
    #[error(transparent)]
    Recipe(#[from] super::RecipeError),
}

impl MaskError {
    pub(super) fn metadata(key: &str, problem: impl Into<String>) -> Self {
        Self::Metadata {
            key: key.to_owned(),
            problem: problem.into(),
        }
    }
}

/// Text from a file, made fit to print: at most 60 characters, nothing but printable ASCII.
pub(super) fn printable(text: &[u8]) -> String {
    const LIMIT: usize = 60;
    let mut shown = text[..text.len().min(LIMIT)].escape_ascii().to_string();
    if text.len() > LIMIT {
        shown.push_str("...");
    }
    shown
}
