// correlate_transposed: convolution from the coarse side of a link to its fine side, dense.
// Twin: src/kernels/correlate_transposed.rs.
//
// Math:     fine[f,y,x] = sum over c, a, b with STRIDE | (y + SHIFT - a) and STRIDE | (x + SHIFT - b) of
//           V[c,f,a,b] * coarse[c, (y + SHIFT - a) / STRIDE, (x + SHIFT - b) / STRIDE]. No border tests: coarse has its border.
//           Added to fine if ACCUMULATE.
// Shapes:   coarse [coarse_ch, coarse_h, coarse_w] with its border, fine [fine_ch, fine_h, fine_w],
//           coarse_w is a multiple of 4, as is STRIP: rows are loaded in aligned fours;
//           weights [ceil(fine_ch / 4)][coarse_ch][K][K] of four fine channels, zeros beyond the last.
// Tile:     the outputs of all STRIDE^2 phases at ROWS x STRIP coarse pixels, times 4 channels, in registers; all phases share
//           the window of inputs. Outputs beyond the last are dropped; lines beyond the last read the last.
// Dispatch: (ceil(ceil(fine_w / STRIDE) / STRIP), ceil(ceil(fine_h / STRIDE) / ROWS), ceil(fine_ch / 4)).

// A phase is y % STRIDE; its taps reach up to LAST pixels before the first one they read, SHIFT / STRIDE (+ 1) beyond y / STRIDE.
const SKEW: u32 = SHIFT - SHIFT / STRIDE * STRIDE;
const LAST: u32 = (K - 1u) / STRIDE;
const BEYOND: u32 = (STRIDE - 1u + SKEW) / STRIDE;
const LINES: u32 = ROWS + LAST + BEYOND;
// The window's first column, and the one that the tile's first output reads first.
const LEFT: u32 = (SHIFT / STRIDE - LAST) / 4u * 4u;
const AHEAD: u32 = SHIFT / STRIDE - LAST - LEFT;
const FOURS: u32 = (STRIP + LAST + BEYOND + AHEAD + 3u) / 4u;
const WINDOW: u32 = LINES * FOURS;
const HEIGHT: u32 = ROWS * STRIDE;
const WIDTH: u32 = STRIP * STRIDE;
const TILE: u32 = HEIGHT * WIDTH;
// The phase that a tap belongs to, and the line or column of the window that it reads for the tile's first output.
//# repeat a K
const PHASE_$a: u32 = ($au + STRIDE - SKEW) % STRIDE;
const READS_$a: u32 = LAST + (PHASE_$a + SKEW) / STRIDE - $au / STRIDE;
//# end

@compute @workgroup_size(WG_X, WG_Y, WG_Z)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= params.grid_x || id.y >= params.grid_y || id.z >= params.grid_z) {
        return;
    }
    let i0 = id.y * ROWS + SHIFT / STRIDE - LAST;
    let j0 = id.x * STRIP + LEFT;
    var acc: array<vec4<f32>, TILE>;
    var window: array<vec4<f32>, WINDOW>;
    //# repeat l LINES
    let line$l = (min(i0 + $lu, params.coarse_h - 1u) * params.coarse_w + j0) / 4u;
    //# end
    var w = id.z * params.coarse_ch * K * K;
    var plane = 0u;
    for (var c = 0u; c < params.coarse_ch; c++) {
        //# repeat l LINES
        //# repeat x FOURS
        window[$l * FOURS + $x] = coarse[plane + line$l + $xu];
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
            part[($r * STRIDE + PHASE_$a) * WIDTH + $t * STRIDE + PHASE_$b] +=
                v * window[($r + READS_$a) * FOURS + ($t + AHEAD + READS_$b) / 4u][($t + AHEAD + READS_$b) % 4u];
            //# end
            //# end
        }
        //# end
        //# end
        //# repeat t TILE
        acc[$t] += part[$t];
        //# end
        w += K * K;
        plane += params.coarse_h * params.coarse_w / 4u;
    }
    let y0 = id.y * HEIGHT;
    let x0 = id.x * WIDTH;
    let out_plane = params.fine_h * params.fine_w;
    let out = (id.z * 4u * params.fine_h + y0) * params.fine_w + x0;
    //# repeat r HEIGHT
    //# repeat t WIDTH
    if (y0 + $ru < params.fine_h && x0 + $tu < params.fine_w) {
        //# repeat f 4
        if (id.z * 4u + $fu < params.fine_ch) {
            let at = out + $fu * out_plane + $ru * params.fine_w + $tu;
            var sum = acc[$r * WIDTH + $t][$f];
            if (ACCUMULATE == 1u) {
                sum += fine[at];
            }
            fine[at] = sum;
        }
        //# end
    }
    //# end
    //# end
}
