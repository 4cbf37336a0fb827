// bn_sums: batch normalisation's reductions, first stage. Twin: src/kernels/bn_sums.rs.
//
// Math:     forward (GRADIENT 0): partials[c,s] = (sum d, sum d^2), d = x_i - x_0;
//           backward (GRADIENT 1): (sum g_i, sum g_i * (x_i - mean) / std); over i = s, s + splits, ...
//           x = src, or LeakyReLU(first.scale * src + first.shift) if FIRST.
// Shapes:   src, grad [channels, plane]; first, norm [channels] of (scale, shift, mean, 1/std); partials [channels, splits, 2].
// Tile:     four sums side by side: rounding grows with the longest.
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
    var a = vec4<f32>();
    var b = vec4<f32>();
    var f = vec4<f32>();
    if (FIRST == 1u) {
        f = first[c];
    }
    let start = c * params.plane;
    let end = start + params.plane;
    let last = end - 1u;
    var n = vec4<f32>();
    var shift = 0.0;
    if (GRADIENT == 1u) {
        n = norm[c];
    } else {
        shift = value(start, f);
    }
    for (var i = start + id.x; i < end; i += 4u * params.splits) {
        //# repeat k 4
        {
            let at = i + $ku * params.splits;
            let x = value(min(at, last), f);
            if (GRADIENT == 1u) {
                let g = select(0.0, grad[min(at, last)], at < end);
                a[$k] += g;
                b[$k] += g * ((x - n.z) * n.w);
            } else {
                let d = select(0.0, x - shift, at < end);
                a[$k] += d;
                b[$k] += d * d;
            }
        }
        //# end
    }
    let at = 2u * (c * params.splits + id.x);
    partials[at] = (a.x + a.y) + (a.z + a.w);
    partials[at + 1u] = (b.x + b.y) + (b.z + b.w);
}
