//! Reads `index.html`, which follows Trunk's conventions: every `<link data-trunk rel="...">` names one thing that
//! the build makes or copies. `oes-web` and `trunk build` thus work from the same file.

use super::error::Error;
use super::tags::{self, Tag};

/// One `<link data-trunk>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asset {
    Rust(RustBinary),
    /// A style sheet, copied to the top of the folder and linked.
    Css {
        href: String,
    },
    /// A folder, copied under its last name.
    CopyDir {
        href: String,
    },
    /// A file, copied to the top of the folder.
    CopyFile {
        href: String,
    },
}

/// How cargo builds the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RustBinary {
    pub bin: String,
    pub features: Option<String>,
    pub default_features: bool,
    pub profile: String,
    /// The level of wasm-opt in a release build, as in `-Oz`.
    pub wasm_opt: String,
}

/// A stretch of the document: text that is kept, or an asset that is replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Asset(Asset),
}

/// The parsed document.
#[derive(Debug, Clone)]
pub struct Index {
    /// Byte position in the first piece, right behind `<meta charset>`.
    after_charset: usize,
    pieces: Vec<Piece>,
    rust: RustBinary,
}

impl Index {
    /// Splits the document at its `<link data-trunk>` tags.
    ///
    /// # Errors
    /// [`Error::Index`] when a link is one that this tool does not know, when it lacks an attribute, or when the
    /// document does not have exactly one `rel="rust"` link and, in front of all links, a `<meta charset>`.
    pub fn parse(html: &str) -> Result<Self, Error> {
        let mut pieces = Vec::new();
        let mut rust = Vec::new();
        let mut kept = 0;
        let mut after_charset = None;
        for tag in tags::scan(html) {
            if !tag.has("data-trunk") {
                if tag.has("charset") && pieces.is_empty() {
                    after_charset = Some(tag.end);
                }
                continue;
            }
            let asset = asset(&tag)?;
            if let Asset::Rust(binary) = &asset {
                rust.push(binary.clone());
            }
            pieces.push(Piece::Text(html[kept..tag.start].to_owned()));
            pieces.push(Piece::Asset(asset));
            kept = tag.end;
        }
        pieces.push(Piece::Text(html[kept..].to_owned()));
        let after_charset = after_charset
            .ok_or_else(|| Error::Index("it needs a <meta charset> in front of its <link data-trunk>".to_owned()))?;
        match <[RustBinary; 1]>::try_from(rust) {
            Ok([rust]) => Ok(Self {
                after_charset,
                pieces,
                rust,
            }),
            Err(found) => Err(Error::Index(format!(
                "it needs exactly one <link data-trunk rel=\"rust\">, and has {}",
                found.len()
            ))),
        }
    }

    /// The binary that is the page.
    pub fn rust(&self) -> &RustBinary {
        &self.rust
    }

    /// Everything the document asks for, in its order.
    pub fn assets(&self) -> impl Iterator<Item = &Asset> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Asset(asset) => Some(asset),
            Piece::Text(_) => None,
        })
    }

    /// The document with `output` in place of each asset, and `head` right behind `<meta charset>`: a content security
    /// policy holds only for what follows it. `head` is inserted as it is.
    pub fn render(&self, head: &str, mut output: impl FnMut(&Asset) -> String) -> String {
        let mut html = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => html.push_str(text),
                Piece::Asset(asset) => html.push_str(&output(asset)),
            }
        }
        html.insert_str(self.after_charset, head);
        html
    }
}

fn asset(tag: &Tag) -> Result<Asset, Error> {
    let need = |name: &str| {
        tag.value(name)
            .map(str::to_owned)
            .ok_or_else(|| Error::Index(format!("<{} data-trunk> without the attribute {name}", tag.name)))
    };
    if tag.name != "link" {
        return Err(Error::Index(format!(
            "<{} data-trunk> is not supported by oes-web",
            tag.name
        )));
    }
    match need("rel")?.as_str() {
        "rust" => Ok(Asset::Rust(RustBinary {
            bin: need("data-bin")?,
            features: tag.value("data-cargo-features").map(str::to_owned),
            default_features: !tag.has("data-cargo-no-default-features"),
            profile: tag.value("data-cargo-profile").unwrap_or("release").to_owned(),
            wasm_opt: tag.value("data-wasm-opt").unwrap_or("z").to_owned(),
        })),
        "css" => Ok(Asset::Css { href: need("href")? }),
        "copy-dir" => Ok(Asset::CopyDir { href: need("href")? }),
        "copy-file" => Ok(Asset::CopyFile { href: need("href")? }),
        other => Err(Error::Index(format!(
            "<link data-trunk rel=\"{other}\"> is not supported by oes-web"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUST: &str = r#"<link data-trunk rel="rust" data-bin="page" data-cargo-no-default-features>"#;
    const CHARSET: &str = r#"<meta charset="utf-8">"#;

    #[test]
    fn assets_are_found_and_replaced() {
        let html =
            format!("<head>{CHARSET}<title>a</title>{RUST}<link rel=\"css\" data-trunk href='s/a.css' /></head>");
        let index = Index::parse(&html).expect("valid");
        assert_eq!(index.rust().bin, "page");
        assert!(!index.rust().default_features);
        assert_eq!(index.assets().count(), 2);
        let out = index.render("[head]", |asset| match asset {
            Asset::Rust(_) => "[rust]".to_owned(),
            Asset::Css { href } => format!("[{href}]"),
            other => panic!("{other:?} is not in the document"),
        });
        assert_eq!(
            out,
            format!("<head>{CHARSET}[head]<title>a</title>[rust][s/a.css]</head>")
        );
    }

    #[test]
    fn what_it_cannot_do_is_refused() {
        for (html, part) in [
            (CHARSET.to_owned(), "and has 0"),
            (format!("{CHARSET}{RUST}{RUST}"), "and has 2"),
            (format!("{RUST}{CHARSET}"), "needs a <meta charset>"),
            ("<link data-trunk rel=\"sass\" href=a>".to_owned(), "rel=\"sass\""),
            ("<link data-trunk rel=\"css\">".to_owned(), "attribute href"),
            ("<script data-trunk src=a></script>".to_owned(), "<script data-trunk>"),
        ] {
            let message = Index::parse(&html).expect_err(&html).to_string();
            assert!(message.contains(part), "{html}: {message}");
        }
    }
}
