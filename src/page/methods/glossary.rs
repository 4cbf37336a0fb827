//! What each method does, with its formula and where it comes from.

use leptos::prelude::*;

use crate::page::text::{self, MethodText};

#[component]
pub fn Glossary() -> impl IntoView {
    let entry = |method: &MethodText| {
        let sources = method.sources.iter().map(|(words, name, address)| {
            view! { <p class="hint">{*words}" "<a href=*address rel="noreferrer">{*name}</a></p> }
        });
        view! {
            <div>
                <h3>{method.name}</h3>
                {method.formula.map(|formula| view! { <p><code>{formula}</code></p> })}
                <p>{method.words}</p>
                {sources.collect_view()}
            </div>
        }
    };
    view! {
        <section class="glossary card" aria-labelledby="glossary-title">
            <h2 id="glossary-title">{text::GLOSSARY}</h2>
            <p>{text::GLOSSARY_INTRO}</p>
            <div class="entries">{text::METHOD_TEXTS.iter().map(entry).collect_view()}</div>
        </section>
    }
}
