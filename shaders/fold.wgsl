// fold: the adjoint of prepare's padding. Twin: src/kernels/fold.rs.
//
// Math:     dst[c,y,x] = scale * sum of grad[c,i,j] over the readers (i, j) of (y, x)
//           [* LeakyReLU'(first.scale * src[c,y,x] + first.shift) if FIRST], added to dst if ACCUMULATE.
// Shapes:   grad [channels, grad_h, grad_w], src and dst [channels, h, w], first [channels] of (scale, shift, mean, 1/std).
//           readers: h + 1 starts, row lists; at `columns`: w + 1 starts, column lists.
// Dispatch: one invocation for MAP_ROWS elements of a column of dst, which share what belongs to channel and column:
//           (x, ceil(h / MAP_ROWS), c).

@compute @workgroup_size(WG_X, WG_Y, WG_Z)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= params.grid_x || id.y >= params.grid_y || id.z >= params.grid_z) {
        return;
    }
    let c = id.z;
    var n = vec4<f32>();
    if (FIRST == 1u) {
        n = first[c];
    }
    let row_lists = params.h + 1u;
    let column_lists = params.columns + params.w + 1u;
    let column_start = column_lists + readers[params.columns + id.x];
    let column_end = column_lists + readers[params.columns + id.x + 1u];
    // Every column has a reader, and most have no more than two: those are kept.
    let one = readers[column_start];
    var two = 0u;
    if (column_start + 1u < column_end) {
        two = readers[column_start + 1u];
    }
    let y0 = id.y * MAP_ROWS;
    let end = min(y0 + MAP_ROWS, params.h);
    var row_end = readers[y0];
    for (var y = y0; y < end; y++) {
        let row_start = row_end;
        row_end = readers[y + 1u];
        var sum = 0.0;
        for (var r = row_start; r < row_end; r++) {
            let row = (c * params.grad_h + readers[row_lists + r]) * params.grad_w;
            sum += grad[row + one];
            if (column_start + 1u < column_end) {
                sum += grad[row + two];
            }
            for (var s = column_start + 2u; s < column_end; s++) {
                sum += grad[row + readers[s]];
            }
        }
        sum *= params.scale;
        let at = (c * params.h + y) * params.w + id.x;
        if (FIRST == 1u) {
            sum *= select(0.2, 1.0, n.x * src[at] + n.y > 0.0);
        }
        if (ACCUMULATE == 1u) {
            sum += dst[at];
        }
        dst[at] = sum;
    }
}
