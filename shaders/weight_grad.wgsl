// weight_grad: the weight gradient of a link, dense, first stage. Twin: src/kernels/weight_grad.rs.
//
// Math:     partials[s,c,f,a,b] = sum over i in band s and all j of coarse[c,i,j] * fine[f, STRIDE * i + a, STRIDE * j + b].
// Shapes:   coarse [coarse_ch, coarse_h + 2 halo, coarse_w + 2 halo], fine [fine_ch, fine_h, fine_w],
//           partials [splits, coarse_ch, fine_ch, K, K].
// Tile:     4 coarse channels times TAP_ROWS rows of K taps an invocation, in registers; 4 pixels along x at a time, zeros
//           beyond the last.
// Dispatch: (fine_ch * K / TAP_ROWS: f and the first row, ceil(coarse_ch / 4), splits).

const COLUMNS: u32 = 3u * STRIDE + K;
const TAPS: u32 = TAP_ROWS * K;

@compute @workgroup_size(WG_X, WG_Y, WG_Z)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= params.grid_x || id.y >= params.grid_y || id.z >= params.grid_z) {
        return;
    }
    let f = id.x / (K / TAP_ROWS);
    let a = id.x % (K / TAP_ROWS) * TAP_ROWS;
    let c = id.y * 4u;
    let width = params.coarse_w + 2u * params.halo;
    let plane = (params.coarse_h + 2u * params.halo) * width;
    // Channels beyond the last read the last: their sums are dropped.
    let last = params.coarse_ch - 1u;
    let p0 = min(c, last) * plane;
    let p1 = min(c + 1u, last) * plane;
    let p2 = min(c + 2u, last) * plane;
    let p3 = min(c + 3u, last) * plane;
    var acc: array<vec4<f32>, TAPS>;
    var row: array<f32, COLUMNS>;
    let end = min((id.z + 1u) * params.band, params.coarse_h);
    for (var i = id.z * params.band; i < end; i++) {
        // Summed row by row: rounding grows with the longest sum.
        var part: array<vec4<f32>, TAPS>;
        let left = (i + params.halo) * width + params.halo;
        let right = (f * params.fine_h + STRIDE * i + a) * params.fine_w;
        for (var j = 0u; j < params.coarse_w; j += 4u) {
            //# repeat t 4
            let at$t = left + min(j + $tu, params.coarse_w - 1u);
            let v$t = select(0.0, 1.0, j + $tu < params.coarse_w)
                * vec4<f32>(coarse[p0 + at$t], coarse[p1 + at$t], coarse[p2 + at$t], coarse[p3 + at$t]);
            //# end
            //# repeat x COLUMNS
            let column$x = right + min(STRIDE * j + $xu, params.fine_w - 1u);
            //# end
            //# repeat m TAP_ROWS
            //# repeat x COLUMNS
            row[$x] = fine[column$x + $mu * params.fine_w];
            //# end
            //# repeat b K
            //# repeat t 4
            part[$m * K + $b] += v$t * row[$t * STRIDE + $b];
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
