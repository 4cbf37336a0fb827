//! The first view: fit a network to a noisy picture, and compare.

use leptos::prelude::*;

use super::ensemble::EnsembleCard;
use super::fits::Fit;
use super::mask_picker::MaskPicker;
use super::narrow::Only;
use super::notices::{EngineNotice, Notices};
use super::picture_picker::PicturePicker;
use super::plot::{Best, Curve, Kind, Level, Plot};
use super::race::RaceCard;
use super::readings::Readings;
use super::settings::{NoiseCard, Settings, SettlesField, StepsField};
use super::share::Share;
use super::stage::Stage;
use super::state::Studio;
use super::task::TaskCard;
use super::text;
use super::transport::Transport;
use crate::worker::protocol::Point;

const PSNR: Kind = Kind::psnr("psnr-plot");
/// In place of the PSNR where no clean picture is known.
const STATISTIC: Kind = Kind {
    id: "statistic-plot",
    title: text::STATISTIC_PLOT,
    short: text::STATISTIC,
    unit: "",
    logarithmic: true,
    least_span: 0.0,
    best: Some(Best::Lowest),
};
const LOSS: Kind = Kind::loss("loss-plot", text::LOSS_PLOT);

#[component]
pub fn Denoise(studio: Studio) -> impl IntoView {
    let lanes = Signal::derive(move || studio.fit_lanes());
    let first = studio.fits[0];
    let started = move || first.lane.step.get() > 0;
    let alone = Memo::new(move |_| studio.fits_on().len() == 1);
    let narrow = studio.narrow;
    let transport = move || {
        view! {
            <Transport studio lanes notifies=true>
                <button type="button" id="download" disabled=move || !started()
                    on:click=move |_| studio.download(first.lane)>
                    {text::DOWNLOAD}
                </button>
            </Transport>
        }
    };
    view! {
        <section class="work studio" aria-label=text::WORK>
            <Notices studio lanes />
            <Stage studio />
            <Only narrow when=false>
                {transport}
                <EngineNotice studio />
            </Only>
            <Show when=move || alone.get()>
                <Readings studio fit=first />
            </Show>
            <EnsembleCard studio />
            <Plots studio />
            <Only narrow when=false><Share studio /></Only>
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
            <NoiseCard studio />
            <TaskCard studio />
            <Only narrow when=true><EngineNotice studio /></Only>
            <RaceCard studio />
            <Settings studio lanes more=text::MORE>
                <StepsField studio lanes />
                <SettlesField studio />
            </Settings>
        </div>
        <Only narrow when=true>
            <Share studio />
            {transport}
        </Only>
    }
}

#[component]
pub fn Plots(studio: Studio) -> impl IntoView {
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
    let psnr = move || {
        let mut outputs = curves(|point| point.psnr);
        // Alone, a fit has its averaged picture beside its output.
        if let [output] = &mut outputs[..] {
            output.name = text::OUTPUT_CURVE.to_owned();
            let mut averages = curves(|point| point.average_psnr);
            averages.retain(|average| !average.points.is_empty());
            outputs.extend(averages.into_iter().map(|average| Curve {
                name: text::AVERAGED_CURVE.to_owned(),
                style: 1,
                ..average
            }));
        }
        outputs
    };
    // Of one fit, the moment whose average is returned.
    let mark = move || match &studio.fits_on()[..] {
        [fit] => fit.lane.returned().map(|point| point.step as f64),
        _ => None,
    };
    let statistic = move || curves(|point| point.statistic);
    let loss = move || curves(|point| Some(point.loss));
    let facts = studio.fits[0].lane.facts;
    let noisy = move || {
        let value = facts.read().as_ref().and_then(|facts| facts.observed_psnr)?;
        Some(Level {
            value,
            name: text::observed_level(&studio.setup.read().seen),
        })
    };
    let blind = Memo::new(move |_| facts.read().as_ref().is_some_and(|facts| !facts.has_clean));
    let quality = move || match blind.get() {
        false => {
            view! { <Plot kind=PSNR curves=Signal::derive(psnr) level=Signal::derive(noisy) mark=Signal::derive(mark) empty=text::NO_POINTS /> }
        }
        true => {
            view! { <Plot kind=STATISTIC curves=Signal::derive(statistic) level=None mark=Signal::derive(mark) empty=text::NO_PSNR /> }
        }
    };
    view! {
        <section class="plots" aria-labelledby="curves-title">
            <h2 id="curves-title" class="for-readers">{text::CURVES}</h2>
            {quality}
            <Plot kind=LOSS curves=Signal::derive(loss) level=None empty=text::NO_POINTS />
        </section>
    }
}
