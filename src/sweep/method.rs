//! The methods that a sweep compares, by the names that plans use.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::SweepError;
use crate::mask::Shuffle;
use crate::prune::{self, Scope};
use crate::train::{Learner, Unmasked};

/// The names of pruning methods; with [`LAYER`] behind them, per layer.
const PRUNERS: [(prune::Method, &str); 5] = [
    (prune::Method::Random, "random"),
    (prune::Method::Magnitude, "magnitude"),
    (prune::Method::Snip, "snip"),
    (prune::Method::Grasp, "grasp"),
    (prune::Method::Synflow, "synflow"),
];
const LAYER: &str = "-layer";
/// What stands behind a name.
fn behind(scope: Scope) -> &'static str {
    match scope {
        Scope::Global => "",
        Scope::Layer => LAYER,
    }
}

/// The names of learners. A mask's control has a shuffle's name behind it, transfer [`ON`] and a picture.
const LEARNERS: [(Learner, &str); 2] = [(Learner::Paper, "oes-paper"), (Learner::Fast, "oes")];
const ON: &str = "-on";

const SHUFFLES: [(Shuffle, &str); 3] = [
    (Shuffle::Weights, "shuffle-weights"),
    (Shuffle::Channels, "shuffle-channels"),
    (Shuffle::Budgets, "shuffle-budgets"),
];

fn shuffle_named(name: &str) -> Option<Shuffle> {
    let found = SHUFFLES.iter().find(|(_, shuffle)| *shuffle == name);
    found.map(|(shuffle, _)| *shuffle)
}

/// A learner, and what stands behind its name.
fn learner_named(name: &str) -> Option<(Learner, &str)> {
    LEARNERS
        .iter()
        .find_map(|(learner, begin)| Some((*learner, name.strip_prefix(begin)?)))
}

fn learner_name(learner: Learner) -> &'static str {
    let found = LEARNERS.iter().find(|(known, _)| *known == learner);
    found.map_or("", |(_, name)| name)
}

fn shuffle_name(what: Shuffle) -> &'static str {
    let found = SHUFFLES.iter().find(|(shuffle, _)| *shuffle == what);
    found.map_or("", |(_, name)| name)
}

/// How the weights that are fitted are chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Method {
    /// All of them.
    Unmasked(Unmasked),
    /// A mask learned on the picture itself.
    Learned(Learner, Scope),
    /// The control of that: the same mask, redrawn with the job's seed.
    LearnedShuffled(Learner, Shuffle),
    /// A mask learned on another picture, which this names: transfer.
    LearnedOn(Learner, PathBuf),
    /// Pruned at initialisation, by scores.
    Pruned(prune::Method, Scope),
    /// Pruned after training, in rounds.
    Iterated,
    /// A mask that there is: a file, or a preset's name. On another picture than its own this is transfer.
    Mask(String),
    /// A mask that there is, redrawn with the job's seed.
    Shuffled(Shuffle, String),
    /// Several networks with the mask's counts, and the mean of what they return.
    Ensemble(String),
    /// A mask drawn with the job's seed from the recipe of one that there is.
    Recipe(String),
}

impl Method {
    /// Whether `keep` of the plan means something; otherwise the mask decides.
    pub fn uses_keep(&self) -> bool {
        self.learner().is_some() || matches!(self, Self::Pruned(..) | Self::Iterated)
    }

    /// The learner of the mask that is fitted, where one is learned.
    pub fn learner(&self) -> Option<Learner> {
        match self {
            Self::Learned(learner, _) | Self::LearnedShuffled(learner, _) | Self::LearnedOn(learner, _) => {
                Some(*learner)
            }
            _ => None,
        }
    }

    /// The mask that there must be: a file, or a preset's name.
    pub fn mask_source(&self) -> Option<&str> {
        match self {
            Self::Mask(source) | Self::Shuffled(_, source) | Self::Ensemble(source) | Self::Recipe(source) => {
                Some(source)
            }
            _ => None,
        }
    }

    /// Whether steps over all weights are a part of it, to choose a mask or to fit. IMP's trainings all have a mask, the first one of
    /// nearly all.
    pub fn trains_all_weights(&self) -> bool {
        match self {
            Self::Unmasked(_) | Self::Learned(..) | Self::LearnedShuffled(..) | Self::LearnedOn(..) => true,
            Self::Pruned(method, _) => method.needs_engine(),
            Self::Iterated | Self::Mask(_) | Self::Shuffled(..) | Self::Ensemble(_) | Self::Recipe(_) => false,
        }
    }
}

impl FromStr for Method {
    type Err = SweepError;

    fn from_str(name: &str) -> Result<Self, SweepError> {
        let unknown = || SweepError::Method(name.to_string());
        if let Some((kind, source)) = name.split_once(':') {
            if source.is_empty() {
                return Err(unknown());
            }
            let source = source.to_string();
            return match kind {
                "mask" => Ok(Self::Mask(source)),
                "ensemble" => Ok(Self::Ensemble(source)),
                "recipe" => Ok(Self::Recipe(source)),
                _ => match (shuffle_named(kind), learner_named(kind)) {
                    (Some(what), _) => Ok(Self::Shuffled(what, source)),
                    (None, Some((learner, ON))) => Ok(Self::LearnedOn(learner, source.into())),
                    _ => Err(unknown()),
                },
            };
        }
        if let Some(fit) = Unmasked::named(name) {
            return Ok(Self::Unmasked(fit));
        }
        if let Some((learner, behind)) = learner_named(name) {
            let shuffled = behind.strip_prefix('-').and_then(shuffle_named);
            return match (behind, shuffled) {
                ("", _) => Ok(Self::Learned(learner, Scope::Global)),
                (LAYER, _) => Ok(Self::Learned(learner, Scope::Layer)),
                (_, Some(what)) => Ok(Self::LearnedShuffled(learner, what)),
                _ => Err(unknown()),
            };
        }
        match name {
            "imp" => Ok(Self::Iterated),
            _ => {
                let (name, scope) = match name.strip_suffix(LAYER) {
                    Some(name) => (name, Scope::Layer),
                    None => (name, Scope::Global),
                };
                let found = PRUNERS.iter().find(|(_, pruner)| *pruner == name);
                found
                    .map(|(method, _)| Self::Pruned(*method, scope))
                    .ok_or_else(unknown)
            }
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unmasked(fit) => f.write_str(fit.name()),
            Self::Learned(learner, scope) => write!(f, "{}{}", learner_name(*learner), behind(*scope)),
            Self::Pruned(method, scope) => {
                let name = PRUNERS.iter().find(|(pruner, _)| pruner == method);
                write!(f, "{}{}", name.map_or("", |(_, name)| name), behind(*scope))
            }
            Self::Iterated => f.write_str("imp"),
            Self::Mask(source) => write!(f, "mask:{source}"),
            Self::Ensemble(source) => write!(f, "ensemble:{source}"),
            Self::Shuffled(what, source) => write!(f, "{}:{source}", shuffle_name(*what)),
            Self::LearnedShuffled(learner, what) => write!(f, "{}-{}", learner_name(*learner), shuffle_name(*what)),
            Self::LearnedOn(learner, picture) => write!(f, "{}{ON}:{}", learner_name(*learner), picture.display()),
            Self::Recipe(source) => write!(f, "recipe:{source}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for name in [
            "dense",
            "dense-jitter",
            "sgld",
            "skip",
            "deep-decoder",
            "deep-decoder-4",
            "oes",
            "oes-paper",
            "snip",
            "synflow-layer",
            "imp",
            "mask:chelsea",
            "ensemble:chelsea",
            "recipe:chelsea",
            "shuffle-budgets:a/b.safetensors",
            "oes-layer",
            "oes-paper-layer",
            "oes-shuffle-weights",
            "oes-on:a/b.png",
            "oes-paper-shuffle-channels",
            "oes-paper-on:a.png",
        ] {
            assert_eq!(name.parse::<Method>().expect("a method").to_string(), name);
        }
        for name in [
            "",
            "sparse",
            "dense-layer",
            "mask:",
            "oes-on:",
            "shuffle-all:x",
            "oes-shuffle-all",
            "oes-",
            "oes-paperx",
            "oes-shuffle-weights:x",
        ] {
            assert!(matches!(name.parse::<Method>(), Err(SweepError::Method(_))), "{name}");
        }
    }
}
