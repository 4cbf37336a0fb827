//! What the page asks of the worker's runs, and of the masks that it makes.

use serde::{Deserialize, Serialize};

use super::protocol::SlotId;
use crate::mask::Shuffle;
use crate::network::PaddedSide;
use crate::picture::{Frame, Mark, Noise, Observation, Picture};
use crate::prune::{Method, Scope};
use crate::train::{Learner, Task, TrainError, Unmasked};

/// What a run trains.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Job {
    /// The weights that the slot's mask keeps, to draw the picture.
    Fit { mask: SlotId },
    /// All weights.
    FitUnmasked { fit: Unmasked },
    /// As a fit with the slot's mask, of which something is drawn anew.
    FitShuffled { mask: SlotId, what: Shuffle, seed: u64 },
    /// The mask itself; `keep` is the fraction that the keep probabilities are drawn to, over `scope`. What the mask in `from` keeps begins
    /// likelier to stay, on that mask's network.
    Learn {
        learner: Learner,
        keep: f64,
        scope: Scope,
        pace: Pace,
        from: Option<SlotId>,
    },
}

/// How much faster than by itself a learner goes: more than a large picture's can bear, but a small one has few steps.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pace {
    /// Factor of the learning rate.
    pub rate: f64,
    /// Factor of the pull.
    pub pull: f64,
}

impl Default for Pace {
    fn default() -> Self {
        Self { rate: 1.0, pull: 1.0 }
    }
}

/// What defines a run, beside its picture, its job and its steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setup {
    pub framing: Framing,
    /// Pixels; see [`Framing`].
    pub size: usize,
    pub seen: Seen,
    /// What is added to what is seen of a clean picture; with none the picture itself is what was observed.
    pub noise: Option<Noise>,
    /// Of the noise, and of the pixels that are known.
    pub noise_seed: u64,
    /// Of the network's start and its input.
    pub init_seed: u64,
    /// Levels of an hourglass without a mask; a mask knows its own, and other networks have theirs.
    pub levels: usize,
}

/// What of the picture the fit sees.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// All of it: denoising.
    #[default]
    Whole,
    /// This fraction of its pixels, drawn by the noise's seed: filling in.
    Random { known: f64 },
    /// What is not painted over: filling in.
    Unpainted { marks: Vec<Mark> },
    /// The mean over each `factor` x `factor` window: enlarging.
    Pooled { factor: usize },
}

impl Seen {
    /// How many times longer the result's sides are than those of what is observed.
    pub fn factor(&self) -> usize {
        match self {
            Self::Whole | Self::Random { .. } | Self::Unpainted { .. } => 1,
            Self::Pooled { factor } => *factor,
        }
    }
}

impl Setup {
    /// As it is, but all of the picture is seen.
    pub fn whole(self) -> Self {
        Self {
            seen: Seen::Whole,
            ..self
        }
    }

    /// Whether the picture itself is what was observed. Denoising without any noise is that, too: nothing would be left to do.
    pub fn is_given(&self) -> bool {
        match self.noise {
            None => true,
            Some(Noise::Gaussian { sigma }) => sigma == 0.0 && self.seen == Seen::Whole,
            Some(Noise::Poisson { .. }) => false,
        }
    }

    /// Where a picture that was framed lies in the whole one; widths and heights.
    pub fn frame(&self, whole: (usize, usize), framed: (usize, usize)) -> Frame {
        // As a crop is cut: see [`Picture::centre_crop`].
        let before = |whole: usize, framed: usize| (whole.saturating_sub(framed) / 2) as f64;
        let (whole, corner) = match self.framing {
            Framing::Scale => (framed, (0.0, 0.0)),
            Framing::Crop => (whole, (before(whole.0, framed.0), before(whole.1, framed.1))),
        };
        Frame {
            whole: (whole.0 as f64, whole.1 as f64),
            corner,
            size: framed,
        }
    }

    /// What a run on a framed picture is given; `whole` is the picture's width and height before.
    ///
    /// # Errors
    /// [`TrainError::Setting`] if the noise is out of its range, nothing is known of the picture, or it is too small.
    pub fn task(&self, framed: &Picture, whole: (usize, usize), network: &impl PaddedSide) -> Result<Task, TrainError> {
        let (width, height) = (framed.width, framed.height);
        let observation = match &self.seen {
            Seen::Whole => Observation::Whole,
            Seen::Random { known } => Observation::random(width, height, *known, self.noise_seed),
            Seen::Unpainted { marks } => Observation::unpainted(marks, &self.frame(whole, (width, height))),
            Seen::Pooled { factor } => Observation::Pooled { factor: *factor },
        };
        match self.noise.filter(|_| !self.is_given()) {
            Some(noise) => Task::observed(framed, observation, noise, self.noise_seed, network),
            None => Task::given(framed, observation, network),
        }
    }
}

/// How a picture is brought to a size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Framing {
    /// A smaller copy whose longer side has `size` pixels.
    Scale,
    /// The middle, at most `size` pixels a side.
    Crop,
}

/// How the worker makes a mask for the network of a run (method sections 6 and 8).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum MaskMethod {
    /// Keeps all: what a fit without a mask trains. It is told of only: no file comes of it, and its slot stays empty.
    Everything { fit: Unmasked },
    /// Scores the initial weights; `keep` is the fraction of the convolution weights that stays.
    Pruned { method: Method, scope: Scope, keep: f64 },
    /// Trains and prunes in rounds, which share `steps` updates, until about `keep` of the parameters is left. It takes turns with
    /// runs: it can be paused, and goes on where it is asked for again in the same slot.
    Imp { keep: f64, steps: u64 },
    /// Redraws something of the slot's mask.
    Shuffled { mask: SlotId, what: Shuffle },
    /// Draws a mask with no more than the counts of the slot's mask.
    Redrawn { mask: SlotId },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Hourglass;

    fn setup(seen: Seen, noise: Option<Noise>) -> Setup {
        Setup {
            framing: Framing::Crop,
            size: 32,
            seen,
            noise,
            noise_seed: 3,
            init_seed: 0,
            levels: 2,
        }
    }

    fn picture(width: usize, height: usize) -> Picture {
        let data = (0..Picture::CHANNELS * width * height).map(|i| (i % 7) as f32 / 7.0);
        Picture::new(width, height, data.collect()).expect("its length is right")
    }

    fn task(setup: &Setup) -> Task {
        let whole = picture(64, 48);
        let framed = whole.centre_crop(32, 32).expect("it is smaller");
        let made = setup.task(&framed, (64, 48), &Hourglass::with_levels(2));
        made.expect("a task")
    }

    const NONE: Option<Noise> = Some(Noise::Gaussian { sigma: 0.0 });

    #[test]
    fn a_picture_as_it_is_has_no_clean_one() {
        for (seen, side) in [
            (Seen::Whole, 32),
            (Seen::Random { known: 0.5 }, 32),
            (Seen::Pooled { factor: 2 }, 64),
        ] {
            let given = task(&setup(seen.clone(), None));
            assert_eq!((given.clean, given.padding.width), (None, side), "{seen:?}");
            assert_eq!((given.noisy.width, given.noisy.height), (32, 32), "{seen:?}");
        }
        assert_eq!(task(&setup(Seen::Whole, NONE)).clean, None, "denoising without noise");
    }

    #[test]
    fn a_clean_picture_is_observed() {
        let pooled = task(&setup(Seen::Pooled { factor: 4 }, NONE));
        assert_eq!((pooled.noisy.width, pooled.padding.width), (8, 32));
        assert!(pooled.clean.is_some());
        let seen = Seen::Random { known: 0.5 };
        let Observation::Known(known) = task(&setup(seen.clone(), NONE)).observation else {
            unreachable!()
        };
        assert_eq!(
            Observation::Known(known),
            Observation::random(32, 32, 0.5, 3),
            "as the command line draws it"
        );
        let counted = task(&setup(seen, Some(Noise::Poisson { peak: 30.0 })));
        let photons = counted.noisy.data.iter().map(|value| f64::from(*value) * 30.0);
        assert!(photons.into_iter().all(|count| (count - count.round()).abs() < 1e-4));
    }

    #[test]
    fn what_is_painted_stays_in_its_place() {
        // The right half of the whole picture, which is the right half of its middle, too.
        let mark = Mark::Rectangle {
            from: (5000, 0),
            to: (10_000, 10_000),
        };
        let seen = Seen::Unpainted { marks: vec![mark] };
        for framing in [Framing::Crop, Framing::Scale] {
            let setup = Setup {
                framing,
                ..setup(seen.clone(), NONE)
            };
            let Observation::Known(known) = task(&setup).observation else {
                unreachable!()
            };
            assert!(
                known.iter().enumerate().all(|(i, known)| *known == (i % 32 < 16)),
                "{framing:?}"
            );
        }
        let all = Mark::Rectangle {
            from: (0, 0),
            to: (10_000, 10_000),
        };
        let setup = setup(Seen::Unpainted { marks: vec![all] }, NONE);
        let refused = setup.task(&picture(32, 32), (32, 32), &Hourglass::with_levels(2));
        assert!(refused.is_err_and(|error| error.to_string().contains("known pixels")));
    }

    #[test]
    fn settings_survive_their_text() {
        let marks = vec![
            Mark::Stroke {
                radius: 300,
                path: vec![(1, 2), (3, 4)],
            },
            Mark::Rectangle {
                from: (0, 0),
                to: (9, 9),
            },
        ];
        for seen in [
            Seen::Whole,
            Seen::Random { known: 0.1 },
            Seen::Unpainted { marks },
            Seen::Pooled { factor: 4 },
        ] {
            for noise in [None, NONE, Some(Noise::Poisson { peak: 30.0 })] {
                let setup = setup(seen.clone(), noise);
                let text = serde_json::to_string(&setup).expect("plain data");
                assert_eq!(serde_json::from_str::<Setup>(&text).expect("as written"), setup);
            }
        }
    }
}
