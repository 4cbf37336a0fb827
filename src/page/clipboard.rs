//! Text on the clipboard.

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// Fails where the page is not allowed to, or was not loaded over https.
    #[wasm_bindgen(catch, js_namespace = ["navigator", "clipboard"], js_name = writeText)]
    async fn write_text(text: &str) -> Result<JsValue, JsValue>;
}

/// Whether the text is on the clipboard now.
pub async fn copy(text: &str) -> bool {
    write_text(text).await.is_ok()
}
