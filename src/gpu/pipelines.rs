//! From a kernel's text to a pipeline: one for each different text, with an explicit layout, since an automatic one
//! leaves out what a permutation does not use.

use super::GpuContext;
use super::context::one_line;
use crate::engine::EngineError;
use crate::kernels::{Access, KernelInfo};

/// A pipeline and the layout of its bind group.
#[derive(Clone)]
pub(super) struct Compiled {
    pub layout: wgpu::BindGroupLayout,
    pub pipeline: wgpu::ComputePipeline,
}

/// The layout that `kernels::shader_text` declares: uniforms at 0, then the storage bindings.
fn layout(context: &GpuContext, info: &KernelInfo) -> wgpu::BindGroupLayout {
    let entry = |binding: usize, ty| wgpu::BindGroupLayoutEntry {
        binding: binding as u32,
        visibility: wgpu::ShaderStages::COMPUTE,
        ty: wgpu::BindingType::Buffer {
            ty,
            has_dynamic_offset: false,
            min_binding_size: None,
        },
        count: None,
    };
    let mut entries = vec![entry(0, wgpu::BufferBindingType::Uniform)];
    for (i, binding) in info.bindings.iter().enumerate() {
        let read_only = binding.access == Access::Read;
        entries.push(entry(i + 1, wgpu::BufferBindingType::Storage { read_only }));
    }
    let descriptor = wgpu::BindGroupLayoutDescriptor {
        label: Some(info.name),
        entries: &entries,
    };
    context.device.create_bind_group_layout(&descriptor)
}

/// Compiles a kernel, or finds it among those compiled before. Waiting for the device's verdict on each gives a browser
/// its turn.
///
/// # Errors
/// [`EngineError::Kernel`] with the compiler's message, [`EngineError::Limit`], or the device's loss.
pub(super) async fn compile(
    context: &GpuContext,
    info: &KernelInfo,
    text: &str,
    runtime_checks: bool,
) -> Result<Compiled, EngineError> {
    let key = format!("{runtime_checks} {text}");
    let known = context.pipelines.borrow().get(&key).cloned();
    if let Some(known) = known {
        return Ok(known);
    }
    let (needed, allowed) = (
        info.bindings.len() as u64,
        u64::from(context.capabilities.max_storage_buffers),
    );
    if needed > allowed {
        return Err(EngineError::Limit {
            what: format!("storage buffers of kernel {}", info.name),
            needed,
            allowed,
        });
    }
    let scope = context.device.push_error_scope(wgpu::ErrorFilter::Validation);
    let internal = context.device.push_error_scope(wgpu::ErrorFilter::Internal);
    let module = shader_module(context, info.name, text, runtime_checks);
    let layout = layout(context, info);
    let pipeline_layout = context.device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: Some(info.name),
        bind_group_layouts: &[Some(&layout)],
        ..Default::default()
    });
    let pipeline = context
        .device
        .create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some(info.name),
            layout: Some(&pipeline_layout),
            module: &module,
            entry_point: Some("main"),
            compilation_options: Default::default(),
            cache: None,
        });
    // Both are popped before either is awaited: scopes nest, and await gives others a turn.
    let (internal, validation) = (internal.pop(), scope.pop());
    let (internal, validation) = (internal.await, validation.await);
    context.check()?;
    if let Some(error) = validation.or(internal) {
        let details: Vec<String> = module
            .get_compilation_info()
            .await
            .messages
            .into_iter()
            .filter(|message| message.message_type == wgpu::CompilationMessageType::Error)
            .map(|message| match message.location {
                Some(at) => format!("line {}: {}", at.line_number, message.message),
                None => message.message,
            })
            .collect();
        let message = if details.is_empty() {
            error.to_string()
        } else {
            details.join("; ")
        };
        return Err(EngineError::Kernel {
            name: info.name.into(),
            message: one_line(&message),
        });
    }
    let compiled = Compiled { layout, pipeline };
    context.pipelines.borrow_mut().insert(key, compiled.clone());
    Ok(compiled)
}

fn shader_module(context: &GpuContext, name: &str, text: &str, runtime_checks: bool) -> wgpu::ShaderModule {
    let descriptor = wgpu::ShaderModuleDescriptor {
        label: Some(name),
        source: wgpu::ShaderSource::Wgsl(text.into()),
    };
    if runtime_checks {
        return context.device.create_shader_module(descriptor);
    }
    // SAFETY: the text is made of this crate's own shaders and of numbers, never of outside input. Without the checks an
    // index out of bounds or an endless loop would be undefined behaviour; the kernels' tests run the same texts with the
    // checks on poisoned buffers, and each kernel's indices follow from the sizes that its operands were planned with.
    #[allow(unsafe_code)]
    unsafe {
        context
            .device
            .create_shader_module_trusted(descriptor, wgpu::ShaderRuntimeChecks::unchecked())
    }
}
