//! What a recipe keeps, what it draws, and what it makes of damaged text.

use proptest::prelude::*;

use super::*;
use crate::mask::{keep_count, top_k};
use crate::network::{Parameter, ParameterKind};

fn description() -> Hourglass {
    Hourglass {
        input_channels: 6,
        channels: vec![8, 12, 16],
        output_channels: 3,
    }
}

/// A mask like a learned one; with `betas`, like one of a method that leaves the normalisations alone.
fn mask(description: &Hourglass, keep: f64, betas: bool, seed: u64) -> Mask {
    let network = description.build().expect("a network");
    let draws = Draws::new(seed, Stream::MaskSample);
    let mut logits: Vec<f32> = (0..network.n).map(|i| draws.uniform(0, i)).collect();
    for parameter in &network.parameters {
        let shift = match parameter.kind {
            ParameterKind::ConvWeight => 0.0,
            ParameterKind::BnWeight => 0.6,
            ParameterKind::BnBias if betas => 0.6,
            ParameterKind::ConvBias | ParameterKind::BnBias => -2.0,
        };
        logits[parameter.range()].iter_mut().for_each(|logit| *logit += shift);
    }
    let keep = top_k(&logits, keep_count(network.n, keep), seed).expect("numbers");
    Mask {
        keep,
        metadata: MaskMetadata::default(),
    }
}

/// The recipe of the first such mask that lives.
fn recipe(keep: f64, betas: bool) -> (Mask, Recipe) {
    let description = description();
    let masks = (0..20).map(|seed| mask(&description, keep, betas, seed));
    let mut recipes = masks.filter_map(|mask| Recipe::of(&mask, &description, 7).ok().map(|recipe| (mask, recipe)));
    recipes.next().expect("one of twenty lives")
}

#[test]
fn a_draw_has_the_counts_of_its_recipe() {
    let network = description().build().expect("a network");
    for (keep, betas) in [(0.07, false), (0.1, false), (0.1, true), (0.3, false), (0.97, true)] {
        let (mask, recipe) = recipe(keep, betas);
        for seed in 0..5 {
            let drawn = recipe.draw(seed).expect("a mask");
            assert_eq!(drawn, recipe.draw(seed).expect("a mask"), "a seed repeats");
            assert_ne!(drawn.keep, recipe.draw(seed + 1).expect("a mask").keep);
            let found = Connectivity::of(&network, &drawn.keep);
            assert!(found.is_alive());
            let live: Vec<usize> = (0..recipe.live.len()).map(|set| found.live.count(set)).collect();
            assert_eq!(live, recipe.live, "keep {keep}, seed {seed}");
            assert_eq!(found.reachable_weights, found.kept_weights, "nothing is drawn in vain");
            assert_eq!(Recipe::of(&drawn, &description(), 7).expect("alive"), recipe);
            let (before, after) = (Connectivity::of(&network, &mask.keep), found);
            if !betas {
                assert_eq!(before.reachable_weights, after.reachable_weights);
            }
        }
    }
}

#[test]
fn normalisations_around_an_upsample_share_their_live_set() {
    let network = description().build().expect("a network");
    let (_, recipe) = recipe(0.1, false);
    let drawn = recipe.draw(3).expect("a mask");
    let pairs: Vec<Stage> = stages(&network)
        .into_iter()
        .filter(|stage| stage.norms.len() == 2)
        .collect();
    assert_eq!(pairs.len(), 3, "one for each level");
    for stage in pairs {
        let gammas = |norm: usize| &drawn.keep[stage.norms[norm].0.range()];
        assert_eq!(gammas(0), gammas(1));
        assert!(gammas(0).contains(&false) || gammas(0).iter().all(|kept| *kept));
    }
}

#[test]
fn every_channel_and_every_weight_has_its_chance() {
    let network = description().build().expect("a network");
    let (_, recipe) = recipe(0.1, false);
    let mut drawn = vec![0_u32; network.n];
    for seed in 0..2000 {
        let mask = recipe.draw(seed).expect("a mask");
        drawn
            .iter_mut()
            .zip(&mask.keep)
            .for_each(|(count, kept)| *count += u32::from(*kept));
    }
    for parameter in &network.parameters {
        let never = drawn[parameter.range()].iter().filter(|count| **count == 0).count();
        match parameter.kind {
            ParameterKind::BnWeight => assert_eq!(never, 0, "{}", parameter.name),
            // In the sparsest layer a weight is kept once in some hundred draws.
            ParameterKind::ConvWeight => assert!(50 * never <= parameter.len(), "{}: {never}", parameter.name),
            ParameterKind::BnBias | ParameterKind::ConvBias => {}
        }
    }
}

#[test]
fn the_papers_mask_takes_about_a_hundred_bytes() {
    let description = Hourglass::default();
    let network = description.build().expect("a network");
    let mask = mask(&description, 0.05, false, 1);
    let recipe = Recipe::of(&mask, &description, 0).expect("alive");
    let text = recipe.to_string();
    assert!((60..=130).contains(&text.len()), "{} characters: {text}", text.len());
    let drawn = Recipe::parse(&text).expect("as written").draw(0).expect("a mask");
    let reachable = |mask: &Mask| Connectivity::of(&network, &mask.keep).reachable_weights;
    assert_eq!(reachable(&drawn), reachable(&mask));
    let kept = |mask: &Mask, parameter: &Parameter| mask.keep[parameter.range()].iter().filter(|kept| **kept).count();
    let last = network.parameters.last().expect("the output bias");
    assert_eq!(kept(&drawn, last), kept(&mask, last));
}

#[test]
fn a_text_that_is_no_recipe_says_why() {
    let (_, recipe) = recipe(0.1, false);
    let good = recipe.to_string();
    for cut in 0..good.len() {
        assert!(Recipe::parse(&good[..cut]).is_err(), "cut to {cut}");
    }
    let other = |change: &dyn Fn(&mut Recipe)| {
        let mut recipe = recipe.clone();
        change(&mut recipe);
        let text = recipe.to_string();
        let error = Recipe::parse(&text).expect_err("no recipe");
        assert!(recipe.draw(0).is_err(), "{error}");
        error.to_string()
    };
    let channels = other(&|recipe| recipe.live[2] = 5000);
    assert!(
        channels.contains("5000 live channels in front of it in layer 3, which can have 1 to 8"),
        "{channels}"
    );
    let dead = other(&|recipe| recipe.live[1] = 0);
    assert!(dead.contains("0 live channels"), "{dead}");
    let weights = other(&|recipe| recipe.kept[0] = u32::MAX as usize);
    assert!(weights.contains("4294967295 kept weights in layer 1"), "{weights}");
    assert!(other(&|recipe| recipe.kept[1] = 1).contains("1 kept weights in layer 2"));
    assert!(other(&|recipe| recipe.shifts[0] = 9).contains("kept betas in layer 1"));
    assert!(other(&|recipe| recipe.network.channels[0] = 4000).contains("1 to 1024 channels"));
    let large = other(&|recipe| recipe.network.channels = vec![1024; 10]);
    assert!(large.contains("more than the 100000000"), "{large}");

    assert_eq!(Recipe::parse(""), Err(RecipeError::Damaged));
    assert_eq!(Recipe::parse("AB+C"), Err(RecipeError::Character('+')));
    assert_eq!(Recipe::parse("héllo"), Err(RecipeError::Character('é')));
    assert_eq!(Recipe::parse("CAAA"), Err(RecipeError::Version(8)));
    assert_eq!(Recipe::parse(&"A".repeat(1 << 20)), Err(RecipeError::Damaged));
    let dead = Mask {
        keep: vec![false; mask(&description(), 0.1, false, 0).keep.len()],
        metadata: MaskMetadata::default(),
    };
    assert!(matches!(Recipe::of(&dead, &description(), 0), Err(MaskError::Dead(_))));
    let wrong = Recipe::of(&dead, &Hourglass::default(), 0);
    assert!(matches!(wrong, Err(MaskError::Length { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_again(keep in 0.08..1.0_f64, betas: bool, seed: u64, draw in 0..1000_u64) {
        let description = description();
        let mask = mask(&description, keep, betas, draw);
        if let Ok(recipe) = Recipe::of(&mask, &description, seed) {
            prop_assert_eq!(Recipe::parse(&recipe.to_string()), Ok(recipe));
        }
    }

    #[test]
    fn no_text_does_harm(text in "[A-Za-z0-9_-]{0,200}") {
        prop_assert!(Recipe::parse(&text).is_err(), "a sum of 16 bits held by chance");
    }

    /// Damage that the sum does not see: the counts are then checked.
    #[test]
    fn no_counts_do_harm(place in 0..14_usize, count in 0..u32::MAX as usize, of_weights: bool) {
        let (_, mut recipe) = recipe(0.1, false);
        let counts = if of_weights { &mut recipe.kept } else { &mut recipe.live };
        let place = place % counts.len();
        counts[place] = count;
        if let Ok(recipe) = Recipe::parse(&recipe.to_string()) {
            prop_assert!(recipe.draw(1).is_ok());
        }
    }
}
