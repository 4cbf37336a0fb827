//! The command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    optimal_eye_surgeon::cli::main()
}
