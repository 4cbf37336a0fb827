// interpolate_adjoint: the adjoint of interpolate, through its activations. Twin: src/kernels/interpolate_adjoint.rs.
//
// Math:     dst[c,y,x] = sum over the readers (i, j) of (y, x) of their shares times grad[c,i,j] [where drawn[c,i,j] > 0 if
//           RECTIFIED] [* LeakyReLU'(first.scale * src[c,y,x] + first.shift) if FIRST], added to dst if ACCUMULATE; 0 in the
//           border. Readers of y if DOUBLED: 2y - 1 ... 2y + 2 with 1/4, 3/4, 3/4, 1/4, held inside; else y itself.
// Shapes:   grad, drawn [channels, s h, s w], s = 1 + DOUBLED; src [channels, h, w]; first [channels] of (scale, shift, mean,
//           1/std); dst [channels, h + 2 halo, dst_w].
// Dispatch: one invocation for MAP_ROWS elements of a column of dst: (j, ceil((h + 2 halo) / MAP_ROWS), c).

fn passed(at: u32) -> f32 {
    if (RECTIFIED == 1u) {
        return select(0.0, grad[at], drawn[at] > 0.0);
    }
    return grad[at];
}

// Reader k of a position, and its share.
fn reader(at: u32, k: u32, n: u32) -> u32 {
    return min(max(2u * at + k, 1u) - 1u, 2u * n - 1u);
}

fn share(k: u32) -> f32 {
    return select(0.25, 0.75, k == 1u || k == 2u);
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
    let full_h = params.h + 2u * params.halo;
    let grad_w = (1u + DOUBLED) * params.w;
    let plane = id.z * (1u + DOUBLED) * params.h * grad_w;
    let end = min(id.y * MAP_ROWS + MAP_ROWS, full_h);
    for (var i = id.y * MAP_ROWS; i < end; i++) {
        var sum = 0.0;
        // In the border these wrap around to numbers beyond the map.
        let y = i - params.halo;
        let x = id.x - params.halo;
        if (y < params.h && x < params.w) {
            if (DOUBLED == 1u) {
                for (var k = 0u; k < 4u; k++) {
                    let row = plane + reader(y, k, params.h) * grad_w;
                    for (var l = 0u; l < 4u; l++) {
                        sum += share(k) * share(l) * passed(row + reader(x, l, params.w));
                    }
                }
            } else {
                sum = passed(plane + y * grad_w + x);
            }
            if (FIRST == 1u) {
                sum *= select(0.2, 1.0, n.x * src[(id.z * params.h + y) * params.w + x] + n.y > 0.0);
            }
        }
        let at = (id.z * full_h + i) * params.dst_w + id.x;
        if (ACCUMULATE == 1u) {
            sum += dst[at];
        }
        dst[at] = sum;
    }
}
