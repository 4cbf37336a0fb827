// weight_grad: the weight gradient of a link, dense, first stage. Twin: src/kernels/weight_grad.rs.
//
// Math:     partials[s,c,f,a,b] = sum over i in band s and all j of coarse[c,i,j] * fine[f, STRIDE * i + a, STRIDE * j + b].
// Shapes:   coarse [coarse_ch, coarse_h + 2 HALO, coarse_pitch], its map from (HALO, HALO) on, fine [fine_ch, fine_h, fine_w],
//           partials [splits, coarse_ch, fine_ch, K, K].
//           coarse_pitch and fine_w are multiples of 4: rows are loaded in aligned fours.
// Tile:     4 coarse channels times TAP_ROWS rows of K taps an invocation, in registers; 4 pixels along x at a time, zeros
//           outside the map.
// Dispatch: (fine_ch * K / TAP_ROWS: f and the first row, ceil(coarse_ch / 4), splits).

// Coarse pixels of the first four that lie left of the map; the fours that their fine columns begin before it, and by how much
// those begin too early.
const OUTSIDE: u32 = HALO - HALO / 4u * 4u;
const BEFORE: u32 = (STRIDE * OUTSIDE + 3u) / 4u;
const AHEAD: u32 = 4u * BEFORE - STRIDE * OUTSIDE;
const FOURS: u32 = (3u * STRIDE + K + AHEAD + 3u) / 4u;
const TAPS: u32 = TAP_ROWS * K;

@compute @workgroup_size(WG_X, WG_Y, WG_Z)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= params.grid_x || id.y >= params.grid_y || id.z >= params.grid_z) {
        return;
    }
    let f = id.x / (K / TAP_ROWS);
    let a = id.x % (K / TAP_ROWS) * TAP_ROWS;
    let c = id.y * 4u;
    let plane = (params.coarse_h + 2u * HALO) * params.coarse_pitch / 4u;
    // Channels beyond the last read the last: their sums are dropped.
    let last = params.coarse_ch - 1u;
    let p0 = min(c, last) * plane;
    let p1 = min(c + 1u, last) * plane;
    let p2 = min(c + 2u, last) * plane;
    let p3 = min(c + 3u, last) * plane;
    var acc: array<vec4<f32>, TAPS>;
    var row: array<vec4<f32>, FOURS>;
    let fours = (OUTSIDE + params.coarse_w + 3u) / 4u;
    let end = min((id.z + 1u) * params.band, params.coarse_h);
    for (var i = id.z * params.band; i < end; i++) {
        // Summed row by row: rounding grows with the longest sum.
        // The zeros are written out: browsers leave a bare var in a loop as the round before left it.
        var part = array<vec4<f32>, TAPS>();
        let left = ((i + HALO) * params.coarse_pitch + HALO - OUTSIDE) / 4u;
        let right = (f * params.fine_h + STRIDE * i + a) * params.fine_w / 4u;
        for (var j = 0u; j < fours; j++) {
            let q0 = coarse[p0 + left + j];
            let q1 = coarse[p1 + left + j];
            let q2 = coarse[p2 + left + j];
            let q3 = coarse[p3 + left + j];
            //# repeat t 4
            let x$t = 4u * j + $tu;
            let v$t = select(
                vec4<f32>(),
                vec4<f32>(q0[$t], q1[$t], q2[$t], q3[$t]),
                x$t >= OUTSIDE && x$t < OUTSIDE + params.coarse_w,
            );
            //# end
            // Fours beyond the row are the last or the first: they meet zeros only.
            //# repeat x FOURS
            let four$x = right + min(max(STRIDE * j + $xu, BEFORE) - BEFORE, params.fine_w / 4u - 1u);
            //# end
            //# repeat m TAP_ROWS
            //# repeat x FOURS
            row[$x] = fine[four$x + $mu * params.fine_w / 4u];
            //# end
            //# repeat b K
            //# repeat t 4
            part[$m * K + $b] += v$t * row[($t * STRIDE + AHEAD + $b) / 4u][($t * STRIDE + AHEAD + $b) % 4u];
            //# end
            //# end
            //# end
        }
        //# repeat b TAPS
        acc[$b] += part[$b];
        //# end
    }
    //# repeat n 4
    if (c + $nu < params.coarse_ch) {
        let out = (((id.z * params.coarse_ch + c + $nu) * params.fine_ch + f) * K + a) * K;
        //# repeat b TAPS
        partials[out + $bu] = acc[$b][$n];
        //# end
    }
    //# end
}
