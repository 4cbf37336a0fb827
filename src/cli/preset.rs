//! The masks that the binary carries.

use super::error::CliError;
use crate::catalogue::{Catalogue, Preset};

/// (path relative to static/, bytes).
const FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/masks.rs"));

/// The file of a preset, if there is one of this name.
///
/// # Errors
/// [`CliError::Input`] if the catalogue names a file that this build does not carry.
pub fn find(id: &str) -> Result<Option<&'static [u8]>, CliError> {
    let catalogue = Catalogue::built_in().map_err(|error| CliError::Input(error.to_string()))?;
    let Some(Preset { file, .. }) = catalogue.preset(id) else {
        return Ok(None);
    };
    let found = FILES.iter().find(|(name, _)| name == file);
    match found {
        Some((_, bytes)) => Ok(Some(bytes)),
        None => Err(CliError::Input(format!(
            "preset {id} is missing from this build: give its file {file} instead"
        ))),
    }
}

/// What there is, as part of a sentence.
pub fn list() -> String {
    let presets = Catalogue::built_in()
        .map(|catalogue| catalogue.presets)
        .unwrap_or_default();
    if presets.is_empty() {
        return "this build has no presets".into();
    }
    let ids: Vec<String> = presets.into_iter().map(|preset| preset.id).collect();
    format!("the presets are {}", ids.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::Mask;

    #[test]
    fn every_preset_of_the_catalogue_is_a_mask_that_lives() {
        let catalogue = Catalogue::built_in().expect("the catalogue of this build");
        assert_eq!(
            catalogue.presets.len(),
            FILES.len(),
            "a file without a preset, or a preset without a file"
        );
        for preset in &catalogue.presets {
            let bytes = find(&preset.id).expect("a file").expect("a preset");
            assert_eq!(bytes.len(), preset.bytes, "{}", preset.id);
            let mask = Mask::from_bytes(bytes).expect("a sound file");
            let network = mask
                .metadata
                .network
                .as_ref()
                .expect("its network")
                .build()
                .expect("a network");
            assert!(
                crate::network::Connectivity::of(&network, &mask.keep).is_alive(),
                "{}",
                preset.id
            );
            assert!((mask.fraction_kept() - preset.keep).abs() < 1e-3, "{}", preset.id);
        }
    }
}
