//! `oes devices`: the adapters that `--adapter` takes.

use clap::Args;
use serde::Serialize;

use super::error::{CliError, Done};
use super::output;
use crate::engine::{AdapterDescription, EngineError};
use crate::gpu::list_adapters;

#[derive(Args)]
#[command(after_help = "Examples:\n  oes devices\n  oes fit photo.png --mask my-mask.safetensors --adapter 0")]
pub struct DevicesArgs {
    /// Prints a JSON list
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Device<'a> {
    index: usize,
    #[serde(flatten)]
    adapter: &'a AdapterDescription,
}

pub async fn execute(args: &DevicesArgs) -> Result<Done, CliError> {
    let adapters = list_adapters().await;
    if args.json {
        let list: Vec<Device> = adapters
            .iter()
            .enumerate()
            .map(|(index, adapter)| Device { index, adapter })
            .collect();
        let json = serde_json::to_string_pretty(&list).map_err(|error| CliError::Encode(error.to_string()))?;
        output::say(format_args!("{json}"));
    } else {
        for (index, adapter) in adapters.iter().enumerate() {
            let slow = if adapter.software {
                ", software: correct, but slow"
            } else {
                ""
            };
            output::say(format_args!(
                "{index}  {}  ({}, {}{slow})",
                adapter.name, adapter.backend, adapter.kind
            ));
        }
    }
    if adapters.is_empty() {
        let reason = "no Vulkan, Metal or DirectX 12 driver answers".into();
        return Err(EngineError::NoAdapter { reason }.into());
    }
    Ok(Done::Complete)
}
