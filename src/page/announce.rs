//! A live region that tells what happens without chatter: states at once, progress a few times a minute.

use leptos::prelude::*;

use super::state::Studio;
use super::text;
use crate::worker::protocol::RunState;

/// Between two announcements of progress.
const QUIET_SECONDS: f64 = 20.0;

#[component]
pub fn Announcer(studio: Studio) -> impl IntoView {
    let said = RwSignal::new(String::new());
    let last = StoredValue::new(web_time::Instant::now());
    let progress = move || {
        let psnr = studio.points.read_untracked().last().and_then(|point| point.psnr);
        text::announce_progress(studio.step.get_untracked(), psnr)
    };
    Effect::new(move |_| {
        let state = studio.state.get();
        last.set_value(web_time::Instant::now());
        said.set(match state {
            RunState::Idle => String::new(),
            RunState::Compiling | RunState::Running => text::state(state).to_owned(),
            RunState::Paused | RunState::Finished | RunState::Failed => {
                format!("{}. {}", text::state(state), progress())
            }
        });
    });
    Effect::new(move |_| {
        studio.step.track();
        let running = studio.state.get_untracked() == RunState::Running;
        if running && last.get_value().elapsed().as_secs_f64() > QUIET_SECONDS {
            last.set_value(web_time::Instant::now());
            said.set(progress());
        }
    });
    view! { <p class="for-readers" role="status">{move || said.get()}</p> }
}
