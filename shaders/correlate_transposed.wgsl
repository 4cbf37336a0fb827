// correlate_transposed: convolution from the coarse side of a link to its fine side, dense.
// Twin: src/kernels/correlate_transposed.rs.
//
// Math:     fine[f,y,x] = sum over c, a, b with STRIDE | (y + shift - a) and STRIDE | (x + shift - b) of
//           V[c,f,a,b] * coarse[c, (y + shift - a) / STRIDE, (x + shift - b) / STRIDE]. No border tests: coarse has its border.
//           Added to fine if ACCUMULATE.
// Shapes:   coarse [coarse_ch, coarse_h, coarse_w] with its border, fine [fine_ch, fine_h, fine_w],
//           weights [ceil(fine_ch / 4)][coarse_ch][K][K] of four fine channels, zeros beyond the last.
// Tile:     STRIP outputs of one phase (y % STRIDE, x % STRIDE) along x times 4 channels an invocation, in registers.
// Dispatch: (ceil(ceil(fine_w / STRIDE) / STRIP), ceil(fine_h / STRIDE), ceil(fine_ch / 4) * STRIDE^2); the phase is the
//           fast part of z.

const TAPS: u32 = (K + STRIDE - 1u) / STRIDE;
const ROW: u32 = STRIP + TAPS - 1u;

@compute @workgroup_size(WG_X, WG_Y, WG_Z)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= params.grid_x || id.y >= params.grid_y) {
        return;
    }
    let phases = STRIDE * STRIDE;
    let block = id.z / phases;
    let py = (id.z % phases) / STRIDE;
    let px = id.z % STRIDE;
    // The first tap of this phase, and the coarse pixel it reads; each further tap reads one pixel before.
    let a0 = (py + params.shift) % STRIDE;
    let b0 = (px + params.shift) % STRIDE;
    let i0 = id.y + (py + params.shift - a0) / STRIDE;
    let j0 = id.x * STRIP + (px + params.shift - b0) / STRIDE;
    var acc: array<vec4<f32>, STRIP>;
    var row: array<f32, ROW>;
    let plane = params.coarse_h * params.coarse_w;
    for (var c = 0u; c < params.coarse_ch; c++) {
        for (var m = 0u; a0 + m * STRIDE < K; m++) {
            let w = ((block * params.coarse_ch + c) * K + a0 + m * STRIDE) * K + b0;
            // row[x] is the pixel at j0 + x - (TAPS - 1).
            let at = c * plane + (i0 - m) * params.coarse_w + j0 + 1u - TAPS;
            //# repeat x ROW
            row[$x] = coarse[at + $xu];
            //# end
            //# repeat n TAPS
            if (b0 + $nu * STRIDE < K) {
                let v = weights[w + $nu * STRIDE];
                //# repeat t STRIP
                acc[$t] += v * row[$tu + TAPS - 1u - $nu];
                //# end
            }
            //# end
        }
    }
    let y = id.y * STRIDE + py;
    let x0 = id.x * STRIP * STRIDE + px;
    let out_plane = params.fine_h * params.fine_w;
    let out = (block * 4u * params.fine_h + y) * params.fine_w + x0;
    if (y >= params.fine_h) {
        return;
    }
    //# repeat t STRIP
    if (x0 + $tu * STRIDE < params.fine_w) {
        //# repeat f 4
        if (block * 4u + $fu < params.fine_ch) {
            if (ACCUMULATE == 1u) {
                acc[$t][$f] += fine[out + $fu * out_plane + $tu * STRIDE];
            }
            fine[out + $fu * out_plane + $tu * STRIDE] = acc[$t][$f];
        }
        //# end
    }
    //# end
}
