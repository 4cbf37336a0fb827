// Doubles four numbers on the GPU; runs in a page or in a worker.
export async function double(values) {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) return { info: null, doubled: null };
  const { vendor, architecture, device: name, description } = adapter.info;
  const device = await adapter.requestDevice();
  const module = device.createShaderModule({
    code: `@group(0) @binding(0) var<storage, read_write> x: array<f32, 4>;
      @compute @workgroup_size(4) fn main(@builtin(local_invocation_index) i: u32) { x[i] *= 2.0; }`,
  });
  const pipeline = device.createComputePipeline({ layout: "auto", compute: { module } });
  const usage = GPUBufferUsage;
  const data = device.createBuffer({ size: 16, usage: usage.STORAGE | usage.COPY_SRC | usage.COPY_DST });
  const back = device.createBuffer({ size: 16, usage: usage.MAP_READ | usage.COPY_DST });
  device.queue.writeBuffer(data, 0, new Float32Array(values));
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  const entries = [{ binding: 0, resource: { buffer: data } }];
  pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
  pass.dispatchWorkgroups(1);
  pass.end();
  encoder.copyBufferToBuffer(data, 0, back, 0, 16);
  device.queue.submit([encoder.finish()]);
  await back.mapAsync(GPUMapMode.READ);
  const doubled = [...new Float32Array(back.getMappedRange())];
  device.destroy();
  return { info: { vendor, architecture, name, description }, doubled };
}
