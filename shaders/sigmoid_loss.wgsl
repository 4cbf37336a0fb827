// sigmoid_loss: output bias, sigmoid, mean squared error and its gradient. Twin: src/kernels/sigmoid_loss.rs.
//
// Math:     out = 1 / (1 + exp(-(pre + bias))); inside the region d = out - noisy, dpre = scale * d * out * (1 - out), else 0;
//           partials[t] = (sum d^2, sum (out - clean)^2, sum dpre of each channel).
// Shapes:   pre, noisy, clean, out, dpre [CHANNELS, h, w]; biases: places in q; partials [h * columns, 2 + CHANNELS].
// Dispatch: (columns, h): every columns-th pixel of a row.

@compute @workgroup_size(WG_X, WG_Y, WG_Z)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= params.grid_x || id.y >= params.grid_y || id.z >= params.grid_z) {
        return;
    }
    let row_inside = id.y >= params.y0 && id.y < params.y0 + params.region_h;
    let plane = params.h * params.w;
    var noisy_sum = 0.0;
    var clean_sum = 0.0;
    //# repeat c CHANNELS
    var bias_sum$c = 0.0;
    let bias$c = q[biases[$c]];
    //# end
    for (var x = id.x; x < params.w; x += params.columns) {
        let inside = row_inside && x >= params.x0 && x < params.x0 + params.region_w;
        let at = id.y * params.w + x;
        //# repeat c CHANNELS
        {
            let i = $cu * plane + at;
            let o = 1.0 / (1.0 + exp(-(pre[i] + bias$c)));
            var g = 0.0;
            if (inside) {
                let d = o - noisy[i];
                let e = o - clean[i];
                g = params.scale * d * o * (1.0 - o);
                noisy_sum += d * d;
                clean_sum += e * e;
                bias_sum$c += g;
            }
            out[i] = o;
            dpre[i] = g;
        }
        //# end
    }
    let t = (id.y * params.columns + id.x) * (2u + CHANNELS);
    partials[t] = noisy_sum;
    partials[t + 1u] = clean_sum;
    //# repeat c CHANNELS
    partials[t + 2u + $cu] = bias_sum$c;
    //# end
}
