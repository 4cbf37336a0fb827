//! The figures of the moment.

use leptos::prelude::*;

use super::fits::Fit;
use super::state::Studio;
use super::text;

#[component]
pub fn Readings(studio: Studio, fit: Fit) -> impl IntoView {
    let lane = fit.lane;
    let last = move || lane.points.read().last().copied();
    let psnr = move || text::decibels(last().and_then(|point| point.psnr));
    let gain = move || {
        let noisy = lane.facts.read().as_ref().and_then(|facts| facts.observed_psnr)?;
        let now = last()?.psnr?;
        Some(text::gain(now - noisy, &studio.setup.read().seen))
    };
    let best = move || {
        let points = lane.points.read();
        points
            .iter()
            .filter_map(|p| Some((p.step, p.psnr?)))
            .max_by(|a, b| a.1.total_cmp(&b.1))
    };
    let best_psnr = move || text::decibels(best().map(|best| best.1));
    let best_step = move || best().map(|best| text::at_step(best.0));
    let averaged = move || text::decibels(lane.returned().and_then(|point| point.average_psnr));
    let averaged_hint = move || lane.returned().map(|point| text::averaged_hint(point.step));
    let missing = move || {
        let missing = fit.missing.get()?;
        Some(view! {
            <div>
                <dt>{text::MISSING_PSNR}</dt>
                <dd id="missing-psnr">{text::decibels(Some(missing.output))}</dd>
                <dd class="aside">{text::missing_averaged(&missing)}</dd>
            </div>
        })
    };
    let loss = move || text::loss(last().map(|point| point.loss));
    let speed = move || text::speed(lane.steps_per_second.get());
    view! {
        <section class="readings" aria-labelledby="readings-title">
            <h2 id="readings-title" class="for-readers">{text::READINGS}</h2>
            <dl>
                <div>
                    <dt>{text::PSNR}</dt>
                    <dd id="psnr">{psnr}</dd>
                    <dd class="aside">{gain}</dd>
                </div>
                <div>
                    <dt>{text::AVERAGED}</dt>
                    <dd id="averaged">{averaged}</dd>
                    <dd class="aside">{averaged_hint}</dd>
                </div>
                <div>
                    <dt>{text::BEST}</dt>
                    <dd id="best">{best_psnr}</dd>
                    <dd class="aside">{best_step}</dd>
                </div>
                {missing}
                <div>
                    <dt>{text::LOSS}</dt>
                    <dd id="loss">{loss}</dd>
                    <dd class="aside">{move || last().map(|_| text::LOSS_HINT)}</dd>
                </div>
                <div>
                    <dt>{text::SPEED}</dt>
                    <dd id="speed">{speed}</dd>
                </div>
            </dl>
        </section>
    }
}
