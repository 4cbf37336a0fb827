//! How the view is put together.

use leptos::prelude::*;

use super::curves::Curves;
use super::histogram::Histogram;
use super::hourglass::HourglassPicture;
use super::keep::KeepPane;
use super::pictures::Pictures;
use super::readings::Readings;
use super::settings::LearnerSettings;
use crate::page::narrow::Only;
use crate::page::notices::{EngineNotice, Notices};
use crate::page::picture_picker::PicturePicker;
use crate::page::settings::{NoiseCard, Settings};
use crate::page::share::Share;
use crate::page::state::Studio;
use crate::page::text;
use crate::page::transport::Transport;

#[component]
pub fn Learn(studio: Studio) -> impl IntoView {
    let lane = studio.learning.lane;
    let lanes = Signal::stored(vec![lane]);
    let narrow = studio.narrow;
    view! {
        <section class="work studio" aria-label=text::LEARN_WORK>
            <Notices studio lanes />
            <p class="intro">{text::LEARN_INTRO}</p>
            <Pictures studio />
            <Only narrow when=false>
                <Transport studio lanes notifies=true />
                <EngineNotice studio />
            </Only>
            <KeepPane studio />
            <Readings studio />
            <HourglassPicture look=studio.learning.look />
            <section class="plots" aria-labelledby="curves-title">
                <h2 id="curves-title" class="for-readers">{text::CURVES}</h2>
                <Histogram look=studio.learning.look />
                <Curves studio />
            </section>
            <Only narrow when=false><Share studio /></Only>
        </section>
        <div class="setup">
            <PicturePicker studio />
            <NoiseCard studio />
            <Only narrow when=true><EngineNotice studio /></Only>
            <LearnerSettings studio />
            <Settings studio lanes more=text::LEARN_MORE />
        </div>
        <Only narrow when=true>
            <Share studio />
            <Transport studio lanes notifies=true />
        </Only>
    }
}
