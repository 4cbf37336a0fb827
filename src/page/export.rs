//! Files of a run for other programs: its curves, and all that defines it.

use std::fmt::Write;

use leptos::prelude::*;
use serde::Serialize;
use wasm_bindgen::JsValue;

use super::fits::Fit;
use super::lane::Lane;
use super::mask_slot::MaskChoice;
use super::state::{Engine, Studio};
use super::text;
use crate::engine::AdapterDescription;
use crate::worker::protocol::{EnsembleFacts, MaskFacts, Missing, Moment, Point, RunFacts, Setup};

/// What it takes to repeat the fits, as it is saved.
#[derive(Serialize)]
struct Settings<'a> {
    program: &'static str,
    version: &'static str,
    picture: Option<Picture<'a>>,
    setup: &'a Setup,
    adapter: Option<&'a AdapterDescription>,
    fits: Vec<Described>,
    ensemble: Option<&'a EnsembleFacts>,
}

#[derive(Serialize)]
struct Picture<'a> {
    name: &'a str,
    width: usize,
    height: usize,
}

#[derive(Serialize)]
struct Described {
    name: String,
    mask: Mask,
    mask_facts: Option<MaskFacts>,
    run: Option<RunFacts>,
    steps: u64,
    steps_done: u64,
    last: Option<Point>,
    best: Option<Moment>,
    missing_pixels: Option<Missing>,
}

/// Where a mask is from, or what was fitted without one.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Mask {
    None { fit: &'static str },
    Preset { id: String, sha256: Option<String> },
    File,
    Address { address: String },
    Recipe { recipe: String },
}

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
        let (picture, engine) = (self.picture.read_untracked(), self.engine.read_untracked());
        let ensemble = self.ensemble.facts.read_untracked();
        let settings = Settings {
            program: "optimal-eye-surgeon",
            version: env!("CARGO_PKG_VERSION"),
            picture: picture.as_ref().map(|picture| Picture {
                name: &picture.name,
                width: picture.width,
                height: picture.height,
            }),
            setup: &self.setup.read_untracked(),
            adapter: match &*engine {
                Engine::Ready { adapter, .. } => Some(adapter),
                Engine::Starting | Engine::Absent => None,
            },
            fits: untrack(|| self.fits_on().into_iter().map(|fit| self.describe(fit)).collect()),
            ensemble: ensemble.as_ref(),
        };
        // Plain data always has a text.
        if let Ok(text) = serde_json::to_string(&settings) {
            self.save_text(&text, "application/json", "settings", "json");
        }
    }

    fn describe(self, fit: Fit) -> Described {
        let lane = fit.lane;
        let mask = match fit.mask.choice.get() {
            MaskChoice::Unmasked(fit) => Mask::None { fit: fit.name() },
            MaskChoice::Preset(id) => {
                let sha256 = self
                    .catalogue
                    .with_value(|all| all.preset(&id).map(|preset| preset.sha256.clone()));
                Mask::Preset { id, sha256 }
            }
            MaskChoice::Own => Mask::File,
            MaskChoice::Address { address, .. } => Mask::Address { address },
            MaskChoice::Recipe(recipe) => Mask::Recipe { recipe },
        };
        Described {
            name: fit.name(self),
            mask,
            mask_facts: fit.mask.facts.get(),
            run: lane.facts.get(),
            steps: lane.steps.get(),
            steps_done: lane.step.get(),
            last: lane.points.read().last().copied(),
            best: fit.best.get(),
            missing_pixels: fit.missing.get(),
        }
    }

    fn save_text(self, content: &str, media_type: &str, what: &str, ending: &str) {
        let bytes = js_sys::Uint8Array::from(content.as_bytes()).buffer();
        self.save_of_picture(&bytes, media_type, what, ending);
    }

    /// Offers a file that is named after the picture.
    pub(super) fn save_of_picture(self, bytes: &JsValue, media_type: &str, what: &str, ending: &str) {
        let picture = self
            .picture
            .with_untracked(|picture| picture.as_ref().map(|picture| picture.name.clone()));
        let name = text::export_name(picture.as_deref().unwrap_or("picture"), what, ending);
        self.save(bytes, media_type, &name);
    }
}

/// A field of a CSV file (RFC 4180).
fn quoted(field: &str) -> String {
    format!("\"{}\"", field.replace('"', "\"\""))
}
