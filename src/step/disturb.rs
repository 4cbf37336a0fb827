//! Noise that a fit draws in each step: on its input, and on its weights.

use super::lowering::{Lowering, Value, threads};
use super::problem::Disturbance;
use super::{Operand, TensorId};
use crate::kernels::add_normal::AddNormal;
use crate::network::ParameterKind;
use crate::rng::Stream;

impl Lowering<'_> {
    /// The input that the first convolutions read: z, or, where it is jittered, z with noise.
    pub(super) fn jittered_input(&mut self) -> Value {
        let mut input = self.input.clone();
        let Disturbance { jitter, seed, .. } = self.disturbance;
        if jitter == 0.0 {
            return input;
        }
        for part in &mut input.parts {
            let len = part.plane.h * part.plane.w;
            let id = self.b.tensor("jittered input", part.words(part.plane.h, part.plane.w));
            let names: Vec<u32> = part.channels.iter().map(|c| *c as u32).collect();
            let names = self.b.table(&names);
            let kernel = AddNormal {
                in_place: 0,
                scheduled: 0,
                rows: part.channels.len() as u32,
                len: len as u32,
                threads: threads(len.div_ceil(4)),
                key0: seed as u32,
                key1: (seed >> 32) as u32,
                stream: Stream::InputJitter as u32,
                sd: jitter as f32,
            };
            self.disturb(kernel, part.plane.id.into(), names.into(), id);
            part.plane.id = id;
        }
        input
    }

    /// Appends the weights' noise, after the update of `q`.
    pub(super) fn langevin(&mut self, q: TensorId) {
        let Disturbance { langevin, seed, .. } = self.disturbance;
        if !langevin {
            return;
        }
        let len = self.entries.len();
        let mut bits = vec![0_u32; len.div_ceil(32)];
        let weights = self
            .network
            .parameters
            .iter()
            .filter(|p| p.kind == ParameterKind::ConvWeight);
        let places = weights.flat_map(|p| p.range()).map(|i| self.entries.place(i) as usize);
        places
            .filter(|at| *at < len)
            .for_each(|at| bits[at / 32] |= 1 << (at % 32));
        let chosen = self.b.table(&bits);
        let kernel = AddNormal {
            in_place: 1,
            scheduled: 1,
            rows: 1,
            len: len as u32,
            threads: threads(len.div_ceil(4)),
            key0: seed as u32,
            key1: (seed >> 32) as u32,
            stream: Stream::WeightNoise as u32,
            sd: 0.0,
        };
        let none = self.b.unused();
        self.disturb(kernel, none.into(), chosen.into(), q);
    }

    fn disturb(&mut self, kernel: AddNormal, src: Operand, table: Operand, dst: TensorId) {
        let operands = [src, table, self.schedule.into(), self.counter.into(), dst.into()];
        self.b.push("noise", kernel, &operands);
    }
}
