// window_variance: the variance of the last outputs. Twin: src/kernels/window_variance.rs.
//
// Math:     q = floor(255 out + 1/2); sums = (sum of q, sum of q^2) over the last `length` outputs;
//           partials[t] = sum over region and channels of (sum q^2 - (sum q)^2 / length) / 255^2.
//           If state[4] > step nothing is added.
// Shapes:   out [3, h, w]; window [length, h, w], a word = q_r + 256 q_g + 65536 q_b; sums [3, h, w, 2]; partials [h * columns];
//           counter [1], state [5]. window and sums start as zeros.
// Dispatch: (columns, h): every columns-th pixel of a row.

@compute @workgroup_size(WG_X, WG_Y, WG_Z)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= params.grid_x || id.y >= params.grid_y) {
        return;
    }
    let row_inside = id.y >= params.y0 && id.y < params.y0 + params.region_h;
    let plane = params.h * params.w;
    let step = u32(counter[0]);
    let slot = (step % params.length) * plane;
    let weight = select(1.0, 0.0, state[4] > counter[0]);
    var total = 0.0;
    for (var x = id.x; x < params.w; x += params.columns) {
        let inside = row_inside && x >= params.x0 && x < params.x0 + params.region_w;
        let pixel = id.y * params.w + x;
        var old = 0u;
        if (step >= params.length) {
            old = u32(window[slot + pixel]);
        }
        var packed = 0.0;
        //# repeat c 3
        {
            let fresh = floor(out[$cu * plane + pixel] * 255.0 + 0.5);
            let gone = f32((old >> (8u * $cu)) & 255u);
            let at = 2u * ($cu * plane + pixel);
            let sum = sums[at] + weight * (fresh - gone);
            let squares = sums[at + 1u] + weight * (fresh * fresh - gone * gone);
            sums[at] = sum;
            sums[at + 1u] = squares;
            packed += fresh * f32(1u << (8u * $cu));
            if (inside) {
                total += squares - sum * (sum / f32(params.length));
            }
        }
        //# end
        window[slot + pixel] = packed;
    }
    partials[id.y * params.columns + id.x] = total / (255.0 * 255.0);
}
