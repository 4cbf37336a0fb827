//! What each figure trains and shows. All take the same small network and picture, so that their curves can be compared.

use crate::mask::Shuffle;
use crate::page::text;
use crate::worker::protocol::{Pace, View};

/// A figure, in the order of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    Prior,
    Overfitting,
    Pruning,
    Masking,
    Fitting,
    Transfer,
    Shuffling,
}

pub const FIGURES: [Figure; 7] = [
    Figure::Prior,
    Figure::Overfitting,
    Figure::Pruning,
    Figure::Masking,
    Figure::Fitting,
    Figure::Transfer,
    Figure::Shuffling,
];
/// The most runs that a figure has.
pub const ARMS: usize = 4;

/// Longer side of the picture in pixels. At 64 a mask is learned within minutes even on a software adapter.
pub const SIZE: usize = 64;
/// The paper's network has six; its mask needs a picture of 192 pixels at least.
pub const LEVELS: usize = 3;
/// Of the added noise.
pub const SIGMA: f64 = 0.1;
/// The fraction that the mask keeps. So small a picture has few values, and a mask must keep fewer weights than those.
pub const KEEP: f64 = 0.01;
/// The fast learner in an eighth of its steps.
pub const PACE: Pace = Pace { rate: 1.5, pull: 4.0 };
/// The fraction that it is drawn to. With that of the masks it would end before they come alive.
pub const TARGET: f64 = 0.02;
/// The sample that figures fit; that on transfer takes its mask to another.
pub const SUBJECT: &str = "chelsea";
pub const OTHER: &str = "coffee";

/// What a run of a figure trains.
#[derive(Clone, Copy, PartialEq)]
pub enum Trains {
    Everything,
    Kept,
    Shuffled(Shuffle),
    Mask,
}

/// A run of a figure.
#[derive(Clone, Copy, PartialEq)]
pub struct Arm {
    pub name: &'static str,
    pub trains: Trains,
}

/// A picture of a figure: what it shows of which run.
#[derive(Clone, Copy, PartialEq)]
pub struct Frame {
    pub arm: usize,
    pub view: View,
    pub label: &'static str,
}

const DENSE: Arm = Arm {
    name: text::ARM_DENSE,
    trains: Trains::Everything,
};
const SPARSE: Arm = Arm {
    name: text::ARM_SPARSE,
    trains: Trains::Kept,
};
const LEARNER: Arm = Arm {
    name: text::ARM_LEARNER,
    trains: Trains::Mask,
};
const SHUFFLES: [Arm; ARMS] = [
    Arm {
        name: text::ARM_LEARNED,
        trains: Trains::Kept,
    },
    Arm {
        name: text::ARM_WEIGHTS,
        trains: Trains::Shuffled(Shuffle::Weights),
    },
    Arm {
        name: text::ARM_CHANNELS,
        trains: Trains::Shuffled(Shuffle::Channels),
    },
    Arm {
        name: text::ARM_BUDGETS,
        trains: Trains::Shuffled(Shuffle::Budgets),
    },
];

const fn frame(arm: usize, view: View, label: &'static str) -> Frame {
    Frame { arm, view, label }
}

impl Figure {
    /// Its place, from 0.
    pub fn place(self) -> usize {
        self as usize
    }

    pub fn arms(self) -> &'static [Arm] {
        match self {
            Self::Prior | Self::Overfitting => &[DENSE],
            Self::Pruning | Self::Transfer => &[DENSE, SPARSE],
            Self::Masking => &[LEARNER],
            Self::Fitting => &[SPARSE],
            Self::Shuffling => &SHUFFLES,
        }
    }

    /// Updates of each run.
    pub fn steps(self) -> u64 {
        match self {
            Self::Prior => 100,
            Self::Overfitting | Self::Pruning | Self::Masking | Self::Transfer => 400,
            Self::Fitting | Self::Shuffling => 300,
        }
    }

    /// The sample that it is about.
    pub fn sample(self) -> &'static str {
        match self {
            Self::Transfer => OTHER,
            _ => SUBJECT,
        }
    }

    /// Whether it fits with the mask that the learner's figure has.
    pub fn needs_mask(self) -> bool {
        let masked = |arm: &Arm| matches!(arm.trains, Trains::Kept | Trains::Shuffled(_));
        self.arms().iter().any(masked)
    }

    pub fn frames(self) -> &'static [Frame] {
        const NOISY: Frame = frame(0, View::Noisy, text::FRAME_NOISY);
        const CLEAN: Frame = frame(0, View::Clean, text::FRAME_CLEAN);
        match self {
            Self::Prior => {
                const {
                    &[
                        NOISY,
                        frame(0, View::Moment, text::FRAME_UNTRAINED),
                        frame(0, View::Result, text::FRAME_NOW),
                    ]
                }
            }
            Self::Overfitting => {
                const {
                    &[
                        CLEAN,
                        NOISY,
                        frame(0, View::Best, text::FRAME_BEST),
                        frame(0, View::Result, text::FRAME_NOW),
                    ]
                }
            }
            Self::Pruning => {
                const {
                    &[
                        NOISY,
                        frame(0, View::Result, text::FRAME_DENSE),
                        frame(1, View::Result, text::FRAME_SPARSE),
                    ]
                }
            }
            Self::Masking => {
                const {
                    &[
                        NOISY,
                        frame(0, View::Result, text::FRAME_SOFT),
                        frame(0, View::MaskOnly, text::FRAME_MASKED),
                    ]
                }
            }
            Self::Fitting => {
                const {
                    &[
                        NOISY,
                        frame(0, View::Moment, text::FRAME_MASKED),
                        frame(0, View::Result, text::FRAME_NOW),
                    ]
                }
            }
            Self::Transfer => {
                const {
                    &[
                        CLEAN,
                        NOISY,
                        frame(0, View::Result, text::FRAME_DENSE),
                        frame(1, View::Result, text::FRAME_SPARSE),
                    ]
                }
            }
            Self::Shuffling => {
                const {
                    &[
                        frame(0, View::Moment, text::FRAME_LEARNED_MASKED),
                        frame(1, View::Moment, text::FRAME_WEIGHTS_MASKED),
                        frame(2, View::Moment, text::FRAME_CHANNELS_MASKED),
                        frame(3, View::Moment, text::FRAME_BUDGETS_MASKED),
                        frame(0, View::Result, text::FRAME_LEARNED),
                        frame(1, View::Result, text::FRAME_WEIGHTS),
                        frame(2, View::Result, text::FRAME_CHANNELS),
                        frame(3, View::Result, text::FRAME_BUDGETS),
                    ]
                }
            }
        }
    }
}
