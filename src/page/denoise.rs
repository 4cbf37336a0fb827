//! The first view: fit a network to a noisy picture, and compare.

use leptos::prelude::*;

use super::lane::Lane;
use super::mask_picker::MaskPicker;
use super::notices::{EngineNotice, Notices};
use super::picture_picker::PicturePicker;
use super::plot::{Best, Curve, Kind, Level, Plot};
use super::readings::Readings;
use super::settings::{Settings, StepsField};
use super::stage::Stage;
use super::state::Studio;
use super::text;
use super::transport::Transport;

const PSNR: Kind = Kind {
    id: "psnr-plot",
    title: text::PSNR_PLOT,
    short: text::PSNR,
    unit: " dB",
    logarithmic: false,
    least_span: 0.4,
    best: Some(Best::Highest),
};
const LOSS: Kind = Kind {
    id: "loss-plot",
    title: text::LOSS_PLOT,
    short: text::LOSS,
    unit: "",
    logarithmic: true,
    least_span: 0.0,
    best: Some(Best::Lowest),
};

#[component]
pub fn Denoise(studio: Studio) -> impl IntoView {
    let lane = studio.fit;
    view! {
        <section class="work" aria-label=text::WORK>
            <Notices studio lane />
            <Stage studio lane />
            <Transport studio lane>
                <button type="button" id="download" disabled=move || lane.step.get() == 0
                    on:click=move |_| studio.download(lane)>
                    {text::DOWNLOAD}
                </button>
            </Transport>
            <EngineNotice studio />
            <Readings lane />
            <Plots lane />
        </section>
        <div class="setup">
            <PicturePicker studio />
            <MaskPicker studio mask=studio.mask />
            <Settings studio lane more=text::MORE>
                <StepsField studio lane />
            </Settings>
        </div>
    }
}

#[component]
fn Plots(lane: Lane) -> impl IntoView {
    let psnr = move || {
        let points = lane.points.read();
        let points = points.iter().filter_map(|p| Some((p.step as f64, p.psnr?)));
        vec![Curve {
            name: text::PSNR.to_owned(),
            points: points.collect(),
        }]
    };
    let loss = move || {
        let points = lane.points.read();
        vec![Curve {
            name: text::LOSS.to_owned(),
            points: points.iter().map(|p| (p.step as f64, p.loss)).collect(),
        }]
    };
    let noisy = move || {
        let facts = lane.facts.read();
        let value = facts.as_ref().and_then(|facts| facts.noisy_psnr)?;
        Some(Level {
            value,
            name: text::NOISY_LEVEL,
        })
    };
    let no_psnr = move || match lane.facts.read().as_ref() {
        Some(facts) if facts.noisy_psnr.is_none() => text::NO_PSNR,
        _ => text::NO_POINTS,
    };
    view! {
        <section class="plots" aria-labelledby="curves-title">
            <h2 id="curves-title" class="for-readers">{text::CURVES}</h2>
            <Plot kind=PSNR curves=Signal::derive(psnr) level=Signal::derive(noisy) empty=Signal::derive(no_psnr) />
            <Plot kind=LOSS curves=Signal::derive(loss) level=None empty=text::NO_POINTS />
        </section>
    }
}
