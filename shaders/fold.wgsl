// fold: the adjoint of prepare's padding. Twin: src/kernels/fold.rs.
//
// Math:     dst[c,y,x] = scale * sum of grad[c,i,j] over the readers (i, j) of (y, x)
//           [* LeakyReLU'(first.scale * src[c,y,x] + first.shift) if FIRST], added to dst if ACCUMULATE.
// Shapes:   grad [channels, grad_h, grad_w], src and dst [channels, h, w], first [channels] of (scale, shift, mean, 1/std).
//           readers: h + 1 starts, row lists; at `columns`: w + 1 starts, column lists.
// Dispatch: one invocation for MAP_ROWS elements of a column of dst, which share what belongs to channel and column:
//           (x, ceil(h / MAP_ROWS), c).

/// Where a column's readers are listed, and the first two of them: most columns have no more.
struct Column {
    start: u32,
    end: u32,
    one: u32,
    two: u32,
}

/// The sum over a column's readers in one row of grad.
fn across(row: u32, column: Column) -> f32 {
    let start = row * params.grad_w;
    var sum = grad[start + column.one];
    if (MOST > 1u) {
        if (column.start + 1u < column.end) {
            sum += grad[start + column.two];
        }
    }
    if (MOST > 2u) {
        for (var s = column.start + 2u; s < column.end; s++) {
            sum += grad[start + readers[s]];
        }
    }
    return sum;
}

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
    var column: Column;
    column.start = column_lists + readers[params.columns + id.x];
    column.end = column_lists + readers[params.columns + id.x + 1u];
    column.one = readers[column.start];
    if (column.start + 1u < column.end) {
        column.two = readers[column.start + 1u];
    }
    let y0 = id.y * MAP_ROWS;
    let end = min(y0 + MAP_ROWS, params.h);
    let plane = c * params.grad_h;
    var row_end = row_lists + readers[y0];
    for (var y = y0; y < end; y++) {
        let row_start = row_end;
        row_end = row_lists + readers[y + 1u];
        // Every row and column has a reader.
        var sum = across(plane + readers[row_start], column);
        if (MOST > 1u) {
            if (row_start + 1u < row_end) {
                sum += across(plane + readers[row_start + 1u], column);
            }
        }
        if (MOST > 2u) {
            for (var r = row_start + 2u; r < row_end; r++) {
                sum += across(plane + readers[r], column);
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
