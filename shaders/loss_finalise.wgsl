// loss_finalise: sums the loss's partial sums into the ring, and the output biases' gradient.
// Twin: src/kernels/loss_finalise.rs.
//
// Math:     ring[step % ring_len] = (inverse * sum of column 0, inverse_clean * sum of column 1, kl_scale * sum of the mask's
//           column 0, inverse_n * sum of its column 1), the first two added to what the ring holds if ACCUMULATE;
//           grad[biases[c]] = sum of column 2 + c.
// Shapes:   partials [count, 2 + CHANNELS], mask_partials [mask_count, 2], ring [ring_len, 4], counter [1].
// Dispatch: one invocation a sum: the ring's four, then the biases'.

@compute @workgroup_size(WG_X, WG_Y, WG_Z)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= params.grid_x || id.y >= params.grid_y || id.z >= params.grid_z) {
        return;
    }
    let row = 4u * (u32(counter[0]) % params.ring_len);
    var sum = 0.0;
    if (id.x == 2u || id.x == 3u) {
        for (var t = 0u; t < params.mask_count; t++) {
            sum += mask_partials[2u * t + id.x - 2u];
        }
        ring[row + id.x] = sum * select(params.inverse_n, params.kl_scale, id.x == 2u);
        return;
    }
    let column = select(id.x - 2u, id.x, id.x < 2u);
    for (var t = 0u; t < params.count; t++) {
        sum += partials[t * (2u + CHANNELS) + column];
    }
    if (id.x < 2u) {
        sum *= select(params.inverse_clean, params.inverse, id.x == 0u);
        if (ACCUMULATE == 1u) {
            sum += ring[row + id.x];
        }
        ring[row + id.x] = sum;
    } else {
        grad[biases[id.x - 4u]] = sum;
    }
}
