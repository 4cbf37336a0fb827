// bn_sums: batch normalisation's reductions, first stage. Twin: src/kernels/bn_sums.rs.
//
// Math:     forward (GRADIENT 0): partials[c,s] = (sum d, sum d^2), d = x_i - x_0;
//           backward (GRADIENT 1): (sum g_i, sum g_i * (x_i - mean) / std); over i = s, s + splits, ...
//           x = src, or LeakyReLU(first.scale * src + first.shift) if FIRST.
// Shapes:   src, grad [channels, plane]; first, norm [channels] of (scale, shift, mean, 1/std); partials [channels, splits, 2].
// Dispatch: one invocation a partial sum: (s, c).

fn value(i: u32, n: vec4<f32>) -> f32 {
    let x = src[i];
    if (FIRST == 1u) {
        let v = n.x * x + n.y;
        return select(0.2 * v, v, v >= 0.0);
    }
    return x;
}

@compute @workgroup_size(WG_X, WG_Y, WG_Z)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= params.grid_x || id.y >= params.grid_y || id.z >= params.grid_z) {
        return;
    }
    let c = id.y;
    var a = 0.0;
    var b = 0.0;
    var f = vec4<f32>();
    if (FIRST == 1u) {
        f = first[c];
    }
    let start = c * params.plane;
    let end = start + params.plane;
    if (GRADIENT == 1u) {
        let n = norm[c];
        for (var i = start + id.x; i < end; i += params.splits) {
            let g = grad[i];
            a += g;
            b += g * ((value(i, f) - n.z) * n.w);
        }
    } else {
        let shift = value(start, f);
        for (var i = start + id.x; i < end; i += params.splits) {
            let d = value(i, f) - shift;
            a += d;
            b += d * d;
        }
    }
    let at = 2u * (c * params.splits + id.x);
    partials[at] = a;
    partials[at + 1u] = b;
}
