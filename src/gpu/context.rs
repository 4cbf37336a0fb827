//! A device, what it can do, and what has gone wrong with it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;

use super::pipelines::Compiled;
use crate::engine::{AdapterDescription, EngineError};

/// What a step may ask of the device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// A program on the CPU: correct, but slow.
    pub software: bool,
    /// Timestamp queries, for profiles.
    pub timestamps: bool,
    /// Bytes of the largest storage binding.
    pub max_binding: u64,
    /// Bytes of the largest buffer.
    pub max_buffer: u64,
    /// Storage buffers that one kernel may bind.
    pub max_storage_buffers: u32,
    /// Workgroups of a dispatch in each dimension.
    pub max_workgroups: u32,
}

/// A device and its queue. Clones share them, and the pipelines compiled so far.
#[derive(Clone)]
pub struct GpuContext {
    pub device: wgpu::Device,
    pub queue: wgpu::Queue,
    pub adapter: AdapterDescription,
    pub capabilities: Capabilities,
    pub(super) pipelines: Rc<RefCell<HashMap<String, Compiled>>>,
    state: Arc<DeviceState>,
}

/// What the device's callbacks have told.
#[derive(Default)]
struct DeviceState {
    lost: Mutex<Option<EngineError>>,
    /// The first error that no scope caught.
    error: Mutex<Option<EngineError>>,
    /// Who waits for the device, to be woken when it is lost.
    wakers: Mutex<Vec<Waker>>,
}

impl DeviceState {
    fn lose(&self, reason: String) {
        let mut lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        lost.get_or_insert(EngineError::DeviceLost { reason });
        drop(lost);
        for waker in self.wakers.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            waker.wake();
        }
    }
}

impl GpuContext {
    /// Opens the adapter's device with the default limits, and larger buffers and bindings where the adapter has them.
    ///
    /// # Errors
    /// [`EngineError::NoDevice`] with the adapter's reason.
    pub async fn open(adapter: &wgpu::Adapter, description: AdapterDescription) -> Result<Self, EngineError> {
        let (default, offered) = (wgpu::Limits::defaults(), adapter.limits());
        let required_limits = wgpu::Limits {
            max_storage_buffer_binding_size: default
                .max_storage_buffer_binding_size
                .max(offered.max_storage_buffer_binding_size),
            max_buffer_size: default.max_buffer_size.max(offered.max_buffer_size),
            ..default
        };
        let required_features = adapter.features() & wgpu::Features::TIMESTAMP_QUERY;
        let request = wgpu::DeviceDescriptor {
            label: Some("oes"),
            required_features,
            required_limits,
            memory_hints: wgpu::MemoryHints::MemoryUsage,
            ..Default::default()
        };
        let (device, queue) = adapter
            .request_device(&request)
            .await
            .map_err(|error| EngineError::NoDevice {
                adapter: description.name.clone(),
                reason: error.to_string(),
            })?;
        let state = Arc::new(DeviceState::default());
        let on_lost = state.clone();
        device.set_device_lost_callback(move |reason, message| {
            on_lost.lose(if message.is_empty() {
                format!("{reason:?}").to_ascii_lowercase()
            } else {
                message
            });
        });
        let on_error = state.clone();
        device.on_uncaptured_error(Arc::new(move |error| {
            let mut first = on_error.error.lock().unwrap_or_else(PoisonError::into_inner);
            first.get_or_insert(from_wgpu(&error, 0));
        }));
        let limits = device.limits();
        let capabilities = Capabilities {
            software: description.software,
            timestamps: required_features.contains(wgpu::Features::TIMESTAMP_QUERY),
            max_binding: limits.max_storage_buffer_binding_size,
            max_buffer: limits.max_buffer_size,
            max_storage_buffers: limits.max_storage_buffers_per_shader_stage,
            max_workgroups: limits.max_compute_workgroups_per_dimension,
        };
        Ok(Self {
            device,
            queue,
            adapter: description,
            capabilities,
            pipelines: Rc::default(),
            state,
        })
    }

    /// What has gone wrong since the device was opened: a lost device stays lost, another error is told once.
    ///
    /// # Errors
    /// That error.
    pub fn check(&self) -> Result<(), EngineError> {
        if let Some(lost) = self.state.lost.lock().unwrap_or_else(PoisonError::into_inner).clone() {
            return Err(lost);
        }
        match self.state.error.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    /// Whether the device is lost; ask for a new adapter then.
    pub fn is_lost(&self) -> bool {
        self.state.lost.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// The loss, or else a promise to wake `waker` when it comes.
    pub(super) fn lost_or_wait(&self, waker: &Waker) -> Option<EngineError> {
        let lost = self.state.lost.lock().unwrap_or_else(PoisonError::into_inner);
        if lost.is_none() {
            let mut wakers = self.state.wakers.lock().unwrap_or_else(PoisonError::into_inner);
            if !wakers.iter().any(|known| known.will_wake(waker)) {
                // The oldest have long been served.
                if wakers.len() == 16 {
                    wakers.remove(0);
                }
                wakers.push(waker.clone());
            }
        }
        lost.clone()
    }

    /// Lets callbacks run, waiting for `submission` for a short time only, so that a device that hangs does not hang us.
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) fn poll_until(&self, submission: &wgpu::SubmissionIndex) {
        self.poll(wgpu::PollType::Wait {
            submission_index: Some(submission.clone()),
            timeout: Some(std::time::Duration::from_millis(50)),
        });
    }

    /// Lets callbacks run without waiting. In a browser the event loop does this.
    pub(super) fn poll_now(&self) {
        #[cfg(not(target_arch = "wasm32"))]
        self.poll(wgpu::PollType::Poll);
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn poll(&self, poll: wgpu::PollType) {
        // wgpu panics when the driver reports the loss from within a wait; a lost device is an ordinary error here.
        let device = std::panic::AssertUnwindSafe(&self.device);
        match std::panic::catch_unwind(|| device.poll(poll)) {
            Ok(Ok(_) | Err(wgpu::PollError::Timeout)) => {}
            Ok(Err(error)) => self.state.lose(error.to_string()),
            Err(_) => self.state.lose("the driver stopped answering".into()),
        }
    }
}

/// An error of wgpu as ours; `bytes` is what was being allocated.
pub(super) fn from_wgpu(error: &wgpu::Error, bytes: u64) -> EngineError {
    match error {
        wgpu::Error::OutOfMemory { .. } => EngineError::OutOfMemory { bytes },
        other => EngineError::Device {
            message: one_line(&other.to_string()),
        },
    }
}

/// A message of several lines as one.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
