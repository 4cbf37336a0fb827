// fold: the adjoint of prepare's padding. Twin: src/kernels/fold.rs.
//
// Math:     dst[c,y,x] = scale * sum of grad[c,i,j] over the readers (i, j) of (y, x)
//           [* LeakyReLU'(first.scale * src[c,y,x] + first.shift) if FIRST], added to dst if ACCUMULATE.
// Shapes:   grad [channels, grad_h, grad_w], src and dst [channels, h, w], first [channels] of (scale, shift, mean, 1/std).
//           readers: h + 1 starts, row lists; at `columns`: w + 1 starts, column lists.
// Dispatch: one invocation an element of dst: (x, y, c).

@compute @workgroup_size(WG_X, WG_Y, WG_Z)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= params.grid_x || id.y >= params.grid_y) {
        return;
    }
    let c = id.z;
    let row_lists = params.h + 1u;
    let column_lists = params.columns + params.w + 1u;
    let row_end = row_lists + readers[id.y + 1u];
    let column_start = column_lists + readers[params.columns + id.x];
    let column_end = column_lists + readers[params.columns + id.x + 1u];
    var sum = 0.0;
    for (var r = row_lists + readers[id.y]; r < row_end; r++) {
        let row = (c * params.grad_h + readers[r]) * params.grad_w;
        for (var s = column_start; s < column_end; s++) {
            sum += grad[row + readers[s]];
        }
    }
    sum *= params.scale;
    let at = (c * params.h + id.y) * params.w + id.x;
    if (FIRST == 1u) {
        let n = first[c];
        sum *= select(0.2, 1.0, n.x * src[at] + n.y > 0.0);
    }
    if (ACCUMULATE == 1u) {
        sum += dst[at];
    }
    dst[at] = sum;
}
