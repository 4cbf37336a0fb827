//! A value that a callback of the device delivers, and the wait for it.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};

use super::GpuContext;
use crate::engine::EngineError;

/// A slot that is filled once, by a callback.
pub(super) struct Signal<T>(Arc<Mutex<Slot<T>>>);

struct Slot<T> {
    value: Option<T>,
    waker: Option<Waker>,
}

impl<T> Clone for Signal<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Signal<T> {
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(Slot {
            value: None,
            waker: None,
        })))
    }

    /// Delivers the value.
    pub fn set(&self, value: T) {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slot.value = Some(value);
        if let Some(waker) = slot.waker.take() {
            waker.wake();
        }
    }

    /// Whether the value is there.
    pub fn is_set(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).value.is_some()
    }

    /// The value, or else a promise to wake `waker`.
    fn take_or_wait(&self, waker: &Waker) -> Option<T> {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let value = slot.value.take();
        if value.is_none() {
            slot.waker = Some(waker.clone());
        }
        value
    }

    /// Waits for the value. Natively this polls the device, blocking for short times; in a browser the event loop
    /// delivers it.
    ///
    /// # Errors
    /// [`EngineError::DeviceLost`] once the device is gone: some implementations never call back then.
    pub async fn wait(&self, context: &GpuContext, submission: &wgpu::SubmissionIndex) -> Result<T, EngineError> {
        poll_fn(|task| {
            if let Some(value) = self.take_or_wait(task.waker()) {
                return Poll::Ready(Ok(value));
            }
            if let Some(lost) = context.lost_or_wait(task.waker()) {
                return Poll::Ready(Err(lost));
            }
            #[cfg(not(target_arch = "wasm32"))]
            {
                context.poll_until(submission);
                task.waker().wake_by_ref();
            }
            #[cfg(target_arch = "wasm32")]
            let _ = submission;
            Poll::Pending
        })
        .await
    }
}
