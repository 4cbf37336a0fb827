// logit_update: the update of the mask's logits. Twin: src/kernels/logit_update.rs.
//
// Math:     g = grad * slope + kl * s (1 - s) (p - logit_target), s = sigmoid(p); Adam: m = beta1 m + rest1 g,
//           v = beta2 v + rest2 g^2, p -= a m / (sqrt(v b) + eps) with (a, b) = schedule[step].xy; then p += pull * (logit_target - p).
// Shapes:   grad, slope, logits, m, v [count]; schedule [steps]; counter [1]. logit_target = log(p0 / (1 - p0)).
// Dispatch: `threads` invocations, each every threads-th logit.

@compute @workgroup_size(WG_X, WG_Y, WG_Z)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= params.grid_x || id.y >= params.grid_y || id.z >= params.grid_z) {
        return;
    }
    let row = schedule[u32(counter[0])];
    for (var i = id.x; i < params.count; i += params.threads) {
        let p = logits[i];
        let s = 1.0 / (1.0 + exp(-clamp(p, -80.0, 80.0)));
        let g = grad[i] * slope[i] + params.kl * s * (1.0 - s) * (p - params.logit_target);
        let mi = params.beta1 * m[i] + params.rest1 * g;
        let vi = params.beta2 * v[i] + params.rest2 * g * g;
        m[i] = mi;
        v[i] = vi;
        let moved = p - row.x * mi / (sqrt(vi * row.y) + params.eps);
        logits[i] = moved + params.pull * (params.logit_target - moved);
    }
}
