//! A method: its picture as it comes, how it stands, and what its mask keeps.

use leptos::prelude::*;

use super::course::Standings;
use super::densities::Densities;
use super::view::{name, picture_facts, words};
use super::{Arm, Kind, Status};
use crate::page::layer::Layer;
use crate::page::learn::hourglass::layer_table;
use crate::page::masks::Kept;
use crate::page::plot::Key;
use crate::page::state::Studio;
use crate::page::text;
use crate::worker::protocol::{RunFacts, View};

#[component]
pub fn MethodCard(studio: Studio, arm: Arm) -> impl IntoView {
    let status = Memo::new(move |_| arm.status());
    let standings = Memo::new(move |_| Standings::of(arm));
    // The picture is what is returned, once that is there.
    let psnr = move || {
        let standings = standings.get();
        match status.get() {
            Status::Finished => standings.returned,
            _ => standings.last,
        }
    };
    let id = move || arm.kind.get().map(Kind::id);
    let keeps = Memo::new(move |_| arm.has_made_mask());
    let network = move || {
        let other = arm.kind.get()?.other_network()?;
        Some(text::other_network(&other, arm.facts.read().as_ref()))
    };
    let why = move || match status.get() {
        Status::Failed => arm.problem.get(),
        Status::Collapsed => arm.facts.read().as_ref().map(text::collapsed),
        _ => None,
    };
    view! {
        <div class="racer method" data-method=id data-status=move || format!("{:?}", status.get())>
            <figure>
                <Picture studio arm status />
                <figcaption>
                    <span class="racer-name plot"><Key style=arm.place />{move || name(arm)}</span>
                    <span class="racer-psnr">{move || text::decibels(psnr())}</span>
                    <span class="hint">{move || words(arm)}</span>
                </figcaption>
            </figure>
            {move || why().map(|why| view! { <p class="facts bad">{why}</p> })}
            {move || network().map(|words| view! { <p class="hint network">{words}</p> })}
            <Layers arm />
            <Show when=move || status.get() == Status::Finished>
                <button type="button" class="race-it" disabled=move || studio.is_busy()
                    on:click=move |_| studio.race_with(arm)>
                    {text::RACE_METHOD}<span class="for-readers">{move || text::of_method(name(arm))}</span>
                </button>
            </Show>
            <Show when=move || keeps.get()>
                <button type="button" class="keep-it" on:click=move |_| studio.keep_method_mask(arm)>
                    {text::KEEP_METHOD}<span class="for-readers">{move || text::of_method(name(arm))}</span>
                </button>
                <Kept studio told=arm.kept />
            </Show>
        </div>
    }
}

/// What the network draws now; the returned picture at the end.
#[component]
fn Picture(studio: Studio, arm: Arm, status: Memo<Status>) -> impl IntoView {
    let lane = arm.lane;
    let side = move |of: fn(&RunFacts) -> usize, default: usize| {
        picture_facts(studio).as_ref().map_or(default, of).to_string()
    };
    let started = Memo::new(move |_| lane.step.get() > 0);
    let class = Signal::derive(move || if started.get() { "layer" } else { "layer off" });
    let note = move || match status.get() {
        Status::Collapsed => Some(text::METHOD_NOT_RUN),
        _ if started.get() => None,
        _ => Some(text::FRAME_EMPTY),
    };
    let shown = move || match arm.picture.get() {
        Some(address) => {
            let described = move || text::returned_by(name(arm));
            view! { <img class="layer" src=address alt=described /> }.into_any()
        }
        None => view! {
            <For each=move || [studio.session.get()] key=|key| *key
                children=move |_| view! { <Layer studio lane view=View::Result class /> } />
            {move || note().map(|note| view! { <p class="note">{note}</p> })}
        }
        .into_any(),
    };
    view! {
        <div class="frame" style:--w=move || side(|facts| facts.width, 3) style:--h=move || side(|facts| facts.height, 2)>
            {shown}
        </div>
    }
}

/// What the mask keeps of each layer, as bars and as numbers.
#[component]
fn Layers(arm: Arm) -> impl IntoView {
    move || {
        let facts = arm.facts.get()?;
        let table = layer_table(&facts.layers);
        Some(view! {
            <Densities layers=facts.layers />
            <details>
                <summary>{text::METHOD_LAYERS}<span class="for-readers">{text::of_method(name(arm))}</span></summary>
                <div class="scrolls" tabindex="0" role="region" aria-label=text::layers_of(name(arm))>{table}</div>
            </details>
        })
    }
}
