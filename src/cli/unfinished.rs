//! Masks that long work writes as it goes, and goes on from: the generations of `oes budgets`, the rounds of IMP.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::checkpoint::contradiction;
use super::error::CliError;
use super::input;
use crate::mask::Mask;

/// What a file holds of such work.
pub struct Progress {
    pub mask: Mask,
    /// How it is made, and how far that has come; null where the mask does not say.
    pub settings: Value,
}

impl Progress {
    /// # Errors
    /// [`CliError::Read`], [`CliError::Mask`].
    pub fn read(path: &Path) -> Result<Self, CliError> {
        let mask = Mask::from_bytes(&input::bytes(path)?).map_err(|error| CliError::Mask {
            source_name: path.display().to_string(),
            error,
        })?;
        let settings = mask.metadata.settings.as_deref();
        let settings = settings.and_then(|text| serde_json::from_str(text).ok());
        Ok(Self {
            settings: settings.unwrap_or_default(),
            mask,
        })
    }

    /// Refuses to go on by other settings, `here`; those that `may_differ` only say how far it has come.
    ///
    /// # Errors
    /// [`CliError::Train`] that names the first one.
    pub fn compare(&self, here: &Value, may_differ: &[&str]) -> Result<(), CliError> {
        let defining = here.as_object().into_iter().flatten();
        for (key, value) in defining.filter(|(key, _)| !may_differ.contains(&key.as_str())) {
            let made = &self.settings[key];
            if made != value {
                return Err(contradiction(key, made, value));
            }
        }
        Ok(())
    }
}

/// Refuses to replace a file that holds work which is not finished, unless that is what `resume` goes on with: it may be all that there
/// is of many hours. `unfinished` names the work, where there is some.
///
/// # Errors
/// [`CliError::Output`].
pub fn check_replaced(
    out: &Path,
    resume: Option<&Path>,
    unfinished: impl FnOnce(&Progress) -> Option<String>,
) -> Result<(), CliError> {
    let place = |path: &Path| fs::canonicalize(path).ok();
    if resume.is_some_and(|resume| place(resume) == place(out)) {
        return Ok(());
    }
    // What cannot be read is no such work.
    let Some(work) = Progress::read(out).ok().as_ref().and_then(unfinished) else {
        return Ok(());
    };
    let name = out.display();
    Err(CliError::Output {
        path: out.into(),
        reason: format!("it holds {work}; go on with it by --resume {name}, or name another --mask-out"),
    })
}
