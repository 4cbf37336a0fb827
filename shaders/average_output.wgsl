// average_output: exponential means of the outputs. Twin: src/kernels/average_output.rs.
//
// Math:     average += rate * (out - average), rate = schedule[step].w; mean += alpha * d, d = out - mean; at step 0 mean is
//           out, and d is 0. If state[4] > step both rates are 0. partials[t] = (sum d^2, sum (average - clean)^2) over the region,
//           with ACCUMULATE 1 added to what is there.
// Shapes:   out, clean, average, mean [CHANNELS, h, w]; schedule [steps]; counter [1]; state [5]; partials [h * columns, 2].
// Dispatch: (columns, h): every columns-th pixel of a row.

@compute @workgroup_size(WG_X, WG_Y, WG_Z)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= params.grid_x || id.y >= params.grid_y) {
        return;
    }
    let step = u32(counter[0]);
    let again = state[4] > counter[0];
    let rate = select(schedule[step].w, 0.0, again);
    let alpha = select(params.alpha, 0.0, again);
    let row_inside = id.y >= params.y0 && id.y < params.y0 + params.region_h;
    let plane = params.h * params.w;
    var change_sum = 0.0;
    var clean_sum = 0.0;
    for (var x = id.x; x < params.w; x += params.columns) {
        let inside = row_inside && x >= params.x0 && x < params.x0 + params.region_w;
        for (var c = 0u; c < CHANNELS; c++) {
            let i = c * plane + id.y * params.w + x;
            let o = out[i];
            var d = 0.0;
            var moved = o;
            if (step > 0u) {
                d = o - mean[i];
                moved = mean[i] + alpha * d;
            }
            mean[i] = moved;
            let averaged = average[i] + rate * (o - average[i]);
            average[i] = averaged;
            if (inside) {
                let e = averaged - clean[i];
                change_sum += d * d;
                clean_sum += e * e;
            }
        }
    }
    let t = 2u * (id.y * params.columns + id.x);
    if (ACCUMULATE == 1u) {
        change_sum += partials[t];
        clean_sum += partials[t + 1u];
    }
    partials[t] = change_sum;
    partials[t + 1u] = clean_sum;
}
