//! What the address asks for: `?view=learn&sample=ID&mask=ID|dense&size=N&steps=N&engine=cpu`, for a learner
//! `learner=paper&keep=FRACTION&learn-steps=N`, `levels=N` for a small network, and `debug` to listen for the tests'
//! events.

use web_sys::UrlSearchParams;

use super::learn::{KEEP_LEAST, KEEP_MOST};
use super::route::Route;
use crate::picture::{MAX_SIDE, MIN_SIDE};
use crate::train::Learner;
use crate::worker::protocol::EngineKind;

/// Settings from the address; what is absent or makes no sense is left to the defaults.
pub struct Query {
    pub route: Route,
    pub sample: Option<String>,
    pub mask: Option<String>,
    pub size: Option<usize>,
    pub steps: Option<u64>,
    pub learner: Learner,
    /// The fraction of the weights that a learner aims at.
    pub keep: Option<f64>,
    pub learn_steps: Option<u64>,
    pub levels: Option<usize>,
    pub engine: EngineKind,
    pub debug: bool,
}

impl Query {
    pub fn of_page() -> Self {
        let search = web_sys::window()
            .and_then(|window| window.location().search().ok())
            .unwrap_or_default();
        let parameters = UrlSearchParams::new_with_str(&search).ok();
        let get = |name: &str| parameters.as_ref().and_then(|parameters| parameters.get(name));
        let number = |name: &str| get(name).and_then(|text| text.parse::<u64>().ok());
        let within = |name: &str, low: usize, high: usize| {
            number(name)
                .and_then(|n| usize::try_from(n).ok())
                .filter(|n| (low..=high).contains(n))
        };
        let steps = |name: &str| number(name).filter(|steps| (1..=1_000_000).contains(steps));
        let keep = get("keep").and_then(|text| text.parse::<f64>().ok());
        Self {
            route: Route::named(parameters.as_ref()),
            sample: get("sample"),
            mask: get("mask"),
            size: within("size", MIN_SIDE, MAX_SIDE),
            steps: steps("steps"),
            learner: if get("learner").as_deref() == Some("paper") {
                Learner::Paper
            } else {
                Learner::Fast
            },
            keep: keep.filter(|keep| (KEEP_LEAST..=KEEP_MOST).contains(keep)),
            learn_steps: steps("learn-steps"),
            levels: within("levels", 1, 8),
            engine: if get("engine").as_deref() == Some("cpu") {
                EngineKind::Cpu
            } else {
                EngineKind::Gpu
            },
            debug: get("debug").is_some(),
        }
    }
}
