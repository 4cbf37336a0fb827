//! The first view: fit a network to a noisy picture, and compare.

use leptos::prelude::*;

use super::fits::Fit;
use super::mask_picker::MaskPicker;
use super::notices::{EngineNotice, Notices};
use super::picture_picker::PicturePicker;
use super::plot::{Best, Curve, Kind, Level, Plot};
use super::race::RaceCard;
use super::readings::Readings;
use super::settings::{Settings, StepsField};
use super::share::Share;
use super::stage::Stage;
use super::state::Studio;
use super::text;
use super::transport::Transport;
use crate::worker::protocol::Point;

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
    let lanes = Signal::derive(move || studio.fit_lanes());
    let first = studio.fits[0];
    let started = move || first.lane.step.get() > 0;
    let alone = Memo::new(move |_| studio.fits_on().len() == 1);
    view! {
        <section class="work" aria-label=text::WORK>
            <Notices studio lanes />
            <Stage studio />
            <Transport studio lanes>
                <button type="button" id="download" disabled=move || !started()
                    on:click=move |_| studio.download(first.lane)>
                    {text::DOWNLOAD}
                </button>
            </Transport>
            <EngineNotice studio />
            <Show when=move || alone.get()>
                <Readings lane=first.lane />
            </Show>
            <Plots studio />
            <Share studio />
            <div class="actions">
                <button type="button" id="save-curves" disabled=move || !started()
                    on:click=move |_| studio.save_curves()>
                    {text::SAVE_CURVES}
                </button>
                <button type="button" id="save-settings" disabled=move || !started()
                    on:click=move |_| studio.save_settings()>
                    {text::SAVE_SETTINGS}
                </button>
            </div>
        </section>
        <div class="setup">
            <PicturePicker studio />
            <MaskPicker studio mask=first.mask />
            <RaceCard studio />
            <Settings studio lanes more=text::MORE>
                <StepsField studio lanes />
            </Settings>
        </div>
    }
}

#[component]
fn Plots(studio: Studio) -> impl IntoView {
    let curves = move |value: fn(&Point) -> Option<f64>| {
        let curve = |fit: Fit| {
            let points = fit.lane.points.read();
            Curve {
                name: fit.name(studio),
                style: fit.place,
                points: points.iter().filter_map(|p| Some((p.step as f64, value(p)?))).collect(),
            }
        };
        studio.fits_on().into_iter().map(curve).collect::<Vec<_>>()
    };
    let psnr = move || curves(|point| point.psnr);
    let loss = move || curves(|point| Some(point.loss));
    let facts = studio.fits[0].lane.facts;
    let noisy = move || {
        let value = facts.read().as_ref().and_then(|facts| facts.noisy_psnr)?;
        Some(Level {
            value,
            name: text::NOISY_LEVEL,
        })
    };
    let no_psnr = move || match facts.read().as_ref() {
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
