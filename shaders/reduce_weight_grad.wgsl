// reduce_weight_grad: the weight gradient of a link, dense, second stage. Twin: src/kernels/reduce_weight_grad.rs.
//
// Math:     plain:   grad[offset + ((c, f, a, b))] = sum over s of partials[s,c,f,a,b];
//           WIDENED: grad[offset + ((f, c, p, q))] = sum over s, a in {3-p, 2-p}, b in {3-q, 2-q} of partials[s,c,f,a,b].
// Shapes:   partials [splits, coarse_ch, fine_ch, K, K] (K = 4 if WIDENED); grad flat, its second index over `inputs` channels.
// Dispatch: plain (fine_ch * K * K, coarse_ch); WIDENED (coarse_ch * 9, fine_ch).

fn total(at: u32) -> f32 {
    let size = params.coarse_ch * params.fine_ch * K * K;
    var sum = 0.0;
    for (var s = 0u; s < params.splits; s++) {
        sum += partials[s * size + at];
    }
    return sum;
}

@compute @workgroup_size(WG_X, WG_Y, WG_Z)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= params.grid_x || id.y >= params.grid_y || id.z >= params.grid_z) {
        return;
    }
    if (WIDENED == 1u) {
        let c = id.x / 9u;
        let p = (id.x / 3u) % 3u;
        let q = id.x % 3u;
        let pair = (c * params.fine_ch + id.y) * 16u;
        let a = pair + (2u - p) * 4u + 2u - q;
        grad[params.offset + id.y * params.inputs * 9u + id.x] = ((total(a + 5u) + total(a + 4u)) + total(a + 1u)) + total(a);
    } else {
        grad[params.offset + id.y * params.inputs * K * K + id.x] = total(id.y * params.grid_x + id.x);
    }
}
