//! What went wrong or may go wrong, each with what to do about it.

use leptos::prelude::*;

use super::lane::{Lane, over_budget};
use super::state::{Engine, Studio};
use super::text;
use crate::worker::protocol::{EngineKind, Fault, FaultKind, Framing};

/// What is offered where not even the plan says which size fits.
const MODEST_SIZE: usize = 256;

#[component]
pub fn Notices(studio: Studio, lanes: Signal<Vec<Lane>>) -> impl IntoView {
    let fault = move || studio.fault.get().map(|fault| view! { <FaultNotice studio fault /> });
    let memory = move || {
        let lanes = lanes.get();
        let (bytes, budget) = over_budget(&lanes)?;
        let sentence = text::over_budget(bytes, budget);
        // Together they may need more than fits where each alone would do.
        let fitting = lanes.iter().filter_map(|lane| lane.facts.get()?.fitting_size).min();
        let size = fitting.unwrap_or(MODEST_SIZE);
        Some(view! {
            <div class="notice warning">
                <p>{sentence}</p>
                <p class="actions">
                    <SizeOffers studio size />
                    <button type="button" disabled=move || studio.beyond_budget.get()
                        on:click=move |_| studio.beyond_budget.set(true)>
                        {text::TRY_ANYWAY}
                    </button>
                </p>
            </div>
        })
    };
    let stale = move || {
        let lanes = lanes.get();
        lanes.iter().any(|lane| lane.stale.get()).then(|| {
            view! {
                <div class="notice">
                    <p>{text::STALE}</p>
                    <p class="actions">
                        <button type="button" on:click=move |_| lanes.iter().for_each(|lane| studio.reset(*lane))>
                            {text::STALE_RESET}
                        </button>
                    </p>
                </div>
            }
        })
    };
    view! {
        {fault}
        {memory}
        {stale}
    }
}

/// Why steps take long here, where they do.
#[component]
pub fn EngineNotice(studio: Studio) -> impl IntoView {
    let engine = move || match studio.engine.get() {
        Engine::Ready {
            kind: EngineKind::Cpu, ..
        } => Some(text::CPU_OPENLY.to_owned()),
        Engine::Ready { adapter, .. } if adapter.software => Some(text::software_warning(&adapter)),
        _ => None,
    };
    move || engine().map(|sentence| view! { <p class="notice" id="engine-notice">{sentence}</p> })
}

#[component]
fn SizeOffers(studio: Studio, size: usize) -> impl IntoView {
    let take = move |framing| {
        studio.setup.update(|setup| setup.framing = framing);
        studio.choose_size(size);
    };
    view! {
        <button type="button" on:click=move |_| take(Framing::Scale)>{text::offer_copy(size)}</button>
        <button type="button" on:click=move |_| take(Framing::Crop)>{text::offer_crop(size)}</button>
    }
}

#[component]
fn FaultNotice(studio: Studio, fault: Fault) -> impl IntoView {
    let offer = match fault.kind {
        FaultKind::NoGpu => view! {
            <button type="button" class="primary" id="use-cpu" on:click=move |_| studio.set_engine(EngineKind::Cpu)>
                {text::USE_CPU}
            </button>
        }
        .into_any(),
        FaultKind::DeviceLost => view! {
            <button type="button" class="primary" on:click=move |_| studio.start_session()>{text::RESTART}</button>
        }
        .into_any(),
        FaultKind::Memory => {
            let size = studio.setup.get_untracked().size;
            view! { <SizeOffers studio size=(size / 2).max(64) /> }.into_any()
        }
        FaultKind::Picture
        | FaultKind::Mask
        | FaultKind::Link
        | FaultKind::Diverged
        | FaultKind::Spiked
        | FaultKind::Run => ().into_any(),
    };
    view! {
        <div class="notice fault" role="alert" id="fault">
            <p><strong>{text::fault(fault.kind)}</strong>" "{fault.message}</p>
            <p class="actions">
                {offer}
                <button type="button" class="plain" on:click=move |_| studio.fault.set(None)>{text::DISMISS}</button>
            </p>
        </div>
    }
}
