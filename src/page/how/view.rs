//! How the view is put together.

use leptos::prelude::*;

use super::contents::{Contents, heading};
use super::figure::LiveFigure;
use super::shuffling::ShuffleTable;
use super::spec::{FIGURES, Figure};
use crate::page::learn::KeepSlider;
use crate::page::learn::hourglass::HourglassPicture;
use crate::page::notices::{EngineNotice, Notices};
use crate::page::state::Studio;
use crate::page::text;

#[component]
pub fn HowItWorks(studio: Studio) -> impl IntoView {
    let how = studio.how;
    // Nobody watches: the device is left to the other views.
    on_cleanup(move || {
        studio.pause_figures();
        how.displaced.set(false);
    });
    let busy_elsewhere = move || {
        let words = if how.displaced.get() {
            text::FIGURE_DISPLACED
        } else if studio.is_busy() || studio.device.measuring.get().is_some() {
            text::FIGURE_DISPLACES
        } else {
            return None;
        };
        Some(view! { <p class="notice" id="displaces">{words}</p> })
    };
    let limits = text::BASELINES.map(|(name, lena, pepper)| {
        view! { <tr><th scope="row">{name}</th><td>{lena}</td><td>{pepper}</td></tr> }
    });
    let source = |(words, name, address): (&'static str, &'static str, &'static str)| {
        view! { <li>{words}" "<a href=address rel="noreferrer">{name}</a></li> }
    };
    view! {
        <article class="how">
            <Notices studio lanes=Signal::stored(Vec::new()) />
            <div class="prose">
                {text::HOW_INTRO.map(|words| view! { <p>{words}</p> }).collect_view()}
            </div>
            {busy_elsewhere}
            <EngineNotice studio />
            <Contents />
            {FIGURES.map(|figure| view! { <Section studio figure /> }).collect_view()}
            <section aria-labelledby=heading(FIGURES.len())>
                <div class="prose">
                    <h2 id=heading(FIGURES.len()) tabindex="-1">{text::LIMITS_TITLE}</h2>
                    {text::LIMITS.map(|words| view! { <p>{words}</p> }).collect_view()}
                </div>
                <div class="scrolls card" tabindex="0" role="region" aria-label=text::BASELINE_TABLE>
                    <table>
                        <thead><tr>
                            {text::BASELINE_COLUMNS.map(|name| view! { <th scope="col">{name}</th> }).collect_view()}
                        </tr></thead>
                        <tbody>{limits.collect_view()}</tbody>
                    </table>
                </div>
            </section>
            <section aria-labelledby=heading(FIGURES.len() + 1) class="prose">
                <h2 id=heading(FIGURES.len() + 1) tabindex="-1">{text::SOURCES_TITLE}</h2>
                <ul class="sources">{text::SOURCES.map(source).collect_view()}</ul>
            </section>
            <p class="for-readers" role="status">{move || how.said.get()}</p>
        </article>
    }
}

/// A section of the text with its figure.
#[component]
fn Section(studio: Studio, figure: Figure) -> impl IntoView {
    let words = text::section(figure);
    let (id, labelled) = (heading(figure.place()), heading(figure.place()));
    let paragraph = |words: &'static str| view! { <p>{words}</p> };
    view! {
        <section aria-labelledby=labelled>
            <div class="prose">
                <h2 id=id tabindex="-1">{words.title}</h2>
                {words.before.iter().copied().map(paragraph).collect_view()}
            </div>
            {match figure {
                Figure::Masking => view! { <LiveFigure studio figure><MaskParts studio /></LiveFigure> }.into_any(),
                Figure::Shuffling => view! { <LiveFigure studio figure><ShuffleTable studio /></LiveFigure> }.into_any(),
                _ => view! { <LiveFigure studio figure /> }.into_any(),
            }}
            <div class="prose">{words.after.iter().copied().map(paragraph).collect_view()}</div>
        </section>
    }
}

/// What the learner's figure has beside: the threshold, and the network.
#[component]
fn MaskParts(studio: Studio) -> impl IntoView {
    let how = studio.how;
    let elsewhere = move || how.active.get().is_some_and(|active| active != Figure::Masking);
    view! {
        <fieldset class="plain-fields" disabled=elsewhere>
            <legend class="for-readers">{text::KEEP_TITLE}</legend>
            <KeepSlider keep=how.keep choose=move |keep| studio.look_at_figure(keep) />
        </fieldset>
        <HourglassPicture look=how.look />
    }
}
