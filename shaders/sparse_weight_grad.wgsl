// sparse_weight_grad: the weight gradient of a link at its kept entries only, first stage.
// Twin: src/kernels/sparse_weight_grad.rs.
//
// Math:     partials[s,g,e] = sum over i in band s and all j of coarse[c_g + i * coarse_w + j] * fine[f_ge + STRIDE * (i * fine_w + j)].
// Shapes:   table [groups][1 + GROUP]: c_g, then f_ge for each entry; partials [splits, groups, GROUP].
// Tile:     the GROUP entries of a group share the coarse channel, so each of its pixels is loaded once for all of them.
// Dispatch: (groups, splits).

@compute @workgroup_size(WG_X, WG_Y, WG_Z)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= params.grid_x || id.y >= params.grid_y || id.z >= params.grid_z) {
        return;
    }
    let c = table[id.x * (GROUP + 1u)];
    //# repeat e GROUP
    let f$e = table[id.x * (GROUP + 1u) + 1u + $eu];
    var sum$e = 0.0;
    //# end
    let end = min((id.y + 1u) * params.band, params.h);
    for (var i = id.y * params.band; i < end; i++) {
        let left = c + i * params.coarse_w;
        let right = STRIDE * i * params.fine_w;
        //# repeat e GROUP
        var part$e = 0.0;
        //# end
        for (var j = 0u; j < params.w; j++) {
            let v = coarse[left + j];
            let at = right + STRIDE * j;
            //# repeat e GROUP
            part$e += v * fine[f$e + at];
            //# end
        }
        //# repeat e GROUP
        sum$e += part$e;
        //# end
    }
    let out = (id.y * params.groups + id.x) * GROUP;
    //# repeat e GROUP
    partials[out + $eu] = sum$e;
    //# end
}
