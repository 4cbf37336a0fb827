//! The recipes around one, by few numbers: smooth curves over the layers, of log channels and of log weights.

use super::fill::{Bounds, fill};
use crate::mask::{MaskError, Recipe, channels, keep_count, room};
use crate::network::{Stage, stages};
use crate::train::TrainError;

/// Recipes that keep one number of parameters in all. A coordinate is the height of a cosine, first those of the live channels over
/// their sets, then those of the kept weights over the convolutions: a layer has exp(sum of its cosines) times what the start
/// has, and is then brought to what the network has room for.
pub struct Space {
    start: Recipe,
    stages: Vec<Stage>,
    /// Cosines in each of the two curves.
    waves: usize,
    /// Kept parameters: weights, gammas, betas and output biases.
    total: usize,
    /// Of a kept weight in each layer.
    price: Vec<f64>,
    purse: Option<f64>,
}

impl Space {
    /// Recipes that keep floor(keep N) parameters. `macs` limits the multiply-adds of a fit to this many times the start's, as far as
    /// the live channels leave room for that: counted as kept weights times the pixels they are applied to, which lists
    /// do on the CPU engine.
    ///
    /// # Errors
    /// [`TrainError::Mask`] if the start is no recipe, [`TrainError::Setting`] for `waves`, `macs`, or a `keep` at which no recipe
    /// lives.
    pub fn new(start: Recipe, keep: f64, waves: usize, macs: Option<f64>) -> Result<Self, TrainError> {
        let network = start.network().build()?;
        let stages = stages(&network);
        if !(1..stages.len()).contains(&waves) {
            let range = "at least 1 and below the number of convolutions";
            return Err(TrainError::setting("the number of cosines", range, waves));
        }
        if let Some(macs) = macs
            && !(macs.is_finite() && macs > 0.0)
        {
            return Err(TrainError::setting(
                "the limit of multiply-adds",
                "a positive number",
                macs,
            ));
        }
        let price = stages.iter().map(|stage| libm::pow(0.25, f64::from(stage.halvings)));
        let mut space = Self {
            waves,
            total: keep_count(network.n, keep),
            price: price.collect(),
            purse: None,
            stages,
            start,
        };
        let least = vec![1; space.start.live().len()];
        let most = space.all_channels();
        if !(0.0..=1.0).contains(&keep)
            || space.parameters(&least).0 > space.total
            || space.parameters(&most).1 < space.total
        {
            return Err(TrainError::setting(
                "keep",
                "a fraction at which every layer has a weight",
                keep,
            ));
        }
        let unlimited = space.recipe(&vec![0.0; space.dimension()])?;
        space.purse = macs.map(|macs| macs * space.cost(&unlimited));
        Ok(space)
    }

    /// The number of coordinates.
    pub fn dimension(&self) -> usize {
        2 * self.waves
    }

    /// The recipe at a place; all zeros is the start, brought to the number of parameters and the limit asked for.
    ///
    /// # Errors
    /// [`MaskError::Recipe`] for a network so small that no recipe near this one keeps exactly that many.
    pub fn recipe(&self, place: &[f64]) -> Result<Recipe, MaskError> {
        let (of_live, of_kept) = place.split_at(self.waves);
        let wanted: Vec<f64> = scaled(self.start.live(), |at| curve(of_live, 0, at)).collect();
        let live = self.room_for_total(&wanted);
        let wanted: Vec<f64> = scaled(self.start.kept(), |at| curve(of_kept, 1, at)).collect();
        let bounds: Vec<Bounds> = self.bounds(&live).collect();
        let weights = self.total.saturating_sub(self.others(&live));
        let kept = fill(&wanted, &bounds, weights, &self.price, self.purse);
        Ok(self.start.with_budgets(live, kept)?)
    }

    /// Kept weights times the pixels they are applied to, in pictures.
    pub fn cost(&self, recipe: &Recipe) -> f64 {
        let each = recipe.kept().iter().zip(&self.price);
        each.map(|(count, price)| *count as f64 * price).sum()
    }

    /// Whole numbers of live channels near the wanted ones, with which the total can be kept: where it cannot, channels come
    /// to life where most are missing, or die where there are most too many.
    fn room_for_total(&self, wanted: &[f64]) -> Vec<usize> {
        let all = self.all_channels();
        let near = wanted.iter().zip(&all);
        let mut live: Vec<usize> = near
            .map(|(wanted, all)| (libm::round(*wanted) as usize).clamp(1, *all))
            .collect();
        let share = |live: &[usize], set: &usize| live[*set] as f64 / wanted[*set];
        while self.parameters(&live).1 < self.total {
            let free = (0..live.len()).filter(|set| live[*set] < all[*set]);
            let Some(set) = free.min_by(|a, b| share(&live, a).total_cmp(&share(&live, b))) else {
                break;
            };
            live[set] += 1;
        }
        while self.parameters(&live).0 > self.total {
            let free = (0..live.len()).filter(|set| live[*set] > 1);
            let Some(set) = free.max_by(|a, b| share(&live, a).total_cmp(&share(&live, b))) else {
                break;
            };
            live[set] -= 1;
        }
        live
    }

    fn all_channels(&self) -> Vec<usize> {
        let sets = 0..self.start.live().len();
        sets.map(|set| channels(&self.stages, set)).collect()
    }

    /// The fewest and the most parameters that can be kept with these live channels.
    fn parameters(&self, live: &[usize]) -> (usize, usize) {
        let others = self.others(live);
        let add = |(least, most): (usize, usize), bounds: Bounds| (least + bounds.least, most + bounds.most);
        self.bounds(live).fold((others, others), add)
    }

    /// Kept parameters that are no convolution weights.
    fn others(&self, live: &[usize]) -> usize {
        let gammas = self
            .stages
            .iter()
            .zip(&live[1..])
            .map(|(stage, live)| stage.norms.len() * live);
        let betas: usize = self.start.shifts_among(live).iter().sum();
        gammas.sum::<usize>() + betas + self.start.kept_biases()
    }

    fn bounds<'a>(&'a self, live: &'a [usize]) -> impl Iterator<Item = Bounds> + 'a {
        self.stages.iter().enumerate().map(|(j, stage)| {
            let (least, most) = room(stage, j, live);
            Bounds { least, most }
        })
    }
}

/// Each count times exp of what `log` has for its place from 0 to 1.
fn scaled(counts: &[usize], log: impl Fn(f64) -> f64) -> impl Iterator<Item = f64> {
    let len = counts.len() as f64;
    let each = counts.iter().enumerate();
    each.map(move |(i, count)| *count as f64 * libm::exp(log((i as f64 + 0.5) / len)))
}

/// The sum of cosines of `first`, `first` + 1, ... half waves, at a place from 0 to 1. A constant factor on all weights means nothing, so
/// their first cosine has half a wave.
fn curve(heights: &[f64], first: usize, at: f64) -> f64 {
    let waves = heights.iter().enumerate();
    waves
        .map(|(k, height)| height * libm::cos(std::f64::consts::PI * (first + k) as f64 * at))
        .sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mask::{Mask, MaskMetadata, random};
    use crate::network::{Connectivity, Hourglass, ParameterKind};
    use crate::rng::{Draws, Stream};

    /// A recipe with and without betas.
    fn start(description: &Hourglass, density: f64, betas: bool) -> Recipe {
        let network = description.build().expect("a network");
        let mut keep = random(&network, density, 3);
        let parameters = network.parameters.iter();
        for beta in parameters.filter(|p| !betas && p.kind == ParameterKind::BnBias) {
            keep[beta.range()].fill(false);
        }
        let mask = Mask {
            keep,
            metadata: MaskMetadata::default(),
        };
        Recipe::of(&mask, description, 0).expect("alive")
    }

    fn odd_network() -> Hourglass {
        Hourglass {
            input_channels: 5,
            channels: vec![7, 3, 11],
            output_channels: 3,
        }
    }

    #[test]
    fn zero_is_the_start() {
        let start = start(&odd_network(), 0.3, false);
        let mask = start.draw(0).expect("a mask");
        let space = Space::new(start.clone(), mask.fraction_kept(), 4, None).expect("a space");
        assert_eq!(space.recipe(&vec![0.0; space.dimension()]).expect("a recipe"), start);
    }

    #[test]
    fn a_limit_on_multiply_adds_holds() {
        let description = Hourglass::with_levels(4);
        let space = |macs| Space::new(start(&description, 0.1, true), 0.05, 3, macs).expect("a space");
        let (free, half) = (space(None), space(Some(0.5)));
        let most = 0.5 * free.cost(&free.recipe(&[0.0; 6]).expect("a recipe"));
        for seed in 0..20 {
            let place = place(half.dimension(), 0.3, seed);
            let cost = |space: &Space| space.cost(&space.recipe(&place).expect("a recipe"));
            assert!(cost(&free) > most, "seed {seed}: there is something to limit");
            // Rounding moves less than a weight in each layer.
            assert!(cost(&half) < most + 13.0, "seed {seed}");
        }
    }

    #[test]
    fn what_no_recipe_can_have_is_refused() {
        for (keep, waves, macs) in [
            (0.0, 3, None),
            (1.5, 3, None),
            (0.2, 0, None),
            (0.2, 10, None),
            (0.2, 3, Some(0.0)),
        ] {
            let refused = Space::new(start(&odd_network(), 0.3, false), keep, waves, macs);
            assert!(
                matches!(refused, Err(TrainError::Setting { .. })),
                "{keep} {waves} {macs:?}"
            );
        }
    }

    fn place(dimension: usize, spread: f64, seed: u64) -> Vec<f64> {
        let draws = Draws::new(seed, Stream::Evolution);
        (0..dimension).map(|i| spread * f64::from(draws.normal(0, i))).collect()
    }

    proptest! {
        /// Exactly so many parameters, all of them of use: nothing is drawn in vain.
        #[test]
        fn every_place_is_a_recipe_that_lives(
            input_channels in 1_usize..9,
            channels in prop::collection::vec(1_usize..20, 1..5),
            keep in 0.1_f64..0.6,
            betas in any::<bool>(),
            spread in 0.0_f64..4.0,
            macs in prop::option::of(0.2_f64..3.0),
            seed in any::<u64>(),
        ) {
            let description = Hourglass { input_channels, channels, output_channels: 3 };
            let network = description.build().expect("a network");
            let waves = 2;
            let space = Space::new(start(&description, 0.5, betas), keep, waves, macs);
            // Some networks are too small for some fractions.
            prop_assume!(space.is_ok());
            let space = space.expect("a space");
            let place = place(space.dimension(), spread, seed);
            let mask = space.recipe(&place).expect("a recipe").draw(seed).expect("a mask");
            prop_assert_eq!(mask.kept(), keep_count(network.n, keep));
            let found = Connectivity::of(&network, &mask.keep);
            prop_assert!(found.is_alive());
            prop_assert_eq!(found.reachable_weights, found.kept_weights);
        }
    }
}
