//! Tables and plots of the records of any number of sweeps.

mod group;
mod plots;
mod tables;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::{Record, SweepError, store};

/// Reads all results in the folders, merges shards and repeats, and writes `results.csv`, `report.md` and the plots that the
/// results allow. Returns what was written.
///
/// # Errors
/// [`SweepError::Empty`] without results, [`SweepError::Record`] for a line that is none, [`SweepError::File`],
/// [`SweepError::Plot`].
pub fn write(folders: &[PathBuf], out: &Path) -> Result<Vec<PathBuf>, SweepError> {
    let mut merged: BTreeMap<String, Record> = BTreeMap::new();
    for folder in folders {
        for record in store::read(folder)? {
            merged.entry(record.id.clone()).or_insert(record);
        }
    }
    let records: Vec<Record> = merged.into_values().collect();
    if records.is_empty() {
        return Err(SweepError::Empty {
            path: folders.first().cloned().unwrap_or_default(),
        });
    }
    fs::create_dir_all(out).map_err(|error| SweepError::file(out, error))?;
    let plots = plots::draw(&records, out)?;
    let mut written = Vec::new();
    let names: Vec<String> = plots
        .iter()
        .filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned()))
        .collect();
    for (name, text) in [
        ("results.csv", tables::csv(&records)?),
        ("report.md", tables::markdown(&records, &names).into_bytes()),
    ] {
        let path = out.join(name);
        fs::write(&path, text).map_err(|error| SweepError::file(&path, error))?;
        written.push(path);
    }
    written.extend(plots);
    Ok(written)
}
