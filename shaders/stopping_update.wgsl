// stopping_update: follows the variance of the outputs and remembers where it was least. Twin: src/kernels/stopping_update.rs.
//
// Math:     WINDOWED 0: statistic = (1 - alpha) (state[0] + alpha * inverse * sum of column 0), ES-EMV; 1: inverse_window * sum of
//           window_partials, ES-WMV. If step >= ignore and (none is remembered or it is less): remember (statistic, step). A step below state[4]
//           was tracked before: its EMV is state[0].
//           ring[step % ring_len].zw = (statistic, inverse * sum of column 1).
// Shapes:   partials [count, 2], window_partials [count], counter [1], state [5], ring [ring_len, 4].
// Dispatch: one invocation.

@compute @workgroup_size(WG_X, WG_Y, WG_Z)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= params.grid_x || id.y >= params.grid_y || id.z >= params.grid_z) {
        return;
    }
    var change = 0.0;
    var error = 0.0;
    for (var t = 0u; t < params.count; t++) {
        change += partials[2u * t];
        error += partials[2u * t + 1u];
    }
    var statistic = (1.0 - params.alpha) * (state[0] + params.alpha * change * params.inverse);
    if (state[4] > counter[0]) {
        statistic = state[0];
    }
    if (WINDOWED == 1u) {
        statistic = 0.0;
        for (var t = 0u; t < params.count; t++) {
            statistic += window_partials[t];
        }
        statistic *= params.inverse_window;
    }
    let least = counter[0] >= f32(params.ignore) && (state[2] == 0.0 || statistic < state[1]);
    state[0] = statistic;
    if (least) {
        state[1] = statistic;
        state[2] = counter[0];
    }
    state[3] = f32(least);
    state[4] = counter[0] + 1.0;
    let row = 4u * (u32(counter[0]) % params.ring_len);
    ring[row + 2u] = statistic;
    ring[row + 3u] = error * params.inverse;
}
