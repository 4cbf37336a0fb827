//! Draws a run's output from its buffer straight to a canvas: nothing is read back.

use web_sys::OffscreenCanvas;

use crate::gpu::GpuContext;
use crate::picture::Padding;

const SHADER: &str = include_str!(concat!(env!("OUT_DIR"), "/shaders/preview.wgsl"));
/// One that every browser presents.
const FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Bgra8Unorm;
const UNIFORM_BYTES: u64 = 32;

/// A tensor's buffer, and its offset and size in bytes.
type Part<'a> = (&'a wgpu::Buffer, u64, u64);

/// Where an output lies on the device.
pub struct Output<'a> {
    /// f32 `[3, padded_height, padded_width]`, in one part or several of whole channels.
    pub parts: Vec<Part<'a>>,
    pub padding: Padding,
}

/// The renderer of a device.
pub struct Preview {
    instance: wgpu::Instance,
    context: GpuContext,
    pipeline: wgpu::RenderPipeline,
    uniforms: wgpu::Buffer,
}

/// A canvas that this renderer may draw on.
pub struct Target {
    surface: wgpu::Surface<'static>,
    /// What it is configured for.
    size: (u32, u32),
}

impl Preview {
    pub fn new(context: &GpuContext) -> Self {
        let device = &context.device;
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some("preview"),
            source: wgpu::ShaderSource::Wgsl(SHADER.into()),
        });
        let pipeline = device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
            label: Some("preview"),
            layout: None,
            vertex: wgpu::VertexState {
                module: &module,
                entry_point: Some("corner"),
                compilation_options: wgpu::PipelineCompilationOptions::default(),
                buffers: &[],
            },
            primitive: wgpu::PrimitiveState::default(),
            depth_stencil: None,
            multisample: wgpu::MultisampleState::default(),
            fragment: Some(wgpu::FragmentState {
                module: &module,
                entry_point: Some("colour"),
                compilation_options: wgpu::PipelineCompilationOptions::default(),
                targets: &[Some(FORMAT.into())],
            }),
            multiview_mask: None,
            cache: None,
        });
        let uniforms = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("preview"),
            size: UNIFORM_BYTES,
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
            backends: wgpu::Backends::BROWSER_WEBGPU,
            ..wgpu::InstanceDescriptor::new_without_display_handle()
        });
        Self {
            instance,
            context: context.clone(),
            pipeline,
            uniforms,
        }
    }

    /// Takes a canvas; none if the browser presents no WebGPU on it.
    pub fn target(&self, canvas: &OffscreenCanvas) -> Option<Target> {
        let target = wgpu::SurfaceTarget::OffscreenCanvas(canvas.clone());
        let surface = self.instance.create_surface(target).ok()?;
        Some(Target { surface, size: (0, 0) })
    }

    /// Draws the output as it is after all work submitted so far. A frame that the browser does not take is dropped.
    pub fn draw(&self, target: &mut Target, output: &Output<'_>) {
        let (device, queue) = (&self.context.device, &self.context.queue);
        let region = output.padding.region();
        let size = (region.width as u32, region.height as u32);
        if target.size != size {
            target.size = size;
            target.surface.configure(
                device,
                &wgpu::SurfaceConfiguration {
                    usage: wgpu::TextureUsages::RENDER_ATTACHMENT,
                    format: FORMAT,
                    color_space: wgpu::SurfaceColorSpace::Auto,
                    width: size.0,
                    height: size.1,
                    desired_maximum_frame_latency: 2,
                    present_mode: wgpu::PresentMode::Fifo,
                    alpha_mode: wgpu::CompositeAlphaMode::Opaque,
                    view_formats: Vec::new(),
                },
            );
        }
        use wgpu::CurrentSurfaceTexture::{Suboptimal, Success};
        let (Success(frame) | Suboptimal(frame)) = target.surface.get_current_texture() else {
            return;
        };
        let padding = &output.padding;
        let plane = padding.padded_width * padding.padded_height;
        // For each channel its part, and where it starts in there.
        let planes: Vec<(&Part<'_>, usize)> = output
            .parts
            .iter()
            .flat_map(|part| (0..part.2 as usize / (4 * plane)).map(move |channel| (part, channel * plane)))
            .collect();
        let [(red, _), (green, green_at), (blue, blue_at)] = planes[..] else {
            return;
        };
        let values = [
            padding.padded_width,
            padding.padded_height,
            region.x,
            region.y,
            green_at,
            blue_at,
            0,
            0,
        ]
        .map(|value| value as u32);
        queue.write_buffer(&self.uniforms, 0, bytemuck::cast_slice(&values));
        let binding = |binding, buffer, offset, size| wgpu::BindGroupEntry {
            binding,
            resource: wgpu::BindingResource::Buffer(wgpu::BufferBinding {
                buffer,
                offset,
                size: std::num::NonZeroU64::new(size),
            }),
        };
        let bind_group = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("preview"),
            layout: &self.pipeline.get_bind_group_layout(0),
            entries: &[
                binding(0, &self.uniforms, 0, UNIFORM_BYTES),
                binding(1, red.0, red.1, red.2),
                binding(2, green.0, green.1, green.2),
                binding(3, blue.0, blue.1, blue.2),
            ],
        });
        let view = frame.texture.create_view(&wgpu::TextureViewDescriptor::default());
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            label: Some("preview"),
            color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                view: &view,
                depth_slice: None,
                resolve_target: None,
                ops: wgpu::Operations {
                    load: wgpu::LoadOp::Clear(wgpu::Color::BLACK),
                    store: wgpu::StoreOp::Store,
                },
            })],
            ..Default::default()
        });
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, &bind_group, &[]);
        pass.draw(0..3, 0..1);
        drop(pass);
        queue.submit([encoder.finish()]);
        queue.present(frame);
    }
}

impl Drop for Preview {
    fn drop(&mut self) {
        self.uniforms.destroy();
    }
}
