//! Runs cargo for the page's wasm module and tells what it is doing without printing a line per crate.

use std::io::{BufRead, BufReader, IsTerminal, Read};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use web_time::Instant;

use super::error::Error;
use super::index::RustBinary;

/// How often a long compilation says where it is.
const REPORT_EVERY: Duration = Duration::from_secs(10);

/// Compiles the page for wasm32 and returns the module's path.
///
/// # Errors
/// [`Error::Start`] when cargo cannot be started, [`Error::Cargo`] when it fails or leaves no module.
pub fn build(rust: &RustBinary) -> Result<PathBuf, Error> {
    let mut command = Command::new("cargo");
    command.args(["build", "--locked", "--target", "wasm32-unknown-unknown"]);
    command.args(["--profile", &rust.profile, "--bin", &rust.bin]);
    if !rust.default_features {
        command.arg("--no-default-features");
    }
    if let Some(features) = &rust.features {
        command.args(["--features", features]);
    }
    // The messages as JSON on stdout name the module, wherever the target folder is; the rest comes on stderr.
    command.arg("--message-format=json-render-diagnostics");
    if std::io::stderr().is_terminal() {
        command.arg("--color=always");
    }
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|source| Error::Start {
            program: "cargo".to_owned(),
            source,
        })?;
    let stderr = child.stderr.take();
    let stdout = child.stdout.take();
    let module = std::thread::scope(|scope| {
        scope.spawn(|| stderr.map(report_progress));
        stdout.and_then(|out| find_module(out, &rust.bin))
    });
    let status = child.wait().map_err(|source| Error::Start {
        program: "cargo".to_owned(),
        source,
    })?;
    match module {
        Some(module) if status.success() => Ok(module),
        _ => Err(Error::Cargo(status)),
    }
}

/// The `.wasm` file of the binary among cargo's JSON messages.
fn find_module(messages: impl Read, bin: &str) -> Option<PathBuf> {
    let mut module = None;
    for line in BufReader::new(messages).lines().map_while(Result::ok) {
        let Ok(message) = serde_json::from_str::<serde_json::Value>(&line) else {
            continue;
        };
        if message["reason"] != "compiler-artifact" || message["target"]["name"] != bin {
            continue;
        }
        let files = message["filenames"].as_array().into_iter().flatten();
        module = files
            .filter_map(|file| file.as_str())
            .find(|file| file.ends_with(".wasm"))
            .map(PathBuf::from)
            .or(module);
    }
    module
}

/// Passes warnings and errors on, and counts the status lines (`Compiling ...`) instead of printing them.
fn report_progress(lines: impl Read) {
    let mut compiled = 0;
    let mut last = Instant::now();
    for line in BufReader::new(lines).lines().map_while(Result::ok) {
        match status_word(&line) {
            Some("Compiling") => compiled += 1,
            Some("Finished" | "Fresh" | "Locking" | "Downloaded" | "Downloading" | "Updating") => {}
            _ => {
                eprintln!("{line}");
                continue;
            }
        }
        if last.elapsed() >= REPORT_EVERY {
            eprintln!("  ... {compiled} crates so far");
            last = Instant::now();
        }
    }
}

/// The word in front of a status line: cargo sets it flush right in twelve columns.
fn status_word(line: &str) -> Option<&str> {
    let plain = line.strip_prefix("\u{1b}[1m").unwrap_or(line);
    let plain = plain.strip_prefix("\u{1b}[92m").unwrap_or(plain);
    let plain = plain.strip_prefix("\u{1b}[32m").unwrap_or(plain);
    if !plain.starts_with(' ') {
        return None;
    }
    plain
        .trim_start()
        .split(|c: char| !c.is_ascii_alphabetic())
        .next()
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_module_is_taken_from_the_right_artifact() {
        let messages = r#"
{"reason":"compiler-artifact","target":{"name":"other"},"filenames":["/t/other.wasm"]}
not json
{"reason":"compiler-artifact","target":{"name":"page"},"filenames":["/t/page.js","/t/page.wasm"]}
{"reason":"build-finished","success":true}
"#;
        let found = find_module(messages.as_bytes(), "page");
        assert_eq!(found, Some(PathBuf::from("/t/page.wasm")));
        assert_eq!(find_module("".as_bytes(), "page"), None);
    }

    #[test]
    fn status_lines_are_told_from_messages() {
        assert_eq!(status_word("   Compiling libc v0.2.1"), Some("Compiling"));
        assert_eq!(
            status_word("\u{1b}[1m\u{1b}[92m   Compiling\u{1b}[0m libc"),
            Some("Compiling")
        );
        assert_eq!(status_word("error: no"), None);
    }
}
