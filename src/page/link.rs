//! The page's end of the line to the worker.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Reflect;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event, MessageEvent, Worker, WorkerOptions, WorkerType};

use crate::worker::protocol::{Reply, Request};
use crate::worker::{pack, unpack};

/// The worker's start script, relative to the page.
const SCRIPT: &str = "static/worker.js";

/// A message and what it hands over.
type Packed = (JsValue, js_sys::Array);

/// A worker; dropping it ends the worker and frees all that it holds.
pub struct Link {
    worker: Worker,
    /// Requests that wait for [`Reply::Started`]; none once it came.
    early: Rc<RefCell<Option<Vec<Packed>>>>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(Event)>,
}

impl Link {
    /// Starts a worker on the page's own compiled module. `hear` gets its replies with their attachments.
    ///
    /// # Errors
    /// The browser's.
    pub fn open(hear: impl Fn(Reply, JsValue) + 'static) -> Result<Self, JsValue> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        options.set_name("engine");
        let worker = Worker::new_with_options(SCRIPT, &options)?;
        let early = Rc::new(RefCell::new(Some(Vec::new())));
        let hear = Rc::new(hear);
        let on_message = {
            let (worker, early, hear) = (worker.clone(), early.clone(), hear.clone());
            Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| match unpack::<Reply>(&event.data()) {
                Ok((reply, attachment)) => {
                    if reply == Reply::Started {
                        for (message, transfer) in early.take().into_iter().flatten() {
                            post(&worker, &message, &transfer);
                        }
                    }
                    hear(reply, attachment);
                }
                Err(error) => web_sys::console::error_1(&error.into()),
            })
        };
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        let on_error = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
            // A script that cannot be loaded gives a plain event, without a message.
            let said = Reflect::get(&event, &"message".into())
                .ok()
                .and_then(|message| message.as_string());
            let message = said.unwrap_or_else(|| "the worker's script could not be loaded".to_owned());
            hear(Reply::Panic { message }, JsValue::UNDEFINED);
        });
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        worker.post_message(&wasm_bindgen::module())?;
        Ok(Self {
            worker,
            early,
            _on_message: on_message,
            _on_error: on_error,
        })
    }

    /// Sends a request, and what belongs to it.
    pub fn send(&self, request: &Request, attachment: Option<&JsValue>) {
        match pack(request, attachment) {
            Ok((message, transfer)) => match self.early.borrow_mut().as_mut() {
                Some(early) => early.push((message, transfer)),
                None => post(&self.worker, &message, &transfer),
            },
            // Plain data always packs.
            Err(error) => web_sys::console::error_1(&error.into()),
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}

fn post(worker: &Worker, message: &JsValue, transfer: &js_sys::Array) {
    if let Err(error) = worker.post_message_with_transfer(message, transfer) {
        web_sys::console::error_1(&error);
    }
}
