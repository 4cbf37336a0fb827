//! What a recipe is worth: the PSNR that short fits with it return.

use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::mask::Recipe;
use crate::numbers::hex;
use crate::picture::Picture;
use crate::train::{Backend, Job, Point, Run, RunSpec, StateIn, Task, TrainError, plan_on};

/// Between two calls of the watcher.
const WINDOW: Duration = Duration::from_millis(300);

/// Denoising of clean pictures, with noise and networks that a draw chooses.
pub struct Objective {
    pub pictures: Vec<Picture>,
    /// Standard deviation of the noise.
    pub sigma: f64,
    /// Updates of each fit.
    pub steps: u64,
    /// Draws what a recipe leaves open, theta_in and z; a draw is added.
    pub seed: u64,
    /// Draws the noise; a draw is added.
    pub noise_seed: u64,
}

impl Objective {
    /// The PSNR that fits with a recipe return, in dB, in the mean over the pictures; minus infinity if one diverges. Recipes judged by the
    /// same `draw` have the same noise, theta_in and z, so that they differ by their budgets. `watch` is told how many updates were
    /// done since its last call, and the last point, and says whether to go on; `None` if it did not.
    ///
    /// # Errors
    /// [`TrainError`] but [`TrainError::Diverged`].
    pub async fn judge(
        &self,
        recipe: &Recipe,
        draw: u64,
        backend: &Backend,
        mut watch: impl FnMut(u64, Option<&Point>) -> bool,
    ) -> Result<Option<f64>, TrainError> {
        let spec = self.fit(recipe, draw)?;
        let mut sum = 0.0;
        for picture in &self.pictures {
            let noise = self.noise_seed.wrapping_add(draw);
            let task = Task::new(picture, self.sigma, noise, recipe.network())?;
            let mut run = Run::new(spec.clone(), task, backend, StateIn::default(), |_, _| {}).await?;
            while !run.is_finished() {
                let before = run.step();
                match run.advance(WINDOW).await {
                    Ok(_) => {}
                    Err(TrainError::Diverged { .. }) => return Ok(Some(f64::NEG_INFINITY)),
                    Err(error) => return Err(error),
                }
                if !watch(run.step() - before, run.curve().last()) {
                    return Ok(None);
                }
            }
            let point = run.returned_point(run.default_returned());
            sum += point.and_then(|(_, psnr)| psnr).unwrap_or(f64::NEG_INFINITY);
        }
        Ok(Some(sum / self.pictures.len() as f64))
    }

    /// SHA-256 of each picture's pixels.
    pub fn checksums(&self) -> Vec<String> {
        let pixels = self.pictures.iter().map(|picture| bytemuck::cast_slice(&picture.data));
        pixels.map(|pixels: &[u8]| hex(&Sha256::digest(pixels))).collect()
    }

    /// Updates that one judgement takes.
    pub fn updates(&self) -> u64 {
        self.steps * self.pictures.len() as u64
    }

    /// Multiply-adds of a step of a fit with a recipe, to the first picture.
    ///
    /// # Errors
    /// [`TrainError`] if the recipe or the picture's size cannot be used.
    pub fn macs(&self, recipe: &Recipe, backend: &Backend) -> Result<u64, TrainError> {
        let Some(first) = self.pictures.first() else {
            return Ok(0);
        };
        Ok(plan_on(&self.fit(recipe, 0)?, first.width, first.height, backend)?.macs)
    }

    /// # Errors
    /// [`TrainError::Setting`] naming the first setting that is out of its range.
    pub fn check(&self, recipe: &Recipe) -> Result<(), TrainError> {
        if self.pictures.is_empty() {
            return Err(TrainError::setting("the number of pictures", "at least 1", 0));
        }
        // Without noise there would be no clean picture to compare with.
        if !(self.sigma > 0.0 && self.sigma <= 10.0) {
            return Err(TrainError::setting("sigma", "above 0 and at most 10", self.sigma));
        }
        self.fit(recipe, 0)?.check()
    }

    /// The fit that judges a recipe.
    fn fit(&self, recipe: &Recipe, draw: u64) -> Result<RunSpec, TrainError> {
        let seed = self.seed.wrapping_add(draw);
        let mask = recipe.draw(seed)?;
        let mut spec = RunSpec::sparse(recipe.network().clone(), Arc::new(mask.keep));
        (spec.steps, spec.init_seed, spec.seed) = (self.steps, seed, seed);
        if let Job::Fit(fit) = &mut spec.job {
            fit.tracking.get_or_insert_default();
        }
        Ok(spec)
    }
}
