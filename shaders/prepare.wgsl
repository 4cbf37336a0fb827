// prepare: what a convolution reads. Twin: src/kernels/prepare.rs.
//
// Math:     dst[c,i,j] = mean over sources (y, x) of f(src[c,y,x]);
//           f = [LeakyReLU(first.scale * v + first.shift)] then [second.scale * v + second.shift], each if its constant is 1.
// Shapes:   src [channels, src_h, src_w], dst [channels, dst_h, dst_w]; first, second [channels] of (scale, shift, mean, 1/std).
//           sources: rows for each i, then columns for each j; two each if PAIRED (averaged), else one.
// Dispatch: one invocation for MAP_ROWS elements of a column of dst, which share what belongs to channel and column:
//           (j, ceil(dst_h / MAP_ROWS), c).

fn value(at: u32, n: vec4<f32>, m: vec4<f32>) -> f32 {
    var v = src[at];
    if (FIRST == 1u) {
        v = n.x * v + n.y;
        v = select(0.2 * v, v, v >= 0.0);
    }
    if (SECOND == 1u) {
        v = m.x * v + m.y;
    }
    return v;
}

@compute @workgroup_size(WG_X, WG_Y, WG_Z)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= params.grid_x || id.y >= params.grid_y || id.z >= params.grid_z) {
        return;
    }
    var n = vec4<f32>();
    var m = vec4<f32>();
    if (FIRST == 1u) {
        n = first[id.z];
    }
    if (SECOND == 1u) {
        m = second[id.z];
    }
    let plane = id.z * params.src_h * params.src_w;
    let i0 = id.y * MAP_ROWS;
    let end = min(i0 + MAP_ROWS, params.dst_h);
    let out = id.z * params.dst_h * params.dst_w + id.x;
    if (PAIRED == 1u) {
        let x0 = plane + sources[2u * (params.dst_h + id.x)];
        let x1 = plane + sources[2u * (params.dst_h + id.x) + 1u];
        for (var i = i0; i < end; i++) {
            let y0 = sources[2u * i] * params.src_w;
            let y1 = sources[2u * i + 1u] * params.src_w;
            let sum = (value(y0 + x0, n, m) + value(y0 + x1, n, m)) + (value(y1 + x0, n, m) + value(y1 + x1, n, m));
            dst[out + i * params.dst_w] = 0.25 * sum;
        }
    } else {
        let x = plane + sources[params.dst_h + id.x];
        for (var i = i0; i < end; i++) {
            dst[out + i * params.dst_w] = value(sources[i] * params.src_w + x, n, m);
        }
    }
}
