// sparse_apply: a convolution over the kept weights only, in either direction of a link. Twin: src/kernels/sparse_apply.rs.
//
// Math:     dst[o, OUT_STEP * i + py, OUT_STEP * j + px] =
//           sum over e in list (o, phase) of weights[e] * src[offset[e] + IN_STEP * (i * src_w + j)], added to dst if ACCUMULATE.
// Shapes:   dst [channels, out_h, out_w]; table: a start for each list o * OUT_STEP^2 + phase, one more, then the offsets.
//           The list is the same for the whole workgroup; an offset is (channel, tap) flattened into the padded input.
// Tile:     ROWS output rows an invocation, so that an entry is loaded once for all of them.
// Dispatch: (ceil(out_w / OUT_STEP), ceil(ceil(out_h / OUT_STEP) / ROWS), channels * OUT_STEP^2).

@compute @workgroup_size(WG_X, WG_Y, WG_Z)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= params.grid_x || id.y >= params.grid_y || id.z >= params.grid_z) {
        return;
    }
    let phases = OUT_STEP * OUT_STEP;
    let o = id.z / phases;
    let py = (id.z % phases) / OUT_STEP;
    let px = id.z % OUT_STEP;
    let offsets = params.channels * phases + 1u;
    let end = table[id.z + 1u];
    let i0 = id.y * ROWS;
    // Rows beyond the last read the last: their sums are dropped.
    let last = (params.out_h - py + OUT_STEP - 1u) / OUT_STEP - 1u;
    let column = IN_STEP * id.x;
    let pitch = IN_STEP * params.src_w;
    //# repeat r ROWS
    var acc$r = 0.0;
    let at$r = column + min(i0 + $ru, last) * pitch;
    //# end
    for (var e = table[id.z]; e < end; e++) {
        let w = weights[e];
        let at = table[offsets + e];
        //# repeat r ROWS
        acc$r += w * src[at + at$r];
        //# end
    }
    let x = id.x * OUT_STEP + px;
    if (x >= params.out_w) {
        return;
    }
    //# repeat r ROWS
    {
        let y = (i0 + $ru) * OUT_STEP + py;
        if (y < params.out_h) {
            let out = (o * params.out_h + y) * params.out_w + x;
            if (ACCUMULATE == 1u) {
                acc$r += dst[out];
            }
            dst[out] = acc$r;
        }
    }
    //# end
}
