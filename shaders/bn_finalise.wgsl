// bn_finalise: batch normalisation, forward, second stage. Twin: src/kernels/bn_finalise.rs.
//
// Math:     mean = x_0 + sum d / plane; var = sum d^2 / plane - (sum d / plane)^2 (biased); 1/std = 1 / sqrt(var + 1e-5);
//           norm[c] = (gamma / std, beta - mean * gamma / std, mean, 1 / std).
// Shapes:   partials [channels, splits, 2]; src [channels, plane]; parameters: gamma's places in q, then beta's.
// Dispatch: one invocation a channel.

@compute @workgroup_size(WG_X, WG_Y, WG_Z)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= params.grid_x || id.y >= params.grid_y || id.z >= params.grid_z) {
        return;
    }
    let c = id.x;
    var a = 0.0;
    var b = 0.0;
    for (var s = 0u; s < params.splits; s++) {
        a += partials[2u * (c * params.splits + s)];
        b += partials[2u * (c * params.splits + s) + 1u];
    }
    var shift = src[c * params.plane];
    if (FIRST == 1u) {
        let n = first[c];
        shift = n.x * shift + n.y;
        shift = select(0.2 * shift, shift, shift >= 0.0);
    }
    let offset = a / f32(params.plane);
    let variance = max(b / f32(params.plane) - offset * offset, 0.0);
    let mean = shift + offset;
    let inv_std = 1.0 / sqrt(variance + 1e-5);
    let scale = q[parameters[c]] * inv_std;
    let beta = q[parameters[params.channels + c]];
    norm[c] = vec4<f32>(scale, beta - mean * scale, mean, inv_std);
}
