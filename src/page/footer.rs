//! The bottom of the page: privacy, what OES is, whose pictures these are.

use leptos::prelude::*;

use super::state::Studio;
use super::text;

#[component]
pub fn Footer(studio: Studio) -> impl IntoView {
    let credits = studio.catalogue.with_value(|catalogue| {
        let credit =
            |sample: &crate::catalogue::Sample| text::sample_credit(&sample.title, &sample.credit, &sample.licence);
        catalogue.samples.iter().map(credit).collect::<Vec<_>>().join("; ")
    });
    view! {
        <footer class="bottom">
            <p>{text::PRIVACY}</p>
            <p>{text::WHAT_IT_IS}</p>
            <p>{text::PAPER}</p>
            <p class="credits">{text::PICTURES_BY}" "{credits}"."</p>
        </footer>
    }
}
