//! Two masks side by side: what they have in common in each layer, beside what chance gives.

use leptos::prelude::*;

use super::Entry;
use crate::mask::{LayerOverlap, Overlap};
use crate::page::bars::levels;
use crate::page::scale::{Scale, ticks};
use crate::page::slots::COMPARED;
use crate::page::state::Studio;
use crate::page::text;
use crate::worker::protocol::{Request, SlotId};

const WIDTH: f64 = 600.0;
const HEIGHT: f64 = 180.0;
const LEFT: f64 = 44.0;
const RIGHT: f64 = 594.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 170.0;
const GAP: f64 = 4.0;

/// What two masks have in common, or one sentence on why that cannot be told.
type Found = Result<(Overlap, Vec<LayerOverlap>), String>;

/// The state of the comparison.
#[derive(Clone, Copy)]
pub struct Compared {
    chosen: [RwSignal<Option<SlotId>>; 2],
    /// The names of the masks that the worker has been asked for, and has not answered yet.
    asked: RwSignal<Option<[String; 2]>>,
    /// With the names that the masks had then.
    found: RwSignal<Option<([String; 2], Found)>>,
}

impl Compared {
    pub fn new() -> Self {
        Self {
            chosen: std::array::from_fn(|_| RwSignal::new(None)),
            asked: RwSignal::new(None),
            found: RwSignal::new(None),
        }
    }

    pub fn forget(self, entry: Entry) {
        for chosen in self.chosen {
            if chosen.get_untracked() == Some(entry.slot) {
                chosen.set(None);
                self.found.set(None);
            }
        }
    }

    /// A new worker was not asked.
    pub fn restart(self) {
        self.asked.set(None);
    }

    /// The masks that are compared: those chosen, and in place of one that was not the first of the others.
    fn pair(self, entries: &[Entry]) -> Option<[Entry; 2]> {
        let of = |place: usize| {
            let slot = self.chosen[place].get()?;
            entries.iter().copied().find(|entry| entry.slot == slot)
        };
        let (first, second) = (of(0), of(1));
        let other = |taken: Option<Entry>| {
            let free = |entry: &Entry| taken.is_none_or(|taken| taken.slot != entry.slot);
            entries.iter().copied().find(free)
        };
        let first = first.or_else(|| other(second))?;
        Some([first, second.or_else(|| other(Some(first)))?])
    }
}

impl Studio {
    fn compare_masks(self, pair: [Entry; 2]) {
        let compared = self.gallery.compared;
        let names = pair.map(|entry| entry.title.get_untracked());
        compared.asked.set(Some(names));
        compared.found.set(None);
        for (entry, slot) in pair.into_iter().zip(COMPARED) {
            let (request, file) = entry.load(slot);
            self.send(&request, file.as_ref().map(AsRef::as_ref));
        }
        let [first, second] = COMPARED;
        self.send(&Request::CompareMasks { first, second }, None);
        for slot in COMPARED {
            self.send(&Request::ForgetMask { slot }, None);
        }
    }

    pub(super) fn comparison_came(self, found: Found) {
        let compared = self.gallery.compared;
        let Some(names) = compared.asked.get_untracked() else {
            return;
        };
        compared.asked.set(None);
        let said = match &found {
            Ok((all, _)) => text::overlap_words(all),
            Err(problem) => problem.clone(),
        };
        self.gallery.said.set(said);
        compared.found.set(Some((names, found)));
    }
}

#[component]
pub fn CompareCard(studio: Studio) -> impl IntoView {
    let gallery = studio.gallery;
    let compared = gallery.compared;
    let pair = Memo::new(move |_| {
        gallery
            .entries
            .with(|entries| compared.pair(entries))
            .map(|pair| pair.map(|e| e.slot))
    });
    let field = move |place: usize| {
        let id = format!("compare-{}", place + 1);
        let option = move |entry: Entry| {
            let chosen = move || pair.get().is_some_and(|pair| pair[place] == entry.slot);
            view! { <option value=entry.slot.to_string() prop:selected=chosen>{entry.title}</option> }
        };
        let choose = move |event| {
            if let Some(pair) = pair.get_untracked() {
                // What was chosen by itself stays when the other changes.
                compared.chosen[1 - place].set(Some(pair[1 - place]));
            }
            compared.chosen[place].set(event_target_value(&event).parse().ok());
            compared.found.set(None);
        };
        view! {
            <div class="field">
                <label for=id.clone()>{text::COMPARE_WITH[place]}</label>
                <select id=id on:change=choose>
                    {move || gallery.entries.get().into_iter().map(option).collect_view()}
                </select>
            </div>
        }
    };
    let same = move || pair.get().is_none_or(|[first, second]| first == second);
    let compare = move |_| {
        let entries = gallery.entries.get_untracked();
        if let Some(pair) = untrack(|| compared.pair(&entries)) {
            studio.compare_masks(pair);
        }
    };
    let result = move || match compared.found.get() {
        Some((names, Ok((all, layers)))) => view! { <Table names all layers /> }.into_any(),
        Some((_, Err(problem))) => view! { <p class="facts bad" id="compare-problem">{problem}</p> }.into_any(),
        None if compared.asked.read().is_some() => view! { <p class="hint">{text::COMPARING}</p> }.into_any(),
        None => view! { <p class="hint">{text::COMPARE_HINT}</p> }.into_any(),
    };
    view! {
        <section class="card compare" aria-labelledby="compare-title">
            <h2 id="compare-title">{text::COMPARE}</h2>
            <div class="compare-fields">
                {field(0)}
                {field(1)}
                <button type="button" id="compare" disabled=move || same() || compared.asked.read().is_some() on:click=compare>
                    {text::COMPARE_NOW}
                </button>
            </div>
            {result}
        </section>
    }
}

#[component]
fn Table(names: [String; 2], all: Overlap, layers: Vec<LayerOverlap>) -> impl IntoView {
    let count = levels(layers.len());
    let row = |(name, overlap): (String, Overlap)| {
        view! {
            <tr>
                <th scope="row">{name}</th>
                {text::overlap_cells(&overlap).map(|cell| view! { <td>{cell}</td> }).collect_view()}
            </tr>
        }
    };
    let heading = |name: String| view! { <th scope="col">{name}</th> };
    let headings = text::overlap_columns(&names).map(heading).collect_view();
    let words = text::overlap_words(&all);
    let described = described(&layers, count);
    let drawing = draw(&layers);
    let rows = layers
        .into_iter()
        .enumerate()
        .map(|(place, layer)| (text::layer(place, count), layer.overlap));
    let rows = std::iter::once((text::ALL_PARAMETERS.to_owned(), all)).chain(rows);
    view! {
        <p class="verdict" id="overlap">{words}</p>
        <div class="compare-found">
            <figure class="plot">
                <figcaption>{text::OVERLAP_PLOT}</figcaption>
                <svg id="overlap-plot" viewBox=format!("0 0 {WIDTH} {HEIGHT}") role="img" aria-label=described>
                    {drawing}
                </svg>
            </figure>
            <div class="scrolls" tabindex="0" role="region" aria-label=text::OVERLAP_TABLE>
                <table id="overlap-table">
                    <thead><tr>{headings}</tr></thead>
                    <tbody>{rows.map(row).collect_view()}</tbody>
                </table>
            </div>
        </div>
    }
}

/// The drawing in words: where the two share most and least.
fn described(layers: &[LayerOverlap], levels: usize) -> String {
    let times = layers
        .iter()
        .enumerate()
        .filter_map(|(place, layer)| Some((place, layer.overlap.times_chance()?)));
    let by_times = |a: &(usize, f64), b: &(usize, f64)| a.1.total_cmp(&b.1);
    let named = |(place, times): (usize, f64)| (text::layer(place, levels), times);
    let (least, most) = (
        times.clone().min_by(by_times).map(named),
        times.max_by(by_times).map(named),
    );
    text::overlap_described(least, most)
}

/// A bar for each layer: what the two share there, in times what chance gives.
fn draw(layers: &[LayerOverlap]) -> impl IntoView + use<> {
    let times = |layer: &LayerOverlap| layer.overlap.times_chance().unwrap_or(0.0);
    let most = layers.iter().map(times).fold(1.5, f64::max);
    let y = Scale {
        from: (0.0, most),
        to: (BOTTOM, TOP),
    };
    let step = (RIGHT - LEFT + GAP) / layers.len().max(1) as f64;
    let bar = |(place, layer): (usize, &LayerOverlap)| {
        let (left, right) = (LEFT + step * place as f64, LEFT + step * (place + 1) as f64 - GAP);
        format!("M{left:.1} {BOTTOM}V{:.1}H{right:.1}V{BOTTOM}Z", y.at(times(layer)))
    };
    let bars: String = layers.iter().enumerate().map(bar).collect();
    let grid = move |tick: f64| {
        let at = y.at(tick);
        view! {
            <line x1=LEFT x2=RIGHT y1=at y2=at class="grid" />
            <text x=LEFT - 5.0 y=at + 4.0 class="tick-y">{text::times(tick)}</text>
        }
    };
    let chance = y.at(1.0);
    view! {
        {ticks(0.0, most, 3).into_iter().map(grid).collect_view()}
        <path d=bars class="bars" />
        <line x1=LEFT x2=RIGHT y1=chance y2=chance class="level" />
        <text x=LEFT + 4.0 y=chance - 5.0 class="level-name start">{text::BY_CHANCE}</text>
    }
}
