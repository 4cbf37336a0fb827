//! The host side of `./oes-web`: compiles the page, runs wasm-bindgen on it as a library (so its version cannot
//! differ from the crate's), fills the folder `dist/` and serves it.

pub mod args;
pub mod cargo;
pub mod dist;
pub mod error;
pub mod index;
pub mod offline;
pub mod previews;
pub mod serve;
pub mod tags;
pub mod wasm_opt;

/// The content security policy of the page. WebAssembly and our own files may run, and nothing inline; pictures and
/// downloads live in `blob:` addresses. Style attributes are allowed since they cannot run anything.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; \
    script-src 'self' 'wasm-unsafe-eval'; \
    worker-src 'self' blob:; \
    connect-src 'self' blob: data: https: http://localhost:* http://127.0.0.1:*; \
    img-src 'self' blob: data:; \
    font-src 'self'; \
    manifest-src 'self'; \
    style-src 'self'; \
    style-src-attr 'unsafe-inline'; \
    base-uri 'none'; \
    form-action 'none'";

/// Any page may show this one in an iframe (`?embed=1`). A policy in the document cannot say so: a header must.
pub const FRAMING_POLICY: &str = "frame-ancestors *";
