// sparse_weight_grad: the weight gradient of a link at its kept entries only, first stage.
// Twin: src/kernels/sparse_weight_grad.rs.
//
// Math:     partials[s,e] = sum over i in band s and all j of coarse[c_e + i * coarse_w + j] * fine[f_e + STRIDE * (i * fine_w + j)].
// Shapes:   table [entries][2]: c_e, f_e; partials [splits, entries].
// Dispatch: (entries, splits).

@compute @workgroup_size(WG_X, WG_Y, WG_Z)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= params.grid_x || id.y >= params.grid_y) {
        return;
    }
    let c = table[2u * id.x];
    let f = table[2u * id.x + 1u];
    let end = min((id.y + 1u) * params.band, params.h);
    var sum = 0.0;
    for (var i = id.y * params.band; i < end; i++) {
        let left = c + i * params.coarse_w;
        let right = f + STRIDE * i * params.fine_w;
        var part = 0.0;
        for (var j = 0u; j < params.w; j++) {
            part += coarse[left + j] * fine[right + STRIDE * j];
        }
        sum += part;
    }
    partials[id.y * params.entries + id.x] = sum;
}
