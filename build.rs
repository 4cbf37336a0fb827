//! Embeds the preset masks: lists the files in static/masks, so that the binary carries whichever are there. And the
//! shaders, each with what it includes and without what only people read: the page is smaller for it.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let masks = root.join("static/masks");
    // A folder that is not there yet would count as changed in every build.
    let watched = if masks.is_dir() { "static/masks" } else { "static" };
    println!("cargo::rerun-if-changed={watched}");
    println!("cargo::rerun-if-changed=build.rs");
    let list = list(&masks)?;
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(out.join("masks.rs"), list)?;
    println!("cargo::rerun-if-changed=shaders");
    let plain = out.join("shaders");
    fs::create_dir_all(&plain)?;
    let shaders = root.join("shaders");
    for entry in fs::read_dir(&shaders)? {
        let path = entry?.path();
        if let Some(name) = path.file_name().filter(|_| path.is_file()) {
            let source = with_includes(&fs::read_to_string(&path)?, &shaders.join("include"))?;
            fs::write(plain.join(name), without_comments(&source))?;
        }
    }
    Ok(())
}

/// Puts in place of each line `//# include NAME` what the folder's NAME.wgsl holds.
fn with_includes(source: &str, folder: &Path) -> io::Result<String> {
    let mut text = String::new();
    for line in source.lines() {
        match line.strip_prefix("//# include ") {
            Some(name) => text += &fs::read_to_string(folder.join(format!("{name}.wgsl")))?,
            None => text.extend([line, "\n"]),
        }
    }
    Ok(text)
}

/// Empties the lines that are comments, so that a compiler's line numbers stay right, and drops indentation. `//#` is a directive.
fn without_comments(source: &str) -> String {
    let is_comment = |line: &str| line.starts_with("//") && !line.starts_with("//#");
    let lines = source.lines().map(str::trim_start);
    let lines = lines.map(|line| if is_comment(line) { "" } else { line });
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// A Rust expression: `&[(path relative to static/, bytes)]`.
fn list(masks: &Path) -> io::Result<String> {
    let mut files = Vec::new();
    if masks.is_dir() {
        for entry in fs::read_dir(masks)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "safetensors") {
                files.push(path);
            }
        }
    }
    files.sort();
    let mut text = String::from("&[");
    for path in &files {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let path = path.to_string_lossy();
        // Writing into a String cannot fail.
        let _ = write!(text, "({:?}, include_bytes!({path:?})),", format!("masks/{name}"));
    }
    text.push(']');
    Ok(text)
}
