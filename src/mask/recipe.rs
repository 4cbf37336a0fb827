//! A mask as a hundred bytes: how many channels live and how many weights are kept in each layer. The rest is drawn.
//!
//! For fitting, which weights are kept hardly matters; how many, and where, does (method section 6). So a link can hold what
//! a mask does, in place of the mask. What masking alone draws is lost.

mod text;

use super::redraw::{Layer, Sequence};
use super::{MAX_ENTRIES, Mask, MaskError, MaskMetadata};
use crate::network::{Connectivity, Hourglass, LiveChannels, Network, NetworkError, Stage, stages};
use crate::rng::{Draws, Stream};

/// In front of a recipe's text, wherever a mask may be named.
pub const RECIPE: &str = "recipe:";

/// What a mask keeps, by counts, and the seed that draws the rest. Each live channel can have a weight in and a weight out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipe {
    network: Hourglass,
    /// Live channels of each set but the picture's, as [`LiveChannels`] numbers them: one number for all normalisations
    /// behind a convolution, so those around an upsample agree.
    live: Vec<usize>,
    /// Kept weights between live channels, of each convolution.
    kept: Vec<usize>,
    /// Kept betas on live channels, of the first normalisation behind each convolution but the last. Those behind an
    /// upsample have no effect (method section 7.4).
    shifts: Vec<usize>,
    /// Which biases of the output convolution are kept.
    biases: Vec<bool>,
    /// Draws the channels and the weights.
    pub seed: u64,
}

/// Why a text is no recipe, or a recipe no mask.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecipeError {
    #[error("the recipe has a character that no recipe has, “{0}”: copy it again, whole")]
    Character(char),
    #[error("the recipe is cut off or was changed on the way: copy it again, whole")]
    Damaged,
    #[error("the recipe has version {0}, this program reads version {version}: reload the page, or update the program", version = text::VERSION)]
    Version(u8),
    #[error("the recipe is for no network that this program knows: {0}")]
    Network(#[from] NetworkError),
    #[error("the recipe is for a network of {0} parameters, more than the {MAX_ENTRIES} that a mask may have")]
    Size(usize),
    #[error("the recipe asks for {count} {what} in layer {layer}, which can have {least} to {most}")]
    Count {
        what: &'static str,
        /// Convolutions in order, from 1.
        layer: usize,
        count: usize,
        least: usize,
        most: usize,
    },
}

impl Recipe {
    /// The recipe of a mask for this network. What nothing reaches is left out, and so is a channel that only shifts the
    /// picture.
    ///
    /// # Errors
    /// [`MaskError::Length`] if the mask is not for this network, [`MaskError::Dead`] if nothing of the input reaches the
    /// picture, [`MaskError::Recipe`] if the description is no network.
    pub fn of(mask: &Mask, description: &Hourglass, seed: u64) -> Result<Self, MaskError> {
        let network = build(description)?;
        mask.check(&network)?;
        let stages = stages(&network);
        let inner = stages.len() - 1;
        // Without the betas a channel lives only by what it carries.
        let mut keep = mask.keep.clone();
        for (_, beta) in stages.iter().flat_map(|stage| &stage.norms) {
            keep[beta.range()].fill(false);
        }
        let found = Connectivity::of(&network, &keep);
        if !found.is_alive() {
            return Err(MaskError::Dead(found.sentence()));
        }
        let live = &found.live;
        let layers = stages.iter().enumerate();
        let kept = layers.map(|(j, stage)| Layer::new(stage, j, &keep, live).kept);
        let shifts = stages[..inner].iter().enumerate().map(|(j, stage)| {
            let beta = stage.norms.first().map(|(_, beta)| *beta);
            let kept = |c: &usize| beta.is_some_and(|beta| mask.keep[beta.offset + c]);
            live.indices(j + 1).into_iter().filter(kept).count()
        });
        Ok(Self {
            network: description.clone(),
            live: (0..=inner).map(|set| live.count(set)).collect(),
            kept: kept.collect(),
            shifts: shifts.collect(),
            biases: stages[inner]
                .bias
                .map_or_else(Vec::new, |bias| mask.keep[bias.range()].to_vec()),
            seed,
        })
    }

    /// Reads what stands behind [`RECIPE`]; [`Recipe`] writes it by `Display`.
    ///
    /// # Errors
    /// [`RecipeError`]: what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, RecipeError> {
        let recipe = text::read(text)?;
        recipe.check(&stages(&build(&recipe.network)?))?;
        Ok(recipe)
    }

    /// The network that it is for.
    pub fn network(&self) -> &Hourglass {
        &self.network
    }

    /// Live channels of the input and behind each convolution but the last.
    pub fn live(&self) -> &[usize] {
        &self.live
    }

    /// Kept weights of each convolution.
    pub fn kept(&self) -> &[usize] {
        &self.kept
    }

    /// As many live channels and kept weights as these (as [`Recipe::live`] and [`Recipe::kept`] have them); of the live channels
    /// behind each convolution the same share as here keeps its beta.
    ///
    /// # Errors
    /// [`RecipeError::Count`] if the network has no room for them, or a live channel would be left without a weight.
    ///
    /// # Panics
    /// If there are more or fewer layers than here.
    pub(crate) fn with_budgets(&self, live: Vec<usize>, kept: Vec<usize>) -> Result<Self, RecipeError> {
        assert_eq!((live.len(), kept.len()), (self.live.len(), self.kept.len()));
        let recipe = Self {
            shifts: self.shifts_among(&live),
            live,
            kept,
            ..self.clone()
        };
        recipe.check(&stages(&build(&self.network)?))?;
        Ok(recipe)
    }

    /// Kept betas behind each convolution but the last, were so many channels live.
    pub(crate) fn shifts_among(&self, live: &[usize]) -> Vec<usize> {
        let behind = self.live[1..].iter().zip(&live[1..]);
        let shares = self.shifts.iter().zip(behind);
        shares
            .map(|(shifts, (now, then))| (shifts * then + now / 2) / now)
            .collect()
    }

    /// Kept biases of the output convolution.
    pub(crate) fn kept_biases(&self) -> usize {
        self.biases.iter().filter(|kept| **kept).count()
    }

    /// A mask with these counts: channels and weights drawn at random, weights only between live channels, each of which
    /// gets one in and one out. A channel of the picture gets one as long as there are enough. The same seed draws the same
    /// mask everywhere.
    ///
    /// # Errors
    /// [`MaskError::Recipe`] or [`MaskError::Dead`], should the recipe not be one that [`Recipe::of`] or
    /// [`Recipe::parse`] gave.
    pub fn draw(&self, seed: u64) -> Result<Mask, MaskError> {
        let network = build(&self.network)?;
        let stages = stages(&network);
        self.check(&stages)?;
        let draws = Draws::new(seed, Stream::Shuffle);
        let inner = stages.len() - 1;
        let mut sets: Vec<Vec<bool>> = Vec::with_capacity(stages.len() + 1);
        for (set, count) in self.live.iter().enumerate() {
            let all = channels(&stages, set);
            let chosen = choose((0..all).collect(), *count, &mut Sequence::new(draws, 2 * set));
            let mut live = vec![false; all];
            chosen.into_iter().for_each(|c| live[c] = true);
            sets.push(live);
        }
        sets.push(vec![true; channels(&stages, stages.len())]);
        let live = LiveChannels { sets };

        let mut keep = vec![false; network.n];
        for (j, stage) in stages.iter().enumerate() {
            let outputs = live.indices(j + 1);
            for (gamma, _) in &stage.norms {
                outputs.iter().for_each(|c| keep[gamma.offset + c] = true);
            }
            if let (Some(count), Some((_, beta))) = (self.shifts.get(j), stage.norms.first()) {
                let mut sequence = Sequence::new(draws, 2 * (stages.len() + 1 + j));
                let shifted = choose(outputs.clone(), *count, &mut sequence);
                shifted.into_iter().for_each(|c| keep[beta.offset + c] = true);
            }
            let mut sequence = Sequence::new(draws, 2 * j + 1);
            let enough = self.kept[j].min(outputs.len());
            let entered = choose(outputs, enough, &mut sequence);
            Layer::between(stage, j, &live, entered).redraw(&mut keep, self.kept[j], &mut sequence);
        }
        if let Some(bias) = stages[inner].bias {
            keep[bias.range()].copy_from_slice(&self.biases);
        }
        let found = Connectivity::of(&network, &keep);
        if !found.is_alive() {
            return Err(MaskError::Dead(found.sentence()));
        }
        let mut mask = Mask {
            keep,
            metadata: MaskMetadata {
                network: Some(self.network.clone()),
                method: "recipe".to_owned(),
                seed: Some(seed),
                ..MaskMetadata::default()
            },
        };
        mask.metadata.keep = mask.fraction_kept();
        Ok(mask)
    }

    /// That every count is one that the network has room for, and that leaves no live channel without a weight.
    fn check(&self, stages: &[Stage]) -> Result<(), RecipeError> {
        let within = |what, layer, count: usize, (least, most): (usize, usize)| {
            let fault = RecipeError::Count {
                what,
                layer,
                count,
                least,
                most,
            };
            (least..=most).contains(&count).then_some(()).ok_or(fault)
        };
        for (set, live) in self.live.iter().enumerate() {
            within(
                "live channels in front of it",
                set + 1,
                *live,
                (1, channels(stages, set)),
            )?;
        }
        for (j, stage) in stages.iter().enumerate() {
            within("kept weights", j + 1, self.kept[j], room(stage, j, &self.live))?;
            if let Some((shifts, live)) = self.shifts.get(j).zip(self.live.get(j + 1)) {
                within("kept betas", j + 1, *shifts, (0, *live))?;
            }
        }
        Ok(())
    }
}

/// # Errors
/// [`RecipeError`] if the description is no network, or one larger than any mask.
fn build(description: &Hourglass) -> Result<Network, RecipeError> {
    let network = description.build()?;
    if network.n as u64 > MAX_ENTRIES {
        return Err(RecipeError::Size(network.n));
    }
    Ok(network)
}

/// The fewest and the most weights that convolution `j` can keep between so many live channels, each of which has one in and
/// one out.
pub(crate) fn room(stage: &Stage, j: usize, live: &[usize]) -> (usize, usize) {
    let inputs: usize = stage.feeds.iter().map(|feed| live[feed.set]).sum();
    // The picture's channels need no weight.
    let (outputs, entered) = match live.get(j + 1) {
        Some(live) => (*live, *live),
        None => (stage.outputs, 0),
    };
    (inputs.max(entered), inputs * outputs * stage.taps)
}

/// All channels of a set, as [`LiveChannels`] numbers them.
pub(crate) fn channels(stages: &[Stage], set: usize) -> usize {
    match set {
        0 => stages[0].inputs,
        set => stages[set - 1].outputs,
    }
}

/// `count` of the items, at random.
fn choose(mut items: Vec<usize>, count: usize, sequence: &mut Sequence) -> Vec<usize> {
    sequence.choose(&mut items, count);
    items.truncate(count);
    items
}

#[cfg(test)]
mod tests;
