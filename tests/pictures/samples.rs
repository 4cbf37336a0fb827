//! What the catalogue promises is there.

use std::collections::BTreeSet;
use std::path::PathBuf;

use optimal_eye_surgeon::catalogue::{Catalogue, CatalogueError, Made};
use optimal_eye_surgeon::numbers::hex;
use optimal_eye_surgeon::picture::{Note, decode};
use sha2::{Digest, Sha256};

fn in_static(file: &str) -> Vec<u8> {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "static", file].iter().collect();
    std::fs::read(&path).unwrap_or_else(|error| panic!("{file}: {error}"))
}

#[test]
fn every_sample_is_there_and_has_its_size() {
    let catalogue = Catalogue::built_in().expect("the catalogue is good");
    assert!(catalogue.samples.len() >= 4, "at least four samples");
    let licences = String::from_utf8(in_static("LICENCES.md")).expect("text");
    let mut total = 0;
    for sample in &catalogue.samples {
        let file = in_static(&sample.file);
        total += file.len();
        let decoded = decode(&file).unwrap_or_else(|error| panic!("{}: {error}", sample.id));
        let picture = decoded.picture;
        assert_eq!(
            (picture.width, picture.height),
            (sample.width, sample.height),
            "{}",
            sample.id
        );
        assert!(
            decoded.notes.iter().all(|note| *note == Note::Grey),
            "{}: {:?}",
            sample.id,
            decoded.notes
        );
        let thumb = in_static(&sample.thumb);
        assert!(thumb.len() < 10_000, "{}", sample.thumb);
        total += thumb.len();
        let small = decode(&thumb).expect("a small copy").picture;
        assert_eq!(small.width.max(small.height), 96, "{}", sample.thumb);
        for text in [&sample.title, &sample.credit, &sample.licence] {
            assert!(!text.trim().is_empty(), "{}", sample.id);
        }
        assert!(licences.contains(&sample.file), "{} is unlicensed", sample.file);
        assert_eq!(catalogue.sample(&sample.id), Some(sample), "ids are unique");
    }
    assert!(total < 1_500_000, "{total} bytes of pictures");
    let squares = catalogue.samples.iter().filter(|s| s.width == s.height).count();
    assert!(squares > 0 && squares < catalogue.samples.len());
}

#[test]
fn every_preset_is_there_and_is_the_file_it_says() {
    let catalogue = Catalogue::built_in().expect("the catalogue is good");
    let mut ids = BTreeSet::new();
    for preset in &catalogue.presets {
        assert!(ids.insert(&preset.id), "{} twice", preset.id);
        assert_eq!(catalogue.preset(&preset.id), Some(preset));
        let file = in_static(&preset.file);
        assert_eq!(file.len(), preset.bytes, "{}", preset.id);
        assert_eq!(hex(&Sha256::digest(&file)), preset.sha256, "{}", preset.id);
        assert!(preset.keep > 0.0 && preset.keep <= 1.0, "{}", preset.id);
        assert!(!preset.title.trim().is_empty(), "{}", preset.id);
        assert!(!preset.made_on.is_empty(), "{}", preset.id);
        if preset.made == Made::Learned {
            assert_eq!(preset.made_on.len(), 1, "{}", preset.id);
        }
        for seen in &preset.made_on {
            assert!(catalogue.sample(seen).is_some(), "{}: {seen} is no sample", preset.id);
        }
    }
}

#[test]
fn every_picture_in_the_folder_is_in_the_catalogue() {
    let catalogue = Catalogue::built_in().expect("the catalogue is good");
    let named: BTreeSet<&str> = catalogue
        .samples
        .iter()
        .flat_map(|sample| [sample.file.as_str(), sample.thumb.as_str()])
        .collect();
    let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "static", "samples"].iter().collect();
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let name = entry.expect("readable").file_name();
        let file = format!("samples/{}", name.to_string_lossy());
        assert!(named.contains(file.as_str()), "{file} is in no entry");
    }
}

#[test]
fn other_versions_and_damage_are_refused() {
    let later = r#"{"version": 2, "samples": [], "presets": []}"#;
    assert!(matches!(Catalogue::parse(later), Err(CatalogueError::Version(2))));
    for damaged in ["", "[]", r#"{"version": 1}"#, "{\"version\": 1, "] {
        assert!(matches!(Catalogue::parse(damaged), Err(CatalogueError::Json(_))));
    }
}
