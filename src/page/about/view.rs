//! How the view is put together.

use leptos::prelude::*;

use super::bench::BenchCard;
use super::device::{DeviceCard, SpeedCard};
use super::report::ReportCard;
use super::self_test::SelfTestCard;
use crate::page::notices::{EngineNotice, Notices};
use crate::page::state::{Engine, Studio};
use crate::page::text;
use crate::worker::protocol::{EngineKind, Fault, Measurement};

#[component]
pub fn About(studio: Studio) -> impl IntoView {
    view! {
        <section class="about" aria-label=text::ABOUT_WORK>
            <div class="about-top">
                <Notices studio lanes=Signal::stored(Vec::new()) />
                <p class="intro">{text::ABOUT_INTRO}</p>
                <EngineNotice studio />
            </div>
            <DeviceCard studio />
            <SpeedCard studio />
            <SelfTestCard studio />
            <BenchCard studio />
            <ReportCard studio />
            <p class="for-readers" role="status">{move || studio.device.said.get()}</p>
        </section>
    }
}

/// Whether there is a GPU to measure.
pub fn has_gpu(studio: Studio) -> bool {
    let gpu = |engine: &Engine| {
        matches!(
            engine,
            Engine::Ready {
                kind: EngineKind::Gpu,
                ..
            }
        )
    };
    studio.engine.with(gpu)
}

/// How far a measurement is, with a button that stops it; why it was refused; or nothing.
#[component]
pub fn HowFar(studio: Studio, what: Measurement) -> impl IntoView {
    let device = studio.device;
    let mine = Memo::new(move |_| device.measuring.get().is_some_and(|(now, _, _)| now == what));
    let pieces = move || device.measuring.get().map_or((0, 0), |(_, done, total)| (done, total));
    let words = move || match pieces() {
        _ if device.stopping.get() => text::STOPPING.to_owned(),
        (done, total) => text::pieces(what, done, total),
    };
    let refused = move || device.refused.get().filter(|(refused, _)| *refused == what);
    let notice = |(_, fault): (Measurement, Fault)| {
        view! { <p class="notice fault" role="alert"><strong>{text::UNMEASURED}</strong>" "{fault.message}</p> }
    };
    view! {
        <Show when=move || mine.get()>
            <div class="measuring">
                <div class="how-far">
                    <p>{words}</p>
                    <progress aria-label=text::measuring(what) max=move || pieces().1.max(1) prop:value=move || pieces().0>
                    </progress>
                </div>
                <button type="button" id="stop-measuring" disabled=move || device.stopping.get()
                    on:click=move |_| studio.stop_measuring()>
                    {text::STOP}
                </button>
            </div>
        </Show>
        {move || refused().map(notice)}
    }
}
