//! A live region that tells what happens in the view without chatter: states at once, progress a few times a minute.

use leptos::prelude::*;

use super::route::Route;
use super::state::Studio;
use super::text;
use crate::worker::protocol::{EnsembleState, RunState};

/// Between two announcements of progress.
const QUIET_SECONDS: f64 = 20.0;

#[component]
pub fn Announcer(studio: Studio) -> impl IntoView {
    let said = RwSignal::new(String::new());
    let last = StoredValue::new(web_time::Instant::now());
    let lane = Memo::new(move |_| match studio.route.get() {
        Route::Learn => studio.learning.lane,
        // The others have live regions of their own.
        Route::Denoise | Route::Masks | Route::Methods | Route::How | Route::About => studio.fits[0].lane,
    });
    let progress = move || {
        let lane = lane.get_untracked();
        let psnr = lane.points.read_untracked().last().and_then(|point| point.psnr);
        text::announce_progress(lane.step.get_untracked(), psnr)
    };
    let say = move |sentence: String| {
        last.set_value(web_time::Instant::now());
        said.set(sentence);
    };
    Effect::new(move |_| {
        let state = lane.get().state.get();
        say(match state {
            RunState::Idle => String::new(),
            RunState::Compiling | RunState::Running => text::state(state).to_owned(),
            RunState::Paused | RunState::Settled | RunState::Finished | RunState::Failed => {
                format!("{}. {}", text::state(state), progress())
            }
        });
    });
    Effect::new(move |_| {
        let lane = lane.get();
        lane.step.track();
        let running = lane.state.get_untracked() == RunState::Running;
        if running && last.get_value().elapsed().as_secs_f64() > QUIET_SECONDS {
            say(progress());
        }
    });
    let ensemble = Memo::new(move |_| {
        let facts = studio.ensemble.facts.read();
        let facts = facts.as_ref()?;
        let psnr = facts.mean.and_then(|mean| mean.psnr);
        // That kernels are compiled for each network is not worth a word.
        let state = if facts.is_busy() {
            EnsembleState::Running
        } else {
            facts.state
        };
        Some((state, facts.members.len(), psnr))
    });
    Effect::new(move |_| {
        if let Some((state, members, psnr)) = ensemble.get() {
            say(text::announce_ensemble(state, members, psnr));
        }
    });
    let alive = Memo::new(move |_| studio.learning.look.read().as_ref().map(|look| look.alive));
    Effect::new(move |before: Option<Option<bool>>| {
        let now = alive.get();
        if let (Some(Some(before)), Some(now)) = (before, now)
            && before != now
        {
            say(text::announce_alive(now).to_owned());
        }
        now
    });
    view! { <p class="for-readers" role="status">{move || said.get()}</p> }
}
