//! A picture or a mask by its address on another site.

use leptos::callback::UnsyncCallback;
use leptos::prelude::*;

use super::query::check_remote;
use super::text;

#[component]
pub fn AddressField(
    id: &'static str,
    hint: &'static str,
    /// Takes an address that may be loaded.
    #[prop(into)]
    load: UnsyncCallback<String>,
) -> impl IntoView {
    let typed = RwSignal::new(String::new());
    let problem = RwSignal::new(None);
    let take = move || match check_remote(&typed.get_untracked()) {
        Ok(address) => {
            problem.set(None);
            load.run(address);
        }
        Err(sentence) => problem.set(Some(sentence)),
    };
    let key = move |event: web_sys::KeyboardEvent| {
        if event.key() == "Enter" {
            event.prevent_default();
            take();
        }
    };
    let field = format!("{id}-address");
    let about = format!("{id}-address-hint");
    view! {
        <details>
            <summary>{text::FROM_ADDRESS}</summary>
            <div class="address">
                <input type="url" id=field.clone() aria-label=text::ADDRESS aria-describedby=about.clone()
                    placeholder="https://" autocomplete="off" prop:value=move || typed.get()
                    on:input=move |event| typed.set(event_target_value(&event)) on:keydown=key />
                <button type="button" id=format!("{id}-load") on:click=move |_| take()>{text::LOAD}</button>
            </div>
            <p class="hint" id=about>{hint}</p>
            <p class="facts bad" role="alert">{move || problem.get()}</p>
        </details>
    }
}
