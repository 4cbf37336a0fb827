// correlate: convolution from the fine side of a link to its coarse side, dense. Twin: src/kernels/correlate.rs.
//
// Math:     coarse[c,i,j] = sum over f, a, b of V[c,f,a,b] * fine[f, STRIDE * i + a, STRIDE * j + b]. No border tests:
//           fine comes padded. Added to coarse if ACCUMULATE.
// Shapes:   fine [fine_ch, fine_h, fine_w], coarse [coarse_ch, coarse_h, coarse_w],
//           fine_w is a multiple of 4, as is STRIP: rows are loaded in aligned fours;
//           weights [ceil(coarse_ch / 4)][fine_ch][K][K] of four coarse channels, zeros beyond the last.
// Tile:     ROWS x STRIP outputs times 4 channels an invocation, in registers; the window of inputs that they share is loaded
//           once for all taps. Outputs beyond the last are dropped; lines beyond the last read the last.
// Dispatch: (ceil(coarse_w / STRIP), ceil(coarse_h / ROWS), ceil(coarse_ch / 4)).

const LINES: u32 = (ROWS - 1u) * STRIDE + K;
const FOURS: u32 = ((STRIP - 1u) * STRIDE + K + 3u) / 4u;
const WINDOW: u32 = LINES * FOURS;
const TILE: u32 = ROWS * STRIP;

@compute @workgroup_size(WG_X, WG_Y, WG_Z)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= params.grid_x || id.y >= params.grid_y || id.z >= params.grid_z) {
        return;
    }
    let x0 = id.x * STRIP;
    let y0 = id.y * ROWS;
    var acc: array<vec4<f32>, TILE>;
    var window: array<vec4<f32>, WINDOW>;
    //# repeat l LINES
    let line$l = (min(STRIDE * y0 + $lu, params.fine_h - 1u) * params.fine_w + STRIDE * x0) / 4u;
    //# end
    var w = id.z * params.fine_ch * K * K;
    var plane = 0u;
    for (var f = 0u; f < params.fine_ch; f++) {
        //# repeat l LINES
        //# repeat x FOURS
        window[$l * FOURS + $x] = fine[plane + line$l + $xu];
        //# end
        //# end
        // Summed channel by channel: rounding grows with the longest sum.
        // The zeros are written out: browsers leave a bare var in a loop as the round before left it.
        var part = array<vec4<f32>, TILE>();
        //# repeat a K
        //# repeat b K
        {
            let v = weights[w + $a * K + $bu];
            //# repeat r ROWS
            //# repeat t STRIP
            part[$r * STRIP + $t] += v * window[($r * STRIDE + $a) * FOURS + ($t * STRIDE + $b) / 4u][($t * STRIDE + $b) % 4u];
            //# end
            //# end
        }
        //# end
        //# end
        //# repeat t TILE
        acc[$t] += part[$t];
        //# end
        w += K * K;
        plane += params.fine_h * params.fine_w / 4u;
    }
    let out_plane = params.coarse_h * params.coarse_w;
    let out = (id.z * 4u * params.coarse_h + y0) * params.coarse_w + x0;
    //# repeat r ROWS
    //# repeat t STRIP
    if (y0 + $ru < params.coarse_h && x0 + $tu < params.coarse_w) {
        //# repeat c 4
        if (id.z * 4u + $cu < params.coarse_ch) {
            let at = out + $cu * out_plane + $ru * params.coarse_w + $tu;
            var sum = acc[$r * STRIP + $t][$c];
            if (ACCUMULATE == 1u) {
                sum += coarse[at];
            }
            coarse[at] = sum;
        }
        //# end
    }
    //# end
    //# end
}
