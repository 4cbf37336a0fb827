//! What the address asks for. `address.rs` writes the same parameters.

use std::fmt::Display;
use std::ops::RangeInclusive;

use serde::de::DeserializeOwned;
use web_sys::{Url, UrlSearchParams};

use super::fits::FITS;
use super::learn::{KEEP_LEAST, KEEP_MOST};
use super::mask_slot::MaskChoice;
use super::methods;
use super::picture_choice::PictureChoice;
use super::route::Route;
use super::{task, text};
use crate::catalogue::{Catalogue, Preset};
use crate::mask::{RECIPE, Recipe, Scope};
use crate::numbers::parsed;
use crate::picture::{MAX_SIDE, MIN_SIDE, Noise};
use crate::train::{Learner, Unmasked};
use crate::worker::protocol::{EngineKind, Framing, Seen};

/// The version of links that this page writes.
pub const VERSION: u32 = 1;
/// Levels of the paper's network.
pub const LEVELS: usize = 6;
/// Updates of a fit.
pub const FIT_STEPS: u64 = 2000;
/// Of the noise that is added to a sample that is to be denoised.
const SAMPLE_SIGMA: f64 = 0.1;
/// Fraction of the pixels that are known, where some are missing.
pub const KNOWN: f64 = 0.5;
pub const KNOWN_LEAST: f64 = 0.02;
pub const KNOWN_MOST: f64 = 0.98;
/// Photons of a white pixel.
pub const PEAK: f64 = 30.0;
pub const MAX_PEAK: f64 = 1e6;
/// Every whole number up to it is exact in JavaScript.
pub const MAX_SEED: u64 = (1 << 53) - 1;
pub const MAX_SIGMA: f64 = 0.5;

/// The parameters' names.
pub mod name {
    pub const VERSION: &str = "v";
    pub const SAMPLE: &str = "sample";
    pub const PICTURE: &str = "picture";
    pub const MASK: &str = "mask";
    pub const MASK_SUM: &str = "mask-sha256";
    /// The rivals in a race, by commas; nothing for none.
    pub const AGAINST: &str = "against";
    pub const SIZE: &str = "size";
    pub const FRAMING: &str = "framing";
    /// What the fit sees of the picture, as the command line has it; of `inpaint` the fraction of the pixels that is known.
    pub const TASK: &str = "task";
    pub const KNOWN: &str = "known";
    /// The noise where it is not Gaussian: `poisson`, with its peak, or `none`.
    pub const NOISE: &str = "noise";
    pub const PEAK: &str = "peak";
    pub const SIGMA: &str = "sigma";
    pub const NOISE_SEED: &str = "noise-seed";
    pub const INIT_SEED: &str = "init-seed";
    pub const STEPS: &str = "steps";
    /// `no` lets a fit make all its steps.
    pub const SETTLES: &str = "settles";
    pub const LEARNER: &str = "learner";
    pub const KEEP: &str = "keep";
    /// `layer` has the weights of each layer compete for it by themselves.
    pub const SCOPE: &str = "scope";
    pub const LEARN_STEPS: &str = "learn-steps";
    /// The preset that learning starts from.
    pub const START_FROM: &str = "start-from";
    /// For a small network without a mask.
    pub const LEVELS: &str = "levels";
    /// The methods that are compared, by commas, their learned mask, the fraction that pruning keeps, and the updates of each fit.
    pub const METHODS: &str = "methods";
    pub const METHOD_MASK: &str = "method-mask";
    pub const METHOD_KEEP: &str = "method-keep";
    pub const METHOD_STEPS: &str = "method-steps";
    pub const ENGINE: &str = "engine";
    /// Leaves out all but the view.
    pub const EMBED: &str = "embed";
    /// Listens for the tests' events.
    pub const DEBUG: &str = "debug";

    /// All that a link may have and this page writes.
    pub const WRITTEN: [&str; 28] = [
        VERSION,
        SAMPLE,
        PICTURE,
        MASK,
        MASK_SUM,
        AGAINST,
        SIZE,
        FRAMING,
        TASK,
        KNOWN,
        NOISE,
        PEAK,
        SIGMA,
        NOISE_SEED,
        INIT_SEED,
        STEPS,
        SETTLES,
        LEARNER,
        KEEP,
        SCOPE,
        LEARN_STEPS,
        START_FROM,
        LEVELS,
        METHODS,
        METHOD_MASK,
        METHOD_KEEP,
        METHOD_STEPS,
        ENGINE,
    ];
}

pub const CROP: &str = "crop";
pub const PAPER: &str = "paper";
pub const LAYER: &str = "layer";
pub const CPU: &str = "cpu";
pub const NO: &str = "no";
pub const POISSON: &str = "poisson";
pub const NONE: &str = "none";

/// Settings from the address; what is absent or makes no sense is left to the defaults.
pub struct Query {
    pub route: Route,
    pub picture: Option<PictureChoice>,
    pub mask: Option<MaskChoice>,
    pub rivals: [Option<MaskChoice>; FITS - 1],
    pub size: Option<usize>,
    pub framing: Framing,
    pub seen: Seen,
    pub noise: Option<Noise>,
    pub noise_seed: u64,
    pub init_seed: u64,
    pub steps: u64,
    pub settles: bool,
    pub learner: Learner,
    /// The fraction of the weights that a learner aims at.
    pub keep: Option<f64>,
    pub scope: Scope,
    pub learn_steps: Option<u64>,
    pub start_from: Option<MaskChoice>,
    pub levels: Option<usize>,
    pub methods: methods::Chosen,
    pub engine: EngineKind,
    pub embed: bool,
    pub debug: bool,
    /// Sentences on what could not be used.
    pub problems: Vec<String>,
}

/// The address's parameters, and what was wrong with them.
struct Reader {
    parameters: Option<UrlSearchParams>,
    problems: Vec<String>,
}

impl Reader {
    fn get(&self, name: &str) -> Option<String> {
        self.parameters.as_ref().and_then(|parameters| parameters.get(name))
    }

    /// A number as JSON has it: the parser for checkpoints is here anyway, and Rust's own would come on top.
    fn number<T: DeserializeOwned + PartialOrd + Display>(
        &mut self,
        name: &str,
        within: RangeInclusive<T>,
    ) -> Option<T> {
        let text = self.get(name)?;
        let number = parsed(&text).filter(|number| within.contains(number));
        if number.is_none() {
            let (least, most) = (within.start().to_string(), within.end().to_string());
            self.problems.push(text::link_number(name, &text, &least, &most));
        }
        number
    }

    fn picture(&mut self, catalogue: &Catalogue) -> Option<PictureChoice> {
        if let Some(address) = self.get(name::PICTURE) {
            return self.remote(address).map(PictureChoice::Address);
        }
        let id = self.get(name::SAMPLE)?;
        if catalogue.sample(&id).is_none() {
            self.problems.push(text::link_unknown(name::SAMPLE, &id));
            return None;
        }
        Some(PictureChoice::Sample(id))
    }

    /// A preset, a recipe, or a fit without a mask.
    fn listed_mask(&mut self, id: &str, catalogue: &Catalogue) -> Option<MaskChoice> {
        if let Some(fit) = Unmasked::named(id) {
            return Some(MaskChoice::Unmasked(fit));
        }
        if let Some(recipe) = id.strip_prefix(RECIPE) {
            return match Recipe::parse(recipe) {
                Ok(_) => Some(MaskChoice::Recipe(recipe.to_owned())),
                Err(error) => {
                    self.problems.push(text::link_recipe(&error));
                    None
                }
            };
        }
        self.preset(name::MASK, id, catalogue)
    }

    fn preset(&mut self, name: &str, id: &str, catalogue: &Catalogue) -> Option<MaskChoice> {
        if catalogue.preset(id).is_none() {
            self.problems.push(text::link_unknown(name, id));
            return None;
        }
        Some(MaskChoice::Preset(id.to_owned()))
    }

    fn mask(&mut self, catalogue: &Catalogue) -> Option<MaskChoice> {
        let named = self.get(name::MASK)?;
        if !named.contains("://") {
            return self.listed_mask(&named, catalogue);
        }
        let sha256 = self.get(name::MASK_SUM);
        let address = self.remote(named)?;
        Some(MaskChoice::Address { address, sha256 })
    }

    fn rivals(&mut self, catalogue: &Catalogue) -> [Option<MaskChoice>; FITS - 1] {
        let named = self.get(name::AGAINST).unwrap_or_default();
        let mut rivals = named.split(',').map(|id| match id {
            "" => None,
            id => self.listed_mask(id, catalogue),
        });
        std::array::from_fn(|_| rivals.next().flatten())
    }

    fn methods(&mut self, catalogue: &Catalogue) -> methods::Chosen {
        let learned = self.get(name::METHOD_MASK);
        methods::Chosen {
            kinds: self
                .get(name::METHODS)
                .map(|list| methods::read(&list, &mut self.problems)),
            learned: learned
                .and_then(|id| self.listed_mask(&id, catalogue))
                .filter(|choice| choice.unmasked().is_none()),
            keep: self.number(name::METHOD_KEEP, methods::KEEP_LEAST..=methods::KEEP_MOST),
            steps: self.number(name::METHOD_STEPS, 1..=1_000_000),
        }
    }

    fn seen(&mut self) -> Seen {
        let task = self.get(name::TASK).unwrap_or_default();
        match task::named(&task) {
            Some(Seen::Random { known }) => Seen::Random {
                known: self.number(name::KNOWN, KNOWN_LEAST..=KNOWN_MOST).unwrap_or(known),
            },
            Some(seen) => seen,
            None => {
                self.problems.push(text::link_unknown(name::TASK, &task));
                Seen::Whole
            }
        }
    }

    fn noise(&mut self, picture: &PictureChoice, seen: &Seen) -> Option<Noise> {
        let sigma = self.number(name::SIGMA, 0.0..=MAX_SIGMA);
        match self.get(name::NOISE).as_deref() {
            Some(NONE) => None,
            Some(POISSON) => Some(Noise::Poisson {
                peak: self.number(name::PEAK, 1.0..=MAX_PEAK).unwrap_or(PEAK),
            }),
            _ => match sigma {
                Some(sigma) => Some(Noise::Gaussian { sigma }),
                None => default_noise(picture, seen),
            },
        }
    }

    fn remote(&mut self, address: String) -> Option<String> {
        match check_remote(&address) {
            Ok(address) => Some(address),
            Err(problem) => {
                self.problems.push(problem);
                None
            }
        }
    }
}

/// An address of another site that may be loaded: what nobody on the way can read or change, or a server on this machine.
///
/// # Errors
/// A sentence.
pub fn check_remote(address: &str) -> Result<String, String> {
    let Ok(url) = Url::new(address.trim()) else {
        return Err(text::address_unreadable(address));
    };
    let local = matches!(url.hostname().as_str(), "localhost" | "127.0.0.1");
    match url.protocol().as_str() {
        "https:" => Ok(url.href()),
        "http:" if local => Ok(url.href()),
        _ => Err(text::address_insecure(address)),
    }
}

/// The noise that is added to a picture unless a person chooses: a sample is clean, any other picture is taken as it is.
pub fn default_noise(picture: &PictureChoice, seen: &Seen) -> Option<Noise> {
    let sigma = match (picture, seen) {
        (PictureChoice::Sample(_), Seen::Whole) => SAMPLE_SIGMA,
        (PictureChoice::Sample(_), _) | (_, Seen::Whole) => 0.0,
        _ => return None,
    };
    Some(Noise::Gaussian { sigma })
}

/// The picture that is there at first.
pub fn default_picture(catalogue: &Catalogue) -> PictureChoice {
    let first = catalogue.samples.first();
    first.map_or(PictureChoice::Own, |sample| PictureChoice::Sample(sample.id.clone()))
}

/// The mask that is there at first: rather one of another picture, since that it serves this one too is the point.
pub fn default_mask(catalogue: &Catalogue, picture: &PictureChoice, levels: Option<usize>) -> MaskChoice {
    let foreign = |preset: &&Preset| !matches!(picture, PictureChoice::Sample(id) if preset.has_seen(id));
    let presets = &catalogue.presets;
    let preset = presets.iter().find(foreign).or(presets.first());
    // The presets are for the paper's network.
    match preset.filter(|_| levels.is_none()) {
        Some(preset) => MaskChoice::Preset(preset.id.clone()),
        None => MaskChoice::DENSE,
    }
}

impl Query {
    pub fn of_page(catalogue: &Catalogue) -> Self {
        let search = web_sys::window()
            .and_then(|window| window.location().search().ok())
            .unwrap_or_default();
        Self::read(&search, catalogue)
    }

    /// Reads an address's part from the question mark on.
    pub fn read(search: &str, catalogue: &Catalogue) -> Self {
        let mut reader = Reader {
            parameters: UrlSearchParams::new_with_str(search).ok(),
            problems: Vec::new(),
        };
        let is = |reader: &Reader, name: &str, value: &str| reader.get(name).as_deref() == Some(value);
        if let Some(version) = reader.get(name::VERSION).and_then(|text| text.parse::<u32>().ok())
            && version > VERSION
        {
            reader.problems.push(text::LINK_NEWER.to_owned());
        }
        let picture = reader.picture(catalogue);
        let seen = reader.seen();
        let noise = match &picture {
            Some(picture) => reader.noise(picture, &seen),
            None => reader.noise(&default_picture(catalogue), &seen),
        };
        Self {
            route: Route::named(reader.parameters.as_ref()),
            picture,
            seen,
            noise,
            mask: reader.mask(catalogue),
            rivals: reader.rivals(catalogue),
            size: reader.number(name::SIZE, MIN_SIDE..=MAX_SIDE),
            framing: match is(&reader, name::FRAMING, CROP) {
                true => Framing::Crop,
                false => Framing::Scale,
            },
            noise_seed: reader.number(name::NOISE_SEED, 0..=MAX_SEED).unwrap_or(0),
            init_seed: reader.number(name::INIT_SEED, 0..=MAX_SEED).unwrap_or(0),
            steps: reader.number(name::STEPS, 1..=1_000_000).unwrap_or(FIT_STEPS),
            settles: !is(&reader, name::SETTLES, NO),
            learner: match is(&reader, name::LEARNER, PAPER) {
                true => Learner::Paper,
                false => Learner::Fast,
            },
            keep: reader.number(name::KEEP, KEEP_LEAST..=KEEP_MOST),
            scope: match is(&reader, name::SCOPE, LAYER) {
                true => Scope::Layer,
                false => Scope::Global,
            },
            learn_steps: reader.number(name::LEARN_STEPS, 1..=1_000_000),
            start_from: reader
                .get(name::START_FROM)
                .and_then(|id| reader.preset(name::START_FROM, &id, catalogue)),
            levels: reader.number(name::LEVELS, 1..=8),
            methods: reader.methods(catalogue),
            engine: match is(&reader, name::ENGINE, CPU) {
                true => EngineKind::Cpu,
                false => EngineKind::Gpu,
            },
            embed: is(&reader, name::EMBED, "1"),
            debug: reader.get(name::DEBUG).is_some(),
            problems: reader.problems,
        }
    }
}
