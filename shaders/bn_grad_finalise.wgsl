// bn_grad_finalise: batch normalisation, backward, second stage. Twin: src/kernels/bn_grad_finalise.rs.
//
// Math:     dL/dgamma = sum g * xhat, dL/dbeta = sum g (if BETA); means[c] = (mean g, mean g * xhat, 0, 0).
// Shapes:   partials [channels, splits, 2]; parameters: gamma's places in grad, then beta's; means [channels].
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
    grad[parameters[c]] = b;
    if (BETA == 1u) {
        grad[parameters[params.channels + c]] = a;
    }
    let n = f32(params.plane);
    means[c] = vec4<f32>(a / n, b / n, 0.0, 0.0);
}
