// sigmoid_loss: output bias, sigmoid, mean squared error of what is seen and its gradient. Twin: src/kernels/sigmoid_loss.rs.
//
// Math:     out = 1 / (1 + exp(-(pre + bias))); inside the region r = mean of out over a block - observed, else 0, and 0 where
//           observed < 0 if MASKED; dpre = scale * r * out * (1 - out); partials[t] = (sum r^2, sum (out - clean)^2, sum dpre of each channel).
// Shapes:   pre, clean, out, dpre [CHANNELS, h, w]; observed [CHANNELS, blocks_h, blocks_w], a block FACTOR x FACTOR pixels, the first
//           (shift_y, shift_x) before the map; biases: places in q; partials [blocks_h * columns, 2 + CHANNELS].
// Dispatch: (columns, blocks_h): every columns-th block of a row of blocks.

// The place in a channel of pixel k of a block; past the channel's end if it lies outside the map.
fn pixel(block_x: u32, block_y: u32, k: u32) -> u32 {
    // A block that begins before the map wraps around to numbers beyond it.
    let x = block_x * FACTOR + k % FACTOR - params.shift_x;
    let y = block_y * FACTOR + k / FACTOR - params.shift_y;
    return select(params.h * params.w, y * params.w + x, x < params.w && y < params.h);
}

@compute @workgroup_size(WG_X, WG_Y, WG_Z)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= params.grid_x || id.y >= params.grid_y || id.z >= params.grid_z) {
        return;
    }
    let row_inside = id.y >= params.y0 && id.y < params.y0 + params.region_h;
    let plane = params.h * params.w;
    let share = 1.0 / f32(FACTOR * FACTOR);
    var seen_sum = 0.0;
    var clean_sum = 0.0;
    //# repeat c CHANNELS
    var bias_sum$c = 0.0;
    let bias$c = q[biases[$c]];
    //# end
    for (var x = id.x; x < params.blocks_w; x += params.columns) {
        let inside = row_inside && x >= params.x0 && x < params.x0 + params.region_w;
        //# repeat c CHANNELS
        {
            var sum = 0.0;
            for (var k = 0u; k < FACTOR * FACTOR; k++) {
                let at = pixel(x, id.y, k);
                if (at < plane) {
                    let i = $cu * plane + at;
                    let o = 1.0 / (1.0 + exp(-(pre[i] + bias$c)));
                    out[i] = o;
                    sum += o;
                    if (inside) {
                        let e = o - clean[i];
                        clean_sum += e * e;
                    }
                }
            }
            let value = observed[($cu * params.blocks_h + id.y) * params.blocks_w + x];
            var r = 0.0;
            if (inside && (MASKED == 0u || value >= 0.0)) {
                r = share * sum - value;
            }
            seen_sum += r * r;
            for (var k = 0u; k < FACTOR * FACTOR; k++) {
                let at = pixel(x, id.y, k);
                if (at < plane) {
                    let i = $cu * plane + at;
                    let o = out[i];
                    let g = params.scale * r * o * (1.0 - o);
                    dpre[i] = g;
                    bias_sum$c += g;
                }
            }
        }
        //# end
    }
    let t = (id.y * params.columns + id.x) * (2u + CHANNELS);
    partials[t] = seen_sum;
    partials[t + 1u] = clean_sum;
    //# repeat c CHANNELS
    partials[t + 2u + $cu] = bias_sum$c;
    //# end
}
