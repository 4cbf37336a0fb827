//! What computes here, and what is fast or slow on it.

use leptos::prelude::*;

use crate::page::state::{Engine, Studio};
use crate::page::text;
use crate::worker::protocol::EngineKind;

/// Names and values.
pub fn rows(studio: Studio) -> Vec<(&'static str, String)> {
    let mut rows = match studio.engine.get() {
        Engine::Starting => vec![(text::ADAPTER, text::ENGINE_STARTING.to_owned())],
        Engine::Absent => vec![(text::ADAPTER, text::ENGINE_ABSENT.to_owned())],
        Engine::Ready { kind, adapter } => {
            let mut rows = vec![
                (text::ADAPTER, text::engine(kind, &adapter).1),
                (text::ADAPTER_KIND, text::adapter_kind(kind, &adapter).to_owned()),
            ];
            if !adapter.driver.is_empty() {
                rows.push((text::DRIVER, adapter.driver));
            }
            rows
        }
    };
    if let Some(facts) = studio.device.facts.get() {
        rows.extend(text::limits(&facts));
    }
    rows
}

#[component]
pub fn DeviceCard(studio: Studio) -> impl IntoView {
    let row = |(name, value): (&'static str, String)| {
        view! {
            <div>
                <dt>{name}</dt>
                <dd>{value}</dd>
            </div>
        }
    };
    view! {
        <section class="card" aria-labelledby="device-title">
            <h2 id="device-title">{text::DEVICE_TITLE}</h2>
            <dl class="pairs" id="device">{move || rows(studio).into_iter().map(row).collect_view()}</dl>
        </section>
    }
}

#[component]
pub fn SpeedCard(studio: Studio) -> impl IntoView {
    let sentences = move || match studio.engine.get() {
        Engine::Starting | Engine::Absent => text::SPEED_WITHOUT.to_vec(),
        Engine::Ready {
            kind: EngineKind::Cpu, ..
        } => text::SPEED_ON_CPU.to_vec(),
        Engine::Ready { adapter, .. } if adapter.software => text::SPEED_IN_SOFTWARE.to_vec(),
        Engine::Ready { .. } => text::SPEED_ON_GPU.to_vec(),
    };
    let item = |sentence: &'static str| view! { <li>{sentence}</li> };
    view! {
        <section class="card" aria-labelledby="speed-title">
            <h2 id="speed-title">{text::SPEED_TITLE}</h2>
            <ul class="sentences">
                {move || sentences().into_iter().map(item).collect_view()}
                {text::SPEED_ANYWHERE.into_iter().map(item).collect_view()}
            </ul>
        </section>
    }
}
