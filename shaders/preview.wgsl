// Draws a network's output on a canvas, pixel for pixel: colour(x, y) = output[c, y + frame.y, x + frame.x].
// output: three planes [padded_height, padded_width], values as the picture file has them (sRGB), as the canvas takes them.
// Planes that lie in one tensor are bound as that tensor, each with the place where it starts.
// One triangle covers the canvas; its size is that of the picture without padding.

struct Frame {
  padded_width: u32,
  padded_height: u32,
  // The first column and row of the picture inside the padding.
  x: u32,
  y: u32,
  // Where green and blue start in their bindings.
  green: u32,
  blue: u32,
}

@group(0) @binding(0) var<uniform> frame: Frame;
@group(0) @binding(1) var<storage, read> red: array<f32>;
@group(0) @binding(2) var<storage, read> green: array<f32>;
@group(0) @binding(3) var<storage, read> blue: array<f32>;

@vertex
fn corner(@builtin(vertex_index) index: u32) -> @builtin(position) vec4<f32> {
  let x = f32((index << 1u) & 2u);
  let y = f32(index & 2u);
  return vec4<f32>(2.0 * x - 1.0, 2.0 * y - 1.0, 0.0, 1.0);
}

@fragment
fn colour(@builtin(position) at: vec4<f32>) -> @location(0) vec4<f32> {
  let pixel = (u32(at.y) + frame.y) * frame.padded_width + u32(at.x) + frame.x;
  let rgb = vec3<f32>(red[pixel], green[pixel + frame.green], blue[pixel + frame.blue]);
  return vec4<f32>(clamp(rgb, vec3<f32>(0.0), vec3<f32>(1.0)), 1.0);
}
