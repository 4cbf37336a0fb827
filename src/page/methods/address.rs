//! What the address has of this view: only what differs from the defaults.

use leptos::prelude::*;

use super::kind::{DEFAULT, Kind};
use super::{ARMS, KEEP, Methods, default_base};
use crate::catalogue::Catalogue;
use crate::page::address::listed;
use crate::page::mask_slot::MaskChoice;
use crate::page::picture_choice::PictureChoice;
use crate::page::query::{self, name};
use crate::page::text;

/// What an address names; what is absent is left to the defaults.
#[derive(Clone, Default)]
pub struct Chosen {
    pub kinds: Option<[Option<Kind>; ARMS]>,
    pub learned: Option<MaskChoice>,
    pub keep: Option<f64>,
    pub steps: Option<u64>,
}

/// Reads the list of methods, each once; what it names that is not there is a problem.
pub fn read(list: &str, problems: &mut Vec<String>) -> [Option<Kind>; ARMS] {
    let mut kinds = [None; ARMS];
    let mut places = kinds.iter_mut();
    let mut seen = Vec::new();
    for id in list.split(',').filter(|id| !id.is_empty()) {
        match Kind::named(id) {
            None => problems.push(text::link_unknown(name::METHODS, id)),
            Some(kind) if seen.contains(&kind) => {}
            Some(kind) => match places.next() {
                Some(place) => {
                    *place = Some(kind);
                    seen.push(kind);
                }
                None => {
                    problems.push(text::too_many_methods(ARMS));
                    break;
                }
            },
        }
    }
    kinds
}

impl Methods {
    /// Names and values of parameters.
    pub fn parameters(self) -> Vec<(&'static str, String)> {
        let mut all = Vec::new();
        let kinds = self.arms.map(|arm| arm.kind.get());
        if kinds != DEFAULT {
            let ids: Vec<&str> = kinds.into_iter().flatten().map(Kind::id).collect();
            all.push((name::METHODS, ids.join(",")));
        }
        if self.base_chosen.get() {
            all.extend(listed(&self.base.choice.get()).map(|id| (name::METHOD_MASK, id)));
        }
        let keep = self.keep.get();
        if keep != KEEP {
            all.push((name::METHOD_KEEP, keep.to_string()));
        }
        let steps = self.steps.get();
        if steps != query::FIT_STEPS {
            all.push((name::METHOD_STEPS, steps.to_string()));
        }
        all
    }

    /// Takes what an address names, for a picture.
    pub fn apply(self, chosen: &Chosen, catalogue: &Catalogue, picture: &PictureChoice) {
        let kinds = chosen.kinds.unwrap_or(DEFAULT);
        for (arm, kind) in self.arms.into_iter().zip(kinds) {
            arm.kind.set(kind);
        }
        let learned = chosen.learned.clone();
        self.base_chosen.set(learned.is_some());
        self.base
            .choice
            .set(learned.unwrap_or_else(|| default_base(catalogue, picture)));
        self.keep.set(chosen.keep.unwrap_or(KEEP));
        self.steps.set(chosen.steps.unwrap_or(query::FIT_STEPS));
    }
}
