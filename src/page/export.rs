//! Files of a run for other programs: its curves, and all that defines it.

use std::fmt::Write;

use leptos::prelude::*;
use serde_json::{Value, json};

use super::fits::Fit;
use super::lane::Lane;
use super::mask_slot::MaskChoice;
use super::state::{Engine, Studio};
use super::text;

impl Studio {
    /// Saves the curves of all fits: a row for each reading.
    pub fn save_curves(self) {
        let fits = self.fits_on().into_iter();
        self.save_curves_of(fits.map(|fit| (fit.name(self), fit.lane)));
    }

    /// Saves the curves of runs by their names.
    pub(super) fn save_curves_of(self, runs: impl Iterator<Item = (String, Lane)>) {
        let mut table = String::from("fit,step,loss,psnr_db,averaged_psnr_db,stopping_statistic\n");
        for (name, lane) in runs {
            let name = quoted(&name);
            for point in lane.points.read_untracked().iter() {
                let cell = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
                let [psnr, averaged, statistic] = [point.psnr, point.average_psnr, point.statistic].map(cell);
                // Writing into a String cannot fail.
                let _ = writeln!(
                    table,
                    "{name},{},{},{psnr},{averaged},{statistic}",
                    point.step, point.loss
                );
            }
        }
        self.save_text(&table, "text/csv", "curves", "csv");
    }

    /// Saves what it takes to repeat the fits.
    pub fn save_settings(self) {
        let settings = json!({
            "program": "optimal-eye-surgeon",
            "version": env!("CARGO_PKG_VERSION"),
            "picture": self.picture.with_untracked(|picture| {
                picture.as_ref().map(|picture| {
                    json!({ "name": picture.name, "width": picture.width, "height": picture.height })
                })
            }),
            "setup": self.setup.get_untracked(),
            "adapter": self.engine.with_untracked(|engine| match engine {
                Engine::Ready { adapter, .. } => json!(adapter),
                Engine::Starting | Engine::Absent => Value::Null,
            }),
            "fits": self.fits_on().into_iter().map(|fit| self.describe(fit)).collect::<Vec<_>>(),
        });
        self.save_text(&settings.to_string(), "application/json", "settings", "json");
    }

    fn describe(self, fit: Fit) -> Value {
        let lane = fit.lane;
        let mask = match fit.mask.choice.get_untracked() {
            MaskChoice::Unmasked(fit) => json!({ "kind": "none", "fit": fit.name() }),
            MaskChoice::Preset(id) => {
                let sha256 = self
                    .catalogue
                    .with_value(|all| all.preset(&id).map(|preset| preset.sha256.clone()));
                json!({ "kind": "preset", "id": id, "sha256": sha256 })
            }
            MaskChoice::Own => json!({ "kind": "file" }),
            MaskChoice::Address { address, .. } => json!({ "kind": "address", "address": address }),
            MaskChoice::Recipe(recipe) => json!({ "kind": "recipe", "recipe": recipe }),
        };
        json!({
            "name": fit.name(self),
            "mask": mask,
            "mask_facts": fit.mask.facts.get_untracked(),
            "run": lane.facts.get_untracked(),
            "steps": lane.steps.get_untracked(),
            "steps_done": lane.step.get_untracked(),
            "last": lane.points.read_untracked().last(),
            "best": fit.best.get_untracked(),
            "missing_pixels": fit.missing.get_untracked(),
        })
    }

    fn save_text(self, content: &str, media_type: &str, what: &str, ending: &str) {
        let bytes = js_sys::Uint8Array::from(content.as_bytes()).buffer();
        let picture = self
            .picture
            .with_untracked(|picture| picture.as_ref().map(|picture| picture.name.clone()));
        let name = text::export_name(picture.as_deref().unwrap_or("picture"), what, ending);
        self.save(&bytes, media_type, &name);
    }
}

/// A field of a CSV file (RFC 4180).
fn quoted(field: &str) -> String {
    format!("\"{}\"", field.replace('"', "\"\""))
}
