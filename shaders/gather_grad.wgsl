// gather_grad: the weight gradient of a link at its kept entries, second stage. Twin: src/kernels/gather_grad.rs.
//
// Math:     grad[place] = sum over s < splits and SOURCES sources of partials[s * stride + source].
// Shapes:   table [count][1 + SOURCES]: place, sources.
// Dispatch: one invocation an entry.

@compute @workgroup_size(WG_X, WG_Y, WG_Z)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= params.grid_x || id.y >= params.grid_y || id.z >= params.grid_z) {
        return;
    }
    let at = id.x * (1u + SOURCES);
    var sum = 0.0;
    for (var s = 0u; s < params.splits; s++) {
        //# repeat n SOURCES
        sum += partials[s * params.stride + table[at + 1u + $nu]];
        //# end
    }
    grad[table[at]] = sum;
}
