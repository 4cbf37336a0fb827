//! Fits of all weights: what masked ones are held against (method section 8).

use serde::{Deserialize, Serialize};

use super::spec::{JITTER, Job, RunSpec};
use crate::network::{DeepDecoder, Generator, Hourglass, SkipHourglass};

/// A fit without a mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unmasked {
    /// Of an hourglass: the dense deep image prior.
    Dense,
    /// The same, with noise on the input in each step.
    Jittered,
    /// Of an hourglass, by stochastic gradient Langevin dynamics.
    Langevin,
    /// Of Deep Image Prior's own network, with skip connections, as published.
    Skip,
    /// Of Deep Decoder with five doublings, as published.
    DeepDecoder,
    /// Of Deep Decoder with four doublings, as published.
    DeepDecoder4,
}

impl Unmasked {
    pub const ALL: [Self; 6] = [
        Self::Dense,
        Self::Jittered,
        Self::Langevin,
        Self::Skip,
        Self::DeepDecoder,
        Self::DeepDecoder4,
    ];

    /// As plans and links name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dense => "dense",
            Self::Jittered => "dense-jitter",
            Self::Langevin => "sgld",
            Self::Skip => "skip",
            Self::DeepDecoder => "deep-decoder",
            Self::DeepDecoder4 => "deep-decoder-4",
        }
    }

    /// The one of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fit| fit.name() == name)
    }

    /// Another network than the hourglass, where it is of one; its size is the published one.
    pub fn other_network(self) -> Option<Generator> {
        let decoder = |doublings| {
            Generator::DeepDecoder(DeepDecoder {
                doublings,
                ..DeepDecoder::default()
            })
        };
        match self {
            Self::Dense | Self::Jittered | Self::Langevin => None,
            Self::Skip => Some(Generator::Skip(SkipHourglass::default())),
            Self::DeepDecoder => Some(decoder(5)),
            Self::DeepDecoder4 => Some(decoder(4)),
        }
    }

    /// The network whose weights are fitted: `hourglass` unless it is of another.
    pub fn network(self, hourglass: Hourglass) -> Generator {
        self.other_network().unwrap_or_else(|| hourglass.into())
    }

    /// The run of so many updates.
    pub fn spec(self, hourglass: Hourglass, steps: u64) -> RunSpec {
        let network = self.network(hourglass);
        let mut spec = match self {
            Self::Langevin => RunSpec::langevin(network, steps),
            _ => RunSpec::dense(network),
        };
        spec.steps = steps;
        if self == Self::Jittered
            && let Job::Fit(fit) = &mut spec.job
        {
            fit.jitter = JITTER;
        }
        spec
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_published_settings() {
        let small = Hourglass::with_levels(2);
        let found = Unmasked::ALL.map(|fit| {
            let spec = fit.spec(small.clone(), 40);
            assert_eq!(spec.steps, 40);
            spec.check().expect("a usable run");
            let burn_in = spec.tracking().and_then(|tracking| tracking.burn_in);
            let Job::Fit(job) = spec.job else { panic!("a fit") };
            let network = (spec.network.name(), spec.network.levels());
            (network, spec.lr, job.jitter, job.langevin, burn_in)
        });
        // The hourglass is the one that is asked for, and other networks are what they are.
        let expected = [
            (("hourglass", 2), 1e-3, 0.0, false, None),
            (("hourglass", 2), 1e-3, JITTER, false, None),
            (("hourglass", 2), 1e-2, JITTER, true, Some(14)),
            (("skip", 5), 1e-2, JITTER, false, None),
            (("deep-decoder", 5), 1e-2, 0.0, false, None),
            (("deep-decoder", 4), 1e-2, 0.0, false, None),
        ];
        assert_eq!(found, expected);
    }
}
