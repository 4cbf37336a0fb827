// adam: Adam as PyTorch has it, on the trained parameters. Twin: src/kernels/adam.rs.
//
// Math:     m = beta1 m + rest1 g; v = beta2 v + rest2 g^2; q -= s.x m / (sqrt(v s.y) + eps), s = schedule[step]
//           (s.x = lr / (1 - beta1^t), s.y = 1 / (1 - beta2^t), made in f64). If MASKED, only where keep's bit is 1.
// Shapes:   grad, q, m, v [count]; keep [ceil(count / 32)]; schedule [steps]; counter [1].
// Dispatch: `threads` invocations, each every threads-th entry.

@compute @workgroup_size(WG_X, WG_Y, WG_Z)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= params.grid_x || id.y >= params.grid_y || id.z >= params.grid_z) {
        return;
    }
    let s = schedule[u32(counter[0])];
    for (var i = id.x; i < params.count; i += params.threads) {
        if (MASKED == 1u && ((keep[i / 32u] >> (i % 32u)) & 1u) == 0u) {
            continue;
        }
        let g = grad[i];
        let mi = params.beta1 * m[i] + params.rest1 * g;
        let vi = params.beta2 * v[i] + params.rest2 * g * g;
        m[i] = mi;
        v[i] = vi;
        q[i] -= s.x * mi / (sqrt(vi * s.y) + params.eps);
    }
}
