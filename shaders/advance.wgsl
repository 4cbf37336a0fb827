// advance: counts the steps on the device. Twin: src/kernels/advance.rs.
//
// Math:     counter[0] += 1.
// Dispatch: one invocation.

@compute @workgroup_size(WG_X, WG_Y, WG_Z)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= params.grid_x || id.y >= params.grid_y || id.z >= params.grid_z) {
        return;
    }
    counter[0] += 1.0;
}
