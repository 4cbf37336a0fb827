//! One of two, as a pair of radio buttons.

use leptos::callback::UnsyncCallback;
use leptos::prelude::*;

/// `options` are the elements' ids and labels; `second` is whether the second is chosen, and so is what `choose` is called with.
#[component]
pub fn Either(
    name: &'static str,
    label: &'static str,
    options: [(&'static str, &'static str); 2],
    #[prop(into)] second: Signal<bool>,
    #[prop(into)] choose: UnsyncCallback<bool>,
) -> impl IntoView {
    let option = |(id, label): (&'static str, &'static str), is_second: bool| {
        view! {
            <label class="choice">
                <input type="radio" name=name id=id prop:checked=move || second.get() == is_second
                    on:change=move |_| choose.run(is_second) />
                <span>{label}</span>
            </label>
        }
    };
    let [one, other] = options;
    view! {
        <div class="choices" role="radiogroup" aria-label=label>
            {option(one, false)}
            {option(other, true)}
        </div>
    }
}
