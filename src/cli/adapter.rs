//! The device that a run uses.

use super::error::CliError;
use super::options::DeviceArgs;
use crate::gpu::{GpuContext, list_adapters};
use crate::prune;
use crate::train::{Backend, RunSpec, cpu_is_faster};

/// The devices that the options leave, opened when they are first needed.
pub struct Devices<'a> {
    args: &'a DeviceArgs,
    adapter: Option<Backend>,
    /// Whether the last run went to the CPU engine, by our choice and not by an option.
    on_cpu: Option<bool>,
}

/// What a machine without a GPU has.
enum Software {
    Nothing,
    /// An adapter of this name, a program on the CPU.
    Adapter(String),
}

impl<'a> Devices<'a> {
    pub fn new(args: &'a DeviceArgs) -> Self {
        Self {
            args,
            adapter: None,
            on_cpu: None,
        }
    }

    /// The device asked for, or else the fastest adapter.
    ///
    /// # Errors
    /// [`CliError::Engine`] if there is no such adapter.
    pub async fn adapter(&mut self) -> Result<Backend, CliError> {
        if self.args.cpu {
            return Ok(Backend::Cpu);
        }
        if let Some(adapter) = &self.adapter {
            return Ok(adapter.clone());
        }
        let opened = Backend::Gpu(GpuContext::native(self.args.adapter.as_deref()).await?);
        Ok(self.adapter.insert(opened).clone())
    }

    /// The device asked for, or else the fastest for this run: the CPU engine is one of them where there is no GPU, and
    /// then it is told which was taken.
    ///
    /// # Errors
    /// As [`Devices::adapter`].
    pub async fn for_run(&mut self, spec: &RunSpec) -> Result<Backend, CliError> {
        let Some(software) = self.without_gpu().await else {
            return self.adapter().await;
        };
        let on_cpu = cpu_is_faster(spec);
        let backend = if on_cpu { Backend::Cpu } else { self.adapter().await? };
        if self.on_cpu.replace(on_cpu) != Some(on_cpu) {
            eprintln!("oes: {}", software.choice(on_cpu));
        }
        Ok(backend)
    }

    /// The device asked for, or else the fastest adapter, where a pruning method's scores need one.
    ///
    /// # Errors
    /// As [`Devices::adapter`].
    pub async fn for_scores(&mut self, method: prune::Method) -> Result<Backend, CliError> {
        if method.needs_engine() {
            self.adapter().await
        } else {
            Ok(Backend::Cpu)
        }
    }

    /// What there is in place of a GPU; `None` where there is one, or an option says what to take.
    async fn without_gpu(&self) -> Option<Software> {
        if self.args.cpu || self.args.adapter.is_some() {
            return None;
        }
        match list_adapters().await.into_iter().next() {
            None => Some(Software::Nothing),
            Some(adapter) => adapter.software.then_some(Software::Adapter(adapter.name)),
        }
    }
}

impl Software {
    /// Which engine was taken, and how to take the other.
    fn choice(&self, on_cpu: bool) -> String {
        match (self, on_cpu) {
            (Self::Nothing, _) => "there is no graphics adapter; computing on the CPU engine".into(),
            (Self::Adapter(name), true) => {
                format!("there is no GPU; the CPU engine fits with a mask faster than {name}, which --adapter 0 takes")
            }
            (Self::Adapter(name), false) => {
                format!("there is no GPU; {name} computes this faster than the CPU engine, which --cpu takes")
            }
        }
    }
}
