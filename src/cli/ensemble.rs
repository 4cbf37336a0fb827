//! `oes fit --return ensemble`: the mean of several networks' averaged outputs. Each network has its own initial weights
//! and input, and, under a mask, its own draw of the channels and weights that live: the mask's counts layer by layer are what
//! its fit depends on (method section 6), so the members differ as much as they can.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::error::{CliError, Done};
use super::fit::FitArgs;
use super::report::peak;
use super::returned::{self, ReturnName};
use super::session::Session;
use super::{interrupt, output};
use crate::mask::{Mask, Shuffle, shuffle};
use crate::picture::{Picture, encode_png, psnr};
use crate::train::{Job, RunSpec};

/// What is left of a member when its device memory is free again.
struct Member {
    picture: Picture,
    facts: Value,
}

/// Trains the members in turn and writes the results. Ctrl-C ends it with the members that are there.
///
/// # Errors
/// As for a single fit; [`CliError::Arguments`] for files that only a single run has.
pub async fn execute(
    args: &FitArgs,
    spec: &RunSpec,
    mask: Option<&Mask>,
    picture: &Picture,
    count: u64,
) -> Result<Done, CliError> {
    refuse_single_run_files(args)?;
    let mut members: Vec<Member> = Vec::new();
    let mut settings = Map::new();
    let mut interrupted = false;
    let mut clean = None;
    for index in 0..count {
        eprintln!("oes: network {} of {count}", index + 1);
        let spec = member(spec, mask, index)?;
        let mut session = Session::open("fit", &args.run, spec, picture, None).await?;
        session.train(false).await?;
        interrupted = interrupt::asked();
        if !interrupted || members.is_empty() {
            members.push(result(&mut session).await?);
        }
        if index == 0 {
            settings.clone_from(session.settings());
        }
        clean = session.run.task().clean.clone();
        if interrupted {
            break;
        }
    }
    let pictures: Vec<&Picture> = members.iter().map(|member| &member.picture).collect();
    let mean = mean(&pictures);
    let psnr = clean.map(|clean| psnr(&mean, &clean));
    if let Some(path) = &args.run.files.out {
        let bytes = encode_png(&mean).map_err(|error| CliError::Encode(error.to_string()))?;
        output::write(path, &bytes)?;
    }
    if let Some(path) = &args.run.files.report {
        let facts: Vec<&Value> = members.iter().map(|member| &member.facts).collect();
        let report = json!({
            "version": env!("CARGO_PKG_VERSION"),
            "command": "fit",
            "settings": settings,
            "interrupted": interrupted,
            "members": facts,
            "returned": { "which": "ensemble", "members": members.len(), "psnr": psnr },
        });
        let mut bytes = serde_json::to_vec(&report).map_err(|error| CliError::Encode(error.to_string()))?;
        bytes.push(b'\n');
        output::write(path, &bytes)?;
    }
    let quality = psnr.map_or_else(String::new, |psnr| format!(", PSNR {psnr:.2} dB"));
    println!("the mean of {} networks{quality}", members.len());
    Ok(if interrupted { Done::Interrupted } else { Done::Complete })
}

fn refuse_single_run_files(args: &FitArgs) -> Result<(), CliError> {
    let files = &args.run.files;
    let given = [
        ("--checkpoint", files.checkpoint.is_some()),
        ("--resume", files.resume.is_some()),
        ("--state-in", files.state_in.is_some()),
        ("--state-out", files.state_out.is_some()),
    ];
    match given.iter().find(|(_, given)| *given) {
        Some((option, _)) => Err(CliError::Arguments(format!(
            "{option} is for a single network, not for --return ensemble"
        ))),
        None => Ok(()),
    }
}

/// The run of one member; the first is the run as it would be alone.
fn member(spec: &RunSpec, mask: Option<&Mask>, index: u64) -> Result<RunSpec, CliError> {
    let mut spec = spec.clone();
    spec.init_seed += index;
    if let (Job::Fit(fit), Some(mask)) = (&mut spec.job, mask)
        && index > 0
    {
        let network = spec.network.build().map_err(crate::train::TrainError::from)?;
        let redrawn =
            shuffle(mask, &network, Shuffle::Channels, spec.seed + index).map_err(crate::train::TrainError::from)?;
        fit.keep = Some(Arc::new(redrawn.keep));
    }
    Ok(spec)
}

async fn result(session: &mut Session<'_>) -> Result<Member, CliError> {
    let (picture, returned) = returned::of_run(&mut session.run, ReturnName::Ema).await?;
    let run = &session.run;
    let last = run.curve().last();
    let facts = json!({
        "init_seed": run.spec().init_seed,
        "steps_done": run.step(),
        "final": { "loss": last.map(|point| point.loss), "psnr": last.and_then(|point| point.psnr) },
        "peak": peak(run.curve()).map(|point| json!({ "step": point.step, "psnr": point.psnr })),
        "returned": returned,
        "seconds_per_step": session.seconds_per_step(),
    });
    Ok(Member { picture, facts })
}

/// The mean of pictures of one size.
fn mean(pictures: &[&Picture]) -> Picture {
    let mut mean = pictures[0].clone();
    for (at, value) in mean.data.iter_mut().enumerate() {
        let sum: f64 = pictures.iter().map(|picture| f64::from(picture.data[at])).sum();
        *value = (sum / pictures.len() as f64) as f32;
    }
    mean
}
