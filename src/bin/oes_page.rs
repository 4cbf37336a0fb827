//! The page and its worker: one module, which asks which of the two it is in.

use wasm_bindgen::JsCast;

fn main() {
    let scope = js_sys::global();
    if scope.has_type::<web_sys::DedicatedWorkerGlobalScope>() {
        optimal_eye_surgeon::worker::start();
    } else if scope.has_type::<web_sys::Window>() {
        optimal_eye_surgeon::page::mount();
    }
}
