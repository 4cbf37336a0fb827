//! What fields say.

use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlInputElement};

/// The number in a field or of a slider, as the browser reads it; none while there is none. Rust's own parser of decimal
/// fractions would add 15 KB to the page.
pub fn number_in(event: &Event) -> Option<f64> {
    let input: HtmlInputElement = event.target()?.dyn_into().ok()?;
    Some(input.value_as_number()).filter(|number| number.is_finite())
}
