//! What makes the page work offline: a service worker that keeps the files of one build, all or none.
//!
//! A build that is not for upload gets another worker in its place. It gives up what a build for upload, served from the
//! same address before, has left in the browser: without it, a page that was just compiled would never be seen.

use std::collections::BTreeMap;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::error::{Error, file};
use optimal_eye_surgeon::numbers::hex;

const KEEPS: &str = include_str!("offline/service-worker.js");
const RETIRES: &str = include_str!("offline/retire.js");
const REGISTERS: &str = include_str!("offline/register.js");

const WORKER: &str = "service-worker.js";
const REGISTER: &str = "offline.js";

/// Writes the service worker for all that lies in `folder`, and the script that registers it; or else the one that
/// retires it.
///
/// # Errors
/// [`Error::File`] for the first file that cannot be read or written.
pub fn write(folder: &Path, offline: bool) -> Result<(), Error> {
    let put = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).map_err(file("write", &path))
    };
    if !offline {
        put(REGISTER, "// This build is not kept for offline use.\n")?;
        return put(WORKER, RETIRES);
    }
    put(REGISTER, REGISTERS)?;
    let mut sums = BTreeMap::new();
    sum_files(folder, "", &mut sums)?;
    let list: String = sums
        .iter()
        .map(|(name, sum)| format!("  {}: \"{sum}\",\n", serde_json::Value::from(name.as_str())))
        .collect();
    // The worker's own text counts too: a change of what it does is a new version.
    let version = hex(&Sha256::new().chain_update(KEEPS).chain_update(&list).finalize());
    let text = KEEPS
        .replace("VERSION_SUM", &version[..16])
        .replace("/* FILE_SUMS */", list.trim());
    put(WORKER, &text)
}

/// The SHA-256 sums of what the page may ask for, by the path below `folder`.
fn sum_files(folder: &Path, below: &str, sums: &mut BTreeMap<String, String>) -> Result<(), Error> {
    for entry in std::fs::read_dir(folder).map_err(file("list", folder))? {
        let path = entry.map_err(file("list", folder))?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        let name = format!("{below}{name}");
        if path.is_dir() {
            sum_files(&path, &format!("{name}/"), sums)?;
        } else if name != WORKER && !is_copy(&name) {
            let bytes = std::fs::read(&path).map_err(file("read", &path))?;
            sums.insert(name, hex(&Sha256::digest(bytes)));
        }
    }
    Ok(())
}

/// Styles are loaded from beside the document; the copies in its folders are not.
fn is_copy(name: &str) -> bool {
    name.contains('/') && name.ends_with(".css")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("static")).expect("created");
        for (name, text) in [
            ("index.html", "<p>"),
            ("a.css", "p{}"),
            ("static/a.css", "p{}"),
            ("static/x.bin", "x"),
        ] {
            std::fs::write(folder.path().join(name), text).expect("written");
        }
        folder
    }

    fn worker(folder: &tempfile::TempDir) -> String {
        std::fs::read_to_string(folder.path().join(WORKER)).expect("a worker")
    }

    #[test]
    fn the_worker_lists_each_file_with_its_sum() {
        let folder = folder();
        write(folder.path(), true).expect("written");
        let text = worker(&folder);
        let x = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881";
        assert!(text.contains(&format!("\"static/x.bin\": \"{x}\"")), "{text}");
        assert!(text.contains("\"a.css\": ") && !text.contains("\"static/a.css\""));
        assert!(text.contains("\"offline.js\": ") && !text.contains(&format!("\"{WORKER}\": ")));
        assert!(!text.contains("VERSION_SUM") && !text.contains("FILE_SUMS"));
    }

    #[test]
    fn the_version_changes_with_any_file_and_with_nothing_else() {
        let folder = folder();
        write(folder.path(), true).expect("written");
        let first = worker(&folder);
        write(folder.path(), true).expect("written");
        assert_eq!(worker(&folder), first);
        std::fs::write(folder.path().join("static/x.bin"), "y").expect("written");
        write(folder.path(), true).expect("written");
        let version = |text: &str| {
            text.lines()
                .find(|line| line.starts_with("const VERSION"))
                .map(str::to_owned)
        };
        assert_ne!(version(&worker(&folder)), version(&first));
        assert!(version(&first).is_some());
    }

    #[test]
    fn a_build_for_this_machine_retires_it() {
        let folder = folder();
        write(folder.path(), true).expect("written");
        write(folder.path(), false).expect("written");
        assert!(worker(&folder).contains("unregister()"));
        let script = std::fs::read_to_string(folder.path().join(REGISTER)).expect("a script");
        assert!(!script.contains("register("));
    }
}
