//! Which picture `oes fit` returns: the options, and what the report says of it.

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::checkpoint::{agree, contradiction};
use super::error::CliError;
use super::options::word;
use crate::picture::Picture;
use crate::step::Statistic;
use crate::train::ensemble::MEMBERS;
use crate::train::{FitSpec, LrDrop, Returned, Run, RunSpec, TrackSpec};

/// Outputs in ES-WMV's window, as published.
const WINDOW: u32 = 100;

#[derive(Args)]
pub struct ReturnArgs {
    /// Which picture is the result [default: stopped-ema]
    #[arg(long = "return", value_name = "WHICH")]
    pub which: Option<ReturnName>,
    /// The average keeps this share of itself in a step [default: 0.99]
    #[arg(long, value_name = "DECAY")]
    ema: Option<f64>,
    /// The statistic that says when to stop [default: emv]
    #[arg(long)]
    stop_by: Option<StatisticName>,
    /// Outputs in the window of `--stop-by wmv` [default: 100]
    #[arg(long, value_name = "STEPS")]
    window: Option<u32>,
    #[arg(long, value_name = "RATE", help = alpha_help())]
    alpha: Option<f64>,
    #[arg(long, value_name = "STEPS", help = patience_help())]
    patience: Option<u64>,
    /// Networks in an ensemble, each with its own initial weights and redrawn channels [default: 5]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(2..=100))]
    members: Option<u64>,
    /// From this step on the learning rate is lower
    #[arg(long, value_name = "STEP")]
    lr_drop_at: Option<u64>,
    /// What the learning rate is then multiplied by [default: 0.3]
    #[arg(long, value_name = "FACTOR", requires = "lr_drop_at")]
    lr_drop: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReturnName {
    /// What the network draws after the last step
    Last,
    /// The exponential mean of all that it drew
    Ema,
    /// What it drew when the outputs changed least: early stopping by ES-EMV or ES-WMV
    Stopped,
    /// The exponential mean as it was then
    StoppedEma,
    /// The mean of what several networks return by stopped-ema
    Ensemble,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StatisticName {
    /// The exponential moving variance of the outputs
    Emv,
    /// The variance of the last outputs
    Wmv,
}

fn alpha_help() -> String {
    format!(
        "The rate of `--stop-by emv` [default: {}; as published: 0.1]",
        Statistic::EMV_ALPHA
    )
}

fn patience_help() -> String {
    let patience = TrackSpec::default().patience;
    format!(
        "Ends the run this many steps after the best moment to stop, where `--return` asks for it [default: {patience}]"
    )
}

/// The name of a single run's result.
fn name(returned: Returned) -> &'static str {
    match returned {
        Returned::Last => "last",
        Returned::Average => "ema",
        Returned::Stopped => "stopped",
        Returned::StoppedAverage => "stopped-ema",
    }
}

impl ReturnArgs {
    pub fn which(&self) -> ReturnName {
        self.which.unwrap_or(ReturnName::StoppedEma)
    }

    /// Which picture of a trained run is its result. Only Ctrl-C may come before there is a moment to stop, see [`Self::check`]:
    /// what there is then is told and returned.
    pub fn of(&self, run: &Run) -> Returned {
        let asked = match self.which {
            Some(ReturnName::Last) => Returned::Last,
            Some(ReturnName::Ema) => Returned::Average,
            Some(ReturnName::Stopped) => Returned::Stopped,
            Some(ReturnName::StoppedEma) => Returned::StoppedAverage,
            // A run may be too short, or made without averages.
            Some(ReturnName::Ensemble) | None => return run.default_returned(),
        };
        if run.tensors_of(asked).is_some() {
            return asked;
        }
        let instead = run.default_returned();
        eprintln!(
            "oes: after {} steps there is no moment to stop yet: the result is that of --return {}, not {}",
            run.step(),
            name(instead),
            name(asked)
        );
        instead
    }

    /// Refuses a result that a run will not have, before it is trained.
    ///
    /// # Errors
    /// [`CliError::Arguments`].
    pub fn check(&self, spec: &RunSpec) -> Result<(), CliError> {
        if !matches!(self.which, Some(ReturnName::Stopped | ReturnName::StoppedEma)) {
            return Ok(());
        }
        let Some(tracking) = spec.tracking() else { return Ok(()) };
        if tracking.burn_in.is_some() {
            return Err(CliError::Arguments(
                "--fit sgld returns the mean of what it drew after its burn-in and watches for no moment to stop: use --return ema or last"
                    .into(),
            ));
        }
        let first = tracking.first();
        if spec.steps < first {
            return Err(CliError::Arguments(format!(
                "the best moment to stop is looked for from step {first} on, and the run has {} steps: use --return ema or last, or more --steps",
                spec.steps
            )));
        }
        Ok(())
    }

    /// Networks to train, where an ensemble is asked for.
    pub fn members(&self) -> Option<u64> {
        (self.which() == ReturnName::Ensemble).then(|| self.members.unwrap_or(MEMBERS))
    }

    /// Whether a run ends when it is past the best moment.
    pub fn ends_early(&self) -> bool {
        !matches!(self.which(), ReturnName::Last | ReturnName::Ema)
    }

    /// Refuses an option that the chosen result has no use for; `windowed` if the statistic is ES-WMV.
    fn refuse_what_means_nothing(&self, windowed: bool) -> Result<(), CliError> {
        let which = self.which();
        let useless = [
            (
                "--ema",
                self.ema.is_some() && matches!(which, ReturnName::Last | ReturnName::Stopped),
            ),
            ("--stop-by", self.stop_by.is_some() && !self.ends_early()),
            ("--patience", self.patience.is_some() && !self.ends_early()),
            ("--window", self.window.is_some() && !(self.ends_early() && windowed)),
            ("--alpha", self.alpha.is_some() && (!self.ends_early() || windowed)),
            ("--members", self.members.is_some() && which != ReturnName::Ensemble),
        ];
        match useless.iter().find(|(_, useless)| *useless) {
            Some((option, _)) => Err(CliError::Arguments(format!(
                "{option} means nothing with --return {}",
                word(which)
            ))),
            None => Ok(()),
        }
    }

    /// Refuses what contradicts the run of a checkpoint; what is not given is as it was made.
    ///
    /// # Errors
    /// [`CliError::Train`]; [`CliError::Arguments`] for an option that the chosen result has no use for.
    pub fn compare(&self, made: &FitSpec) -> Result<(), CliError> {
        let statistic = made.tracking.map(|tracking| tracking.statistic);
        let windowed = match self.stop_by {
            Some(name) => name == StatisticName::Wmv,
            None => matches!(statistic, Some(Statistic::Wmv { .. })),
        };
        self.refuse_what_means_nothing(windowed)?;
        agree("--lr-drop-at", self.lr_drop_at, made.drop.map(|drop| drop.from))?;
        agree("--lr-drop", self.lr_drop, made.drop.map(|drop| drop.factor))?;
        let Some(tracking) = made.tracking else {
            return self.compare_untracked();
        };
        agree("--ema", self.ema, tracking.decay)?;
        agree("--patience", self.patience, tracking.patience)?;
        let (name, window, alpha) = match tracking.statistic {
            Statistic::Emv { alpha } => (StatisticName::Emv, None, Some(alpha)),
            Statistic::Wmv { window } => (StatisticName::Wmv, Some(window), None),
        };
        agree("--stop-by", self.stop_by.map(word), word(name))?;
        agree("--window", self.window, window)?;
        agree("--alpha", self.alpha, alpha)
    }

    /// As [`Self::compare`], where no output was followed.
    fn compare_untracked(&self) -> Result<(), CliError> {
        let given = [
            ("--return", self.which.is_some_and(|which| which != ReturnName::Last)),
            ("--ema", self.ema.is_some()),
            ("--stop-by", self.stop_by.is_some()),
            ("--window", self.window.is_some()),
            ("--alpha", self.alpha.is_some()),
            ("--patience", self.patience.is_some()),
        ];
        match given.iter().find(|(_, given)| *given) {
            Some(("--return", _)) => Err(contradiction("--return", "last", word(self.which()))),
            Some((option, _)) => Err(contradiction("--return", "last", option)),
            None => Ok(()),
        }
    }

    /// Sets what the options say about averages, stopping and the learning rate.
    ///
    /// # Errors
    /// [`CliError::Arguments`] for an option that the chosen result has no use for.
    pub fn apply(&self, fit: &mut FitSpec) -> Result<(), CliError> {
        self.refuse_what_means_nothing(self.stop_by == Some(StatisticName::Wmv))?;
        fit.drop = self.lr_drop_at.map(|from| LrDrop {
            from,
            factor: self.lr_drop.unwrap_or(LrDrop::FACTOR),
        });
        if self.which() == ReturnName::Last {
            return Ok(());
        }
        let mut tracking = TrackSpec::default();
        tracking.decay = self.ema.unwrap_or(tracking.decay);
        tracking.patience = self.patience.unwrap_or(tracking.patience);
        tracking.statistic = match self.stop_by {
            Some(StatisticName::Wmv) => Statistic::Wmv {
                window: self.window.unwrap_or(WINDOW),
            },
            Some(StatisticName::Emv) | None => Statistic::Emv {
                alpha: self.alpha.unwrap_or(Statistic::EMV_ALPHA),
            },
        };
        fit.tracking = Some(tracking);
        Ok(())
    }
}

/// The result of a run: its picture, and what the report says of it.
///
/// # Errors
/// The device's errors; [`CliError::Train`] if there was no moment to stop.
pub async fn of_run(run: &mut Run, which: Returned) -> Result<(Picture, Value), CliError> {
    let picture = run.returned(which).await?;
    let (step, psnr) = run.returned_point(which).unzip();
    let mut facts = json!({ "which": name(which), "step": step, "psnr": psnr.flatten() });
    if let Some(psnr) = run.task().unknown_psnr(&picture) {
        facts["psnr_unknown"] = json!(psnr);
    }
    Ok((picture, facts))
}
