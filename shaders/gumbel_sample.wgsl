// gumbel_sample: a Gumbel-softmax sample of the mask, the masked weights, the sums of the KL term.
// Twin: src/kernels/gumbel_sample.rs.
//
// Math:     m = sigmoid((p + log u - log(1 - u)) / tau), u ~ U(0,1) by Philox4x32-10 with the counter (block, step, stream, 0),
//           logit i = 4 block + lane; w = theta m; slope = theta m (1 - m) / tau;
//           partials[t] = (sum of s log((s + 1e-6) / p0) + (1 - s) log((1 - s + 1e-6) / (1 - p0)), sum of p), s = sigmoid(p).
// Shapes:   logits, theta, w, slope [count]; schedule [steps] (z = tau); uniforms [window, count], of the steps below `supplied`; partials [threads, 2].
// Dispatch: `threads` invocations, each every threads-th block of four logits.

// The 64-bit product of two words, from 16-bit halves: (high, low).
fn multiply(a: u32, b: u32) -> vec2<u32> {
    let a0 = a & 0xffffu;
    let a1 = a >> 16u;
    let b0 = b & 0xffffu;
    let b1 = b >> 16u;
    let p00 = a0 * b0;
    let p01 = a0 * b1;
    let p10 = a1 * b0;
    let middle = (p00 >> 16u) + (p01 & 0xffffu) + (p10 & 0xffffu);
    return vec2<u32>(a1 * b1 + (p01 >> 16u) + (p10 >> 16u) + (middle >> 16u), a * b);
}

fn philox(block: u32, step: u32) -> vec4<u32> {
    var c = vec4<u32>(block, step, params.stream, 0u);
    var k = vec2<u32>(params.key0, params.key1);
    for (var round = 0u; round < 10u; round++) {
        let p0 = multiply(0xD2511F53u, c.x);
        let p1 = multiply(0xCD9E8D57u, c.z);
        c = vec4<u32>(p1.x ^ c.y ^ k.x, p1.y, p0.x ^ c.w ^ k.y, p0.y);
        k += vec2<u32>(0x9E3779B9u, 0xBB67AE85u);
    }
    return c;
}

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
