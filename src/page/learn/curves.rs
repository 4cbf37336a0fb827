//! Loss, KL term or pull, and the mean logit over the steps.

use leptos::prelude::*;

use crate::page::plot::{Curve, Kind, Level, Plot};
use crate::page::state::Studio;
use crate::page::text;
use crate::train::{LearnSpec, Learner};
use crate::worker::protocol::Point;

const LOSS: Kind = Kind::loss("loss-plot", text::LEARN_LOSS_PLOT);
const KL: Kind = Kind {
    id: "kl-plot",
    title: text::KL_PLOT,
    short: text::KL,
    unit: "",
    logarithmic: false,
    least_span: 1e-4,
    best: None,
};
const PULL: Kind = Kind {
    id: "pull-plot",
    title: text::PULL_PLOT,
    short: text::PULL,
    ..KL
};
const LOGIT: Kind = Kind {
    id: "logit-plot",
    title: text::LOGIT_PLOT,
    short: text::MEAN_LOGIT,
    least_span: 0.1,
    ..KL
};

#[component]
pub fn Curves(studio: Studio) -> impl IntoView {
    let learning = studio.learning;
    let lane = learning.lane;
    let curve = move |name: &'static str, value: &dyn Fn(&Point) -> Option<f64>| {
        let points = lane.points.read();
        let points = points.iter().filter_map(|p| Some((p.step as f64, value(p)?)));
        vec![Curve {
            name: name.to_owned(),
            style: 0,
            points: points.collect(),
        }]
    };
    let loss = move || curve(text::LOSS, &|p| Some(p.loss));
    let logit = move || curve(text::MEAN_LOGIT, &|p| p.mean_logit);
    let kl = move || curve(text::KL, &|p| p.kl);
    // Logits drift to the logit of the fraction that is aimed at.
    let aim = move || {
        let keep = learning.target.get();
        (keep / (1.0 - keep)).ln()
    };
    let pull = move || {
        let share = LearnSpec::new(learning.learner.get()).pull;
        curve(text::PULL, &|p| Some(share * (aim() - p.mean_logit?)))
    };
    let aimed = move || {
        Some(Level {
            value: aim(),
            name: text::LOGIT_AIM,
        })
    };
    let drift = move || match learning.learner.get() {
        Learner::Paper => {
            view! { <Plot kind=KL curves=Signal::derive(kl) level=None empty=text::NO_POINTS /> }.into_any()
        }
        Learner::Fast => {
            view! { <Plot kind=PULL curves=Signal::derive(pull) level=None empty=text::NO_POINTS /> }.into_any()
        }
    };
    view! {
        <Plot kind=LOSS curves=Signal::derive(loss) level=None empty=text::NO_POINTS />
        {drift}
        <Plot kind=LOGIT curves=Signal::derive(logit) level=Signal::derive(aimed) empty=text::NO_POINTS />
    }
}
