//! Noise, size, seeds, steps and engine.

use leptos::callback::UnsyncCallback;
use leptos::prelude::*;

use super::either::Either;
use super::fields::number_in;
use super::lane::Lane;
use super::query::{MAX_PEAK, MAX_SEED, MAX_SIGMA, NONE, PEAK, POISSON};
use super::state::{Engine, Studio};
use super::text;
use crate::picture::Noise;
use crate::worker::protocol::{EngineKind, Framing, Seen};

/// Longer sides that are offered.
const SIZES: [usize; 8] = [128, 192, 256, 384, 512, 768, 1024, 2048];
/// The value of the kind of noise that has no name in links.
const GAUSSIAN: &str = "";
/// The CPU engine is for small pictures only.
const CPU_SIZES: usize = 256;

#[component]
pub fn Settings(
    studio: Studio,
    lanes: Signal<Vec<Lane>>,
    /// What the fields that are seldom changed are about.
    more: &'static str,
    /// Fields of the view itself, among these.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let needs = move || {
        let kind = match studio.engine.get() {
            Engine::Ready { kind, .. } => kind,
            _ => EngineKind::Gpu,
        };
        lanes
            .get()
            .first()
            .and_then(|lane| lane.facts.get())
            .map(|facts| text::needs(&facts, kind))
    };
    let hint = move || {
        if studio.methods.active.get() || lanes.get().into_iter().any(Lane::is_busy) {
            text::LOCKED
        } else if studio.is_busy() {
            text::LOCKED_ELSEWHERE
        } else {
            text::STARTS_OVER
        }
    };
    view! {
        <fieldset class="card" disabled=move || studio.is_busy()>
            <legend><h2>{text::SIZE}</h2></legend>
            <SizeField studio />
            <p class="facts" id="needs">{needs}</p>
            <details>
                <summary>{more}</summary>
                <div class="fields">
                    <NumberField id="noise-seed" label=text::NOISE_SEED low=0 high=MAX_SEED
                        value=Signal::derive(move || studio.setup.get().noise_seed)
                        set=move |value| studio.change(|setup| setup.noise_seed = value) />
                    <NumberField id="init-seed" label=text::INIT_SEED low=0 high=MAX_SEED
                        value=Signal::derive(move || studio.setup.get().init_seed)
                        set=move |value| studio.change(|setup| setup.init_seed = value) />
                    {children.map(|children| children())}
                    <EngineField studio />
                </div>
            </details>
            <p class="hint">{hint}</p>
        </fieldset>
    }
}

#[component]
fn SizeField(studio: Studio) -> impl IntoView {
    let options = move || {
        let size = studio.setup.get().size;
        let longest = studio
            .picture
            .get()
            .map_or(usize::MAX, |picture| picture.width.max(picture.height));
        let limit = if studio.wanted_engine.get() == EngineKind::Cpu {
            CPU_SIZES
        } else {
            usize::MAX
        };
        let mut sizes: Vec<usize> = SIZES
            .into_iter()
            .filter(|size| *size < longest && *size <= limit)
            .collect();
        if longest <= limit {
            sizes.push(longest);
        }
        // One that an offer or the address named.
        if !sizes.contains(&size) && size < longest {
            let place = sizes.partition_point(|other| *other < size);
            sizes.insert(place, size);
        }
        let shown = size.min(longest);
        let option = |value: usize| {
            let label = text::size_option(value, value == longest);
            view! { <option value=value.to_string() prop:selected=value == shown>{label}</option> }
        };
        sizes.into_iter().map(option).collect_view()
    };
    let choose = move |event| {
        if let Ok(size) = event_target_value(&event).parse() {
            studio.choose_size(size);
        }
    };
    let frame = move |crops| {
        let framing = if crops { Framing::Crop } else { Framing::Scale };
        studio.change(|setup| setup.framing = framing);
    };
    view! {
        <div class="field">
            <label for="size">{text::SIZE_LABEL}</label>
            <select id="size" on:change=choose>{options}</select>
        </div>
        <Either name="framing" label=text::FRAMING
            options=[("framing-scale", text::FRAMING_SCALE), ("framing-crop", text::FRAMING_CROP)]
            second=Signal::derive(move || studio.setup.read().framing == Framing::Crop) choose=frame />
    }
}

#[component]
pub fn NoiseCard(studio: Studio) -> impl IntoView {
    let noise = move || studio.setup.read().noise;
    let kind = Memo::new(move |_| match noise() {
        None => NONE,
        Some(Noise::Gaussian { .. }) => GAUSSIAN,
        Some(Noise::Poisson { .. }) => POISSON,
    });
    let choose = move |event| {
        let noise = match event_target_value(&event).as_str() {
            POISSON => Some(Noise::Poisson { peak: PEAK }),
            GAUSSIAN => Some(Noise::Gaussian { sigma: 0.0 }),
            _ => None,
        };
        studio.change(|setup| setup.noise = noise);
    };
    let option = move |value: &'static str, label: &'static str| {
        view! { <option value=value prop:selected=move || kind.get() == value>{label}</option> }
    };
    // Denoising without noise is as it is: there no choice of its own says so.
    let offers_none = Memo::new(move |_| kind.get() == NONE || studio.setup.read().seen != Seen::Whole);
    let fields = move || match kind.get() {
        GAUSSIAN => view! { <SigmaField studio /> }.into_any(),
        POISSON => view! { <PeakField studio /> }.into_any(),
        _ => view! { <p class="hint">{text::NOISE_NONE_HINT}</p> }.into_any(),
    };
    view! {
        <fieldset class="card choice-card noise" disabled=move || studio.is_busy()>
            <legend><h2><label for="noise">{text::NOISE}</label></h2></legend>
            <select id="noise" on:change=choose>
                {move || offers_none.get().then(|| option(NONE, text::NOISE_NONE))}
                {option(GAUSSIAN, text::NOISE_GAUSSIAN)}
                {option(POISSON, text::NOISE_PHOTONS)}
            </select>
            {fields}
        </fieldset>
    }
}

#[component]
fn SigmaField(studio: Studio) -> impl IntoView {
    let sigma = move || match studio.setup.read().noise {
        Some(Noise::Gaussian { sigma }) => text::trimmed(sigma, 3),
        _ => String::new(),
    };
    let choose = move |event| {
        if let Some(sigma) = number_in(&event) {
            let sigma = sigma.clamp(0.0, MAX_SIGMA);
            studio.change(|setup| setup.noise = Some(Noise::Gaussian { sigma }));
        }
    };
    view! {
        <input type="range" id="sigma" min="0" max=MAX_SIGMA.to_string() step="0.01" aria-label=text::SIGMA_LABEL
            aria-describedby="noise-hint" prop:value=sigma on:change=choose />
        <output for="sigma">"σ "{sigma}</output>
        <p class="hint" id="noise-hint">{text::SIGMA_HINT}</p>
    }
}

#[component]
fn PeakField(studio: Studio) -> impl IntoView {
    let peak = move || match studio.setup.read().noise {
        Some(Noise::Poisson { peak }) => text::trimmed(peak, 3),
        _ => String::new(),
    };
    let choose = move |event| {
        if let Some(peak) = number_in(&event) {
            let peak = peak.clamp(1.0, MAX_PEAK);
            studio.change(|setup| setup.noise = Some(Noise::Poisson { peak }));
        }
    };
    view! {
        <input type="number" id="peak" min="1" max=MAX_PEAK.to_string() step="any" inputmode="decimal"
            aria-label=text::PEAK_LABEL aria-describedby="noise-hint" prop:value=peak on:change=choose />
        <span class="unit">{text::PHOTONS}</span>
        <p class="hint" id="noise-hint">{text::PEAK_HINT}</p>
    }
}

/// How many updates the runs of a view make.
#[component]
pub fn StepsField(studio: Studio, lanes: Signal<Vec<Lane>>) -> impl IntoView {
    let set = move |steps| {
        for lane in lanes.get_untracked() {
            lane.steps.set(steps);
            studio.reset(lane);
        }
    };
    let steps = move || lanes.with(|lanes| lanes.first().map_or(0, |lane| lane.steps.get()));
    view! {
        <NumberField id="steps" label=text::STEPS low=1 high=1_000_000 value=Signal::derive(steps) set=set />
    }
}

/// Whether a fit ends by itself.
#[component]
pub fn SettlesField(studio: Studio) -> impl IntoView {
    view! {
        <div class="settles">
            <label class="choice">
                <input type="checkbox" id="settles" aria-describedby="settles-hint" prop:checked=move || studio.settles.get()
                    on:change=move |event| studio.settles.set(event_target_checked(&event)) />
                <span>{text::SETTLES}</span>
            </label>
            <p class="hint" id="settles-hint">{text::SETTLES_HINT}</p>
        </div>
    }
}

#[component]
pub fn NumberField(
    id: &'static str,
    label: &'static str,
    low: u64,
    high: u64,
    value: Signal<u64>,
    #[prop(into)] set: UnsyncCallback<u64>,
) -> impl IntoView {
    let choose = move |event| {
        if let Ok(number) = event_target_value(&event).parse::<u64>() {
            set.run(number.clamp(low, high));
        }
    };
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <input type="number" id=id min=low.to_string() max=high.to_string() step="1" inputmode="numeric"
                prop:value=move || value.get().to_string() on:change=choose />
        </div>
    }
}

/// The fraction of the weights to keep, in percent.
#[component]
pub fn KeepField(
    id: &'static str,
    label: &'static str,
    range: (f64, f64),
    keep: RwSignal<f64>,
    #[prop(into)] set: UnsyncCallback<f64>,
) -> impl IntoView {
    let (low, high) = range;
    let choose = move |event| {
        if let Some(percent) = number_in(&event) {
            set.run((percent / 100.0).clamp(low, high));
        }
    };
    let percent = |keep: f64| text::trimmed(100.0 * keep, 2);
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <input type="number" id=id min=percent(low) max=percent(high) step="0.5" inputmode="decimal"
                prop:value=move || percent(keep.get()) on:change=choose />
        </div>
    }
}

#[component]
fn EngineField(studio: Studio) -> impl IntoView {
    let choose = move |event| {
        let kind = if event_target_value(&event) == "cpu" {
            EngineKind::Cpu
        } else {
            EngineKind::Gpu
        };
        studio.set_engine(kind);
    };
    let is = move |kind| studio.wanted_engine.get() == kind;
    view! {
        <div class="field">
            <label for="engine">{text::ENGINE}</label>
            <select id="engine" on:change=choose>
                <option value="gpu" prop:selected=move || is(EngineKind::Gpu)>{text::ENGINE_GPU}</option>
                <option value="cpu" prop:selected=move || is(EngineKind::Cpu)>{text::ENGINE_CPU}</option>
            </select>
        </div>
    }
}
