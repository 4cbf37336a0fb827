//! The catalogue of what ships with the program: sample pictures and preset masks (`static/catalogue.json`).

use serde::{Deserialize, Serialize};

/// The format that this program reads.
const VERSION: u32 = 1;
const JSON: &str = include_str!("../static/catalogue.json");

/// File names in it are relative to `static/`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Catalogue {
    pub version: u32,
    pub samples: Vec<Sample>,
    pub presets: Vec<Preset>,
}

/// A sample picture of clear licence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// Short and stable: it stands in links.
    pub id: String,
    /// What a person reads.
    pub title: String,
    pub file: String,
    /// A copy whose longer side is 96 pixels.
    pub thumb: String,
    /// Of `file`, in pixels.
    pub width: usize,
    pub height: usize,
    /// Who made it.
    pub credit: String,
    /// Such as "CC0 1.0".
    pub licence: String,
}

/// How a preset was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Made {
    /// Its weights were learned on a picture, which a network draws with them by masking alone.
    Learned,
    /// How many channels and weights each layer keeps was searched for by short fits; which ones was drawn at random.
    Searched,
}

/// A mask that this project made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preset {
    /// Short and stable: it stands in links and on the command line.
    pub id: String,
    pub title: String,
    pub file: String,
    pub made: Made,
    /// The ids of the samples that it was made with: one if it was learned.
    pub made_on: Vec<String>,
    /// The fraction of the parameters that it keeps.
    pub keep: f64,
    /// Of the file, in lower-case hexadecimal.
    pub sha256: String,
    /// Length of the file.
    pub bytes: usize,
}

/// Why a catalogue cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    #[error("the catalogue is damaged: {0}")]
    Json(#[from] serde_json::Error),
    #[error(
        "the catalogue has version {0}, this program reads version {VERSION}: reload the page or update the program"
    )]
    Version(u32),
}

impl Preset {
    /// Whether the sample of this id took part in making it.
    pub fn has_seen(&self, sample: &str) -> bool {
        self.made_on.iter().any(|id| id == sample)
    }
}

impl Catalogue {
    /// The catalogue that this build carries.
    ///
    /// # Errors
    /// As [`Catalogue::parse`]; the tests read it, so a build that passed them has a good one.
    pub fn built_in() -> Result<Self, CatalogueError> {
        Self::parse(JSON)
    }

    /// # Errors
    /// [`CatalogueError`] if the text is not a catalogue of this version.
    pub fn parse(json: &str) -> Result<Self, CatalogueError> {
        let catalogue: Self = serde_json::from_str(json)?;
        if catalogue.version != VERSION {
            return Err(CatalogueError::Version(catalogue.version));
        }
        Ok(catalogue)
    }

    pub fn sample(&self, id: &str) -> Option<&Sample> {
        self.samples.iter().find(|sample| sample.id == id)
    }

    pub fn preset(&self, id: &str) -> Option<&Preset> {
        self.presets.iter().find(|preset| preset.id == id)
    }
}
