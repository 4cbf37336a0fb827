//! The plan of a sweep, and the jobs it stands for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{Method, SweepError};
use crate::catalogue::Catalogue;
use crate::mask::Scope;
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
    /// Of the picture's file, in hexadecimal.
    pub image_sha256: String,
    pub method: Method,
    /// Of what the method names: the entries of a mask, or the file of a picture.
    pub source_sha256: Option<String>,
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

impl Plan {
    /// Reads a plan's text; `path` is for messages.
    ///
    /// # Errors
    /// [`SweepError::Plan`] saying what is wrong, [`SweepError::Method`] for an unknown name.
    pub fn parse(text: &str, path: &Path) -> Result<Self, SweepError> {
        let bad = |reason: String| SweepError::Plan {
            path: path.into(),
            reason,
        };
        let plan: Self = toml::from_str(text).map_err(|error| bad(error.message().to_string()))?;
        plan.methods()?;
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
        let below_1 = |name: &&String| *name == "imp" || name.starts_with("oes");
        if let Some(method) = plan.methods.iter().find(below_1)
            && plan.keep.contains(&1.0)
        {
            return Err(bad(format!("keep must be below 1 for {method}")));
        }
        if plan.lr_drop.is_some() && plan.lr_drop_at.is_none() {
            return Err(bad("lr_drop needs lr_drop_at, the step from which it counts".into()));
        }
        Ok(plan)
    }

    fn methods(&self) -> Result<Vec<Method>, SweepError> {
        self.methods.iter().map(|name| name.parse()).collect()
    }

    /// The jobs, each once, in an order that depends on the plan and the folders alone. Methods that know no `keep` come once, not
    /// once for each value. `mask_sum` says the [`crate::mask::Mask::sha256`] of the mask that a method names.
    ///
    /// # Errors
    /// [`SweepError::Method`] for an unknown name, [`SweepError::File`] for pictures that are not there or cannot be told apart; those
    /// of `mask_sum`.
    pub fn jobs<E: From<SweepError>>(
        &self,
        mut mask_sum: impl FnMut(&str) -> Result<String, E>,
    ) -> Result<Vec<Job>, E> {
        let mut methods = Vec::new();
        for method in self.methods()? {
            let sum = match (&method, method.mask_source()) {
                (_, Some(mask)) => Some(mask_sum(mask)?),
                (Method::LearnedOn(_, picture), None) => Some(file_sum(picture)?),
                _ => None,
            };
            methods.push((method, sum));
        }
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
        let mut known = BTreeSet::new();
        for image in pictures(&self.images)? {
            let image_sha256 = file_sum(&image)?;
            for (method, source_sha256) in &methods {
                let keeps: Vec<Option<f64>> = if method.uses_keep() {
                    self.keep.iter().copied().map(Some).collect()
                } else {
                    vec![None]
                };
                for keep in keeps {
                    for sigma in &self.sigma {
                        let all = self.seeds.iter().map(|seed| Job {
                            image: image.clone(),
                            image_sha256: image_sha256.clone(),
                            method: method.clone(),
                            source_sha256: source_sha256.clone(),
                            keep,
                            sigma: *sigma,
                            seed: *seed,
                            size: self.size,
                            steps: self.steps,
                            learn_steps: self.learn_steps.filter(|_| method.learner().is_some()),
                            imp_steps: (*method == Method::Iterated).then(|| self.imp_steps.unwrap_or(self.steps)),
                            lr_drop,
                            network: network.clone(),
                        });
                        // A value may stand twice in a list.
                        jobs.extend(all.filter(|job| known.insert(job.id())));
                    }
                }
            }
        }
        Ok(jobs)
    }
}

/// [`file_sum`] of a sample picture.
///
/// # Errors
/// [`SweepError::File`] outside the repository.
pub(super) fn sample_sum(file: &str) -> Result<String, SweepError> {
    file_sum(&Path::new(STATIC).join(file))
}

/// The SHA-256 of a file, in hexadecimal.
fn file_sum(path: &Path) -> Result<String, SweepError> {
    let bytes = std::fs::read(path).map_err(|error| SweepError::file(path, error))?;
    Ok(hex(&Sha256::digest(bytes)))
}

/// The pictures of a list of files and folders, each once; a folder's in the order of their names.
///
/// # Errors
/// [`SweepError::File`], for two pictures of one name, too: tables know them by it.
fn pictures(places: &[PathBuf]) -> Result<Vec<PathBuf>, SweepError> {
    let mut named: BTreeMap<String, PathBuf> = BTreeMap::new();
    let mut once = Vec::new();
    for path in listed(places)? {
        let real = path.canonicalize().map_err(|error| SweepError::file(&path, error))?;
        match named.insert(name(&path), real.clone()) {
            None => once.push(path),
            Some(before) if before == real => {}
            Some(before) => {
                let reason = format!(
                    "another picture of the plan has its name, {}: results are known by it, so rename one",
                    before.display()
                );
                return Err(SweepError::file(path, reason));
            }
        }
    }
    Ok(once)
}

/// A picture's file name, without its folder.
fn name(path: &Path) -> String {
    path.file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned()
}

fn listed(places: &[PathBuf]) -> Result<Vec<PathBuf>, SweepError> {
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
        let all = (
            (self.picture(), &self.image_sha256),
            (self.method.to_string(), &self.source_sha256),
            (self.keep, self.sigma, self.seed, self.size),
            (self.steps, self.learn_steps, self.imp_steps, self.lr_drop),
            &self.network,
        );
        hex(&Sha256::digest(format!("{all:?}"))[..8])
    }

    /// Names the mask that the job makes: the same for all fits with it, and for IMP, whose rounds follow each other, the same for all
    /// `keep`.
    pub fn mask_id(&self) -> String {
        let making = Self {
            steps: 0,
            keep: self.keep.filter(|_| self.method != Method::Iterated),
            lr_drop: None,
            ..self.learning().unwrap_or_else(|| self.clone())
        };
        making.id()
    }

    /// The job with the mask that this one learns; it may be of another picture.
    pub fn learning(&self) -> Option<Self> {
        let learner = self.method.learner()?;
        let job = Self {
            method: match self.method {
                Method::Learned(..) => self.method.clone(),
                _ => Method::Learned(learner, Scope::Global),
            },
            ..self.clone()
        };
        Some(match (&self.method, &self.source_sha256) {
            (Method::LearnedOn(_, picture), Some(sum)) => Self {
                image: picture.clone(),
                image_sha256: sum.clone(),
                source_sha256: None,
                ..job
            },
            _ => job,
        })
    }

    /// The picture's file name, without its folder.
    pub fn picture(&self) -> String {
        name(&self.image)
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

#[cfg(test)]
mod tests {
    use super::super::Shard;
    use super::*;

    fn plan(text: &str) -> Result<Plan, SweepError> {
        Plan::parse(text, Path::new("plan.toml"))
    }

    /// Masks are known by their names here.
    fn jobs(text: &str) -> Result<Vec<Job>, SweepError> {
        plan(text)?.jobs(|mask| Ok(mask.to_owned()))
    }

    #[test]
    fn lists_are_crossed_and_dense_comes_once() {
        let jobs = jobs("methods = ['dense', 'oes']\nkeep = [0.05, 0.1, 0.05]\nsigma = [0.1, 0.2]\nseeds = [1, 2, 3]")
            .expect("the samples are there");
        let images: BTreeSet<&PathBuf> = jobs.iter().map(|job| &job.image).collect();
        assert_eq!(images.len(), 6, "the samples");
        assert_eq!(jobs.len(), 6 * (1 + 2) * 2 * 3);
        let ids: BTreeSet<String> = jobs.iter().map(Job::id).collect();
        assert_eq!(ids.len(), jobs.len());
        let shards = (0..4).map(|index| Shard { index, count: 4 });
        let shares: Vec<Vec<Job>> = shards.map(|shard| shard.of(jobs.clone())).collect();
        assert!(shares.iter().all(|share| share.len() >= jobs.len() / 4));
        let taken: BTreeSet<String> = shares.iter().flatten().map(Job::id).collect();
        assert_eq!(taken, ids);
    }

    #[test]
    fn what_is_no_plan_says_why() {
        for (text, words) in [
            ("", "methods"),
            ("methods = []", "methods is an empty list"),
            ("methods = ['oes']\nkeep = [0.0]", "keep must be above 0"),
            ("methods = ['oes']\nsigma = [0]", "sigma must be above 0"),
            ("methods = ['imp']\nkeep = [1.0]", "keep must be below 1 for imp"),
            (
                "methods = ['oes-paper']\nkeep = [1.0]",
                "keep must be below 1 for oes-paper",
            ),
            ("methods = ['magic']", "there is no method magic"),
            ("methods = ['oes']\nlr_drop = 0.1", "lr_drop needs lr_drop_at"),
            ("methods = ['oes']\ncolour = 1", "colour"),
            ("methods = 'oes", "string"),
        ] {
            let message = plan(text).expect_err("no plan").to_string();
            assert!(message.contains(words), "{text}: {message}");
        }
        let nowhere = jobs("methods = ['dense']\nimages = ['nowhere.png']");
        assert!(matches!(nowhere, Err(SweepError::File { .. })));
    }

    #[test]
    fn a_picture_is_what_its_file_holds() {
        let folder = std::env::temp_dir().join(format!("oes-plan-{}", std::process::id()));
        let put = |place: &str, bytes: &[u8]| {
            let path = folder.join(place);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, bytes).expect("a file");
        };
        let of = |images: &str| {
            let images = images.replace('@', &folder.display().to_string());
            jobs(&format!("methods = ['oes']\nimages = [{images}]"))
        };
        put("a/x.png", b"one");
        put("b/x.png", b"other");
        let one = of("'@/a', '@/a/x.png', '@/b/../a/x.png'").expect("a plan");
        assert_eq!(one.len(), 1, "once, however often it is named");
        let clash = of("'@/a', '@/b'").expect_err("two of one name").to_string();
        assert!(clash.contains("rename one"), "{clash}");
        put("a/x.png", b"another");
        let now = of("'@/a'").expect("a plan");
        std::fs::remove_dir_all(&folder).expect("it goes");
        assert_ne!(now[0].id(), one[0].id(), "another picture of the same name");
        assert_ne!(now[0].mask_id(), one[0].mask_id());
    }

    #[test]
    fn a_mask_is_what_its_file_holds() {
        let with = |sum: &str| {
            let plan = plan("methods = ['mask:mine']").expect("a plan");
            let jobs = plan.jobs(|_| Ok::<_, SweepError>(sum.to_owned()));
            jobs.expect("the samples are there")[0].id()
        };
        assert_ne!(with("before"), with("after"));
    }

    #[test]
    fn a_learned_mask_and_its_twin_are_learned_once() {
        let cat = "static/samples/chelsea.png";
        let jobs = jobs(&format!(
            "methods = ['oes', 'oes-shuffle-weights', 'oes-on:{cat}', 'oes-paper']\nimages = ['{cat}', 'static/samples/coffee.png']"
        ))
        .expect("the samples are there");
        let ids: BTreeSet<String> = jobs.iter().map(Job::id).collect();
        assert_eq!(ids.len(), 2 * 4);
        let masks: Vec<String> = jobs.iter().map(Job::mask_id).collect();
        let [own, twin, on, paper] = &masks[..4] else {
            panic!("four methods");
        };
        assert!(own == twin && own == on && own != paper);
        assert_ne!(&masks[4], own, "of the other picture");
        assert_eq!(&masks[6], own, "of the cat, fitted to coffee");
        // So one shard learns each.
        let shares = [0, 1].map(|index| Shard { index, count: 2 }.of(jobs.clone()));
        let of = |share: &[Job]| share.iter().map(Job::mask_id).collect::<BTreeSet<_>>();
        assert!(of(&shares[0]).is_disjoint(&of(&shares[1])));
    }

    #[test]
    fn imp_shares_its_rounds() {
        let jobs = |text: &str| jobs(text).expect("the samples are there");
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
    }
}
