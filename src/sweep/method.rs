//! The methods that a sweep compares, by the names that plans use.

use std::fmt;
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

/// How the weights that are fitted are chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Method {
    /// All of them.
    Unmasked(Unmasked),
    /// A mask learned on the picture itself.
    Learned(Learner),
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
        matches!(self, Self::Learned(_) | Self::Pruned(..) | Self::Iterated)
    }

    /// Whether steps over all weights are a part of it, to choose a mask or to fit. IMP's trainings all have a mask, the first one of
    /// nearly all.
    pub fn trains_all_weights(&self) -> bool {
        match self {
            Self::Unmasked(_) | Self::Learned(_) => true,
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
                "shuffle-weights" => Ok(Self::Shuffled(Shuffle::Weights, source)),
                "shuffle-channels" => Ok(Self::Shuffled(Shuffle::Channels, source)),
                "shuffle-budgets" => Ok(Self::Shuffled(Shuffle::Budgets, source)),
                _ => Err(unknown()),
            };
        }
        if let Some(fit) = Unmasked::named(name) {
            return Ok(Self::Unmasked(fit));
        }
        match name {
            "oes" => Ok(Self::Learned(Learner::Fast)),
            "oes-paper" => Ok(Self::Learned(Learner::Paper)),
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
            Self::Learned(Learner::Fast) => f.write_str("oes"),
            Self::Learned(Learner::Paper) => f.write_str("oes-paper"),
            Self::Pruned(method, scope) => {
                let name = PRUNERS.iter().find(|(pruner, _)| pruner == method);
                f.write_str(name.map_or("", |(_, name)| name))?;
                f.write_str(if *scope == Scope::Layer { LAYER } else { "" })
            }
            Self::Iterated => f.write_str("imp"),
            Self::Mask(source) => write!(f, "mask:{source}"),
            Self::Ensemble(source) => write!(f, "ensemble:{source}"),
            Self::Shuffled(Shuffle::Weights, source) => write!(f, "shuffle-weights:{source}"),
            Self::Shuffled(Shuffle::Channels, source) => write!(f, "shuffle-channels:{source}"),
            Self::Shuffled(Shuffle::Budgets, source) => write!(f, "shuffle-budgets:{source}"),
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
        ] {
            assert_eq!(name.parse::<Method>().expect("a method").to_string(), name);
        }
        for name in ["", "sparse", "dense-layer", "mask:", "shuffle-all:x"] {
            assert!(matches!(name.parse::<Method>(), Err(SweepError::Method(_))), "{name}");
        }
    }
}
