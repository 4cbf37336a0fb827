// bn_backward: the gradient of a batch normalisation's input. Twin: src/kernels/bn_backward.rs.
//
// Math:     dst = gamma / std * (g - mean g - xhat * mean(g xhat)) [* LeakyReLU'(v) if FIRST], 0 in the border, added to dst if ACCUMULATE;
//           v = first.scale * src + first.shift, x = LeakyReLU(v) if FIRST, else x = src; xhat = (x - mean) / std.
// Shapes:   grad, src [channels, h, w]; dst [channels, h + 2 halo, w + 2 halo];
//           first, norm [channels] of (scale, shift, mean, 1/std); means [channels] of (mean g, mean g xhat, 0, 0).
// Dispatch: one invocation an element of dst: (j, i, c).

@compute @workgroup_size(WG_X, WG_Y, WG_Z)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= params.grid_x || id.y >= params.grid_y) {
        return;
    }
    let c = id.z;
    let halo = params.halo;
    var out = 0.0;
    if (id.x >= halo && id.y >= halo && id.x < params.w + halo && id.y < params.h + halo) {
        let at = (c * params.h + id.y - halo) * params.w + id.x - halo;
        var x = src[at];
        var slope = 1.0;
        if (FIRST == 1u) {
            let f = first[c];
            let v = f.x * x + f.y;
            slope = select(0.2, 1.0, v > 0.0);
            x = select(0.2 * v, v, v >= 0.0);
        }
        let n = norm[c];
        let m = means[c];
        out = slope * (n.x * (grad[at] - m.x - ((x - n.z) * n.w) * m.y));
    }
    let at = (c * params.grid_y + id.y) * params.grid_x + id.x;
    if (ACCUMULATE == 1u) {
        out += dst[at];
    }
    dst[at] = out;
}
