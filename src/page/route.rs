//! The views of the page: which one is shown stands in the address as `?view=`, so that each can be linked to, and Back
//! and Forward work.

use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{HtmlElement, MouseEvent, UrlSearchParams};

use super::state::Studio;
use super::text;

/// A view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Route {
    Denoise,
    Learn,
    Masks,
    Methods,
    How,
    About,
}

pub const ROUTES: [Route; 6] = [
    Route::Denoise,
    Route::Learn,
    Route::Masks,
    Route::Methods,
    Route::How,
    Route::About,
];
/// The element that holds the view.
pub const MAIN: &str = "main";

const PARAMETER: &str = "view";

impl Route {
    /// As it stands in the address; the first view needs no name there.
    fn name(self) -> Option<&'static str> {
        match self {
            Self::Denoise => None,
            Self::Learn => Some("learn"),
            Self::Masks => Some("masks"),
            Self::Methods => Some("methods"),
            Self::How => Some("how"),
            Self::About => Some("about"),
        }
    }

    /// The view that the parameters name, or the first.
    pub fn named(parameters: Option<&UrlSearchParams>) -> Self {
        let name = parameters.and_then(|parameters| parameters.get(PARAMETER));
        let found = ROUTES.into_iter().find(|route| route.name() == name.as_deref());
        found.unwrap_or(Self::Denoise)
    }

    /// The view that the address names now.
    pub fn of_page() -> Self {
        Self::named(search().as_ref())
    }

    /// The present address with this view in it.
    pub fn address(self) -> String {
        let parameters = search();
        let Some(parameters) = parameters else {
            return ".".to_owned();
        };
        match self.name() {
            Some(name) => parameters.set(PARAMETER, name),
            None => parameters.delete(PARAMETER),
        }
        match String::from(parameters.to_string()) {
            query if query.is_empty() => ".".to_owned(),
            query => format!("?{query}"),
        }
    }
}

/// The address's parameters.
fn search() -> Option<UrlSearchParams> {
    let search = web_sys::window()?.location().search().ok()?;
    UrlSearchParams::new_with_str(&search).ok()
}

impl Studio {
    /// Opens a view, as a step that Back undoes.
    pub fn go(self, route: Route) {
        if self.route.get_untracked() == route {
            return;
        }
        let history = web_sys::window().and_then(|window| window.history().ok());
        if let Some(history) = history {
            // A browser that refuses only means that Back leaves the page.
            let _ = history.push_state_with_url(&JsValue::NULL, "", Some(&route.address()));
        }
        self.show_route(route);
    }

    fn show_route(self, route: Route) {
        self.route.set(route);
        let document = web_sys::window().and_then(|window| window.document());
        let main = document.and_then(|document| document.get_element_by_id(MAIN));
        if let Some(main) = main.and_then(|main| main.dyn_into::<HtmlElement>().ok()) {
            // So that a screen reader goes on from the view's name, and the keyboard from its first control.
            let _ = main.focus();
        }
    }

    /// Follows Back and Forward, and keeps the document's title.
    pub fn follow_history(self) {
        let moved = window_event_listener(ev::popstate, move |_| self.show_route(Route::of_page()));
        on_cleanup(move || moved.remove());
        Effect::new(move |_| {
            let title = text::page_title(self.route.get());
            if let Some(document) = web_sys::window().and_then(|window| window.document()) {
                document.set_title(&title);
            }
        });
    }
}

/// Links to the views.
#[component]
pub fn Views(studio: Studio) -> impl IntoView {
    let link = move |route: Route| {
        let follow = move |event: MouseEvent| {
            let elsewhere = event.ctrl_key() || event.meta_key() || event.shift_key() || event.button() != 0;
            if !elsewhere {
                event.prevent_default();
                studio.go(route);
            }
        };
        let address = move || {
            studio.link.track();
            route.address()
        };
        view! {
            <li>
                <a href=address data-route=text::route(route) on:click=follow
                    aria-current=move || (studio.route.get() == route).then_some("page")>
                    {text::route(route)}
                </a>
            </li>
        }
    };
    view! {
        <nav class="views" aria-label=text::VIEWS>
            <ul>{ROUTES.map(link).collect_view()}</ul>
        </nav>
    }
}
