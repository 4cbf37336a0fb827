//! The results in a folder: appended line by line, so that a kill loses at most the line being written.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::{Record, Shard, SweepError};

/// A results file open for appending, and what all the folder's results files hold.
pub struct Store {
    file: File,
    /// Locked as long as it is open. The results themselves stay readable for other shards, also where a lock keeps readers out.
    _lock: File,
    path: PathBuf,
    done: BTreeMap<String, Record>,
}

impl Store {
    /// Opens or makes the folder, reads all its results, and locks this shard's file. A last line without its end, left by a
    /// kill, is cut off.
    ///
    /// # Errors
    /// [`SweepError::Busy`] if another process has the file, [`SweepError::Record`] for a line that is no result.
    pub fn open(folder: &Path, shard: Shard) -> Result<Self, SweepError> {
        fs::create_dir_all(folder).map_err(|error| SweepError::file(folder, error))?;
        let path = folder.join(shard.file_name());
        let failed = |error| SweepError::file(&path, error);
        let lock = File::create(path.with_extension("lock")).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(SweepError::Busy { path }),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let mut options = OpenOptions::new();
        let file = options.create(true).append(true).open(&path).map_err(failed)?;
        let bytes = fs::read(&path).map_err(failed)?;
        let whole = whole_lines(&bytes).len();
        if whole < bytes.len() {
            let cut = OpenOptions::new().write(true).open(&path);
            cut.and_then(|file| file.set_len(whole as u64)).map_err(failed)?;
        }
        let done = read(folder)?
            .into_iter()
            .map(|record| (record.id.clone(), record))
            .collect();
        Ok(Self {
            file,
            _lock: lock,
            path,
            done,
        })
    }

    /// Whether a job has its result, in this or another shard's file.
    pub fn has(&self, id: &str) -> bool {
        self.done.contains_key(id)
    }

    /// All results so far, by job.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.done.values()
    }

    /// Appends a result and waits until it is on the disk.
    ///
    /// # Errors
    /// [`SweepError::File`], for a full disk for instance.
    pub fn add(&mut self, record: Record) -> Result<(), SweepError> {
        let mut line = serde_json::to_vec(&record).map_err(|error| SweepError::file(&self.path, error))?;
        line.push(b'\n');
        let written = self.file.write_all(&line).and_then(|()| self.file.sync_all());
        written.map_err(|error| SweepError::file(&self.path, error))?;
        self.done.insert(record.id.clone(), record);
        Ok(())
    }
}

/// What stands before the last line's end.
fn whole_lines(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    &bytes[..end]
}

/// All results of a folder, of all its shards, each job once. A last line without its end counts as not there.
///
/// # Errors
/// [`SweepError::File`], [`SweepError::Record`].
pub fn read(folder: &Path) -> Result<Vec<Record>, SweepError> {
    let entries = fs::read_dir(folder).map_err(|error| SweepError::file(folder, error))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| SweepError::file(folder, error))?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        if name.is_some_and(|name| name.starts_with("results") && name.ends_with(".jsonl")) {
            files.push(path);
        }
    }
    files.sort();
    let mut records: BTreeMap<String, Record> = BTreeMap::new();
    for path in files {
        let bytes = fs::read(&path).map_err(|error| SweepError::file(&path, error))?;
        let lines = whole_lines(&bytes).split_inclusive(|byte| *byte == b'\n');
        for (line, text) in lines.enumerate() {
            let record: Record = serde_json::from_slice(text).map_err(|error| SweepError::Record {
                path: path.clone(),
                line: line + 1,
                reason: format!("this is no result ({error})"),
            })?;
            records.entry(record.id.clone()).or_insert(record);
        }
    }
    Ok(records.into_values().collect())
}
