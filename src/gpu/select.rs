//! Finding an adapter: listed and chosen by a person natively, asked of the browser on the web.

use super::GpuContext;
use crate::engine::{AdapterDescription, EngineError, is_software_name};

/// An adapter in words.
fn describe(info: &wgpu::AdapterInfo) -> AdapterDescription {
    let backend = match info.backend {
        wgpu::Backend::Vulkan => "vulkan",
        wgpu::Backend::Metal => "metal",
        wgpu::Backend::Dx12 => "dx12",
        wgpu::Backend::BrowserWebGpu => "webgpu",
        wgpu::Backend::Gl => "gl",
        wgpu::Backend::Noop => "noop",
    };
    let kind = match info.device_type {
        wgpu::DeviceType::DiscreteGpu => "discrete",
        wgpu::DeviceType::IntegratedGpu => "integrated",
        wgpu::DeviceType::VirtualGpu => "virtual",
        wgpu::DeviceType::Cpu => "cpu",
        wgpu::DeviceType::Other => "other",
    };
    let software = info.device_type == wgpu::DeviceType::Cpu
        || [&info.name, &info.driver, &info.driver_info]
            .into_iter()
            .any(|text| is_software_name(text));
    AdapterDescription {
        name: info.name.clone(),
        backend: backend.into(),
        kind: kind.into(),
        driver: format!("{} {}", info.driver, info.driver_info).trim().into(),
        software,
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod native {
    use super::*;

    /// The adapters that can compute, the fastest kind first.
    async fn adapters() -> Vec<(wgpu::Adapter, AdapterDescription)> {
        let backends = wgpu::Backends::VULKAN | wgpu::Backends::METAL | wgpu::Backends::DX12;
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
            backends,
            ..wgpu::InstanceDescriptor::new_without_display_handle()
        });
        let computes = |adapter: &wgpu::Adapter| {
            adapter
                .get_downlevel_capabilities()
                .flags
                .contains(wgpu::DownlevelFlags::COMPUTE_SHADERS)
        };
        let mut found: Vec<_> = instance
            .enumerate_adapters(backends)
            .await
            .into_iter()
            .filter(computes)
            .map(|adapter| {
                let description = describe(&adapter.get_info());
                (adapter, description)
            })
            .collect();
        let rank = |description: &AdapterDescription| match (description.software, description.kind.as_str()) {
            (true, _) => 4,
            (_, "discrete") => 0,
            (_, "integrated") => 1,
            (_, "virtual") => 2,
            _ => 3,
        };
        found.sort_by_key(|(_, description)| rank(description));
        found
    }

    /// The adapters that can compute; their order gives the indices that [`GpuContext::native`] takes.
    pub async fn list_adapters() -> Vec<AdapterDescription> {
        adapters()
            .await
            .into_iter()
            .map(|(_, description)| description)
            .collect()
    }

    impl GpuContext {
        /// Opens the adapter with this index or this part of a name (case does not count), or else the fastest kind.
        ///
        /// # Errors
        /// [`EngineError::NoAdapter`], [`EngineError::UnknownAdapter`], [`EngineError::NoDevice`].
        pub async fn native(wanted: Option<&str>) -> Result<Self, EngineError> {
            let mut found = adapters().await;
            if found.is_empty() {
                return Err(EngineError::NoAdapter {
                    reason: "no Vulkan, Metal or DirectX 12 driver answers".into(),
                });
            }
            let at = match wanted {
                None => 0,
                Some(wanted) => position(found.iter().map(|(_, description)| description.name.as_str()), wanted)
                    .ok_or_else(|| {
                        let names: Vec<&str> = found.iter().map(|(_, adapter)| adapter.name.as_str()).collect();
                        EngineError::UnknownAdapter {
                            wanted: wanted.into(),
                            known: names.join(", "),
                        }
                    })?,
            };
            let (adapter, description) = found.swap_remove(at);
            Self::open(&adapter, description).await
        }
    }

    /// Where the wanted index or part of a name is.
    fn position<'a>(names: impl Iterator<Item = &'a str>, wanted: &str) -> Option<usize> {
        let names: Vec<String> = names.map(str::to_lowercase).collect();
        if let Ok(index) = wanted.parse::<usize>() {
            return (index < names.len()).then_some(index);
        }
        let wanted = wanted.to_lowercase();
        names.iter().position(|name| name.contains(&wanted))
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn adapters_are_chosen_by_index_or_part_of_a_name() {
            let names = ["NVIDIA RTX", "llvmpipe (LLVM)"];
            assert_eq!(position(names.into_iter(), "1"), Some(1));
            assert_eq!(position(names.into_iter(), "nvidia"), Some(0));
            assert_eq!(position(names.into_iter(), "2"), None);
            assert_eq!(position(names.into_iter(), "radeon"), None);
        }
    }
}

#[cfg(not(target_arch = "wasm32"))]
pub use native::list_adapters;

#[cfg(target_arch = "wasm32")]
impl GpuContext {
    /// Asks the browser for its fastest adapter, and for a device.
    ///
    /// # Errors
    /// [`EngineError::NoWebGpu`], [`EngineError::NoAdapter`], [`EngineError::NoDevice`].
    pub async fn web() -> Result<Self, EngineError> {
        if !browser::has_webgpu() {
            return Err(EngineError::NoWebGpu);
        }
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
            backends: wgpu::Backends::BROWSER_WEBGPU,
            ..wgpu::InstanceDescriptor::new_without_display_handle()
        });
        let options = wgpu::RequestAdapterOptions {
            power_preference: wgpu::PowerPreference::HighPerformance,
            ..Default::default()
        };
        let adapter = instance
            .request_adapter(&options)
            .await
            .map_err(|_| EngineError::NoAdapter {
                reason: "the browser offers none".into(),
            })?;
        let mut context = Self::open(&adapter, describe(&adapter.get_info())).await?;
        let maker = browser::maker(&context.device);
        if context.adapter.name.is_empty() {
            context.adapter.name = maker.clone();
        }
        let software = context.adapter.software || is_software_name(&maker);
        context.adapter.software = software;
        context.capabilities.software = software;
        Ok(context)
    }
}

/// What wgpu does not tell about the browser.
#[cfg(target_arch = "wasm32")]
mod browser {
    use js_sys::Reflect;
    use wasm_bindgen::JsValue;

    /// A property, or undefined where there is none.
    fn property(of: &JsValue, name: &str) -> JsValue {
        if of.is_object() {
            Reflect::get(of, &name.into()).unwrap_or(JsValue::UNDEFINED)
        } else {
            JsValue::UNDEFINED
        }
    }

    /// Whether this scope, a window or a worker, has `navigator.gpu`.
    pub fn has_webgpu() -> bool {
        property(&property(&js_sys::global(), "navigator"), "gpu").is_object()
    }

    /// The adapter's vendor and architecture; stock browsers disclose no more, some not even these.
    pub fn maker(device: &wgpu::Device) -> String {
        let Some(device) = device.as_webgpu() else {
            return String::new();
        };
        let info = property(device.as_ref(), "adapterInfo");
        let words = ["vendor", "architecture"].map(|name| property(&info, name).as_string().unwrap_or_default());
        words.join(" ").trim().to_owned()
    }
}
