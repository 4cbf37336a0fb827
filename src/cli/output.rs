//! Output files: checked before the work, written whole or not at all.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::error::CliError;

/// Prints a line. A reader that has gone, such as `head`, is no error: it has read what it wanted.
pub fn say(line: fmt::Arguments<'_>) {
    say_all(format_args!("{line}\n"));
}

/// As [`say`], of a text that ends with its own line break.
pub fn say_all(text: fmt::Arguments<'_>) {
    let _ = io::stdout().write_fmt(text);
}

/// Checks that each path can be written, that no two are the same, and that none is one of the inputs.
///
/// # Errors
/// [`CliError::Output`] or [`CliError::Arguments`].
pub fn check(outputs: &[&Path], inputs: &[&Path]) -> Result<(), CliError> {
    let inputs: Vec<PathBuf> = inputs.iter().filter_map(|path| fs::canonicalize(path).ok()).collect();
    let mut seen: Vec<PathBuf> = Vec::new();
    for path in outputs {
        let place = try_out(path)?;
        if seen.contains(&place) {
            return Err(CliError::Arguments(format!(
                "two outputs would go to {}",
                path.display()
            )));
        }
        if inputs.contains(&place) {
            return Err(CliError::Arguments(format!(
                "{} is an input and would be overwritten",
                path.display()
            )));
        }
        seen.push(place);
    }
    Ok(())
}

/// Whether the path can be written; returns where it really is.
fn try_out(path: &Path) -> Result<PathBuf, CliError> {
    let refuse = |reason: String| CliError::Output {
        path: path.into(),
        reason,
    };
    let place = resolve(path).map_err(|error| refuse(error.to_string()))?;
    match fs::metadata(&place) {
        Ok(found) if found.is_dir() => return Err(refuse("it is a folder".into())),
        // A device or a pipe: it is opened when there is something to write.
        Ok(found) if !found.is_file() => return Ok(place),
        _ => {}
    }
    let trial = temporary(&place);
    File::create(&trial).map_err(|error| refuse(error.to_string()))?;
    fs::remove_file(&trial).map_err(|error| refuse(error.to_string()))?;
    Ok(place)
}

/// The real place of a path: links followed, the parent folder existing.
fn resolve(path: &Path) -> io::Result<PathBuf> {
    if let Ok(place) = fs::canonicalize(path) {
        return Ok(place);
    }
    let name = path.file_name().ok_or_else(|| io::Error::other("it names no file"))?;
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    Ok(fs::canonicalize(parent)?.join(name))
}

/// A name beside the file that no other process uses.
fn temporary(place: &Path) -> PathBuf {
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    place.with_file_name(format!(".{name}.{}.tmp", std::process::id()))
}

/// Writes a file whole or not at all: a temporary file beside it takes its place.
///
/// # Errors
/// [`CliError::Write`].
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    replace(path, bytes, None).map_err(|error| CliError::Write {
        path: path.into(),
        reason: error.to_string(),
    })
}

/// As [`write`], and what was there before stays as `previous`.
///
/// # Errors
/// [`CliError::Write`].
pub fn write_generation(path: &Path, previous: &Path, bytes: &[u8]) -> Result<(), CliError> {
    replace(path, bytes, Some(previous)).map_err(|error| CliError::Write {
        path: path.into(),
        reason: error.to_string(),
    })
}

fn replace(path: &Path, bytes: &[u8], previous: Option<&Path>) -> io::Result<()> {
    let place = resolve(path)?;
    if fs::metadata(&place).is_ok_and(|found| !found.is_file()) {
        return OpenOptions::new().write(true).open(&place)?.write_all(bytes);
    }
    let trial = temporary(&place);
    let written = (|| {
        let mut file = File::create(&trial)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        if let Some(previous) = previous
            && place.exists()
        {
            fs::rename(&place, previous)?;
        }
        fs::rename(&trial, &place)
    })();
    if written.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&trial);
    }
    written
}
