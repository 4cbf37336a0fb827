//! The fraction of its weights that each layer keeps, as a row of small bars.

use leptos::prelude::*;

use crate::page::text;
use crate::worker::protocol::Layer;

/// Units of the drawing.
const WIDTH: f64 = 190.0;
const HEIGHT: f64 = 34.0;
const GAP: f64 = 2.0;
/// The scale is logarithmic, over this many powers of ten up to 100 %; what keeps less has the least bar.
const DECADES: f64 = 3.0;
const LEAST: f64 = 1.5;

#[component]
pub fn Densities(layers: Vec<Layer>) -> impl IntoView {
    let wide = (WIDTH + GAP) / layers.len().max(1) as f64;
    let bar = |(place, layer): (usize, &Layer)| {
        if layer.kept == 0 {
            return String::new();
        }
        let density = layer.kept as f64 / layer.weights.max(1) as f64;
        let height = (HEIGHT * (1.0 + density.log10() / DECADES)).max(LEAST);
        let left = wide * place as f64;
        let (top, right) = (HEIGHT - height, left + wide - GAP);
        format!("M{left:.2} {HEIGHT}V{top:.2}H{right:.2}V{HEIGHT}Z")
    };
    let bars: String = layers.iter().enumerate().map(bar).collect();
    view! {
        <svg class="densities" viewBox=format!("0 0 {WIDTH} {}", HEIGHT + 1.0) role="img" aria-label=text::densities(&layers)>
            <path class="ground" d=format!("M0 {}H{WIDTH}", HEIGHT + 0.5) />
            <path class="bars" d=bars />
        </svg>
    }
}
