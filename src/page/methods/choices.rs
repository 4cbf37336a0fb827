//! Which methods are compared, with which learned mask, and how much pruning keeps.

use leptos::prelude::*;

use super::kind::KINDS;
use super::{Arm, KEEP_LEAST, KEEP_MOST, Kind};
use crate::page::mask_field::{MaskOptions, option_of, own_file};
use crate::page::mask_slot::MaskChoice;
use crate::page::settings::KeepField;
use crate::page::state::Studio;
use crate::page::text;
use crate::prune::Scope;

/// The value of the option for no method.
const NONE: &str = "";

#[component]
pub fn Choices(studio: Studio) -> impl IntoView {
    let methods = studio.methods;
    let places = methods.places().map(|arm| view! { <MethodField studio arm /> });
    view! {
        <fieldset class="card" disabled=move || studio.is_busy()>
            <legend><h2>{text::METHODS_CHOSEN}</h2></legend>
            {places.into_iter().collect_view()}
            <KeepField id="method-keep" label=text::METHOD_KEEP range=(KEEP_LEAST, KEEP_MOST) keep=methods.keep
                set=move |keep| studio.choose_method_keep(keep) />
            <BaseField studio />
            <p class="hint">{text::METHOD_KEEP_HINT}</p>
            <p class="hint">{text::METHOD_NETWORK_HINT}</p>
        </fieldset>
    }
}

#[component]
fn MethodField(studio: Studio, arm: Arm) -> impl IntoView {
    let id = format!("method-{}", arm.place + 1);
    let elsewhere = move |kind: Kind| {
        let all = studio.methods.places().into_iter();
        all.filter(|other| *other != arm)
            .any(|other| other.kind.get() == Some(kind))
    };
    let option = move |(kind, id): (Kind, &'static str)| {
        view! {
            <option value=id disabled=move || elsewhere(kind) prop:selected=move || arm.kind.get() == Some(kind)>
                {text::method(kind)}
            </option>
        }
    };
    let group = move |label: &'static str, belongs: fn(Kind) -> bool| {
        let options = KINDS.into_iter().filter(|(kind, _)| belongs(*kind));
        view! { <optgroup label=label>{options.map(option).collect_view()}</optgroup> }
    };
    view! {
        <div class="field">
            <label for=id.clone()>{text::method_place(arm.place + 1)}</label>
            <select id=id on:change=move |event| studio.choose_method(arm, Kind::named(&event_target_value(&event)))>
                <option value=NONE prop:selected=move || arm.kind.get().is_none()>{text::NO_METHOD}</option>
                {group(text::GROUP_LEARNED, Kind::needs_mask)}
                {group(text::GROUP_GLOBAL, |kind| matches!(kind, Kind::Pruned(_, Scope::Global)))}
                {group(text::GROUP_LAYER, |kind| matches!(kind, Kind::Pruned(_, Scope::Layer)))}
                {group(text::GROUP_AFTER, |kind| kind == Kind::Imp)}
                {group(text::GROUP_WHOLE, |kind| matches!(kind, Kind::Unmasked(_)) && kind.other_network().is_none())}
                {group(text::GROUP_NETWORKS, |kind| kind.other_network().is_some())}
            </select>
        </div>
    }
}

/// The learned mask, which its shuffles and its recipe start from.
#[component]
fn BaseField(studio: Studio) -> impl IntoView {
    let base = studio.methods.base;
    let chosen = Memo::new(move |_| option_of(studio, base));
    let choose = move |event| {
        let id = event_target_value(&event);
        match own_file(studio, &id) {
            Some(file) => studio.choose_base(MaskChoice::Own, Some(file)),
            None if studio.catalogue.with_value(|all| all.preset(&id).is_some()) => {
                studio.choose_base(MaskChoice::Preset(id), None);
            }
            // The one that is chosen already.
            None => {}
        }
    };
    view! {
        <div class="field">
            <label for="method-mask">{text::METHOD_MASK}</label>
            <select id="method-mask" on:change=choose><MaskOptions studio mask=base chosen /></select>
        </div>
    }
}
