//! The device that a run uses.

use super::error::CliError;
use super::options::DeviceArgs;
use crate::gpu::GpuContext;
use crate::train::Backend;

/// # Errors
/// [`CliError::Engine`] if there is no such adapter.
pub async fn backend(args: &DeviceArgs) -> Result<Backend, CliError> {
    if args.cpu {
        return Ok(Backend::Cpu);
    }
    Ok(Backend::Gpu(GpuContext::native(args.adapter.as_deref()).await?))
}
