// bn_backward: the gradient of a batch normalisation's input. Twin: src/kernels/bn_backward.rs.
//
// Math:     dst = gamma / std * (g - mean g - xhat * mean(g xhat)) [* LeakyReLU'(v) if FIRST], 0 in the border, added to dst if ACCUMULATE;
//           v = first.scale * src + first.shift, x = LeakyReLU(v) if FIRST, else x = src; xhat = (x - mean) / std.
// Shapes:   grad, src [channels, h, w]; dst [channels, h + 2 halo, w + 2 halo];
//           first, norm [channels] of (scale, shift, mean, 1/std); means [channels] of (mean g, mean g xhat, 0, 0).
// Dispatch: one invocation for MAP_ROWS elements of a column of dst, which share what belongs to the channel:
//           (j, ceil((h + 2 halo) / MAP_ROWS), c).

@compute @workgroup_size(WG_X, WG_Y, WG_Z)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= params.grid_x || id.y >= params.grid_y || id.z >= params.grid_z) {
        return;
    }
    let c = id.z;
    let halo = params.halo;
    let n = norm[c];
    let m = means[c];
    var f = vec4<f32>();
    if (FIRST == 1u) {
        f = first[c];
    }
    let height = params.h + 2u * halo;
    let i0 = id.y * MAP_ROWS;
    let end = min(i0 + MAP_ROWS, height);
    let inside = id.x >= halo && id.x < params.w + halo;
    for (var i = i0; i < end; i++) {
        var out = 0.0;
        if (inside && i >= halo && i < params.h + halo) {
            let at = (c * params.h + i - halo) * params.w + id.x - halo;
            var x = src[at];
            var slope = 1.0;
            if (FIRST == 1u) {
                let v = f.x * x + f.y;
                slope = select(0.2, 1.0, v > 0.0);
                x = select(0.2 * v, v, v >= 0.0);
            }
            out = slope * (n.x * (grad[at] - m.x - ((x - n.z) * n.w) * m.y));
        }
        let to = (c * height + i) * params.grid_x + id.x;
        if (ACCUMULATE == 1u) {
            out += dst[to];
        }
        dst[to] = out;
    }
}
