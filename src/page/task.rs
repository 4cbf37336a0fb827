//! What a fit is asked for, and what it sees of the picture for that.

use leptos::prelude::*;

use super::either::Either;
use super::fields::number_in;
use super::query::{KNOWN, KNOWN_LEAST, KNOWN_MOST, default_noise};
use super::state::Studio;
use super::text;
use crate::worker::protocol::{Seen, View};

const FILL: &str = "inpaint";

/// The tasks by the names that links have for them.
const TASKS: [(&str, &str); 4] = [
    ("", text::TASK_DENOISE),
    (FILL, text::TASK_FILL),
    ("sr2", text::TASK_ENLARGE_2),
    ("sr4", text::TASK_ENLARGE_4),
];

/// The task that something is seen for.
fn name(seen: &Seen) -> &'static str {
    match seen {
        Seen::Whole => "",
        Seen::Random { .. } | Seen::Unpainted { .. } => FILL,
        Seen::Pooled { factor: 2 } => "sr2",
        Seen::Pooled { .. } => "sr4",
    }
}

/// What a task of a link's name sees; none for a name that no task has.
pub fn named(name: &str) -> Option<Seen> {
    match name {
        "" => Some(Seen::Whole),
        FILL => Some(Seen::Random { known: KNOWN }),
        "sr2" => Some(Seen::Pooled { factor: 2 }),
        "sr4" => Some(Seen::Pooled { factor: 4 }),
        _ => None,
    }
}

impl Seen {
    /// The task's name in a link, and the fraction of the pixels that is known where it is not the usual one. What a visitor
    /// painted is theirs.
    pub fn parameters(&self) -> (Option<String>, Option<String>) {
        let task = Some(name(self)).filter(|name| !name.is_empty());
        let known = match self {
            Self::Random { known } if *known != KNOWN => Some(known.to_string()),
            _ => None,
        };
        (task.map(str::to_owned), known)
    }
}

impl Studio {
    /// Changes what is seen. Another task begins with the noise that is usual for it.
    fn see(self, seen: Seen) {
        let picture = self.picture_choice.get_untracked();
        self.change(|setup| {
            if name(&setup.seen) != name(&seen) {
                setup.noise = default_noise(&picture, &seen);
            }
            setup.seen = seen;
        });
    }

    /// What a view is called, which for the picture that is fitted depends on the task.
    pub fn view_name(self, view: View) -> &'static str {
        match view {
            View::Noisy => text::observed(&self.setup.read().seen),
            view => text::view(view),
        }
    }
}

#[component]
pub fn TaskCard(studio: Studio) -> impl IntoView {
    let task = Memo::new(move |_| name(&studio.setup.read().seen));
    let choose = move |event| {
        if let Some(seen) = named(&event_target_value(&event)) {
            studio.see(seen);
        }
    };
    let option = move |(value, label): (&'static str, &'static str)| {
        view! { <option value=value prop:selected=move || task.get() == value>{label}</option> }
    };
    let painted = Memo::new(move |_| matches!(studio.setup.read().seen, Seen::Unpainted { .. }));
    let hint = move || {
        let setup = studio.setup.read();
        text::task_hint(&setup.seen, setup.is_given())
    };
    let begun = move || studio.fits_on().into_iter().any(|fit| fit.lane.step.get() > 0);
    let locked = move || (painted.get() && begun()).then(|| view! { <p class="facts">{text::PAINT_ON_RESET}</p> });
    let miss = move |paints| match paints {
        true => studio.see(Seen::Unpainted { marks: Vec::new() }),
        false => studio.see(Seen::Random { known: KNOWN }),
    };
    view! {
        <fieldset class="card choice-card task" disabled=move || studio.is_busy()>
            <legend><h2><label for="task">{text::TASK}</label></h2></legend>
            <select id="task" aria-describedby="task-hint" on:change=choose>
                {TASKS.into_iter().map(option).collect_view()}
            </select>
            <Show when=move || task.get() == FILL>
                <Either name="missing" label=text::MISSING
                    options=[("missing-random", text::MISSING_RANDOM), ("missing-painted", text::MISSING_PAINTED)]
                    second=painted choose=miss />
                <Show when=move || !painted.get()>
                    <ShareField studio />
                </Show>
            </Show>
            <p class="hint" id="task-hint">{hint}</p>
            {locked}
        </fieldset>
    }
}

/// How many pixels are missing at random.
#[component]
fn ShareField(studio: Studio) -> impl IntoView {
    let percent = |known: f64| (100.0 * (1.0 - known)).round();
    let missing = move || match studio.setup.read().seen {
        Seen::Random { known } => percent(known).to_string(),
        _ => String::new(),
    };
    let choose = move |event| {
        if let Some(missing) = number_in(&event) {
            let known = ((100.0 - missing) / 100.0).clamp(KNOWN_LEAST, KNOWN_MOST);
            studio.see(Seen::Random { known });
        }
    };
    view! {
        <div class="side">
            <input type="range" class="wide" id="missing" min=percent(KNOWN_MOST).to_string() max=percent(KNOWN_LEAST).to_string()
                step="1" aria-label=text::MISSING_SHARE prop:value=missing on:change=choose />
            <output for="missing">{missing}" %"</output>
        </div>
    }
}
