//! How the view is put together.

use leptos::prelude::*;

use super::curves::Curves;
use super::histogram::Histogram;
use super::hourglass::HourglassPicture;
use super::keep::KeepPane;
use super::pictures::Pictures;
use super::readings::Readings;
use super::settings::LearnerSettings;
use crate::page::notices::{EngineNotice, Notices};
use crate::page::picture_picker::PicturePicker;
use crate::page::settings::Settings;
use crate::page::share::Share;
use crate::page::state::Studio;
use crate::page::text;
use crate::page::transport::Transport;

#[component]
pub fn Learn(studio: Studio) -> impl IntoView {
    let lane = studio.learning.lane;
    let lanes = Signal::stored(vec![lane]);
    view! {
        <section class="work" aria-label=text::LEARN_WORK>
            <Notices studio lanes />
            <p class="intro">{text::LEARN_INTRO}</p>
            <Pictures studio />
            <Transport studio lanes />
            <EngineNotice studio />
            <KeepPane studio />
            <Readings studio />
            <HourglassPicture studio />
            <section class="plots" aria-labelledby="curves-title">
                <h2 id="curves-title" class="for-readers">{text::CURVES}</h2>
                <Histogram studio />
                <Curves studio />
            </section>
            <Share studio />
        </section>
        <div class="setup">
            <PicturePicker studio />
            <LearnerSettings studio />
            <Settings studio lanes more=text::LEARN_MORE />
        </div>
    }
}
