// interpolate: bilinear upsampling by 2 and ReLU. Twin: src/kernels/interpolate.rs.
//
// Math:     dst[c,i,j] = sum over the two sources of i and of j of shares 3/4 and 1/4 times f(src[c,y,x]); without DOUBLED f
//           itself; f = LeakyReLU(first.scale * v + first.shift) if FIRST; max(., 0) of it if RECTIFIED.
//           Position i reads i / 2 and, if even, the one before, else the one after, the edge repeated.
// Shapes:   src [channels, h, w], dst [channels, s h, s w], s = 1 + DOUBLED; first [channels] of (scale, shift, mean, 1/std).
// Dispatch: one invocation for MAP_ROWS elements of a column of dst: (j, ceil(s h / MAP_ROWS), c).

fn value(at: u32, n: vec4<f32>) -> f32 {
    let v = src[at];
    if (FIRST == 1u) {
        let u = n.x * v + n.y;
        return select(0.2 * u, u, u >= 0.0);
    }
    return v;
}

// The other source of a position besides the nearest.
fn next(at: u32, n: u32) -> u32 {
    let near = at / 2u;
    return select(min(near + 1u, n - 1u), max(near, 1u) - 1u, at % 2u == 0u);
}

@compute @workgroup_size(WG_X, WG_Y, WG_Z)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= params.grid_x || id.y >= params.grid_y || id.z >= params.grid_z) {
        return;
    }
    var n = vec4<f32>();
    if (FIRST == 1u) {
        n = first[id.z];
    }
    let dst_h = (1u + DOUBLED) * params.h;
    let dst_w = (1u + DOUBLED) * params.w;
    let plane = id.z * params.h * params.w;
    let end = min(id.y * MAP_ROWS + MAP_ROWS, dst_h);
    for (var i = id.y * MAP_ROWS; i < end; i++) {
        var v = 0.0;
        if (DOUBLED == 1u) {
            let y = plane + (i / 2u) * params.w;
            let next_y = plane + next(i, params.h) * params.w;
            let x = id.x / 2u;
            let next_x = next(id.x, params.w);
            let one = 0.75 * value(y + x, n) + 0.25 * value(y + next_x, n);
            let other = 0.75 * value(next_y + x, n) + 0.25 * value(next_y + next_x, n);
            v = 0.75 * one + 0.25 * other;
        } else {
            v = value(plane + i * params.w + id.x, n);
        }
        if (RECTIFIED == 1u) {
            v = max(v, 0.0);
        }
        dst[(id.z * dst_h + i) * dst_w + id.x] = v;
    }
}
