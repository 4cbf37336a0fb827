// correlate: convolution from the fine side of a link to its coarse side, dense. Twin: src/kernels/correlate.rs.
//
// Math:     coarse[c,i,j] = sum over f, a, b of V[c,f,a,b] * fine[f, STRIDE * i + a, STRIDE * j + b]. No border tests:
//           fine comes padded. Added to coarse if ACCUMULATE.
// Shapes:   fine [fine_ch, fine_h, fine_w], coarse [coarse_ch, coarse_h, coarse_w],
//           weights [ceil(coarse_ch / 4)][fine_ch][K][K] of four coarse channels, zeros beyond the last.
// Tile:     STRIP outputs along x times 4 channels an invocation, in registers; a row of inputs is loaded once for all taps.
// Dispatch: (ceil(coarse_w / STRIP), coarse_h, ceil(coarse_ch / 4)).

const ROW: u32 = (STRIP - 1u) * STRIDE + K;

@compute @workgroup_size(WG_X, WG_Y, WG_Z)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= params.grid_x || id.y >= params.grid_y) {
        return;
    }
    let x0 = id.x * STRIP;
    var acc: array<vec4<f32>, STRIP>;
    var row: array<f32, ROW>;
    var w = id.z * params.fine_ch * K * K;
    let plane = params.fine_h * params.fine_w;
    var base = STRIDE * (id.y * params.fine_w + x0);
    for (var f = 0u; f < params.fine_ch; f++) {
        for (var a = 0u; a < K; a++) {
            let at = base + a * params.fine_w;
            //# repeat x ROW
            row[$x] = fine[at + $xu];
            //# end
            //# repeat b K
            {
                let v = weights[w + $bu];
                //# repeat t STRIP
                acc[$t] += v * row[$t * STRIDE + $bu];
                //# end
            }
            //# end
            w += K;
        }
        base += plane;
    }
    let out_plane = params.coarse_h * params.coarse_w;
    let out = (id.z * 4u * params.coarse_h + id.y) * params.coarse_w + x0;
    //# repeat t STRIP
    if (x0 + $tu < params.coarse_w) {
        //# repeat c 4
        if (id.z * 4u + $cu < params.coarse_ch) {
            if (ACCUMULATE == 1u) {
                acc[$t][$c] += coarse[out + $cu * out_plane + $tu];
            }
            coarse[out + $cu * out_plane + $tu] = acc[$t][$c];
        }
        //# end
    }
    //# end
}
