// add_normal: normal noise, anew in each step. Twin: src/kernels/add_normal.rs.
//
// Math:     dst = src + sd n, or if IN_PLACE dst += sd n where the bit of table is 1; sd = schedule[step].z if SCHEDULED; n by
//           Box-Muller from Philox4x32-10 with the counter (name * ceil(len / 4) + block, step, stream, 0), name = table[row], in
//           place 0: value i = 4 block + lane.
// Shapes:   src, dst [rows, len]; table [rows], or bits [ceil(len / 32)]; schedule [steps]; counter [1].
// Dispatch: (threads, rows): every threads-th block of a row.

//# include philox

// (cos, sin) of 2 pi v for v in [0, 1). WGSL promises sin and cos to 2^-11 only, and SwiftShader's are no better than 1e-4: noise
// would be another on each adapter. From the nearest quarter turn, at most pi / 4 away, their series end below 3e-8.
fn circle(v: f32) -> vec2<f32> {
    let quarters = floor(4.0 * v + 0.5);
    let a = 1.5707963267948966 * (4.0 * v - quarters);
    let b = a * a;
    let c = 1.0 - b * (1.0 / 2.0 - b * (1.0 / 24.0 - b * (1.0 / 720.0 - b * (1.0 / 40320.0))));
    let s = a * (1.0 - b * (1.0 / 6.0 - b * (1.0 / 120.0 - b * (1.0 / 5040.0 - b * (1.0 / 362880.0)))));
    let turned = select(vec2<f32>(c, s), vec2<f32>(-s, c), (u32(quarters) & 1u) == 1u);
    return select(turned, -turned, (u32(quarters) & 2u) == 2u);
}

// Words to a pair of standard normal numbers.
fn pair(a: u32, b: u32) -> vec2<f32> {
    let u = (f32(a >> 9u) + 0.5) * (1.0 / 8388608.0);
    let v = (f32(b >> 9u) + 0.5) * (1.0 / 8388608.0);
    return sqrt(-2.0 * log(u)) * circle(v);
}

@compute @workgroup_size(WG_X, WG_Y, WG_Z)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= params.grid_x || id.y >= params.grid_y || id.z >= params.grid_z) {
        return;
    }
    let step = u32(counter[0]);
    var sd = params.sd;
    if (SCHEDULED == 1u) {
        sd = schedule[step].z;
    }
    let blocks = (params.len + 3u) / 4u;
    var name = 0u;
    if (IN_PLACE == 0u) {
        name = table[id.y];
    }
    for (var block = id.x; block < blocks; block += params.threads) {
        let words = philox(name * blocks + block, step);
        let n = vec4<f32>(pair(words.x, words.y), pair(words.z, words.w));
        for (var lane = 0u; lane < 4u; lane++) {
            let i = 4u * block + lane;
            if (i >= params.len) {
                break;
            }
            let at = id.y * params.len + i;
            if (IN_PLACE == 0u) {
                dst[at] = src[at] + sd * n[lane];
            } else if (((table[i / 32u] >> (i % 32u)) & 1u) == 1u) {
                dst[at] += sd * n[lane];
            }
        }
    }
}
