//! The command line: fits pictures, learns masks, prunes, searches budgets, inspects mask files, measures, sweeps, lists adapters.

mod adapter;
mod bench;
mod bench_table;
mod budgets;
mod checkpoint;
mod devices;
mod ensemble;
mod error;
mod fit;
mod imp;
mod input;
mod interrupt;
mod judging;
mod learn;
mod mask;
mod network;
mod options;
mod output;
mod preset;
mod progress;
mod prune;
mod report;
mod returned;
mod session;
mod sweep;
mod task;
mod train;
mod unfinished;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use error::Done;

/// Prunes and fits deep image priors: learns which weights of a random network to keep, and restores photographs with
/// the few that are kept.
#[derive(Parser)]
#[command(name = "oes", version, after_help = EXAMPLES, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  oes fit photo.png --sigma 0 --mask my-mask.safetensors --out restored.png
  oes fit lena.png --crop 192 --dense --report dense.json
  oes learn lena.png --crop 192 --mask-out lena.safetensors
  oes prune lena.png --crop 192 --method snip --mask-out snip.safetensors
  oes budgets lena.png --crop 192 --start-from chelsea --mask-out searched.safetensors
  oes mask info lena.safetensors
  oes bench --size 256
  oes devices

Exit codes: 0 done; 1 failed on the way; 2 bad arguments; 3 unusable input; 4 no adapter or device; 5 dead mask;
130 interrupted, results written.";

#[derive(Subcommand)]
enum Command {
    /// Fits a picture with the weights that a mask keeps, or with all of them
    Fit(fit::FitArgs),
    /// Learns on a picture which weights to keep
    Learn(learn::LearnArgs),
    /// Makes a mask by another method: pruning at initialisation or after training, or a shuffled control
    Prune(prune::PruneArgs),
    /// Searches how many channels and weights each layer of a mask should have
    Budgets(budgets::BudgetsArgs),
    /// Inspects and imports mask files
    #[command(subcommand)]
    Mask(mask::MaskCommand),
    /// Measures what a training step costs here
    Bench(bench::BenchArgs),
    /// Runs many fits by a plan: pictures, methods, fractions kept, noise, seeds
    Sweep(sweep::SweepArgs),
    /// Tables and plots of the results of sweeps
    Report(sweep::ReportArgs),
    /// Lists the graphics adapters
    Devices(devices::DevicesArgs),
}

/// Reads the arguments, does what they say, and returns the exit code.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return refuse(&error),
    };
    let result = pollster::block_on(async {
        match cli.command {
            Command::Fit(args) => fit::execute(&args).await,
            Command::Learn(args) => learn::execute(&args).await,
            Command::Prune(args) => prune::execute(&args).await,
            Command::Budgets(args) => budgets::execute(&args).await,
            Command::Mask(command) => mask::execute(&command),
            Command::Bench(args) => bench::execute(&args).await,
            Command::Sweep(args) => sweep::execute(&args).await,
            Command::Report(args) => sweep::execute_report(&args),
            Command::Devices(args) => devices::execute(&args).await,
        }
    });
    match result {
        Ok(Done::Complete) => ExitCode::SUCCESS,
        Ok(Done::Interrupted) => ExitCode::from(130),
        Err(error) => {
            eprintln!("oes: {error}");
            ExitCode::from(error.code())
        }
    }
}

/// Help and version go to stdout with code 0, mistakes to stderr with code 2.
fn refuse(error: &clap::Error) -> ExitCode {
    // Nothing to be done about a closed pipe.
    let _ = error.print();
    ExitCode::from(u8::from(error.use_stderr()) * 2)
}
