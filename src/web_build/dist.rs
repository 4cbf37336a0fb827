//! Fills the folder that is served or uploaded. All addresses in it are relative, so it works below any path.

use std::path::{Path, PathBuf};

use wasm_bindgen_cli_support::Bindgen;

use super::CONTENT_SECURITY_POLICY;
use super::error::{Error, file};
use super::index::{Asset, Index};
use super::previews::{self, Site};

const START: &str = include_str!("start.js");

/// The file by which a folder is known to be one of ours, so that no other folder is ever overwritten.
const OURS: &str = "start.js";

/// Runs wasm-bindgen for browsers: `NAME.js` and `NAME_bg.wasm` in `folder`.
///
/// # Errors
/// [`Error::Bindgen`] with wasm-bindgen's own reason.
pub fn bindgen(wasm: &Path, name: &str, folder: &Path) -> Result<PathBuf, Error> {
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(wasm)
        .out_name(name)
        .omit_default_module_path(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .web(true)
        .and_then(|bindgen| bindgen.generate(folder))
        .map_err(|error| Error::Bindgen {
            path: wasm.to_owned(),
            reason: format!("{error:#}"),
        })?;
    Ok(folder.join(format!("{name}_bg.wasm")))
}

/// Copies what the document names from `root` into `folder`, and writes the document and its start script; with `site`, what
/// link previews need, too.
///
/// # Errors
/// [`Error::File`] for the first file that cannot be read or written, [`Error::Index`] for a path that leads out of
/// the project, [`Error::Catalogue`] if previews are wanted and there is no catalogue to make them from.
pub fn assemble(index: &Index, root: &Path, folder: &Path, site: Option<&Site>) -> Result<(), Error> {
    for asset in index.assets() {
        match asset {
            Asset::Rust(_) => {}
            Asset::Css { href } => {
                let from = inside(root, href)?;
                let style = std::fs::read_to_string(&from).map_err(file("read", &from))?;
                write(&folder.join(last_name(href)?), &without_comments(&style))?;
            }
            Asset::CopyFile { href } => {
                copy_file(&inside(root, href)?, &folder.join(last_name(href)?))?;
            }
            Asset::CopyDir { href } => {
                copy_dir(&inside(root, href)?, &folder.join(last_name(href)?))?;
            }
        }
    }
    let name = &index.rust().bin;
    write(&folder.join(OURS), &START.replace("NAME", name))?;
    let mut head = format!("\n    <meta http-equiv=\"Content-Security-Policy\" content=\"{CONTENT_SECURITY_POLICY}\">");
    if let Some(site) = site {
        let catalogue = previews::catalogue(root)?;
        head.push_str(&previews::head(site, &catalogue));
        previews::write(site, &catalogue, folder)?;
    }
    let html = index.render(&head, |asset| match asset {
        Asset::Rust(rust) => format!(
            "<link rel=\"modulepreload\" href=\"./{0}.js\">\n    \
             <link rel=\"preload\" href=\"./{0}_bg.wasm\" as=\"fetch\" type=\"application/wasm\" crossorigin>\n    \
             <script type=\"module\" src=\"./{OURS}\"></script>",
            rust.bin
        ),
        Asset::Css { href } => {
            let name = href.rsplit('/').next().unwrap_or(href);
            format!("<link rel=\"stylesheet\" href=\"./{name}\">")
        }
        Asset::CopyDir { .. } | Asset::CopyFile { .. } => String::new(),
    });
    write(&folder.join("index.html"), &html)
}

/// Puts the finished folder `from` in the place of `to`.
///
/// # Errors
/// [`Error::Occupied`] when `to` holds something that this tool did not write; [`Error::File`] when it cannot be moved.
pub fn replace(from: &Path, to: &Path) -> Result<(), Error> {
    if to.exists() {
        let empty = std::fs::read_dir(to).map_err(file("list", to))?.next().is_none();
        if !empty && !to.join(OURS).exists() {
            return Err(Error::Occupied(to.to_owned()));
        }
        std::fs::remove_dir_all(to).map_err(file("clear", to))?;
    }
    // A rename is at once, but cannot cross file systems; copying can.
    if std::fs::rename(from, to).is_err() {
        copy_dir(from, to)?;
        std::fs::remove_dir_all(from).map_err(file("clear", from))?;
    }
    Ok(())
}

/// `href` below `root`; a path that leaves it is refused.
fn inside(root: &Path, href: &str) -> Result<PathBuf, Error> {
    let plain = Path::new(href)
        .components()
        .all(|part| matches!(part, std::path::Component::Normal(_)));
    if plain && !href.is_empty() {
        Ok(root.join(href))
    } else {
        Err(Error::Index(format!(
            "href=\"{href}\" is not a path inside the project"
        )))
    }
}

fn last_name(href: &str) -> Result<&str, Error> {
    Path::new(href)
        .file_name()
        .and_then(|name| name.to_str())
        .ok_or_else(|| Error::Index(format!("href=\"{href}\" names no file")))
}

/// A style sheet without its indentation and the comments that begin a line, for people.
fn without_comments(style: &str) -> String {
    let mut plain = String::new();
    let mut in_comment = false;
    for line in style.lines().map(str::trim) {
        in_comment |= line.starts_with("/*");
        if in_comment {
            in_comment = !line.ends_with("*/");
        } else if !line.is_empty() {
            plain.extend([line, "\n"]);
        }
    }
    plain
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    std::fs::write(path, text).map_err(file("write", path))
}

fn copy_file(from: &Path, to: &Path) -> Result<(), Error> {
    std::fs::copy(from, to).map(|_| ()).map_err(file("copy", from))
}

fn copy_dir(from: &Path, to: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(to).map_err(file("create the folder", to))?;
    for entry in std::fs::read_dir(from).map_err(file("list", from))? {
        let entry = entry.map_err(file("list", from))?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_dir(&entry.path(), &target)?;
        } else {
            copy_file(&entry.path(), &target)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HTML: &str = "<head><meta charset=\"utf-8\">\
        <link data-trunk rel=\"rust\" data-bin=\"page\">\
        <link data-trunk rel=\"css\" href=\"s/a.css\">\
        <link data-trunk rel=\"copy-dir\" href=\"s\"></head>";

    #[test]
    fn the_folder_has_what_the_document_names() {
        let root = tempfile::tempdir().expect("a folder");
        std::fs::create_dir_all(root.path().join("s/deep")).expect("created");
        std::fs::write(root.path().join("s/a.css"), "a").expect("written");
        std::fs::write(root.path().join("s/deep/b.txt"), "b").expect("written");
        let out = root.path().join("out");
        std::fs::create_dir(&out).expect("created");
        let index = Index::parse(HTML).expect("valid");
        assemble(&index, root.path(), &out, None).expect("assembled");
        for name in ["a.css", "s/a.css", "s/deep/b.txt", "start.js"] {
            assert!(out.join(name).exists(), "{name}");
        }
        let html = std::fs::read_to_string(out.join("index.html")).expect("read");
        assert!(html.contains("src=\"./start.js\"") && html.contains("href=\"./a.css\""));
        assert!(html.contains("wasm-unsafe-eval") && !html.contains("data-trunk"));
        let start = std::fs::read_to_string(out.join("start.js")).expect("read");
        assert!(start.contains("./page_bg.wasm") && !start.contains("NAME"));
    }

    #[test]
    fn a_style_sheet_has_no_comments() {
        let style = "/* One. */\n\na {\n  /* Two,\n     on lines. */\n  color: red; /* of a rule */\n}\n/*\nThree.\n*/\nb { c: d }\n";
        assert_eq!(
            without_comments(style),
            "a {\ncolor: red; /* of a rule */\n}\nb { c: d }\n"
        );
    }

    #[test]
    fn a_strange_folder_is_not_replaced() {
        let root = tempfile::tempdir().expect("a folder");
        let (from, to) = (root.path().join("from"), root.path().join("to"));
        std::fs::create_dir(&from).expect("created");
        std::fs::create_dir(&to).expect("created");
        std::fs::write(to.join("letter.txt"), "keep me").expect("written");
        replace(&from, &to).expect_err("refused");
        assert!(to.join("letter.txt").exists());
        std::fs::write(to.join(OURS), "").expect("written");
        replace(&from, &to).expect("replaced");
        assert!(!to.join("letter.txt").exists());
    }

    #[test]
    fn paths_stay_inside_the_project() {
        for href in ["", "../a", "/etc/passwd", "a/../../b"] {
            inside(Path::new("root"), href).expect_err(href);
        }
    }
}
