//! Fits of sample pictures that were finished in this browser: what a mask reached here.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use crate::page::lane::Lane;
use crate::page::picture_choice::PictureChoice;
use crate::page::state::Studio;
use crate::page::store::{self, FITS};
use crate::picture::Noise;
use crate::worker::protocol::{Seen, Setup, returned};

/// A fit of a sample picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FinishedFit {
    /// SHA-256 of the mask's file.
    pub mask: String,
    /// The sample's id.
    pub sample: String,
    pub setup: Setup,
    pub steps: u64,
    /// Of what it returned, in dB.
    pub psnr: f64,
}

impl FinishedFit {
    /// Whether the two differ in what they reached alone.
    fn repeats(&self, other: &Self) -> bool {
        let psnr = other.psnr;
        Self { psnr, ..self.clone() } == *other
    }

    /// Names it by all that its result depends on.
    fn key(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(&(&self.mask, &self.sample, &self.setup, self.steps))
    }
}

impl Studio {
    /// Reads what was finished on earlier visits.
    pub(super) fn look_for_finished(self) {
        spawn_local(async move {
            // A browser that keeps nothing has none.
            let found = store::all(FITS).await.unwrap_or_default();
            let read = |value: &JsValue| serde_json::from_str(&value.as_string()?).ok();
            self.gallery.finished.set(found.iter().filter_map(read).collect());
        });
    }

    /// Remembers a fit that has finished, if it has a mask and has denoised a sample.
    pub(in crate::page) fn remember_fit(self, lane: Lane) {
        let PictureChoice::Sample(sample) = self.picture_choice.get_untracked() else {
            return;
        };
        let setup = self.setup.get_untracked();
        if setup.seen != Seen::Whole || !matches!(setup.noise, Some(Noise::Gaussian { .. })) {
            return;
        }
        let Some(fit) = self.fit_of(lane).filter(|_| !lane.stale.get_untracked()) else {
            return;
        };
        let mask = fit
            .mask
            .facts
            .with_untracked(|facts| facts.as_ref().map(|facts| facts.sha256.clone()));
        let psnr = lane
            .points
            .with_untracked(|points| returned(points).and_then(|point| point.average_psnr));
        let (Some(mask), Some(psnr)) = (mask, psnr) else {
            return;
        };
        let finished = FinishedFit {
            mask,
            sample,
            setup,
            steps: lane.steps.get_untracked(),
            psnr,
        };
        let (Ok(key), Ok(text)) = (finished.key(), serde_json::to_string(&finished)) else {
            return;
        };
        self.gallery.finished.update(|all| {
            all.retain(|other| !other.repeats(&finished));
            all.push(finished);
        });
        spawn_local(async move {
            // One that is not kept is known until this tab is closed.
            let _ = store::put(FITS, &key, &text.into()).await;
        });
    }
}
