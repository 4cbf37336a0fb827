// prepare: what a convolution reads. Twin: src/kernels/prepare.rs.
//
// Math:     dst[c,i,j] = mean over sources (y, x) of f(src[c,y,x]);
//           f = [LeakyReLU(first.scale * v + first.shift)] then [second.scale * v + second.shift], each if its constant is 1.
// Shapes:   src [channels, src_h, src_w], dst [channels, dst_h, dst_w]; first, second [channels] of (scale, shift, mean, 1/std).
//           sources: rows for each i, then columns for each j; two each if PAIRED (averaged), else one.
// Dispatch: one invocation an element of dst: (j, i, c).

fn value(c: u32, y: u32, x: u32) -> f32 {
    var v = src[(c * params.src_h + y) * params.src_w + x];
    if (FIRST == 1u) {
        let n = first[c];
        v = n.x * v + n.y;
        v = select(0.2 * v, v, v >= 0.0);
    }
    if (SECOND == 1u) {
        let n = second[c];
        v = n.x * v + n.y;
    }
    return v;
}

@compute @workgroup_size(WG_X, WG_Y, WG_Z)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= params.grid_x || id.y >= params.grid_y) {
        return;
    }
    let c = id.z;
    var out: f32;
    if (PAIRED == 1u) {
        let y0 = sources[2u * id.y];
        let y1 = sources[2u * id.y + 1u];
        let x0 = sources[2u * (params.dst_h + id.x)];
        let x1 = sources[2u * (params.dst_h + id.x) + 1u];
        out = 0.25 * ((value(c, y0, x0) + value(c, y0, x1)) + (value(c, y1, x0) + value(c, y1, x1)));
    } else {
        out = value(c, sources[id.y], sources[params.dst_h + id.x]);
    }
    dst[(c * params.dst_h + id.y) * params.dst_w + id.x] = out;
}
