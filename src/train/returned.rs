//! What a fit returns, and when it should have stopped (method section 9).

use serde::{Deserialize, Serialize};

use super::TrainError;
use super::run::{Point, Run};
use super::spec::TrackSpec;
use crate::picture::Picture;
use crate::step::{Statistic, TensorId};

/// Which picture of a fit is its result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Returned {
    /// What the network drew last.
    #[default]
    Last,
    /// The exponential mean of what it drew.
    Average,
    /// What it drew at the step of the least statistic, as ES-EMV and ES-WMV have it.
    Stopped,
    /// The exponential mean as it was at that step.
    StoppedAverage,
}

impl TrackSpec {
    /// The step from which on a least statistic counts.
    pub fn first(&self) -> u64 {
        match self.statistic {
            Statistic::Emv { .. } => self.ignore,
            Statistic::Wmv { window } => self.ignore.max(u64::from(window) - 1),
        }
    }

    /// The step with the least statistic so far; none before there is one.
    pub fn stopping_step(&self, curve: &[Point]) -> Option<u64> {
        let watched = curve.iter().filter(|point| point.step >= self.first());
        let mut least: Option<(u64, f64)> = None;
        for point in watched {
            if let Some(statistic) = point.statistic
                && least.is_none_or(|(_, found)| statistic < found)
            {
                least = Some((point.step, statistic));
            }
        }
        least.map(|(step, _)| step)
    }

    /// Updates from `done` on after which a run should stop, by what `curve` says of the outputs before: [`TrackSpec::patience`] after
    /// the least statistic, or after the first that counts while there is none. A new least one puts it off, so no advance may go
    /// further without asking again, or where a run ends would depend on how far an advance happens to go. `None` for a posterior
    /// mean, which has no moment to stop.
    pub fn steps_until_stop(&self, curve: &[Point], done: u64) -> Option<u64> {
        if self.burn_in.is_some() {
            return None;
        }
        let least = self.stopping_step(curve).unwrap_or_else(|| self.first());
        Some(least.saturating_add(self.patience).saturating_sub(done))
    }
}

impl Run {
    /// What a fit returns where nobody says otherwise: its average as it was at the moment to stop, or while there is none as it is
    /// now (a posterior mean has none); the last output where outputs are not tracked.
    pub fn default_returned(&self) -> Returned {
        match self.spec.tracking() {
            None => Returned::Last,
            Some(_) if self.stopping_step().is_some() => Returned::StoppedAverage,
            Some(_) => Returned::Average,
        }
    }

    /// The step of the least statistic so far; none where outputs are not tracked, or too early.
    pub fn stopping_step(&self) -> Option<u64> {
        self.spec.tracking()?.stopping_step(&self.curve)
    }

    /// Updates after which the statistic says that it is time to stop, see [`TrackSpec::steps_until_stop`]; `None` where nothing says so.
    pub fn steps_until_stop(&self) -> Option<u64> {
        self.spec.tracking()?.steps_until_stop(&self.curve, self.done)
    }

    /// Whether the statistic says that it is time to stop.
    pub fn should_stop(&self) -> bool {
        self.steps_until_stop() == Some(0)
    }

    /// The point whose picture [`Run::returned`] gives: its step, and its PSNR in dB where there is a clean picture.
    pub fn returned_point(&self, returned: Returned) -> Option<(u64, Option<f64>)> {
        let last = self.curve.last().map(|point| point.step);
        let step = match returned {
            Returned::Last | Returned::Average => last,
            Returned::Stopped | Returned::StoppedAverage => self.stopping_step(),
        }?;
        let point = self.curve.iter().rev().find(|point| point.step == step)?;
        let psnr = match returned {
            Returned::Last | Returned::Stopped => point.psnr,
            Returned::Average | Returned::StoppedAverage => point.average_psnr,
        };
        Some((step, psnr))
    }

    /// Where on the device a picture lies, padded and in parts, for a renderer; none if outputs are not tracked, or there is no moment to
    /// stop yet.
    pub fn tensors_of(&self, returned: Returned) -> Option<Vec<TensorId>> {
        let tracked = self.handles.tracked.as_ref();
        let stopped = tracked.filter(|_| self.stopping_step().is_some());
        match returned {
            Returned::Last => Some(&self.handles.output),
            Returned::Average => tracked.map(|tracked| &tracked.average),
            Returned::Stopped => stopped.map(|tracked| &tracked.stopped),
            Returned::StoppedAverage => stopped.map(|tracked| &tracked.stopped_average),
        }
        .cloned()
    }

    /// The picture of a fit that is its result, cropped to the picture's size.
    ///
    /// # Errors
    /// [`TrainError::NotTracked`] for all but [`Returned::Last`] if outputs are not tracked, or there is no moment to stop yet;
    /// the device's errors.
    pub async fn returned(&mut self, returned: Returned) -> Result<Picture, TrainError> {
        let tensors = self.tensors_of(returned).ok_or(TrainError::NotTracked)?;
        let output = self.executor.read_parts(&tensors).await?;
        Ok(self.task.padding.crop(&output))
    }
}
