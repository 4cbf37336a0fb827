//! What can go wrong while the page is built or served, one sentence each.

use std::path::PathBuf;

/// A failure of the host tool. Its text is the whole message a person sees.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0}; `oes-web --help` lists what it takes")]
    Usage(String),

    #[error("{}: cannot {what}: {source}", path.display())]
    File {
        what: &'static str,
        path: PathBuf,
        source: std::io::Error,
    },

    #[error(transparent)]
    Catalogue(#[from] optimal_eye_surgeon::catalogue::CatalogueError),

    #[error("index.html: {0}")]
    Index(String),

    #[error("cannot start `{program}`: {source}; is it installed and on the PATH?")]
    Start { program: String, source: std::io::Error },

    #[error("the page did not compile: cargo ended with {0}, its messages are above")]
    Cargo(std::process::ExitStatus),

    #[error("{program} failed with {status}: {}", output.trim())]
    Tool {
        program: &'static str,
        status: std::process::ExitStatus,
        output: String,
    },

    #[error("wasm-bindgen could not process {}: {reason}", path.display())]
    Bindgen { path: PathBuf, reason: String },

    #[error("{} does not exist; build the page first, without --no-build", .0.display())]
    NotBuilt(PathBuf),

    #[error("{} holds something else than a built page, and stays as it is; give another --dist", .0.display())]
    Occupied(PathBuf),

    #[error("no free port on 127.0.0.1 from {first} to {last}: {reason}")]
    Port { first: u16, last: u16, reason: String },
}

/// Adds the path and what was being done to an input or output error.
pub fn file(what: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.into();
    move |source| Error::File { what, path, source }
}
