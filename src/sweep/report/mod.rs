//! Tables and plots of the records of any number of sweeps.

#[cfg(test)]
mod fixture;
mod group;
mod plots;
mod presets;
mod tables;
mod transfer;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::{Record, SweepError, plan, store};
use crate::catalogue::Catalogue;

/// Reads all results in the folders, merges shards and repeats, and writes `results.csv`, `report.md` and the plots that the
/// results allow. Where presets were fitted to sample pictures, `preset-results.json` is what the page shows of them (see
/// [`crate::measured`]). Returns what was written.
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
    let mut records: Vec<Record> = merged.into_values().collect();
    if records.is_empty() {
        return Err(SweepError::Empty {
            path: folders.first().cloned().unwrap_or_default(),
        });
    }
    fs::create_dir_all(out).map_err(|error| SweepError::file(out, error))?;
    let catalogue = Catalogue::built_in().map_err(|error| SweepError::file(Path::new("catalogue.json"), error))?;
    let measured = presets::of_presets(&records, &catalogue, |sample| plan::sample_sum(&sample.file).ok());
    tell_pictures_apart(&mut records);
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
    if let Some(measured) = measured {
        let path = out.join("preset-results.json");
        let json = serde_json::to_vec_pretty(&measured).map_err(|error| SweepError::file(&path, error))?;
        fs::write(&path, json).map_err(|error| SweepError::file(&path, error))?;
        written.push(path);
    }
    written.extend(plots);
    Ok(written)
}

/// Pictures of one name that are not the same, as they may come from several folders, get the beginning of their sum behind it.
fn tell_pictures_apart(records: &mut [Record]) {
    let mut sums: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for record in records.iter() {
        let sums = sums.entry(record.image.clone()).or_default();
        sums.insert(record.image_sha256.clone());
    }
    for record in records {
        if sums.get(&record.image).is_some_and(|sums| sums.len() > 1) {
            let sum: String = record.image_sha256.chars().take(6).collect();
            record.image = format!("{} ({sum})", record.image);
        }
    }
}
