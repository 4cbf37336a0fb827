//! Reading what a person gives: pictures, masks, state files.

use std::fs;
use std::path::Path;

use super::error::CliError;
use super::options::PictureArgs;
use super::preset;
use crate::mask::{Mask, MaskError, RECIPE, Recipe, import};
use crate::picture::{Picture, decode};
use crate::train::StateIn;

/// # Errors
/// [`CliError::Read`].
pub fn bytes(path: &Path) -> Result<Vec<u8>, CliError> {
    fs::read(path).map_err(|error| CliError::Read {
        path: path.into(),
        reason: error.to_string(),
    })
}

/// The picture, cropped as asked; remarks about it go to stderr.
///
/// # Errors
/// [`CliError::Read`], [`CliError::Picture`].
pub fn picture(path: &Path, args: &PictureArgs) -> Result<Picture, CliError> {
    let explain = |error| CliError::Picture {
        path: path.into(),
        error,
    };
    let decoded = decode(&bytes(path)?).map_err(explain)?;
    for note in &decoded.notes {
        eprintln!("{}: {note}", path.display());
    }
    match args.crop {
        Some(side) => decoded
            .picture
            .centre_crop(side as usize, side as usize)
            .map_err(explain),
        None => Ok(decoded.picture),
    }
}

/// A mask from a preset's name, from a file, or drawn from the recipe behind `recipe:`; `./name` is always a file.
///
/// # Errors
/// [`CliError::Mask`], [`CliError::Read`]; [`CliError::Input`] lists the presets if it is neither.
pub fn mask(file_or_preset: &str) -> Result<Mask, CliError> {
    let explain = |error| CliError::Mask {
        source_name: file_or_preset.into(),
        error,
    };
    if let Some(text) = file_or_preset.strip_prefix(RECIPE) {
        let drawn = Recipe::parse(text).map_err(MaskError::from);
        return drawn.and_then(|recipe| recipe.draw(recipe.seed)).map_err(explain);
    }
    let read = match preset::find(file_or_preset)? {
        Some(bytes) => import(bytes, file_or_preset),
        None => {
            let path = Path::new(file_or_preset);
            if !path.exists() {
                let presets = preset::list();
                return Err(CliError::Input(format!(
                    "there is no file and no preset {file_or_preset}: {presets}"
                )));
            }
            import(&bytes(path)?, file_or_preset)
        }
    };
    read.map_err(explain)
}

/// What `--state-in` replaces; nothing without it.
///
/// # Errors
/// [`CliError::Read`], [`CliError::Train`].
pub fn state(path: Option<&Path>) -> Result<StateIn, CliError> {
    match path {
        Some(path) => Ok(StateIn::from_bytes(&bytes(path)?)?),
        None => Ok(StateIn::default()),
    }
}

/// The last part of a path, for reports and metadata.
pub fn file_name(path: &Path) -> String {
    path.file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned()
}
