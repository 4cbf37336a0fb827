//! Drawing which weights a convolution keeps between its live channels: what shuffles and recipes share.

use crate::network::{LiveChannels, Param, Stage};
use crate::rng::Draws;

/// One convolution between its live channels.
pub(super) struct Layer {
    weight: Param,
    all_inputs: usize,
    taps: usize,
    inputs: Vec<usize>,
    outputs: Vec<usize>,
    /// The outputs that a kept weight enters. Others live by a kept beta, or are the picture's.
    entered: Vec<usize>,
    /// Kept weights between live channels.
    pub(super) kept: usize,
}

impl Layer {
    /// Between the live channels of a mask, with the weights that it keeps there.
    pub(super) fn new(stage: &Stage, j: usize, keep: &[bool], live: &LiveChannels) -> Self {
        let entered = stage.entered(keep, &stage.live_inputs(live));
        let outputs = live.indices(j + 1);
        let entered = outputs.iter().copied().filter(|&o| entered[o]).collect();
        let mut layer = Self::between(stage, j, live, entered);
        layer.kept = layer.places().filter(|&place| keep[place]).count();
        layer
    }

    /// Between live channels, nothing kept yet; a redraw gives each output of `entered` a weight.
    pub(super) fn between(stage: &Stage, j: usize, live: &LiveChannels, entered: Vec<usize>) -> Self {
        let live_in = stage.live_inputs(live);
        Self {
            weight: stage.weight,
            all_inputs: stage.inputs,
            taps: stage.taps,
            inputs: (0..stage.inputs).filter(|&i| live_in[i]).collect(),
            outputs: live.indices(j + 1),
            entered,
            kept: 0,
        }
    }

    /// Weights between live channels.
    pub(super) fn area(&self) -> usize {
        self.inputs.len() * self.outputs.len() * self.taps
    }

    /// The fewest weights that keep every live channel alive.
    pub(super) fn least(&self) -> usize {
        self.inputs.len().max(self.entered.len())
    }

    fn place(&self, output: usize, input: usize, tap: usize) -> usize {
        self.weight.offset + (output * self.all_inputs + input) * self.taps + tap
    }

    /// The flat indices of the weights between live channels.
    fn places(&self) -> impl Iterator<Item = usize> + '_ {
        self.outputs.iter().flat_map(move |&o| {
            let taps = move |i| (0..self.taps).map(move |tap| self.place(o, i, tap));
            self.inputs.iter().copied().flat_map(taps)
        })
    }

    /// Replaces the kept weights between live channels by `count` others, [`Layer::least`] <= `count` <= area.
    pub(super) fn redraw(&self, keep: &mut [bool], count: usize, sequence: &mut Sequence) {
        for place in self.places() {
            keep[place] = false;
        }
        let (mut inputs, mut outputs) = (self.inputs.clone(), self.entered.clone());
        let (n_inputs, n_outputs) = (inputs.len(), outputs.len());
        sequence.choose(&mut inputs, n_inputs);
        sequence.choose(&mut outputs, n_outputs);
        // Each pair has a channel that no pair before it had, so the places differ.
        for k in 0..self.least() {
            let input = inputs.get(k).copied();
            let input = input.unwrap_or_else(|| self.inputs[sequence.below(n_inputs)]);
            let output = outputs.get(k).copied();
            let output = output.unwrap_or_else(|| self.outputs[sequence.below(self.outputs.len())]);
            keep[self.place(output, input, sequence.below(self.taps))] = true;
        }
        let mut free: Vec<usize> = self.places().filter(|&place| !keep[place]).collect();
        let rest = count - self.least();
        sequence.choose(&mut free, rest);
        for &place in &free[..rest] {
            keep[place] = true;
        }
    }
}

/// Draws one after another, for choices that need an unknown number of them.
pub(super) struct Sequence {
    draws: Draws,
    step: u32,
    next: usize,
}

impl Sequence {
    /// `step` separates the sequences of one seed.
    pub(super) fn new(draws: Draws, step: usize) -> Self {
        let step = step as u32;
        Self { draws, step, next: 0 }
    }

    /// Uniform in 0..bound, bound at least 1, without bias (Lemire 2019).
    pub(super) fn below(&mut self, bound: usize) -> usize {
        let bound = bound as u32;
        loop {
            let word = self.draws.word(self.step, self.next);
            self.next += 1;
            let product = u64::from(word) * u64::from(bound);
            if product as u32 >= bound.wrapping_neg() % bound {
                return (product >> 32) as usize;
            }
        }
    }

    /// Moves `count` random items to the front, in random order (Fisher-Yates).
    pub(super) fn choose(&mut self, items: &mut [usize], count: usize) {
        for k in 0..count {
            let other = k + self.below(items.len() - k);
            items.swap(k, other);
        }
    }
}
