// pack_weights: from the flat parameters to the layout the dense convolutions read. Twin: src/kernels/pack_weights.rs.
//
// Math:     packed[o / 4][i][a][b][o % 4] = V[c,f,a,b], (o, i) = (c, f), or (f, c) if TRANSPOSED; 0 beyond the last o.
//           V[c,f,a,b] = q[offset + ((c, f, a, b))], or if WIDENED the sum of q[offset + ((f, c, p, q))] over
//           p in {3-a, 2-a}, q in {3-b, 2-b} within 0..2. The second index of q runs over `inputs` channels.
// Dispatch: (inner channels * K * K * 4, ceil(outer channels / 4)).

@compute @workgroup_size(WG_X, WG_Y, WG_Z)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= params.grid_x || id.y >= params.grid_y || id.z >= params.grid_z) {
        return;
    }
    let o = id.y * 4u + id.x % 4u;
    let tap = (id.x / 4u) % (K * K);
    let i = id.x / (4u * K * K);
    let c = select(o, i, TRANSPOSED == 1u);
    let f = select(i, o, TRANSPOSED == 1u);
    var sum = 0.0;
    if (c < params.coarse_ch && f < params.fine_ch) {
        if (WIDENED == 1u) {
            let a = tap / 4u;
            let b = tap % 4u;
            let pair = params.offset + (f * params.inputs + c) * 9u;
            // Highest tap first, as the twin sums.
            for (var m = 0u; m < 2u; m++) {
                let p = 3u - a - m;
                if (a + m > 3u || p > 2u) {
                    continue;
                }
                for (var n = 0u; n < 2u; n++) {
                    let r = 3u - b - n;
                    if (b + n > 3u || r > 2u) {
                        continue;
                    }
                    sum += q[pair + 3u * p + r];
                }
            }
        } else {
            sum = q[params.offset + (c * params.inputs + f) * K * K + tap];
        }
    }
    packed[id.y * params.grid_x + id.x] = sum;
}
