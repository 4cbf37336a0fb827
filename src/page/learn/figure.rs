//! A drawing of the last look at a learner, with its words for who does not see it.

use leptos::prelude::*;

use crate::page::text;
use crate::worker::protocol::Look;

/// A figure of `size` units that `draw` fills and `summary` puts into words, both once there is a look. `children` stand
/// below the drawing.
#[component]
pub fn LookFigure(
    look: RwSignal<Option<Look>>,
    id: &'static str,
    class: &'static str,
    title: &'static str,
    size: (f64, f64),
    summary: fn(&Look) -> String,
    draw: fn(&Look) -> AnyView,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let (width, height) = size;
    let words = move || match look.read().as_ref() {
        Some(look) => summary(look),
        None => text::NO_LOOK.to_owned(),
    };
    let drawing = move || match look.read().as_ref() {
        Some(look) => draw(look),
        None => view! { <text x=width / 2.0 y=height / 2.0 class="empty">{text::NO_LOOK}</text> }.into_any(),
    };
    view! {
        <figure class=class>
            <figcaption>{title}</figcaption>
            <svg id=id viewBox=format!("0 0 {width} {height}") role="img" aria-label=words>{drawing}</svg>
            {children.map(|children| children())}
        </figure>
    }
}
