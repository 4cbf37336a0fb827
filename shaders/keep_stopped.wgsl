// keep_stopped: keeps the picture of the step at which one should have stopped. Twin: src/kernels/keep_stopped.rs.
//
// Math:     if state[3] = 1: stopped = out, stopped_average = average.
// Shapes:   out, average, stopped, stopped_average [count]; state [5].
// Dispatch: `threads` invocations, each every threads-th value.

@compute @workgroup_size(WG_X, WG_Y, WG_Z)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= params.grid_x || id.y >= params.grid_y || state[3] != 1.0) {
        return;
    }
    for (var i = id.x; i < params.count; i += params.threads) {
        stopped[i] = out[i];
        stopped_average[i] = average[i];
    }
}
