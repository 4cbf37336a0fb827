// peak_arithmetic: multiply-adds in registers, for benchmarks. Twin: src/kernels/peak_arithmetic.rs.
//
// Math:     dst[y*width + x] = sum over c = 0..12 of the c-th chain after 16 * rounds links v <- a*v + b, from v = x + c/4.
//           Written as the convolutions write it, so that a driver may fuse it here where it may fuse it there.
// Shapes:   dst [height, width]; the 12 chains lie in three vec4.
// Dispatch: one invocation an element of dst: (x, y).

@compute @workgroup_size(WG_X, WG_Y, WG_Z)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= params.grid_x || id.y >= params.grid_y) {
        return;
    }
    let a = params.a;
    let b = params.b;
    var p = vec4<f32>(0.0, 0.25, 0.5, 0.75) + f32(id.x);
    var q = p + 1.0;
    var r = p + 2.0;
    for (var round = 0u; round < params.rounds; round++) {
        //# repeat i 16
        p = a * p + b;
        q = a * q + b;
        r = a * r + b;
        //# end
    }
    let sum = p + q + r;
    dst[id.y * params.width + id.x] = sum.x + sum.y + sum.z + sum.w;
}
