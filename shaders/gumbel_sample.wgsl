// gumbel_sample: a Gumbel-softmax sample of the mask, the masked weights, the sums of the KL term.
// Twin: src/kernels/gumbel_sample.rs.
//
// Math:     m = sigmoid((p + log u - log(1 - u)) / tau), u ~ U(0,1) by Philox4x32-10 with the counter (block, step, stream, 0),
//           logit i = 4 block + lane; w = theta m; slope = theta m (1 - m) / tau;
//           partials[t] = (sum of s log((s + 1e-6) / p0) + (1 - s) log((1 - s + 1e-6) / (1 - p0)), sum of p), s = sigmoid(p).
// Shapes:   logits, theta, w, slope [count]; schedule [steps] (z = tau); uniforms [window, count], of the steps below `supplied`; partials [threads, 2].
// Dispatch: `threads` invocations, each every threads-th block of four logits.

//# include philox

fn sigmoid(x: f32) -> f32 {
    return 1.0 / (1.0 + exp(-clamp(x, -80.0, 80.0)));
}

@compute @workgroup_size(WG_X, WG_Y, WG_Z)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= params.grid_x || id.y >= params.grid_y || id.z >= params.grid_z) {
        return;
    }
    let step = u32(counter[0]);
    let tau = schedule[step].z;
    let blocks = (params.count + 3u) / 4u;
    var kl = 0.0;
    var sum = 0.0;
    for (var block = id.x; block < blocks; block += params.threads) {
        let words = philox(block, step);
        for (var lane = 0u; lane < 4u; lane++) {
            let i = 4u * block + lane;
            if (i >= params.count) {
                break;
            }
            var u = (f32(words[lane] >> 9u) + 0.5) * (1.0 / 8388608.0);
            if (step < params.supplied) {
                u = uniforms[(step % params.window) * params.count + i];
            }
            let p = logits[i];
            let x = (p + log(u) - log(1.0 - u)) / tau;
            let m = sigmoid(x);
            w[i] = theta[i] * m;
            // sigmoid(-x), not 1 - m: where m rounds to 1 the slope is small, but Adam scales it up again.
            slope[i] = theta[i] * m * sigmoid(-x) / tau;
            let s = sigmoid(p);
            kl += s * log((s + 1e-6) * params.inverse_p0) + (1.0 - s) * log((1.0 - s + 1e-6) * params.inverse_q0);
            sum += p;
        }
    }
    partials[2u * id.x] = kl;
    partials[2u * id.x + 1u] = sum;
}
