//! The plan of a sweep, and the jobs it stands for.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{Method, SweepError};
use crate::catalogue::Catalogue;
use crate::network::Hourglass;
use crate::numbers::hex;
use crate::train::LrDrop;

/// Where the sample pictures lie, which a plan takes if it names none.
const STATIC: &str = "static";
/// File names that are taken for pictures in a folder.
const PICTURES: [&str; 8] = ["png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff"];

/// A plan, as its TOML file has it. Lists are crossed: each picture with each method with each value.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Pictures, or folders of pictures; the repository's samples if there is none.
    #[serde(default = "samples")]
    pub images: Vec<PathBuf>,
    /// Names of [`Method`]s.
    pub methods: Vec<String>,
    /// Fractions to keep, for methods that make a mask.
    #[serde(default = "keep")]
    pub keep: Vec<f64>,
    /// Standard deviations of the added noise.
    #[serde(default = "sigma")]
    pub sigma: Vec<f64>,
    /// Each seed draws the noise, the initial weights and input, and what the method draws.
    #[serde(default = "seeds")]
    pub seeds: Vec<u64>,
    /// Side of the centre crop, in pixels; without it pictures are taken whole.
    pub size: Option<u64>,
    /// Updates of each fit.
    #[serde(default = "steps")]
    pub steps: u64,
    /// Updates of mask learning; without it the learner's own default.
    pub learn_steps: Option<u64>,
    /// Updates of each training of IMP; without it those of the fit, as its authors have it.
    pub imp_steps: Option<u64>,
    /// From this step on the learning rate is multiplied by [`Plan::lr_drop`]; without it the rate stays.
    pub lr_drop_at: Option<u64>,
    /// 0.3 if the plan does not say.
    pub lr_drop: Option<f64>,
    /// Another network than the paper's: channels of each level.
    pub channels: Option<Vec<usize>>,
}

fn samples() -> Vec<PathBuf> {
    let samples = Catalogue::built_in().map(|catalogue| catalogue.samples);
    let samples = samples.unwrap_or_default().into_iter();
    samples.map(|sample| Path::new(STATIC).join(sample.file)).collect()
}
fn keep() -> Vec<f64> {
    vec![0.05]
}
fn sigma() -> Vec<f64> {
    vec![0.1]
}
fn seeds() -> Vec<u64> {
    vec![0]
}
fn steps() -> u64 {
    2_000
}

/// One fit of a sweep.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    pub image: PathBuf,
    pub method: Method,
    /// The fraction to keep; `None` where the method does not choose it.
    pub keep: Option<f64>,
    pub sigma: f64,
    pub seed: u64,
    pub size: Option<u64>,
    pub steps: u64,
    pub learn_steps: Option<u64>,
    /// Of IMP only.
    pub imp_steps: Option<u64>,
    pub lr_drop: Option<LrDrop>,
    pub network: Hourglass,
}

/// Every `count`-th job from `index` on, 0 <= index < count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    pub index: usize,
    pub count: usize,
}

impl Plan {
    /// Reads a plan's text; `path` is for messages.
    ///
    /// # Errors
    /// [`SweepError::Plan`] saying what is wrong.
    pub fn parse(text: &str, path: &Path) -> Result<Self, SweepError> {
        let bad = |reason: String| SweepError::Plan {
            path: path.into(),
            reason,
        };
        let plan: Self = toml::from_str(text).map_err(|error| bad(error.message().to_string()))?;
        let empty = [
            ("images", plan.images.is_empty()),
            ("methods", plan.methods.is_empty()),
            ("keep", plan.keep.is_empty()),
            ("sigma", plan.sigma.is_empty()),
            ("seeds", plan.seeds.is_empty()),
        ];
        if let Some((key, _)) = empty.iter().find(|(_, empty)| *empty) {
            return Err(bad(format!("{key} is an empty list")));
        }
        if let Some(keep) = plan.keep.iter().find(|keep| !(**keep > 0.0 && **keep <= 1.0)) {
            return Err(bad(format!("keep must be above 0 and at most 1, not {keep}")));
        }
        // 0 would leave no clean picture to measure against.
        if let Some(sigma) = plan.sigma.iter().find(|sigma| !(**sigma > 0.0 && **sigma <= 10.0)) {
            return Err(bad(format!("sigma must be above 0 and at most 10, not {sigma}")));
        }
        if plan.methods.iter().any(|method| method == "imp") && plan.keep.contains(&1.0) {
            return Err(bad("keep must be below 1 for imp".into()));
        }
        if plan.lr_drop.is_some() && plan.lr_drop_at.is_none() {
            return Err(bad("lr_drop needs lr_drop_at, the step from which it counts".into()));
        }
        Ok(plan)
    }

    /// The jobs, in an order that depends on the plan and the folders alone. Methods that know no `keep` come once, not once
    /// for each value.
    ///
    /// # Errors
    /// [`SweepError::Method`] for an unknown name, [`SweepError::File`] for pictures that are not there.
    pub fn jobs(&self) -> Result<Vec<Job>, SweepError> {
        let methods = self
            .methods
            .iter()
            .map(|name| name.parse())
            .collect::<Result<Vec<Method>, _>>()?;
        let network = self
            .channels
            .as_ref()
            .map_or_else(Hourglass::default, |channels| Hourglass {
                channels: channels.clone(),
                ..Hourglass::default()
            });
        let lr_drop = self.lr_drop_at.map(|from| LrDrop {
            from,
            factor: self.lr_drop.unwrap_or(LrDrop::FACTOR),
        });
        let mut jobs = Vec::new();
        for image in pictures(&self.images)? {
            for method in &methods {
                let keeps: Vec<Option<f64>> = if method.uses_keep() {
                    self.keep.iter().copied().map(Some).collect()
                } else {
                    vec![None]
                };
                for keep in keeps {
                    for sigma in &self.sigma {
                        jobs.extend(self.seeds.iter().map(|seed| Job {
                            image: image.clone(),
                            method: method.clone(),
                            keep,
                            sigma: *sigma,
                            seed: *seed,
                            size: self.size,
                            steps: self.steps,
                            learn_steps: self.learn_steps,
                            imp_steps: (*method == Method::Iterated).then(|| self.imp_steps.unwrap_or(self.steps)),
                            lr_drop,
                            network: network.clone(),
                        }));
                    }
                }
            }
        }
        Ok(jobs)
    }
}

/// The pictures of a list of files and folders; a folder's in the order of their names.
fn pictures(places: &[PathBuf]) -> Result<Vec<PathBuf>, SweepError> {
    let mut found = Vec::new();
    for place in places {
        if !place.is_dir() {
            if !place.is_file() {
                return Err(SweepError::file(place, "there is no such picture or folder"));
            }
            found.push(place.clone());
            continue;
        }
        let entries = std::fs::read_dir(place).map_err(|error| SweepError::file(place, error))?;
        let mut inside = Vec::new();
        for entry in entries {
            let path = entry.map_err(|error| SweepError::file(place, error))?.path();
            let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase());
            if extension.is_some_and(|extension| PICTURES.contains(&extension.as_str())) {
                inside.push(path);
            }
        }
        if inside.is_empty() {
            return Err(SweepError::file(place, "there is no picture in this folder"));
        }
        inside.sort();
        found.extend(inside);
    }
    Ok(found)
}

impl Job {
    /// Names the job by all that its result depends on: equal jobs have equal names in every plan and on every machine.
    pub fn id(&self) -> String {
        let text = format!(
            "{}|{}|{:?}|{}|{}|{:?}|{}|{:?}|{:?}",
            self.picture(),
            self.method,
            self.keep,
            self.sigma,
            self.seed,
            self.size,
            self.steps,
            self.learn_steps.filter(|_| self.method.uses_keep()),
            self.network,
        );
        // Other jobs have the names that they had before there were drops and IMP.
        let text = match self.lr_drop {
            Some(drop) => format!("{text}|{drop:?}"),
            None => text,
        };
        let text = match self.imp_steps {
            Some(steps) => format!("{text}|imp {steps}"),
            None => text,
        };
        hex(&Sha256::digest(text.as_bytes())[..8])
    }

    /// Names the mask that the job makes: the same for all fits with it, and for IMP, whose rounds follow each other, the same for all
    /// `keep`.
    pub fn mask_id(&self) -> String {
        let fit = Self {
            steps: 0,
            keep: self.keep.filter(|_| self.method != Method::Iterated),
            lr_drop: None,
            ..self.clone()
        };
        fit.id()
    }

    /// The picture's file name, without its folder.
    pub fn picture(&self) -> String {
        let name = self.image.file_name().unwrap_or(self.image.as_os_str());
        name.to_string_lossy().into_owned()
    }

    /// A few words for progress.
    pub fn words(&self) -> String {
        let keep = self.keep.map_or_else(String::new, |keep| format!(", keep {keep}"));
        format!(
            "{} on {}{keep}, sigma {}, seed {}",
            self.method,
            self.picture(),
            self.sigma,
            self.seed
        )
    }
}

impl Shard {
    /// All jobs.
    pub const ALL: Self = Self { index: 0, count: 1 };

    /// Whether the job at this place of the list is this shard's.
    pub fn takes(self, place: usize) -> bool {
        place % self.count == self.index
    }

    /// The results file's name.
    pub fn file_name(self) -> String {
        match self {
            Self::ALL => "results.jsonl".into(),
            Self { index, count } => format!("results-{}-of-{count}.jsonl", index + 1),
        }
    }
}

impl FromStr for Shard {
    type Err = SweepError;

    fn from_str(text: &str) -> Result<Self, SweepError> {
        let parsed = text.split_once('/').and_then(|(index, count)| {
            let (index, count): (usize, usize) = (index.parse().ok()?, count.parse().ok()?);
            (1 <= index && index <= count).then(|| Self {
                index: index - 1,
                count,
            })
        });
        parsed.ok_or_else(|| SweepError::Shard(text.into()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn plan(text: &str) -> Result<Plan, SweepError> {
        Plan::parse(text, Path::new("plan.toml"))
    }

    #[test]
    fn lists_are_crossed_and_dense_comes_once() {
        let plan = plan("methods = ['dense', 'oes']\nkeep = [0.05, 0.1]\nsigma = [0.1, 0.2]\nseeds = [1, 2, 3]")
            .expect("a plan");
        let jobs = plan.jobs().expect("the samples are there");
        let images: BTreeSet<&PathBuf> = jobs.iter().map(|job| &job.image).collect();
        assert_eq!(images.len(), 6, "the samples");
        assert_eq!(jobs.len(), 6 * (1 + 2) * 2 * 3);
        let ids: BTreeSet<String> = jobs.iter().map(Job::id).collect();
        assert_eq!(ids.len(), jobs.len());
        let shards = (0..4).map(|index| Shard { index, count: 4 });
        let taken: usize = shards
            .map(|shard| (0..jobs.len()).filter(|at| shard.takes(*at)).count())
            .sum();
        assert_eq!(taken, jobs.len());
    }

    #[test]
    fn what_is_no_plan_says_why() {
        for (text, words) in [
            ("", "methods"),
            ("methods = []", "methods is an empty list"),
            ("methods = ['oes']\nkeep = [0.0]", "keep must be above 0"),
            ("methods = ['oes']\nsigma = [0]", "sigma must be above 0"),
            ("methods = ['imp']\nkeep = [1.0]", "keep must be below 1 for imp"),
            ("methods = ['oes']\nlr_drop = 0.1", "lr_drop needs lr_drop_at"),
            ("methods = ['oes']\ncolour = 1", "colour"),
            ("methods = 'oes", "string"),
        ] {
            let message = plan(text).expect_err("no plan").to_string();
            assert!(message.contains(words), "{text}: {message}");
        }
        assert!(matches!(
            plan("methods = ['magic']").expect("a plan").jobs(),
            Err(SweepError::Method(_))
        ));
        let nowhere = plan("methods = ['dense']\nimages = ['nowhere.png']").expect("a plan");
        assert!(matches!(nowhere.jobs(), Err(SweepError::File { .. })));
    }

    #[test]
    fn imp_shares_its_rounds_and_changes_no_other_name() {
        let jobs = |text: &str| plan(text).expect("a plan").jobs().expect("the samples are there");
        let imp = jobs("methods = ['imp']\nkeep = [0.5, 0.1]\nsteps = 70");
        assert_eq!(imp[0].imp_steps, Some(70), "as long as the fit");
        assert_ne!(imp[0].id(), imp[1].id());
        assert_eq!(imp[0].mask_id(), imp[1].mask_id());
        let shorter = jobs("methods = ['imp']\nkeep = [0.5, 0.1]\nsteps = 70\nimp_steps = 30");
        assert_ne!(shorter[0].id(), imp[0].id());
        assert_ne!(shorter[0].mask_id(), imp[0].mask_id());
        let oes = "methods = ['oes']\nkeep = [0.5, 0.1]\nsteps = 70";
        let oes = [jobs(oes), jobs(&format!("{oes}\nimp_steps = 30"))];
        assert_eq!(oes[0], oes[1]);
        assert_ne!(oes[0][0].mask_id(), oes[0][1].mask_id());
        // As it was before there was IMP.
        assert_eq!(oes[0][0].id(), "87c484d6399ffbec");
    }

    #[test]
    fn shards_are_one_of_some() {
        assert_eq!("2/8".parse::<Shard>().expect("a shard"), Shard { index: 1, count: 8 });
        assert_eq!("1/1".parse::<Shard>().expect("a shard").file_name(), "results.jsonl");
        for text in ["0/3", "4/3", "1", "a/b", "1/0"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }
}
