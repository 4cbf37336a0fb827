//! What can be wrong with a plan or with results. Each message is the sentence a person gets.

use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    #[error("{path} is no plan: {reason}", path = path.display())]
    Plan { path: PathBuf, reason: String },
    #[error(
        "there is no method {0}; the methods are dense, dense-jitter, sgld, skip, deep-decoder, deep-decoder-4, oes and oes-paper \
         (these two also as oes-layer, oes-shuffle-weights, oes-shuffle-channels, oes-shuffle-budgets and oes-on:PICTURE), random, magnitude, snip, grasp and synflow (these five also as random-layer and so on), imp, mask:FILE, ensemble:FILE, \
         shuffle-weights:FILE, shuffle-channels:FILE, shuffle-budgets:FILE, recipe:FILE (FILE may be a preset's name)"
    )]
    Method(String),
    #[error("{0} is no shard: give I/N with I from 1 to N, such as 2/8")]
    Shard(String),
    #[error("{path}, line {line}: {reason}", path = path.display())]
    Record { path: PathBuf, line: usize, reason: String },
    #[error("{path} cannot be used: {reason}", path = path.display())]
    File { path: PathBuf, reason: String },
    #[error("another sweep writes to {path}: wait for it, or give each process its own --shard", path = path.display())]
    Busy { path: PathBuf },
    #[error("{path} holds no results: run `oes sweep` first", path = path.display())]
    Empty { path: PathBuf },
    #[error("the plot {path} could not be drawn: {reason}", path = path.display())]
    Plot { path: PathBuf, reason: String },
}

impl SweepError {
    pub(crate) fn file(path: impl Into<PathBuf>, reason: impl ToString) -> Self {
        Self::File {
            path: path.into(),
            reason: reason.to_string(),
        }
    }
}
