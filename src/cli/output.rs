//! Output files: checked before the work, written whole or not at all.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, RandomState};
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
    Temporary::beside(&place).map_err(|error| refuse(error.to_string()))?;
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

/// A new file beside `place`, which is taken away again unless it takes its place.
struct Temporary {
    file: File,
    path: PathBuf,
}

impl Temporary {
    /// Names to try before one gives up: a second one is hardly ever needed.
    const TRIES: u32 = 16;

    fn beside(place: &Path) -> io::Result<Self> {
        let name = place.file_name().unwrap_or_default().to_string_lossy();
        let mut tries = 0;
        loop {
            // Not the process's number: in containers that share a folder these are often equal.
            let suffix = RandomState::new().hash_one(tries);
            let path = place.with_file_name(format!(".{name}.{suffix:016x}.tmp"));
            match File::create_new(&path) {
                Ok(file) => return Ok(Self { file, path }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && tries < Self::TRIES => tries += 1,
                Err(error) => return Err(error),
            }
        }
    }

    /// Puts `bytes` into `place`; what was there stays as `previous`, if that is given.
    fn replace(mut self, place: &Path, bytes: &[u8], previous: Option<&Path>) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.file.sync_all()?;
        if let Some(previous) = previous
            && place.exists()
        {
            fs::rename(place, previous)?;
        }
        fs::rename(&self.path, place)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // It is not there any more if it has taken its place; else the first error is the one to tell.
        let _ = fs::remove_file(&self.path);
    }
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
    Temporary::beside(&place)?.replace(&place, bytes, previous)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As by processes with the same number: each write is whole, none fails, and nothing else is left behind.
    #[test]
    fn many_may_write_the_same_file_at_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        let write_often = |byte: u8| {
            for _ in 0..20 {
                check(&[&path], &[]).expect("it can be written");
                write(&path, &[byte; 1000]).expect("written");
            }
        };
        std::thread::scope(|scope| {
            (0..8).for_each(|byte| drop(scope.spawn(move || write_often(byte))));
        });
        let left: Vec<_> = fs::read_dir(folder.path()).expect("a folder").collect();
        assert_eq!(left.len(), 1, "{left:?}");
        let bytes = fs::read(&path).expect("a file");
        assert_eq!(bytes, [bytes[0]; 1000]);
    }

    #[test]
    fn a_write_that_fails_leaves_nothing_behind() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        write(&path, b"old").expect("written");
        let nowhere = folder.path().join("nowhere").join("previous");
        write_generation(&path, &nowhere, b"new").expect_err("no such folder");
        assert_eq!(fs::read(&path).expect("a file"), b"old");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }
}
