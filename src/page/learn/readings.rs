//! The figures of the moment.

use leptos::prelude::*;

use crate::page::state::Studio;
use crate::page::text;
use crate::worker::protocol::MaskOnly;

#[component]
pub fn Readings(studio: Studio) -> impl IntoView {
    let learning = studio.learning;
    let lane = learning.lane;
    let last = move || lane.points.read().last().copied();
    let masked = move || match learning.drawn.get() {
        Some((_, _, MaskOnly::Drawn { psnr })) => text::decibels(psnr),
        _ => text::decibels(None),
    };
    let soft = move || text::decibels(last().and_then(|point| point.psnr));
    let loss = move || text::loss(last().map(|point| point.loss));
    let logit = move || last().and_then(|point| point.mean_logit);
    let probability = move || logit().map(text::as_probability);
    view! {
        <section class="readings" aria-labelledby="readings-title">
            <h2 id="readings-title" class="for-readers">{text::READINGS}</h2>
            <dl>
                <div>
                    <dt>{text::MASKED_PSNR}</dt>
                    <dd id="masked-psnr">{masked}</dd>
                </div>
                <div>
                    <dt>{text::SOFT_PSNR}</dt>
                    <dd id="psnr">{soft}</dd>
                </div>
                <div>
                    <dt>{text::LOSS}</dt>
                    <dd id="loss">{loss}</dd>
                </div>
                <div>
                    <dt>{text::MEAN_LOGIT}</dt>
                    <dd id="mean-logit">{move || text::logit(logit())}</dd>
                    <dd class="aside">{probability}</dd>
                </div>
                <div>
                    <dt>{text::SPEED}</dt>
                    <dd id="speed">{move || text::speed(lane.steps_per_second.get())}</dd>
                </div>
            </dl>
        </section>
    }
}
