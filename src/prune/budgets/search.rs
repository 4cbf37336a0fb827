//! A search for budgets: generations of recipes, judged by whoever runs it.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Evolution, Space};
use crate::mask::{Mask, Recipe};
use crate::train::TrainError;

/// Candidates of a search at most. The mask's file has what each was worth, as text in a header that ends at 1 MiB.
const MAX_EVALUATIONS: u64 = 40_000;

/// Everything that defines a search but the recipe it starts from and how recipes are judged.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SearchSpec {
    /// The fraction of all parameters that every candidate keeps.
    pub keep: f64,
    /// Candidates in all, of which whole generations are judged; with fewer than one has, what is found is the start.
    pub evaluations: u64,
    /// Cosines in the curve of the live channels, and in that of the kept weights.
    pub waves: usize,
    /// Standard deviation of a layer's log channels and log weights among the first candidates.
    pub spread: f64,
    /// Multiply-adds of a candidate at most, in those of the start, as [`Space::cost`] counts them; `None` is no limit.
    pub macs_at_most: Option<f64>,
    /// Draws the candidates, and the mask of what is found.
    pub seed: u64,
}

impl Default for SearchSpec {
    fn default() -> Self {
        Self {
            keep: 0.05,
            evaluations: 100,
            waves: 6,
            spread: 0.3,
            macs_at_most: None,
            seed: 0,
        }
    }
}

/// What each candidate of a generation was worth, in dB; nothing if it diverged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Generation(Vec<Option<f64>>);

impl Generation {
    /// Over the candidates that did not diverge; NaN if all did.
    pub fn mean(&self) -> f64 {
        let finite = self.0.iter().flatten();
        finite.clone().sum::<f64>() / finite.count() as f64
    }

    pub fn best(&self) -> f64 {
        self.0.iter().flatten().copied().fold(f64::NEG_INFINITY, f64::max)
    }
}

/// A search between two generations.
pub struct Search {
    spec: SearchSpec,
    space: Space,
    evolution: Evolution,
    generations: Vec<Generation>,
}

impl Search {
    /// # Errors
    /// As [`Space::new`], and [`TrainError::Setting`] for the spread and the number of evaluations.
    pub fn new(spec: SearchSpec, start: Recipe) -> Result<Self, TrainError> {
        if spec.evaluations > MAX_EVALUATIONS {
            let (what, range) = ("the number of evaluations", "at most 40,000");
            return Err(TrainError::setting(what, range, spec.evaluations));
        }
        if !(spec.spread.is_finite() && spec.spread > 0.0) {
            return Err(TrainError::setting("the spread", "a positive number", spec.spread));
        }
        let space = Space::new(start, spec.keep, spec.waves, spec.macs_at_most)?;
        let sigma = spec.spread / libm::sqrt(spec.waves as f64);
        Ok(Self {
            evolution: Evolution::new(space.dimension(), sigma, spec.seed),
            generations: Vec::new(),
            spec,
            space,
        })
    }

    /// The recipe it starts from, with as many parameters as asked for.
    ///
    /// # Errors
    /// As [`Space::recipe`].
    pub fn start(&self) -> Result<Recipe, TrainError> {
        Ok(self.space.recipe(&vec![0.0; self.space.dimension()])?)
    }

    /// The recipe that the search has come to: the middle of the next generation, a better guess than any single candidate when values
    /// are noisy.
    ///
    /// # Errors
    /// As [`Space::recipe`].
    pub fn found(&self) -> Result<Recipe, TrainError> {
        Ok(self.space.recipe(self.evolution.mean())?)
    }

    /// The candidates of this generation. They should be judged by the same draw, and those of the next by another, so that none
    /// wins by its draw: [`Search::generations`] counts.
    ///
    /// # Errors
    /// As [`Space::recipe`].
    pub fn candidates(&self) -> Result<Vec<Recipe>, TrainError> {
        let places = self.evolution.ask();
        let recipes = places.iter().map(|place| Ok(self.space.recipe(place)?));
        recipes.collect()
    }

    /// Goes on to the next generation.
    ///
    /// # Panics
    /// If there is not one value for each of [`Search::candidates`].
    pub fn advance(&mut self, values: &[f64]) {
        self.evolution.tell(values);
        let finite = values.iter().map(|value| value.is_finite().then_some(*value));
        self.generations.push(Generation(finite.collect()));
    }

    /// Goes through the generations that a search by the same settings from the same recipe has had, without judging again.
    ///
    /// # Errors
    /// [`TrainError::Checkpoint`] if they are not this search's.
    pub fn replay(&mut self, generations: &[Generation]) -> Result<(), TrainError> {
        let population = self.population() as usize;
        if generations.len() as u64 > self.generations_in_all() {
            return Err(TrainError::Checkpoint(format!(
                "it has {} generations behind it, more than the {} asked for",
                generations.len(),
                self.generations_in_all()
            )));
        }
        for generation in generations {
            if generation.0.len() != population {
                let problem = "it does not hold a value for each of its candidates";
                return Err(TrainError::Checkpoint(problem.into()));
            }
            let values = generation.0.iter().map(|value| value.unwrap_or(f64::NEG_INFINITY));
            self.advance(&values.collect::<Vec<_>>());
        }
        Ok(())
    }

    /// All generations so far.
    pub fn generations(&self) -> &[Generation] {
        &self.generations
    }

    /// How many generations the evaluations are enough for.
    pub fn generations_in_all(&self) -> u64 {
        self.spec.evaluations / self.population()
    }

    pub fn is_finished(&self) -> bool {
        self.generations.len() as u64 == self.generations_in_all()
    }

    /// Candidates in a generation.
    pub fn population(&self) -> u64 {
        Evolution::population(self.space.dimension()) as u64
    }

    /// Candidates judged so far.
    pub fn judged(&self) -> u64 {
        self.generations.len() as u64 * self.population()
    }

    /// What a mask's settings say of the search.
    ///
    /// # Errors
    /// As [`Space::recipe`].
    pub fn settings(&self) -> Result<Value, TrainError> {
        let mut settings = json!(self.spec);
        settings["evaluations"] = json!(self.judged());
        settings["generations"] = json!(self.generations);
        settings["start"] = json!(self.start()?.to_string());
        Ok(settings)
    }

    /// The mask of what the search has come to, drawn with its seed; the caller adds the settings and the pictures.
    ///
    /// # Errors
    /// As [`Search::found`].
    pub fn mask(&self) -> Result<Mask, TrainError> {
        let mut mask = self.found()?.draw(self.spec.seed)?;
        "searched budgets".clone_into(&mut mask.metadata.method);
        mask.metadata.keep = self.spec.keep;
        Ok(mask)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::MaskMetadata;
    use crate::network::Hourglass;
    use crate::picture::Picture;
    use crate::prune::budgets::Objective;
    use crate::train::Backend;

    fn network() -> Hourglass {
        Hourglass {
            input_channels: 8,
            channels: vec![8, 12],
            output_channels: 3,
        }
    }

    /// Nearly all weights in the innermost layer: hardly a picture gets through the others.
    fn bad_start() -> Recipe {
        let network = network();
        let keep = crate::mask::random(&network.build().expect("a network"), 0.5, 1);
        let mask = Mask {
            keep,
            metadata: MaskMetadata::default(),
        };
        let even = Recipe::of(&mask, &network, 0).expect("alive");
        let live = vec![8, 2, 2, 12, 12, 2, 2];
        let kept = vec![8, 2, 40, 2400, 40, 8, 4];
        assert_eq!(live.len(), even.live().len());
        even.with_budgets(live, kept).expect("a recipe")
    }

    /// A smooth picture with an edge, 16x16.
    fn objective() -> Objective {
        let pixel = |i: usize| {
            let (x, y) = ((i % 16) as f32, (i / 16 % 16) as f32);
            0.4 + 0.3 * (0.4 * x).sin() * (0.3 * y).cos() + if x > y { 0.2 } else { 0.0 }
        };
        let picture = Picture::new(16, 16, (0..3 * 256).map(pixel).collect()).expect("a picture");
        Objective {
            pictures: vec![picture],
            sigma: 0.1,
            steps: 120,
            seed: 5,
            noise_seed: 5,
        }
    }

    fn spec() -> SearchSpec {
        SearchSpec {
            keep: 0.15,
            evaluations: 80,
            waves: 2,
            spread: 0.5,
            macs_at_most: None,
            seed: 1,
        }
    }

    fn judge(objective: &Objective, recipe: &Recipe, draw: u64) -> f64 {
        let judged = pollster::block_on(objective.judge(recipe, draw, &Backend::Cpu, |_, _| true));
        judged.expect("a fit").expect("not interrupted")
    }

    #[test]
    fn a_bad_start_is_left_behind() {
        let objective = objective();
        let mut search = Search::new(spec(), bad_start()).expect("a search");
        assert_eq!(search.found().expect("a recipe"), search.start().expect("a recipe"));
        while !search.is_finished() {
            let draw = search.generations().len() as u64;
            let candidates = search.candidates().expect("recipes");
            let values: Vec<f64> = candidates
                .iter()
                .map(|recipe| judge(&objective, recipe, draw))
                .collect();
            search.advance(&values);
        }
        assert_eq!(search.judged(), 80);
        let unseen = 100..104;
        let mean = |recipe: &Recipe| unseen.clone().map(|draw| judge(&objective, recipe, draw)).sum::<f64>() / 4.0;
        let (start, found) = (
            mean(&search.start().expect("a recipe")),
            mean(&search.found().expect("a recipe")),
        );
        assert!(found > start + 0.5, "{start} dB at the start, {found} dB found");
        let mask = search.mask().expect("a mask");
        let n = network().build().expect("a network").n;
        assert_eq!(mask.kept(), crate::mask::keep_count(n, 0.15));
        assert_eq!(mask.metadata.method, "searched budgets");
    }

    /// With values as long as text makes them.
    #[test]
    fn the_longest_search_fits_into_its_file_and_a_longer_one_is_refused() {
        let spec = SearchSpec {
            evaluations: MAX_EVALUATIONS,
            ..spec()
        };
        let mut search = Search::new(spec.clone(), bad_start()).expect("a search");
        let values = vec![-12.345_678_901_234_567; search.population() as usize];
        let generation = Generation(values.into_iter().map(Some).collect());
        search.generations = vec![generation; search.generations_in_all() as usize];
        let mut mask = search.mask().expect("a mask");
        mask.metadata.settings = Some(search.settings().expect("settings").to_string());
        let file = mask.to_bytes().expect("within the limit");
        let header = u64::from_le_bytes(*file.first_chunk().expect("a header"));
        assert!(header < 900_000, "{header} bytes leave room for many pictures");

        let longer = SearchSpec {
            evaluations: MAX_EVALUATIONS + 1,
            ..spec
        };
        let refused = Search::new(longer, bad_start()).err().expect("too long").to_string();
        let words = format!(
            "evaluations must be at most {}",
            crate::numbers::thousands(MAX_EVALUATIONS)
        );
        assert!(refused.contains(&words), "{refused}");
    }

    #[test]
    fn a_judgement_repeats_and_can_be_interrupted() {
        let objective = objective();
        let start = Search::new(spec(), bad_start())
            .expect("a search")
            .start()
            .expect("a recipe");
        assert_eq!(judge(&objective, &start, 3), judge(&objective, &start, 3));
        assert_ne!(judge(&objective, &start, 3), judge(&objective, &start, 4));
        let stopped = objective.judge(&start, 3, &Backend::Cpu, |_, _| false);
        assert_eq!(pollster::block_on(stopped).expect("no fault"), None);
    }
}
