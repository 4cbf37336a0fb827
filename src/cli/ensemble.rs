//! `oes fit --return ensemble`: the mean of what several networks return.

use serde_json::{Map, Value, json};

use super::adapter::Devices;
use super::error::{CliError, Done};
use super::fit::FitArgs;
use super::report::peak;
use super::returned;
use super::session::Session;
use super::{interrupt, output};
use crate::mask::Mask;
use crate::picture::{Picture, encode_png, psnr};
use crate::train::{RunSpec, Task, ensemble};

/// Trains the members in turn and writes the results. Ctrl-C ends it with the members that are there.
///
/// # Errors
/// As for a single fit; [`CliError::Arguments`] for files that only a single run has.
pub async fn execute(
    args: &FitArgs,
    spec: &RunSpec,
    mask: Option<&Mask>,
    task: &Task,
    count: u64,
) -> Result<Done, CliError> {
    refuse_single_run_files(args)?;
    // What is left of the members when their device memory is free again.
    let (mut pictures, mut members): (Vec<Picture>, Vec<Value>) = Default::default();
    let mut settings = Map::new();
    let mut interrupted = false;
    let mut devices = Devices::new(&args.run.device);
    for index in 0..count {
        eprintln!("oes: network {} of {count}", index + 1);
        let spec = ensemble::member(spec, mask, index)?;
        let mut session = Session::open("fit", &args.run, &mut devices, spec, task.clone(), None).await?;
        session.train(args.returned.ends_early()).await?;
        interrupted = interrupt::asked();
        if !interrupted || members.is_empty() {
            let (picture, facts) = result(&mut session).await?;
            pictures.push(picture);
            members.push(facts);
        }
        if index == 0 {
            session.say("task", args.task.settings(task, &args.run.picture));
            session.say("sigma", json!(args.task.sigma(&args.run.picture)));
            settings.clone_from(session.settings());
        }
        if interrupted {
            break;
        }
    }
    // There is one at least: `--members` asks for two.
    let Some(mean) = ensemble::mean(&pictures) else {
        return Ok(Done::Interrupted);
    };
    let psnr = task.clean.as_ref().map(|clean| psnr(&mean, clean));
    if let Some(path) = &args.run.files.out {
        let bytes = encode_png(&mean).map_err(|error| CliError::Encode(error.to_string()))?;
        output::write(path, &bytes)?;
    }
    if let Some(path) = &args.run.files.report {
        let report = json!({
            "version": env!("CARGO_PKG_VERSION"),
            "command": "fit",
            "settings": settings,
            "interrupted": interrupted,
            "members": members,
            "returned": { "which": "ensemble", "members": pictures.len(), "psnr": psnr, "psnr_unknown": task.unknown_psnr(&mean) },
        });
        let mut bytes = serde_json::to_vec(&report).map_err(|error| CliError::Encode(error.to_string()))?;
        bytes.push(b'\n');
        output::write(path, &bytes)?;
    }
    let quality = psnr.map_or_else(String::new, |psnr| format!(", PSNR {psnr:.2} dB"));
    output::say(format_args!("the mean of {} networks{quality}", pictures.len()));
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

async fn result(session: &mut Session<'_>) -> Result<(Picture, Value), CliError> {
    let which = session.run.default_returned();
    let (picture, returned) = returned::of_run(&mut session.run, which).await?;
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
    Ok((picture, facts))
}
