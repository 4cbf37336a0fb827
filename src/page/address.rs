//! The address follows the choices: whoever opens it gets the same picture, mask and settings. It has only what differs
//! from the defaults, and replaces itself, so that Back leads to the view before and not through every change.

use leptos::prelude::*;
use wasm_bindgen::JsValue;
use web_sys::{Url, UrlSearchParams};

use super::learn::{default_keep, default_steps};
use super::mask_slot::{MaskChoice, MaskSlot};
use super::picture_choice::PictureChoice;
use super::query::{self, Query, name};
use super::state::Studio;
use crate::mask::{RECIPE, Scope};
use crate::picture::Noise;
use crate::train::Learner;
use crate::worker::protocol::{EngineKind, Framing};

impl Studio {
    /// What differs from the defaults, as names and values of parameters. A file of the visitor's own is left out, but for
    /// the recipe of a mask where `recipes` are to stand for masks that no link names.
    #[inline(never)]
    fn parameters(self, recipes: bool) -> Vec<(&'static str, String)> {
        let mut all = Vec::new();
        let mut add = |name: &'static str, value: Option<String>| all.extend(value.map(|value| (name, value)));
        let chosen = self.picture_choice.get();
        let first = self.catalogue.with_value(query::default_picture);
        let linked = match &chosen {
            // Whoever opens the link sees the first sample.
            PictureChoice::Own => first.clone(),
            _ => chosen.clone(),
        };
        match &linked {
            PictureChoice::Sample(id) => add(name::SAMPLE, (linked != first).then(|| id.clone())),
            PictureChoice::Address(address) => add(name::PICTURE, Some(address.clone())),
            PictureChoice::Own => {}
        }
        let setup = self.setup.get();
        let differs = |value: u64, default: u64| (value != default).then(|| value.to_string());
        let noise = setup.noise != query::default_noise(&chosen, &setup.seen) && chosen != PictureChoice::Own;
        let levels = setup.levels != query::LEVELS;
        let of_levels = levels.then_some(setup.levels);
        let mask = self.fits[0].mask;
        let default = self
            .catalogue
            .with_value(|catalogue| query::default_mask(catalogue, &linked, of_levels));
        match mask.choice.get() {
            MaskChoice::Own | MaskChoice::Address { .. } if recipes => add(name::MASK, mask.recipe()),
            MaskChoice::Address { address, sha256 } => {
                let sum = mask.facts.get().map(|facts| facts.sha256).or(sha256);
                add(name::MASK, Some(address));
                add(name::MASK_SUM, sum);
            }
            choice => add(name::MASK, listed(&choice).filter(|_| choice != default)),
        }
        let rivals = self.fits.map(|fit| match fit.on.get() {
            true => listed(&fit.mask.choice.get())
                .or(fit.mask.recipe().filter(|_| recipes))
                .unwrap_or_default(),
            false => String::new(),
        });
        let rivals = rivals[1..].join(",");
        let rivals = rivals.trim_end_matches(',');
        add(name::AGAINST, (!rivals.is_empty()).then(|| rivals.to_owned()));
        add(name::SIZE, self.is_size_chosen().then(|| setup.size.to_string()));
        add(
            name::FRAMING,
            (setup.framing == Framing::Crop).then(|| query::CROP.to_owned()),
        );
        let (task, known) = setup.seen.parameters();
        add(name::TASK, task);
        add(name::KNOWN, known);
        match setup.noise {
            _ if !noise => {}
            None => add(name::NOISE, Some(query::NONE.to_owned())),
            Some(Noise::Gaussian { sigma }) => add(name::SIGMA, Some(sigma.to_string())),
            Some(Noise::Poisson { peak }) => {
                add(name::NOISE, Some(query::POISSON.to_owned()));
                add(name::PEAK, (peak != query::PEAK).then(|| peak.to_string()));
            }
        }
        add(name::NOISE_SEED, differs(setup.noise_seed, 0));
        add(name::INIT_SEED, differs(setup.init_seed, 0));
        add(name::STEPS, differs(self.fits[0].lane.steps.get(), query::FIT_STEPS));
        add(name::SETTLES, (!self.settles.get()).then(|| query::NO.to_owned()));
        let (learner, keep) = (self.learning.learner.get(), self.learning.target.get());
        add(
            name::LEARNER,
            (learner == Learner::Paper).then(|| query::PAPER.to_owned()),
        );
        add(name::KEEP, (keep != default_keep(learner)).then(|| keep.to_string()));
        let by_layer = self.learning.scope.get() == Scope::Layer;
        add(name::SCOPE, by_layer.then(|| query::LAYER.to_owned()));
        add(
            name::LEARN_STEPS,
            differs(self.learning.lane.steps.get(), default_steps(learner)),
        );
        // What else a link could name draws other places than the mask's own, which are what is started from.
        add(name::START_FROM, self.learning.start.choice.get().preset());
        add(name::LEVELS, of_levels.map(|levels| levels.to_string()));
        all.extend(self.methods.parameters());
        let cpu = self.wanted_engine.get() == EngineKind::Cpu;
        all.extend(cpu.then(|| (name::ENGINE, query::CPU.to_owned())));
        all
    }

    /// The address's parameters for the record of a run.
    pub(super) fn search_of_runs(self) -> String {
        let Ok(parameters) = UrlSearchParams::new() else {
            return String::new();
        };
        for (name, value) in untrack(|| self.parameters(false)) {
            parameters.set(name, &value);
        }
        parameters.to_string().into()
    }

    /// Takes all choices from an address.
    pub(super) fn apply(self, query: &Query) {
        let (picture, mask) = self.catalogue.with_value(|catalogue| {
            let picture = query
                .picture
                .clone()
                .unwrap_or_else(|| query::default_picture(catalogue));
            let mask = query.mask.clone();
            let mask = mask.unwrap_or_else(|| query::default_mask(catalogue, &picture, query.levels));
            (picture, mask)
        });
        self.catalogue
            .with_value(|catalogue| self.methods.apply(&query.methods, catalogue, &picture));
        self.picture_choice.set(picture);
        let [second, third] = query.rivals.clone();
        for (fit, choice) in self.fits.into_iter().zip([Some(mask), second, third]) {
            fit.on.set(fit.place == 0 || choice.is_some());
            fit.mask.choice.set(choice.unwrap_or(MaskChoice::DENSE));
        }
        self.fits[0].lane.steps.set(query.steps);
        self.settles.set(query.settles);
        let learner = query.learner;
        let keep = query.keep.unwrap_or(default_keep(learner));
        self.learning.learner.set(learner);
        self.learning.target.set(keep);
        self.learning.scope.set(query.scope);
        self.learning.keep.set(keep);
        self.learning
            .lane
            .steps
            .set(query.learn_steps.unwrap_or(default_steps(learner)));
        let start = query.start_from.clone().unwrap_or(MaskChoice::DENSE);
        self.learning.start.choice.set(start);
        self.wanted_engine.set(query.engine);
    }

    /// The address with the recipes of the masks that it could not name.
    pub fn link_with_recipes(self) -> String {
        let link = self.link.get();
        match Url::new(&link) {
            Ok(url) => {
                write(&url.search_params(), &self.parameters(true));
                url.href()
            }
            // A browser's own address is always one.
            Err(_) => link,
        }
    }

    /// Keeps the address. A link that could not be used as it is stays until that is read.
    pub fn keep_address(self) {
        Effect::new(move |_| {
            let wanted = self.parameters(false);
            self.route.track();
            if self.fault.read().is_none() {
                replace(&wanted);
            }
            let location = web_sys::window().map(|window| window.location());
            let link = location.and_then(|location| location.href().ok());
            self.link.set(link.unwrap_or_default());
        });
    }
}

impl MaskSlot {
    /// Its recipe as a link has it, once the mask is read.
    fn recipe(self) -> Option<String> {
        let facts = self.facts.read();
        let recipe = facts.as_ref()?.recipe.as_ref()?;
        Some(format!("{RECIPE}{recipe}"))
    }

    /// Whether a link can only have its recipe, or not be sure of more.
    pub fn needs_recipe(self) -> bool {
        listed(&self.choice.get()).is_none() && self.recipe().is_some()
    }
}

/// What a link names a choice by; nothing for a mask that only its address or its file gives.
pub(super) fn listed(choice: &MaskChoice) -> Option<String> {
    match choice {
        MaskChoice::Unmasked(fit) => Some(fit.name().to_owned()),
        MaskChoice::Preset(id) => Some(id.clone()),
        MaskChoice::Recipe(text) => Some(format!("{RECIPE}{text}")),
        MaskChoice::Own | MaskChoice::Address { .. } => None,
    }
}

/// Puts the parameters in place of those of the same names.
fn write(parameters: &UrlSearchParams, wanted: &[(&'static str, String)]) {
    for name in name::WRITTEN {
        parameters.delete(name);
    }
    if !wanted.is_empty() {
        parameters.set(name::VERSION, &query::VERSION.to_string());
    }
    for (name, value) in wanted {
        parameters.set(name, value);
    }
}

/// Puts the parameters into the address, in place of those of the same names.
fn replace(wanted: &[(&'static str, String)]) {
    let Some(window) = web_sys::window() else { return };
    let search = window.location().search().unwrap_or_default();
    let Ok(parameters) = UrlSearchParams::new_with_str(&search) else {
        return;
    };
    write(&parameters, wanted);
    let query = String::from(parameters.to_string());
    if query == search.trim_start_matches('?') {
        return;
    }
    let address = if query.is_empty() {
        ".".to_owned()
    } else {
        format!("?{query}")
    };
    if let Ok(history) = window.history() {
        // A browser that refuses, as some do to many changes a second, only keeps the address before.
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&address));
    }
}
