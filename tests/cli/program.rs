//! Calling the program, and the files that it is given.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use optimal_eye_surgeon::mask::{Mask, MaskMetadata};
use optimal_eye_surgeon::network::Hourglass;
use optimal_eye_surgeon::picture::{Picture, encode_png};
use safetensors::SafeTensors;
use serde_json::Value;

/// The options of a network that a software adapter trains in milliseconds.
pub const SMALL: [&str; 4] = ["--levels", "3", "--channels", "6,10,13"];

/// The GPU, by its index: without one, some commands would leave the software adapter by themselves. And the CPU engine.
pub const DEVICES: [&[&str]; 2] = [&["--adapter", "0"], &["--cpu"]];

/// What a call left behind.
pub struct Called {
    pub code: i32,
    pub stdout: String,
    /// The program's own lines; drivers and their loaders write there too.
    pub errors: Vec<String>,
}

impl From<Output> for Called {
    fn from(output: Output) -> Self {
        let stderr = String::from_utf8_lossy(&output.stderr);
        Self {
            code: output.status.code().expect("no signal ended it"),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            errors: stderr
                .lines()
                .filter(|line| line.starts_with("oes: "))
                .map(str::to_owned)
                .collect(),
        }
    }
}

impl Called {
    /// Asserts an exit code and that the last line on stderr says `words`.
    #[track_caller]
    pub fn fails(&self, code: i32, words: &str) {
        assert_eq!(self.code, code, "{:?} {}", self.errors, self.stdout);
        let last = self.errors.last().expect("a sentence on stderr");
        assert!(last.contains(words), "{last}");
    }

    #[track_caller]
    pub fn succeeds(&self) {
        assert_eq!(self.code, 0, "{:?}", self.errors);
    }
}

/// A folder with a picture in it, in which the program is called.
pub struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    /// With `picture.png` of this size.
    pub fn new(width: usize, height: usize) -> Self {
        let desk = Self {
            folder: tempfile::tempdir().expect("a folder"),
        };
        desk.put("picture.png", &encode_png(&picture(width, height)).expect("a PNG"));
        desk
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn put(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path(name), bytes).expect("written");
    }

    pub fn get(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&self.get(name)).expect("JSON")
    }

    pub fn has(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    /// Names of all files, sorted.
    pub fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).expect("a folder");
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// A call that has not started yet.
    pub fn command(&self, arguments: &[&[&str]]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_oes"));
        command.current_dir(self.folder.path()).args(arguments.concat());
        command
    }

    pub fn call(&self, arguments: &[&[&str]]) -> Called {
        self.command(arguments).output().expect("the program starts").into()
    }

    /// A living mask of the small network as `mask.safetensors`: that of a fixture, 30% kept.
    pub fn put_mask(&self) {
        let mask = mask_of(small_network(), fixture_keep());
        self.put("mask.safetensors", &mask.to_bytes().expect("a mask"));
    }
}

pub fn small_network() -> Hourglass {
    Hourglass {
        channels: vec![6, 10, 13],
        ..Hourglass::default()
    }
}

pub fn mask_of(network: Hourglass, keep: Vec<bool>) -> Mask {
    let metadata = MaskMetadata {
        network: Some(network),
        keep: 0.3,
        method: "test".into(),
        ..MaskMetadata::default()
    };
    Mask { keep, metadata }
}

/// The mask of the fixture net_a_sparse.
pub fn fixture_keep() -> Vec<bool> {
    let bytes = std::fs::read(fixture("net_a_sparse.safetensors")).expect("the fixture");
    let file = SafeTensors::deserialize(&bytes).expect("safetensors");
    file.tensor("keep")
        .expect("keep")
        .data()
        .iter()
        .map(|byte| *byte == 1)
        .collect()
}

pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// A smooth picture with an edge.
fn picture(width: usize, height: usize) -> Picture {
    let value = |channel: usize, y: usize, x: usize| {
        let wave = (x as f32 * 0.21 + channel as f32).sin() * (y as f32 * 0.17).cos();
        let edge = if x + 2 * y > width { 0.25 } else { 0.0 };
        0.4 + 0.3 * wave + edge
    };
    let planes = (0..Picture::CHANNELS).flat_map(|channel| (0..height).map(move |y| (channel, y)));
    let data = planes
        .flat_map(|(channel, y)| (0..width).map(move |x| value(channel, y, x)))
        .collect();
    Picture::new(width, height, data).expect("a picture")
}
