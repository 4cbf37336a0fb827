//! The worker's loop: requests wait in a queue and are taken between turns of training.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::MessageEvent;

use super::engine::Worker;
use super::files::scope;
use super::message::{tell, unpack};
use super::protocol::{Reply, Request};
use super::turn::Turn;

/// Requests that wait for the loop.
#[derive(Default)]
struct Inbox {
    waiting: VecDeque<(Request, JsValue)>,
    waker: Option<Waker>,
}

/// Starts the loop in a worker; returns at once.
pub fn start() {
    std::panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        tell(&Reply::Panic {
            message: info.to_string(),
        });
    }));
    let inbox = Rc::new(RefCell::new(Inbox::default()));
    let receiver = inbox.clone();
    let on_message =
        Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| match unpack::<Request>(&event.data()) {
            Ok(request) => {
                let mut inbox = receiver.borrow_mut();
                inbox.waiting.push_back(request);
                if let Some(waker) = inbox.waker.take() {
                    waker.wake();
                }
            }
            // A fault of who sent it, who would otherwise wait for ever.
            Err(message) => tell(&Reply::Panic { message }),
        });
    scope().set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    // It lives as long as the worker.
    on_message.forget();
    wasm_bindgen_futures::spawn_local(async move {
        match Turn::new() {
            Ok(turn) => serve(&inbox, &turn).await,
            Err(error) => web_sys::console::error_1(&error),
        }
    });
    tell(&Reply::Started);
}

async fn serve(inbox: &RefCell<Inbox>, turn: &Turn) {
    let mut worker = Worker::default();
    loop {
        loop {
            let next = inbox.borrow_mut().waiting.pop_front();
            let Some((request, attachment)) = next else { break };
            worker.answer(request, &attachment).await;
        }
        if worker.turn().await {
            turn.over().await;
        } else {
            wait(inbox).await;
        }
    }
}

/// Until a request is there.
async fn wait(inbox: &RefCell<Inbox>) {
    poll_fn(|task| {
        let mut inbox = inbox.borrow_mut();
        if inbox.waiting.is_empty() {
            inbox.waker = Some(task.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(())
    })
    .await;
}
