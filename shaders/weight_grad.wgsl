// weight_grad: the weight gradient of a link, dense, first stage. Twin: src/kernels/weight_grad.rs.
//
// Math:     partials[s,c,f,a,b] = sum over i in band s and all j of coarse[c,i,j] * fine[f, STRIDE * i + a, STRIDE * j + b].
// Shapes:   coarse [coarse_ch, coarse_h + 2 halo, coarse_w + 2 halo], fine [fine_ch, fine_h, fine_w],
//           partials [splits, coarse_ch, fine_ch, K, K].
// Tile:     4 coarse channels times one row of K taps an invocation, in registers; 4 pixels along x at a time.
// Dispatch: (fine_ch * K: f and a, ceil(coarse_ch / 4), splits).

const ROW: u32 = 3u * STRIDE + K;

@compute @workgroup_size(WG_X, WG_Y, WG_Z)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= params.grid_x || id.y >= params.grid_y) {
        return;
    }
    let f = id.x / K;
    let a = id.x % K;
    let c = id.y * 4u;
    let width = params.coarse_w + 2u * params.halo;
    let plane = (params.coarse_h + 2u * params.halo) * width;
    // Channels beyond the last read the last: their sums are dropped.
    let last = params.coarse_ch - 1u;
    let p0 = min(c, last) * plane;
    let p1 = min(c + 1u, last) * plane;
    let p2 = min(c + 2u, last) * plane;
    let p3 = min(c + 3u, last) * plane;
    var acc: array<vec4<f32>, K>;
    var row: array<f32, ROW>;
    let end = min((id.z + 1u) * params.band, params.coarse_h);
    for (var i = id.z * params.band; i < end; i++) {
        let left = (i + params.halo) * width + params.halo;
        let right = (f * params.fine_h + STRIDE * i + a) * params.fine_w;
        var j = 0u;
        for (; j + 4u <= params.coarse_w; j += 4u) {
            //# repeat x ROW
            row[$x] = fine[right + STRIDE * j + $xu];
            //# end
            //# repeat t 4
            {
                let at = left + j + $tu;
                let v = vec4<f32>(coarse[p0 + at], coarse[p1 + at], coarse[p2 + at], coarse[p3 + at]);
                //# repeat b K
                acc[$b] += v * row[$tu * STRIDE + $bu];
                //# end
            }
            //# end
        }
        for (; j < params.coarse_w; j++) {
            let at = left + j;
            let v = vec4<f32>(coarse[p0 + at], coarse[p1 + at], coarse[p2 + at], coarse[p3 + at]);
            //# repeat b K
            acc[$b] += v * fine[right + STRIDE * j + $bu];
            //# end
        }
    }
    //# repeat n 4
    if (c + $nu < params.coarse_ch) {
        let out = (((id.z * params.coarse_ch + c + $nu) * params.fine_ch + f) * K + a) * K;
        //# repeat b K
        partials[out + $bu] = acc[$b][$n];
        //# end
    }
    //# end
}
