//! What is kept in IndexedDB: runs, so that a closed tab costs seconds, and the masks of this browser's gallery.

use std::cell::Cell;

use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{IdbDatabase, IdbObjectStore, IdbOpenDbRequest, IdbRequest, IdbTransactionMode};

const DATABASE: &str = "optimal-eye-surgeon";
/// Each version added object stores to those before; see [`ADDED`].
const VERSION: u32 = 2;

/// An object store, by name.
pub type Store = &'static str;
/// One record for a tab, and one for each of its runs.
pub const RUNS: Store = "runs";
/// Masks of one's own, by SHA-256.
pub const MASKS: Store = "masks";
/// What masks draw by masking alone (PNG), by SHA-256.
pub const DRAWINGS: Store = "drawings";
/// Fits of sample pictures that were finished here, by all that defines them.
pub const FITS: Store = "fits";
/// Each with the version of the database that added it.
const ADDED: [(u32, Store); 4] = [(1, RUNS), (2, MASKS), (2, DRAWINGS), (2, FITS)];

thread_local! {
    static CLOSED: Cell<bool> = const { Cell::new(false) };
}

/// From now on nothing is kept and nothing is found: an embedded page is a guest on another site.
pub fn keep_nothing() {
    CLOSED.set(true);
}

/// What the browser says when a request is through.
async fn done(request: &IdbRequest) -> Result<JsValue, JsValue> {
    let promise = Promise::new(&mut |resolve, reject| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
    });
    JsFuture::from(promise).await?;
    request.result()
}

async fn open() -> Result<IdbDatabase, JsValue> {
    if CLOSED.get() {
        return Err("an embedded page keeps nothing".into());
    }
    let factory = web_sys::window()
        .ok_or("no window")?
        .indexed_db()?
        .ok_or("this browser keeps nothing")?;
    let request: IdbOpenDbRequest = factory.open_with_u32(DATABASE, VERSION)?;
    let creating = request.clone();
    let create = Closure::once_into_js(move |event: JsValue| {
        let add = || -> Result<(), JsValue> {
            let database: IdbDatabase = creating.result()?.unchecked_into();
            // 0 where there was no database.
            let before = Reflect::get(&event, &"oldVersion".into())?.as_f64().unwrap_or(0.0);
            for (_, store) in ADDED.iter().filter(|(version, _)| f64::from(*version) > before) {
                database.create_object_store(store)?;
            }
            Ok(())
        };
        if let Err(error) = add() {
            // The requests that follow fail and tell.
            web_sys::console::error_1(&error);
        }
    });
    request.set_onupgradeneeded(Some(create.unchecked_ref()));
    Ok(done(&request).await?.unchecked_into())
}

/// Makes one request of a store.
async fn ask(
    store: Store,
    mode: IdbTransactionMode,
    request: &dyn Fn(&IdbObjectStore) -> Result<IdbRequest, JsValue>,
) -> Result<JsValue, JsValue> {
    let database = open().await?;
    let store = database
        .transaction_with_str_and_mode(store, mode)?
        .object_store(store)?;
    let result = match request(&store) {
        Ok(request) => done(&request).await,
        Err(error) => Err(error),
    };
    database.close();
    result
}

/// Keeps a value that the structured clone takes.
///
/// # Errors
/// The browser's, such as for want of room.
pub async fn put(store: Store, key: &str, value: &JsValue) -> Result<(), JsValue> {
    let put = |store: &IdbObjectStore| store.put_with_key(value, &key.into());
    ask(store, IdbTransactionMode::Readwrite, &put).await.map(drop)
}

/// # Errors
/// The browser's.
pub async fn get(store: Store, key: &str) -> Result<JsValue, JsValue> {
    ask(store, IdbTransactionMode::Readonly, &|store| store.get(&key.into())).await
}

/// All values, by their keys' order.
///
/// # Errors
/// The browser's.
pub async fn all(store: Store) -> Result<Vec<JsValue>, JsValue> {
    let all = ask(store, IdbTransactionMode::Readonly, &|store| store.get_all()).await?;
    Ok(Array::from(&all).to_vec())
}

/// # Errors
/// The browser's.
pub async fn delete(store: Store, keys: &[String]) -> Result<(), JsValue> {
    for key in keys {
        let delete = |store: &IdbObjectStore| store.delete(&key.as_str().into());
        ask(store, IdbTransactionMode::Readwrite, &delete).await?;
    }
    Ok(())
}

/// All keys.
///
/// # Errors
/// The browser's.
pub async fn keys(store: Store) -> Result<Vec<String>, JsValue> {
    let keys = ask(store, IdbTransactionMode::Readonly, &|store| store.get_all_keys()).await?;
    Ok(Array::from(&keys).iter().filter_map(|key| key.as_string()).collect())
}

/// Takes a lock that other tabs see, for as long as this tab lives. False if another tab has it, or if the browser has no
/// locks.
pub async fn lock(name: &str) -> bool {
    let taken = || -> Result<Promise, JsValue> {
        let navigator: JsValue = web_sys::window().ok_or("no window")?.navigator().into();
        let locks = Reflect::get(&navigator, &"locks".into())?;
        let request: Function = Reflect::get(&locks, &"request".into())?.dyn_into()?;
        let options = Object::new();
        Reflect::set(&options, &"ifAvailable".into(), &true.into())?;
        let mut failed = Ok(());
        let promise = Promise::new(&mut |resolve, _| {
            let held = Closure::once_into_js(move |lock: JsValue| -> JsValue {
                let has = !lock.is_null();
                // The promise of the caller takes any value.
                let _ = resolve.call1(&JsValue::UNDEFINED, &has.into());
                if has {
                    // Never settled: the lock goes with the tab.
                    Promise::new(&mut |_, _| {}).into()
                } else {
                    JsValue::UNDEFINED
                }
            });
            failed = request.call3(&locks, &name.into(), &options, &held).map(drop);
        });
        failed.map(|()| promise)
    };
    match taken() {
        Ok(promise) => JsFuture::from(promise).await.is_ok_and(|has| has.is_truthy()),
        Err(_) => false,
    }
}
