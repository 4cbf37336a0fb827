//! The methods that can be compared, by the names that links use.

use super::ARMS;
use crate::mask::Shuffle;
use crate::network::Generator;
use crate::prune::{Method, Scope};
use crate::train::Unmasked;

/// How the weights that are fitted are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// By the learned mask that was chosen.
    Learned,
    /// By that mask, of which something is redrawn.
    Shuffled(Shuffle),
    /// By a mask drawn from no more than that mask's counts.
    Recipe,
    /// By scores of the initial weights.
    Pruned(Method, Scope),
    /// By how large training makes them.
    Imp,
    /// All of them, perhaps of another network.
    Unmasked(Unmasked),
}

/// All, in the order in which they are offered.
pub const KINDS: [(Kind, &str); 22] = [
    (Kind::Learned, "learned"),
    (Kind::Shuffled(Shuffle::Weights), "shuffle-weights"),
    (Kind::Shuffled(Shuffle::Channels), "shuffle-channels"),
    (Kind::Shuffled(Shuffle::Budgets), "shuffle-budgets"),
    (Kind::Recipe, "recipe"),
    (Kind::Pruned(Method::Random, Scope::Global), "random"),
    (Kind::Pruned(Method::Magnitude, Scope::Global), "magnitude"),
    (Kind::Pruned(Method::Snip, Scope::Global), "snip"),
    (Kind::Pruned(Method::Grasp, Scope::Global), "grasp"),
    (Kind::Pruned(Method::Synflow, Scope::Global), "synflow"),
    (Kind::Pruned(Method::Random, Scope::Layer), "random-layer"),
    (Kind::Pruned(Method::Magnitude, Scope::Layer), "magnitude-layer"),
    (Kind::Pruned(Method::Snip, Scope::Layer), "snip-layer"),
    (Kind::Pruned(Method::Grasp, Scope::Layer), "grasp-layer"),
    (Kind::Pruned(Method::Synflow, Scope::Layer), "synflow-layer"),
    (Kind::Imp, "imp"),
    unmasked(Unmasked::Dense),
    unmasked(Unmasked::Jittered),
    unmasked(Unmasked::Langevin),
    unmasked(Unmasked::Skip),
    unmasked(Unmasked::DeepDecoder),
    unmasked(Unmasked::DeepDecoder4),
];

const fn unmasked(fit: Unmasked) -> (Kind, &'static str) {
    (Kind::Unmasked(fit), fit.name())
}

/// What is compared at first.
pub const DEFAULT: [Option<Kind>; ARMS] = [
    Some(Kind::Learned),
    Some(Kind::Shuffled(Shuffle::Weights)),
    Some(Kind::Pruned(Method::Random, Scope::Global)),
    Some(Kind::Pruned(Method::Snip, Scope::Global)),
    Some(Kind::Pruned(Method::Synflow, Scope::Global)),
    Some(Kind::Unmasked(Unmasked::Dense)),
];

impl Kind {
    pub fn id(self) -> &'static str {
        let found = KINDS.into_iter().find(|(kind, _)| *kind == self);
        found.map_or("", |(_, id)| id)
    }

    pub fn named(id: &str) -> Option<Self> {
        let found = KINDS.into_iter().find(|(_, name)| *name == id);
        found.map(|(kind, _)| kind)
    }

    /// Whether it starts from the learned mask.
    pub fn needs_mask(self) -> bool {
        matches!(self, Self::Learned | Self::Shuffled(_) | Self::Recipe)
    }

    /// Another network than the hourglass that the others have, where it is of one.
    pub fn other_network(self) -> Option<Generator> {
        match self {
            Self::Unmasked(fit) => fit.other_network(),
            _ => None,
        }
    }
}
