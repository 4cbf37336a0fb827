//! Normal noise on the input or on the weights, drawn on the device anew in each step.

use super::{KernelOp, Slices, kernel, kernel_plumbing};
use crate::rng::{philox4x32_10, unit};

kernel! {
    /// `dst` = `src` + sd * N(0, 1), or with `in_place` 1 `dst` += sd * N(0, 1) where `table`'s bit is 1. With `scheduled` 1 sd is
    /// `schedule[step].z`. `src` has rows of `len` values; a row's noise depends on its name in `table`, so that leaving rows
    /// out changes nothing for the others (in place there is one row, of the name 0). An invocation takes blocks of four
    /// values, one Philox block each: two pairs by Box-Muller.
    AddNormal, "add_normal";
    constants { in_place, scheduled }
    uniforms {
        rows: u32, len: u32, threads: u32,
        key0: u32, key1: u32, stream: u32,
        sd: f32,
    }
    bindings { Read src: F32, Read table: U32, Read schedule: Vec4, Read counter: F32, Write dst: F32 }
}

impl KernelOp for AddNormal {
    kernel_plumbing!();

    fn grid(&self) -> [u32; 3] {
        [self.threads, self.rows, 1]
    }

    fn run(&self, slices: &mut Slices<'_>) {
        let (src, schedule, counter) = (slices.read(0), slices.read(2), slices.read(3));
        let table = slices.table(1);
        let dst = slices.write(4);
        let step = counter[0] as u32;
        let sd = if self.scheduled == 1 {
            schedule[4 * step as usize + 2]
        } else {
            self.sd
        };
        let len = self.len as usize;
        let blocks = self.len.div_ceil(4);
        for row in 0..self.rows as usize {
            let name = if self.in_place == 1 { 0 } else { table[row] };
            for block in 0..blocks {
                let words = philox4x32_10([name * blocks + block, step, self.stream, 0], [self.key0, self.key1]);
                for (lane, normal) in normals(words).into_iter().enumerate() {
                    let i = 4 * block as usize + lane;
                    if i >= len {
                        break;
                    }
                    let at = row * len + i;
                    if self.in_place == 0 {
                        dst[at] = src[at] + sd * normal;
                    } else if table[i / 32] >> (i % 32) & 1 == 1 {
                        dst[at] += sd * normal;
                    }
                }
            }
        }
    }
}

/// Four standard normal numbers of a block, in f32 as the shader has them.
fn normals(words: [u32; 4]) -> [f32; 4] {
    let pair = |a: u32, b: u32| {
        let radius = (-2.0 * unit(a).ln()).sqrt();
        let angle = std::f32::consts::TAU * unit(b);
        [radius * angle.cos(), radius * angle.sin()]
    };
    let ([a, b], [c, d]) = (pair(words[0], words[1]), pair(words[2], words[3]));
    [a, b, c, d]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::Slice;

    #[test]
    fn rows_are_independent_and_standard_normal() {
        let (rows, len) = (3, 40_003);
        let kernel = AddNormal {
            in_place: 0,
            scheduled: 0,
            rows: rows as u32,
            len: len as u32,
            threads: 64,
            key0: 1,
            key1: 2,
            stream: 7,
            sd: 0.5,
        };
        let draw = |names: &[u32], step: f32| {
            let src = vec![1.0; names.len() * len];
            let mut dst = vec![f32::NAN; src.len()];
            let kernel = AddNormal {
                rows: names.len() as u32,
                ..kernel.clone()
            };
            kernel.run(&mut Slices {
                bound: vec![
                    Slice::Read(&src),
                    Slice::Table(names),
                    Slice::Read(&[]),
                    Slice::Read(&[step]),
                    Slice::Write(&mut dst),
                ],
            });
            dst.iter().map(|x| f64::from((x - 1.0) / 0.5)).collect::<Vec<f64>>()
        };
        let all = draw(&[0, 1, 2], 5.0);
        let n = all.len() as f64;
        let moment = |power: i32| all.iter().map(|x| x.powi(power)).sum::<f64>() / n;
        // Standard errors: 1, sqrt 2, sqrt 15 and sqrt 96 over the square root of 120,000.
        for (power, expected, error) in [(1, 0.0, 0.003), (2, 1.0, 0.0041), (3, 0.0, 0.0112), (4, 3.0, 0.0283)] {
            let found = moment(power);
            assert!((found - expected).abs() < 4.0 * error, "moment {power}: {found}");
        }
        let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>() / a.len() as f64;
        for (what, found) in [
            ("rows", product(&all[..len], &all[len..2 * len])),
            ("neighbours", product(&all[..len - 1], &all[1..len])),
            ("steps", product(&all, &draw(&[0, 1, 2], 6.0))),
        ] {
            assert!(found.abs() < 0.02, "{what}: {found}");
        }
        assert_eq!(draw(&[2], 5.0), all[2 * len..], "a row's noise is its name's");
    }
}
