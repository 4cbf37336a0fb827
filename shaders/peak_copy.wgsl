// peak_copy: a copy in memory, for benchmarks. Twin: src/kernels/peak_copy.rs.
//
// Math:     dst[i] = src[i].
// Shapes:   src and dst [height, width] of vec4.
// Dispatch: one invocation a vec4: (x, y).

@compute @workgroup_size(WG_X, WG_Y, WG_Z)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= params.grid_x || id.y >= params.grid_y) {
        return;
    }
    let at = id.y * params.width + id.x;
    dst[at] = src[at];
}
