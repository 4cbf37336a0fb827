//! Bytes from an address: of this site, or of another that a person's link names. Each way to fail has its own sentence.

use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, ReadableStreamDefaultReader, RequestInit, RequestMode, Response, Url};

use super::files::scope;

/// No mask or picture that is of use here is longer.
const MAX_BYTES: u64 = 64_000_000;
/// A host that has not sent everything by then will not.
const TIMEOUT_MILLISECONDS: u32 = 120_000;

/// Loads an address; `progress` is told the bytes so far and, where the host tells, in all.
///
/// # Errors
/// A sentence on what failed and what to do.
pub async fn fetch(address: &str, mut progress: impl FnMut(u64, Option<u64>)) -> Result<Vec<u8>, String> {
    let options = RequestInit::new();
    options.set_signal(Some(&AbortSignal::timeout_with_u32(TIMEOUT_MILLISECONDS)));
    let answer = JsFuture::from(scope().fetch_with_str_and_init(address, &options)).await;
    let response: Response = match answer {
        Ok(response) => response.unchecked_into(),
        Err(error) => return Err(why(address, &error).await),
    };
    let host = host_of(address);
    if !response.ok() {
        return Err(match response.status() {
            404 | 410 => format!(
                "{host} has no such file (it answered {}): check the address, or ask whoever shared it.",
                response.status()
            ),
            401 | 403 => format!(
                "{host} does not give this file to everybody (it answered {}): download it there and open it here.",
                response.status()
            ),
            status => format!("{host} answered {status}: try again later, or choose another."),
        });
    }
    let total = response
        .headers()
        .get("content-length")
        .ok()
        .flatten()
        .and_then(|text| text.parse::<u64>().ok());
    if let Some(bytes) = total.filter(|bytes| *bytes > MAX_BYTES) {
        return Err(too_long(Some(bytes)));
    }
    let broken = |so_far: usize| {
        let megabytes = so_far as f64 / 1e6;
        format!("{host} broke off after {megabytes:.1} MB: try again.")
    };
    let Some(body) = response.body() else {
        return Ok(Vec::new());
    };
    let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
    let mut bytes: Vec<u8> = Vec::new();
    loop {
        let part = JsFuture::from(reader.read()).await.map_err(|_| broken(bytes.len()))?;
        let get = |key: &str| Reflect::get(&part, &key.into()).unwrap_or(JsValue::UNDEFINED);
        if get("done").is_truthy() {
            return Ok(bytes);
        }
        let part: Uint8Array = get("value").unchecked_into();
        if bytes.len() as u64 + u64::from(part.length()) > MAX_BYTES {
            // The rest is not wanted; whether the host hears of it does not matter.
            let _ = reader.cancel();
            return Err(too_long(None));
        }
        bytes.extend(part.to_vec());
        progress(bytes.len() as u64, total.filter(|total| *total >= bytes.len() as u64));
    }
}

fn too_long(bytes: Option<u64>) -> String {
    let has = match bytes {
        Some(bytes) => format!("has {} MB", bytes / 1_000_000),
        None => "goes on and on".to_owned(),
    };
    format!(
        "The file {has}, the most that is loaded from an address is {} MB: choose a smaller one.",
        MAX_BYTES / 1_000_000
    )
}

/// Why a request came to nothing: a browser gives the same error for a host that is away and for one that does not let
/// other sites read its files. The second answers a request whose answer nobody may read.
async fn why(address: &str, error: &JsValue) -> String {
    let host = host_of(address);
    let name = Reflect::get(error, &"name".into())
        .ok()
        .and_then(|name| name.as_string());
    if name.as_deref() == Some("TimeoutError") {
        return format!(
            "{host} took longer than {} seconds: try again later.",
            TIMEOUT_MILLISECONDS / 1000
        );
    }
    if !scope().navigator().on_line() {
        return "This machine is offline: connect it, then try again.".to_owned();
    }
    if is_own(address) {
        return "It could not be loaded: check the connection, then reload the page.".to_owned();
    }
    let options = RequestInit::new();
    options.set_mode(RequestMode::NoCors);
    options.set_method("HEAD");
    match JsFuture::from(scope().fetch_with_str_and_init(address, &options)).await {
        Ok(_) => format!(
            "{host} does not let other sites read this file (it sends no CORS permission): download it there and open it here, or ask its owner for the header Access-Control-Allow-Origin."
        ),
        Err(_) => format!("{host} could not be reached: check the address and the connection."),
    }
}

/// Whether an address is of this site.
pub fn is_own(address: &str) -> bool {
    Url::new(address).is_ok_and(|url| url.origin() == scope().location().origin())
}

fn host_of(address: &str) -> String {
    if is_own(address) {
        return "The server".to_owned();
    }
    Url::new(address).map_or_else(|_| "The server".to_owned(), |url| url.host())
}
