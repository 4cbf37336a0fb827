// pack_list: from the kept parameters to weights in list order, or scattered into a packed layout.
// Twin: src/kernels/pack_list.rs.
//
// Math:     dst[place] = sum over SOURCES sources of q[source]; place = e, or the entry's first word if SCATTERED.
// Shapes:   table [count][SCATTERED + SOURCES].
// Dispatch: one invocation an entry e.

@compute @workgroup_size(WG_X, WG_Y, WG_Z)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= params.grid_x || id.y >= params.grid_y || id.z >= params.grid_z) {
        return;
    }
    let at = id.x * (SCATTERED + SOURCES);
    var sum = 0.0;
    //# repeat s SOURCES
    sum += q[table[at + SCATTERED + $su]];
    //# end
    if (SCATTERED == 1u) {
        dst[table[at]] = sum;
    } else {
        dst[id.x] = sum;
    }
}
